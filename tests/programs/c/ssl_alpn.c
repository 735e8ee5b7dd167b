/* ssl_alpn.c - offers application protocols in every way that OpenSSL has, and prints what went out.

     ssl_alpn HOST PORT CAFILE STEP...

   Steps, in order: sandbox (no process_vm_readv from here on), ctx=LIST, list=LIST (names separated by commas; "-" is an empty list), tls12, new, host=NAME, connect, handshake,
   write, write_ex, read, bio, early_data, early_post (each of these does the handshake), clear (SSL_clear and a new socket), dup, wait, keep (the
   session; wait: until its ticket has come), resume, reused, talk (write what fits the protocol, read an answer), free.
   Every ClientHello is read from OpenSSL's message callback and its list printed: `offered h2 http/1.1`. Every call that does a
   handshake prints its result, SSL_get_error, errno, whether the error queue is empty, and the protocol that was agreed on. */
#include "wire_client.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static struct job job;
static SSL_CTX *ctx;
static SSL *ssl;
static BIO *bio;
static SSL_SESSION *session;

/* ------------------------------------------------------------------ what went out */
static size_t number(const unsigned char *p, int bytes)
{
    size_t n = 0;
    while (bytes-- > 0)
        n = n << 8 | *p++;
    return n;
}

/* Offsets of RFC 8446 4.1.2; OpenSSL made the message, so it is well formed. */
static void on_message(int out, int version, int type, const void *buf, size_t len, SSL *of, void *arg)
{
    const unsigned char *p = buf, *end = p + len;
    (void)version, (void)of, (void)arg;
    if (!out || type != 22 || p[0] != 1)
        return;
    p += 4 + 2 + 32;
    p += 1 + *p;
    p += 2 + number(p, 2);
    p += 1 + *p;
    printf("offered");
    for (p += 2; p < end; p += 4 + number(p + 2, 2)) {
        if (number(p, 2) != TLSEXT_TYPE_application_layer_protocol_negotiation)
            continue;
        for (const unsigned char *name = p + 6; name < p + 4 + number(p + 2, 2); name += 1 + *name)
            printf(" %.*s", *name, (const char *)name + 1);
    }
    printf("\n");
}

static void after(const char *step, int r, int saved)
{
    const unsigned char *name = NULL;
    unsigned n = 0;
    int error = SSL_get_error(ssl, r);
    SSL_get0_alpn_selected(ssl, &name, &n);
    printf("%s -> %d error %d errno %d queue %lu agreed %.*s\n", step, r, error, saved, ERR_peek_error(),
           (int)n, name ? (const char *)name : "");
    ERR_clear_error();
}

/* ------------------------------------------------------------------ steps */
static unsigned wire_list(const char *names, unsigned char *to)
{
    unsigned n = 0;
    for (const char *p = names; strcmp(names, "-") != 0 && *p; p += *p == ',') {
        unsigned len = (unsigned)strcspn(p, ",");
        to[n++] = (unsigned char)len;
        memcpy(to + n, p, len);
        n += len;
        p += len;
    }
    return n;
}

static void new_socket(void)
{
    if (SSL_set_fd(ssl, connected_socket(&job, 0)) != 1)
        die("cannot set the socket");
}

