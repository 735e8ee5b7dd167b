/* openssl_client.c - a client with OpenSSL linked in, for `headroom scan` to find its functions. */
#include <openssl/ssl.h>

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    char buffer[16];
    size_t n = 0;

    SSL_set_fd(ssl, argc);
    if (SSL_connect(ssl) != 1)
        return 1;
    return SSL_write(ssl, argv[0], 3) + SSL_write_ex(ssl, argv[0], 3, &n) + SSL_read(ssl, buffer, 16) +
           SSL_read_ex(ssl, buffer, 16, &n);
}
