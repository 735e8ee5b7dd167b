/* ssl_threads.c - 8 threads, each with a connection of its own and REPEAT (default 20) requests over it. The
   header X-Test-Capture names each request, so that the server's records do not depend on who came first;
   output is printed in order of threads. */
#include "wire_client.h"
#include <pthread.h>

enum { THREADS = 8, REQUESTS = 20 };

struct worker {
    pthread_t thread;
    const struct job *job;
    SSL_CTX *ctx;
    int number, repeat;
    char *out, *trace;
    size_t out_len, trace_len;
    bool ok;
};

static bool write_all(struct traced_ssl *t, const char *data, size_t len)
{
    while (len > 0) {
        size_t n = len < 16384 ? len : 16384;
        errno = ERRNO_MARK;
        int done = SSL_write(t->ssl, data, (int)n);
        int err = errno;
        trace_call(t->trace, "SSL_write", n, done, SSL_get_error(t->ssl, done), err);
        if (done <= 0)
            return false;
        data += done;
        len -= (size_t)done;
    }
    return true;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    FILE *out = open_memstream(&w->out, &w->out_len);
    struct traced_ssl t = {connected_tls(w->job, w->ctx), open_memstream(&w->trace, &w->trace_len)};
    struct answer a = {0};
    w->ok = true;
    for (int i = 0; w->ok && i < w->repeat; i++) {
        char name[96];
        snprintf(name, sizeof name, "X-Test-Capture: t%02d-%02d\r\nX-Test-Cache: t%02d\r\n", w->number, i,
                 w->number);
        size_t head_len;
        char *head = request_head(w->job, name, &head_len);
        w->ok = write_all(&t, head, head_len) && write_all(&t, w->job->body, w->job->body_len) &&
                answer_print(&a, traced_read, &t, out);
        free(head);
    }
    int fd = SSL_get_fd(t.ssl);
    SSL_shutdown(t.ssl);
    SSL_free(t.ssl);
    close(fd);
    free(a.data);
    fclose(out);
    fclose(t.trace);
    return NULL;
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    struct worker w[THREADS] = {0};
    SSL_CTX *ctx = client_context(j.cafile);
    bool ok = true;
    for (int i = 0; i < THREADS; i++) {
        w[i].job = &j;
        w[i].ctx = ctx;
        w[i].number = i;
        w[i].repeat = argc > 6 ? j.repeat : REQUESTS;
        if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
            die("cannot make a thread");
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(w[i].thread, NULL);
        fwrite(w[i].out, 1, w[i].out_len, stdout);
        fwrite(w[i].trace, 1, w[i].trace_len, stderr);
        free(w[i].out);
        free(w[i].trace);
        ok = ok && w[i].ok;
    }
    SSL_CTX_free(ctx);
    free(j.body);
    return ok ? 0 : 1;
}