static const char hello[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                  preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                  post[] = "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: "
                           "application/json\r\nContent-Length: 2\r\n\r\n{}";

static void talk(void)
{
    const unsigned char *name = NULL;
    unsigned n = 0;
    char answer[64];
    SSL_get0_alpn_selected(ssl, &name, &n);
    bool h2 = n == 2;
    int len = h2 ? (int)sizeof preface - 1 : (int)sizeof hello - 1;
    int done = SSL_write(ssl, h2 ? preface : hello, len), got = SSL_read(ssl, answer, sizeof answer);
    printf("talk %s -> %d %.*s\n", h2 ? "h2" : "http/1.1", done, got > 0 ? got : 0, answer);
}

/* TLS 1.3 brings tickets behind the handshake, and they are seen by reading. */
static void wait_for_ticket(void)
{
    struct timeval pause = {.tv_usec = 50000};
    char byte;
    setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
    for (int i = 0; i < 200 && SSL_SESSION_get_max_early_data(SSL_get0_session(ssl)) == 0; i++)
        SSL_read(ssl, &byte, 1);
    ERR_clear_error();
}

static bool handshake_step(const char *step)
{
    size_t done = 0;
    char byte;
    int r;
    errno = ERRNO_MARK;
    if (strcmp(step, "connect") == 0)
        r = SSL_connect(ssl);
    else if (strcmp(step, "handshake") == 0)
        r = (SSL_set_connect_state(ssl), SSL_do_handshake(ssl));
    else if (strcmp(step, "write") == 0)
        r = (SSL_set_connect_state(ssl), SSL_write(ssl, hello, (int)sizeof hello - 1));
    else if (strcmp(step, "write_ex") == 0)
        r = (SSL_set_connect_state(ssl), SSL_write_ex(ssl, hello, sizeof hello - 1, &done));
    else if (strcmp(step, "read") == 0)
        r = (SSL_set_connect_state(ssl), SSL_read(ssl, &byte, 1));
    else if (strcmp(step, "early_data") == 0)
        r = (SSL_set_connect_state(ssl), SSL_write_early_data(ssl, preface, sizeof preface - 1, &done));
    else if (strcmp(step, "early_post") == 0)
        r = (SSL_set_connect_state(ssl), SSL_write_early_data(ssl, post, sizeof post - 1, &done));
    else if (strcmp(step, "bio") == 0) {
        bio = BIO_new(BIO_f_ssl());
        SSL_set_connect_state(ssl);
        BIO_set_ssl(bio, ssl, BIO_NOCLOSE);
        r = BIO_write(bio, hello, (int)sizeof hello - 1);
    } else
        return false;
    after(step, r, errno);
    return true;
}

static int sandbox(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof *code, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static void step(const char *s)
{
    const char *value = strchr(s, '=');
    unsigned char list[512];
    value = value ? value + 1 : "";
    if (handshake_step(s))
        return;
    if (strcmp(s, "sandbox") == 0) {
        printf("sandbox %d\n", sandbox());
    } else if (strncmp(s, "ctx=", 4) == 0) {
        printf("ctx list -> %d\n", SSL_CTX_set_alpn_protos(ctx, list, wire_list(value, list)));
    } else if (strncmp(s, "list=", 5) == 0) {
        printf("list -> %d\n", SSL_set_alpn_protos(ssl, list, wire_list(value, list)));
    } else if (strncmp(s, "host=", 5) == 0) {
        SSL_set_tlsext_host_name(ssl, value);
    } else if (strcmp(s, "new") == 0) {
        ssl = SSL_new(ctx);
        new_socket();
    } else if (strcmp(s, "clear") == 0) {
        close(SSL_get_fd(ssl));
        printf("clear -> %d\n", SSL_clear(ssl));
        new_socket();
    } else if (strcmp(s, "dup") == 0) {
        SSL *copy = SSL_dup(ssl);
        printf("dup another %d\n", copy != ssl);
        close(SSL_get_fd(ssl));
        SSL_free(ssl);
        ssl = copy;
        new_socket();
    } else if (strcmp(s, "talk") == 0) {
        talk();
    } else if (strcmp(s, "wait") == 0) {
        wait_for_ticket();
    } else if (strcmp(s, "keep") == 0) {
        session = SSL_get1_session(ssl);
        printf("session early data %d\n", SSL_SESSION_get_max_early_data(session) > 0);
    } else if (strcmp(s, "resume") == 0) {
        SSL_set_session(ssl, session);
    } else if (strcmp(s, "reused") == 0) {
        printf("reused %d early data %d\n", SSL_session_reused(ssl), SSL_get_early_data_status(ssl));
    } else if (strcmp(s, "tls12") == 0) {
        SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
    } else if (strcmp(s, "free") == 0) {
        SSL_shutdown(ssl);
        close(SSL_get_fd(ssl));
        BIO_free(bio);
        bio = NULL;
        SSL_free(ssl);
        ssl = NULL;
    } else {
        die("unknown step");
    }
}

int main(int argc, char **argv)
{
    if (argc < 5)
        die("usage: ssl_alpn HOST PORT CAFILE STEP...");
    job = (struct job){.host = argv[1], .port = argv[2], .cafile = argv[3]};
    setvbuf(stdout, NULL, _IOLBF, 0);
    ctx = client_context(job.cafile);
    SSL_CTX_set_msg_callback(ctx, on_message);
    for (int i = 4; i < argc; i++)
        step(argv[i]);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
    return 0;
}
