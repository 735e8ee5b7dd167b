/* openssl_caller.c - who calls the functions of openssl_shape.c, and whom these call: in another file, as in real programs, so that
   the compiler copies none of them into their callers. */
#include <stddef.h>

#define APART __attribute__((noinline))

struct ssl;
static volatile size_t last[4];

APART void put_error(int library, int function, int reason, const char *file, int line)
{
    last[0] = (size_t)(library + function);
    last[1] = (size_t)(reason + line);
    last[2] = (size_t)file;
}
APART void new_error(void)
{
    last[3]++;
}
APART void set_debug(const char *file, int line, const char *function)
{
    last[0] = (size_t)file;
    last[1] = (size_t)line;
    last[2] = (size_t)function;
}
APART void set_error(int library, int reason, const char *format, ...)
{
    last[0] = (size_t)library + (size_t)format;
    last[1] = (size_t)reason;
}
APART int start_job(void **job, void *wait, int *r, void *arguments)
{
    last[0] = (size_t)job + (size_t)wait + (size_t)r + (size_t)arguments;
    return (int)last[1];
}
APART void *get_job(void)
{
    return (void *)last[0];
}
APART int check_handshake(struct ssl *s, int sending)
{
    last[2] = (size_t)s;
    return sending;
}

int SSL_read(struct ssl *s, void *p, int n), SSL_read_ex(struct ssl *s, void *p, size_t n, size_t *done);
int SSL_write(struct ssl *s, const void *p, int n),
    SSL_write_ex(struct ssl *s, const void *p, size_t n, size_t *done);
int SSL_write_early_data(struct ssl *s, const void *p, size_t n, size_t *done);

/* A second caller of each, as in real programs: one that has a single caller is copied into it at link time. */
__attribute__((noinline)) int call_all(struct ssl *s, char *p, int n, size_t *done)
{
    return SSL_read(s, p, n) + SSL_read_ex(s, p, (size_t)n, done) + SSL_write(s, p, n) +
           SSL_write_ex(s, p, (size_t)n, done) + SSL_write_early_data(s, p, (size_t)n, done);
}

int main(int argc, char **argv)
{
    struct ssl *volatile s = NULL;
    /* What has its address taken stays, also where it is copied into its callers. */
    int (*volatile write)(struct ssl *, const void *, int) = SSL_write;
    int (*volatile read)(struct ssl *, void *, int) = SSL_read;
    char buffer[16];
    size_t n = 0;

    if (argc < 100) /* it is read, not run */
        return 0;
    /* Other libraries raise errors, too: or else the linker would drop the library's number. */
    put_error(argc, argc, argc, argv[0], argc);
    set_debug(argv[0], argc, argv[1]);
    set_error(argc, argc, argv[0]);
    return write(s, argv[0], 1) + read(s, buffer, 1) + SSL_read(s, buffer, 16) +
           SSL_read_ex(s, buffer, 16, &n) + SSL_write(s, argv[0], 3) + SSL_write_ex(s, argv[1], 3, &n) +
           SSL_write_early_data(s, argv[1], 3, &n) + call_all(s, buffer, argc, &n);
}
