/* ssl_write.c - blocking SSL_write: head, then the body in pieces. Words: pieces=N (bytes a call, head
   included; default: head in one call, body in calls of 16384), pipeline (all requests before the first
   answer), whole (head and body in one call), leave=N (the program ends once it has read N bytes of the
   first answer, by exit, or with quickly by quick_exit). */
#include "wire_client.h"

static bool write_all(struct traced_ssl *t, const char *data, size_t len, size_t piece)
{
    while (len > 0) {
        size_t n = len < piece ? len : piece;
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

static bool request(struct traced_ssl *t, const struct job *j, const char *head, size_t head_len, long piece)
{
    if (!job_word(j, "whole", NULL))
        return write_all(t, head, head_len, piece ? (size_t)piece : head_len) &&
               write_all(t, j->body, j->body_len, piece ? (size_t)piece : 16384);
    char *both = malloc(head_len + j->body_len);
    if (!both)
        die("no memory");
    memcpy(both, head, head_len);
    memcpy(both + head_len, j->body, j->body_len);
    bool ok = write_all(t, both, head_len + j->body_len, head_len + j->body_len);
    free(both);
    return ok;
}

/* Reads n bytes of the answer and leaves it at that. */
static void read_some(struct traced_ssl *t, long n)
{
    char piece[256];
    for (long more; n > 0; n -= more) {
        more = traced_read(t, piece, sizeof piece);
        if (more <= 0)
            die("no answer");
    }
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    long piece = 0, leave = 0;
    job_word(&j, "leave", &leave);
    job_word(&j, "pieces", &piece);
    bool pipeline = job_word(&j, "pipeline", NULL);
    SSL_CTX *ctx = client_context(j.cafile);
    struct traced_ssl t = {connected_tls(&j, ctx), stderr};
    size_t head_len;
    char *head = request_head(&j, "", &head_len);
    struct answer a = {0};
    bool ok = true;
    for (int i = 0; ok && i < j.repeat; i++) {
        ok = request(&t, &j, head, head_len, piece);
        if (ok && leave > 0) {
            read_some(&t, leave);
            if (!job_word(&j, "quickly", NULL))
                exit(0);
            quick_exit(0);
        }
        if (!pipeline)
            ok = ok && answer_print(&a, traced_read, &t, stdout);
    }
    for (int i = 0; ok && pipeline && i < j.repeat; i++)
        ok = answer_print(&a, traced_read, &t, stdout);
    fprintf(stderr, "SSL_shutdown -> %d\n", SSL_shutdown(t.ssl));
    int fd = SSL_get_fd(t.ssl);
    SSL_free(t.ssl);
    close(fd);
    SSL_CTX_free(ctx);
    free(head);
    free(a.data);
    free(j.body);
    return ok ? 0 : 1;
}
