/* ssl_bio.c - BIO_new_ssl_connect: libssl calls its own SSL_write_ex, the program never does. */
#include "wire_client.h"

static bool write_all(BIO *bio, const char *data, size_t len)
{
    while (len > 0) {
        size_t n = len < 16384 ? len : 16384;
        errno = ERRNO_MARK;
        int done = BIO_write(bio, data, (int)n);
        int err = errno;
        trace_call(stderr, "BIO_write", n, done, BIO_should_retry(bio), err);
        if (done <= 0)
            return false;
        data += done;
        len -= (size_t)done;
    }
    return true;
}

static long bio_read(void *from, char *to, size_t room)
{
    errno = ERRNO_MARK;
    int n = BIO_read(from, to, (int)room);
    int err = errno;
    trace_call(stderr, "BIO_read", room, n, BIO_should_retry((BIO *)from), err);
    return n;
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    SSL_CTX *ctx = client_context(j.cafile);
    BIO *bio = BIO_new_ssl_connect(ctx);
    if (!bio)
        die("no BIO");
    BIO_set_conn_hostname(bio, j.host);
    BIO_set_conn_port(bio, j.port);
    if (BIO_do_connect(bio) != 1 || BIO_do_handshake(bio) != 1)
        die("cannot connect");
    size_t head_len;
    char *head = request_head(&j, "", &head_len);
    struct answer a = {0};
    bool ok = true;
    for (int i = 0; ok && i < j.repeat; i++)
        ok = write_all(bio, head, head_len) && write_all(bio, j.body, j.body_len) && BIO_flush(bio) == 1 &&
             answer_print(&a, bio_read, bio, stdout);
    BIO_free_all(bio);
    SSL_CTX_free(ctx);
    free(head);
    free(a.data);
    free(j.body);
    return ok ? 0 : 1;
}
