/* tls_end.h - an end of a TLS connection between two objects of one process. */
#ifndef BENCH_TLS_END_H
#define BENCH_TLS_END_H

#include <openssl/ssl.h>

#include "measure.h"

/* Anonymous Diffie-Hellman: no certificate is needed to reach the record layer. */
static inline SSL *make_end(bool server)
{
    SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    measure_check(ctx && SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) &&
                      SSL_CTX_set_cipher_list(ctx, "ADH-AES128-GCM-SHA256:@SECLEVEL=0"),
                  "a TLS context");
    SSL_CTX_set_dh_auto(ctx, 1);
    SSL *ssl = SSL_new(ctx);
    measure_check(ssl != NULL, "a TLS end");
    return ssl;
}

#endif
