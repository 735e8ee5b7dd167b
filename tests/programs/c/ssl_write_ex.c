/* ssl_write_ex.c - SSL_write_ex and SSL_read_ex; the SSL object is freed and a new connection made for each
   request, so that its address is likely to be used again. */
#include "wire_client.h"

static bool write_all(SSL *ssl, const char *data, size_t len)
{
    while (len > 0) {
        size_t n = len < 16384 ? len : 16384, written = 4711;
        errno = ERRNO_MARK;
        int ok = SSL_write_ex(ssl, data, n, &written);
        int err = errno;
        trace_call(stderr, "SSL_write_ex", n, ok, SSL_get_error(ssl, ok), err);
        fprintf(stderr, "written %zu\n", written);
        if (ok != 1)
            return false;
        data += written;
        len -= written;
    }
    return true;
}

static long read_ex(void *from, char *to, size_t room)
{
    size_t got = 4711;
    errno = ERRNO_MARK;
    int ok = SSL_read_ex(from, to, room, &got);
    int err = errno;
    trace_call(stderr, "SSL_read_ex", room, ok, SSL_get_error(from, ok), err);
    fprintf(stderr, "read %zu\n", got);
    return ok == 1 ? (long)got : -1;
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    SSL_CTX *ctx = client_context(j.cafile);
    size_t head_len;
    char *head = request_head(&j, "", &head_len);
    bool ok = true;
    for (int i = 0; ok && i < j.repeat; i++) {
        SSL *ssl = connected_tls(&j, ctx);
        struct answer a = {0};
        ok = write_all(ssl, head, head_len) && write_all(ssl, j.body, j.body_len) &&
             answer_print(&a, read_ex, ssl, stdout);
        fprintf(stderr, "SSL_shutdown -> %d\n", SSL_shutdown(ssl));
        int fd = SSL_get_fd(ssl);
        SSL_free(ssl);
        close(fd);
        free(a.data);
    }
    SSL_CTX_free(ctx);
    free(head);
    free(j.body);
    return ok ? 0 : 1;
}
