/* alpn.h - over which protocol does a connection to an LLM API speak? (DESIGN.md, HTTP/2)

   In mode optimize a program that offers `h2` and `http/1.1` to such a host offers all but `h2` on the wire; to the program it is as
   if the server had no HTTP/2. A program that offers h2 alone, every other host and every other mode: nothing is changed. Where
   HTTP/2 is spoken to such a host all the same, one row a connection says so.

     SSL_CTX_set_alpn_protos --> list noted on the context --SSL_new--> noted on the connection
     SSL_set_alpn_protos ----------------------------------------------> noted on the connection
     SSL_connect, SSL_do_handshake, a read or write before it --> host? mode? --> the list that fits is set, by the original

   OpenSSL has no getter for the list. One that we did not see being set (by a pointer from dlsym) is not known, and what is not
   known is not changed. So it is with the copy that SSL_dup makes. libcurl's lists are not noted: its own hook works above HTTP/2.

   Where the library is linked into the executable (patched.c) no setter comes through us: alpn_list.c reads the list out of the object
   when the handshake is about to begin, in SSL_read or SSL_write; SSL_connect and SSL_do_handshake are not seen there. */
#ifndef HR_ALPN_H
#define HR_ALPN_H

#include "../shim/shim.h"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_session_st SSL_SESSION;
struct library;

/* The functions of one libssl that alpn.c calls; constant as struct library is. */
struct alpn {
    int (*connect)(SSL *);
    int (*set_list)(SSL *, const unsigned char *, unsigned);
    int (*set_context_list)(SSL_CTX *, const unsigned char *, unsigned);
    int (*in_before)(const SSL *);
    int (*is_server)(const SSL *);
    int (*is_dtls)(const SSL *);
    int (*is_quic)(const SSL *); /* NULL before OpenSSL 3.2 */
    const char *(*get_servername)(const SSL *, int);
    SSL_CTX *(*get_context)(const SSL *);
    void *(*get_context_data)(const SSL_CTX *, int);
    int (*set_context_data)(SSL_CTX *, int, void *);
    SSL_SESSION *(*get_session)(const SSL *);
    uint32_t (*max_early_data)(const SSL_SESSION *);
    void (*session_alpn)(const SSL_SESSION *, const unsigned char **, size_t *);
    int (*set_mark)(void);
    int (*pop_to_mark)(void);
    bool unseen;              /* the setters are called past us: the list is read out of the object */
    int index, context_index; /* ex_data of SSL and SSL_CTX: the list in force; -1: lists are not noted */
};

/* Look up the functions, for a caller whose libssl holds `home`; NULL: its callers do not come through us, all is looked up beside home.
   May wait for the dynamic linker. */
void alpn_learn(struct alpn *a, const void *caller, const void *home) HR_HIDDEN;
/* Get the ex_data indexes for l, which will stand in slot. */
void alpn_register(struct library *l, struct library *slot) HR_HIDDEN;

/* Call it before an original that may begin a handshake. connects: that is SSL_connect, so the object is a client's whatever
   SSL_is_server says of one whose state is not set yet. Leaves the error queue as it is; errno may change. */
void alpn_before_handshake(const struct library *l, SSL *ssl, bool connects) HR_HIDDEN;
/* The code at `caller` writes the first bytes of a connection. Where they are HTTP/2's preface, to such a host: record that. errno may
   change. */
void alpn_first_bytes(const struct library *l, const SSL *ssl, const void *buf, size_t n,
                      const void *caller) HR_HIDDEN;

#endif
