/* boringssl_caller.c - who calls the functions of boringssl_shape.c: from another file, as in real programs, so that the
   compiler copies none of them into their callers. */
#include <stddef.h>

struct ssl;
int SSL_read(struct ssl *s, void *p, int n), SSL_peek(struct ssl *s, void *p, int n);
int SSL_write(struct ssl *s, const void *p, int n), SSL_shutdown(struct ssl *s);

/* A wrapper that ends with a jump to SSL_write. */
__attribute__((noinline)) int send_all(struct ssl *s, const void *p, int n)
{
    __asm__ volatile("" ::: "memory");
    return SSL_write(s, p, n);
}

/* A second caller of each, as in real programs: one that has a single caller is copied into it at link time. */
__attribute__((noinline)) int call_all(struct ssl *s, char *p, int n)
{
    return SSL_read(s, p, n) + SSL_peek(s, p, n) + SSL_write(s, p, n) + SSL_shutdown(s);
}

/* Other libraries raise errors, too: or else the linker would drop the library's number. */
void put_error(int library, int unused, int reason, const char *file, unsigned line);

int main(int argc, char **argv)
{
    struct ssl *volatile s = NULL;
    /* What has its address taken stays, also where it is copied into its callers. */
    int (*volatile write)(struct ssl *, const void *, int) = SSL_write;
    int (*volatile read)(struct ssl *, void *, int) = SSL_read;
    char buffer[16];

    if (argc < 100) /* it is read, not run */
        return 0;
    put_error(argc, argc, argc, argv[0], (unsigned)argc);
    return write(s, argv[0], 1) + read(s, buffer, 1) + SSL_read(s, buffer, 16) + SSL_peek(s, buffer, 16) +
           SSL_write(s, argv[0], 3) + send_all(s, argv[1], 3) + SSL_shutdown(s) + call_all(s, buffer, argc);
}
