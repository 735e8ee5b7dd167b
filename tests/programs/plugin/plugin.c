/* plugin.c - a module that uses libssl and a library of its own, whose `who` the program that opens it defines too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

const char *who(void);

static const char *home_of(const void *address)
{
    Dl_info info;
    const char *slash;

    if (!dladdr(address, &info))
        return "memory";
    slash = strrchr(info.dli_fname, '/');
    return slash ? slash + 1 : info.dli_fname;
}

void tell(void);
void tell(void)
{
    int (*write)(SSL *, const void *, int) = SSL_write; /* bound when the module is opened */
    SSL *(*new)(SSL_CTX *) = SSL_new;
    const BIO_METHOD *method = BIO_f_ssl(); /* bound at this call, where the linker is lazy */

    printf("SSL_write %s, SSL_new %s, BIO_f_ssl's method %s, who %s\n", home_of(*(void **)&write),
           home_of(*(void **)&new), home_of(method), who());
}
