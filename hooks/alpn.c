/* alpn.c - see alpn.h. The list in force hangs on SSL and SSL_CTX as ex_data: a pointer into a table of lists that never changes, so
   that nothing is owned, freed or copied; a program makes one or two different lists in its life. */
#include "alpn.h"

#include <errno.h>
#include <string.h>

#include "../shim/hosts.h"
#include "alpn_list.h"
#include "curl.h"
#include "library.h"
#include "named.h"
#include "resolve.h"

/* A longer list, or a ninth one, is not noted: such a program is left as it is. */
enum { MAX_OFFERS = 8, MAX_LIST = 64 };

struct list {
    unsigned char len, bytes[MAX_LIST]; /* as on the wire: names, each after its length */
};

static struct offer {
    struct list whole, trimmed; /* as the program made it; without h2 */
    int state;                  /* atomic: EMPTY -> FILLING -> CONSTANT */
} offers[MAX_OFFERS];
enum { EMPTY, FILLING, CONSTANT };

/* Atomic: a connection that was trimmed spoke HTTP/2 all the same: this program does not ask what was agreed on. */
static int deaf;

static struct offer *offer_of(const struct list *l)
{
    return &offers[(size_t)((const char *)l - (const char *)offers) / sizeof *offers];
}

/* ------------------------------------------------------------------ lists */
static bool is(const unsigned char *name, const char *wanted)
{
    return *name == strlen(wanted) && memcmp(name + 1, wanted, *name) == 0;
}

/* False: not a list, or not both protocols in it. */
static bool trim(const unsigned char *protos, size_t n, struct offer *o)
{
    bool h2 = false, http_1 = false;

    if (!protos || n == 0 || n > MAX_LIST)
        return false;
    memcpy(o->whole.bytes, protos, n);
    o->whole.len = (unsigned char)n;
    o->trimmed.len = 0;
    for (size_t at = 0, step; at < n; at += step) {
        const unsigned char *name = protos + at;
        step = 1u + *name;
        if (*name == 0 || at + step > n)
            return false;
        if (is(name, "h2")) {
            h2 = true;
            continue;
        }
        http_1 |= is(name, "http/1.1");
        memcpy(o->trimmed.bytes + o->trimmed.len, name, step);
        o->trimmed.len = (unsigned char)(o->trimmed.len + step);
    }
    return h2 && http_1;
}

/* The list of the table that says the same; NULL: nothing could ever be changed about it. */
static const struct list *find_list(const unsigned char *protos, unsigned n)
{
    struct offer made;

    if (!trim(protos, n, &made))
        return NULL;
    for (int i = 0; i < MAX_OFFERS; i++) {
        struct offer *o = &offers[i];
        int seen = EMPTY;
        if (__atomic_compare_exchange_n(&o->state, &seen, FILLING, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            o->whole = made.whole;
            o->trimmed = made.trimmed;
            __atomic_store_n(&o->state, CONSTANT, __ATOMIC_RELEASE);
            return &o->whole;
        }
        if (seen == CONSTANT && o->whole.len == n && memcmp(o->whole.bytes, protos, n) == 0)
            return &o->whole;
    }
    return NULL;
}

/* ------------------------------------------------------------------ what hangs where */
static void note(const struct library *l, SSL *ssl, const struct list *list)
{
    if (l->get_ex_data(ssl, l->alpn.index) == list)
        return;
    l->alpn.set_mark();
    l->set_ex_data(ssl, l->alpn.index, (void *)(uintptr_t)list);
    l->alpn.pop_to_mark();
}

static void note_on_context(const struct library *l, SSL_CTX *ctx, const struct list *list)
{
    if (l->alpn.get_context_data(ctx, l->alpn.context_index) == list)
        return;
    l->alpn.set_mark();
    l->alpn.set_context_data(ctx, l->alpn.context_index, (void *)(uintptr_t)list);
    l->alpn.pop_to_mark();
}

/* Inside SSL_new, which copies the context's list in the same call: what is set on the context later is not this connection's. */
static void inherit(void *parent, void *ptr, void *ad, int index, long argl, void *argp)
{
    const struct library *l = argp;
    (void)ptr, (void)ad, (void)index, (void)argl;
    if (!__atomic_load_n(&l->ready, __ATOMIC_ACQUIRE) || l->alpn.index < 0)
        return;
    int saved = errno;
    SSL_CTX *ctx = l->alpn.get_context(parent);
    if (ctx)
        note(l, parent, l->alpn.get_context_data(ctx, l->alpn.context_index));
    errno = saved;
}

/* The copy has the list of its context, not that of the original. */
static int dup_nothing(void *to, const void *from, void *from_d, int index, long argl, void *argp)
{
    (void)to, (void)from, (void)index, (void)argl, (void)argp;
    *(void **)from_d = NULL;
    return 1;
}

static void bind(void *where, void *f)
{
    memcpy(where, &f, sizeof f);
}

void alpn_learn(struct alpn *a, const void *caller, const void *home)
{
    const struct {
        const char *name;
        void *where;
    } beside[] = {
        {"SSL_in_before", &a->in_before},
        {"SSL_is_server", &a->is_server},
        {"SSL_is_dtls", &a->is_dtls},
        {"SSL_is_quic", &a->is_quic},
        {"SSL_get_servername", &a->get_servername},
        {"SSL_get_SSL_CTX", &a->get_context},
        {"SSL_CTX_get_ex_data", &a->get_context_data},
        {"SSL_CTX_set_ex_data", &a->set_context_data},
        {"SSL_get_session", &a->get_session},
        {"SSL_SESSION_get_max_early_data", &a->max_early_data},
        {"SSL_SESSION_get0_alpn_selected", &a->session_alpn},
        {"ERR_set_mark", &a->set_mark},
        {"ERR_pop_to_mark", &a->pop_to_mark},
    };
    const struct {
        const char *name;
        const void *ours;
        void *where;
    } hooked[] = {
        {"SSL_connect", (const void *)own_connect, &a->connect},
        {"SSL_set_alpn_protos", (const void *)own_set_alpn_protos, &a->set_list},
        {"SSL_CTX_set_alpn_protos", (const void *)own_ctx_set_alpn_protos, &a->set_context_list},
    };
    a->index = a->context_index = -1;
    a->unseen = !caller;
    for (size_t i = 0; i < sizeof hooked / sizeof *hooked; i++)
        bind(hooked[i].where, caller ? resolve_original(caller, hooked[i].name, hooked[i].ours)
                                     : resolve_beside(home, hooked[i].name));
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        bind(beside[i].where, resolve_beside(home, beside[i].name));
}

void alpn_register(struct library *l, struct library *slot)
{
    struct alpn *a = &l->alpn;
    bool complete = a->set_list && a->set_context_list && a->in_before && a->is_server && a->is_dtls &&
                    a->get_servername && a->get_context && a->get_context_data && a->set_context_data &&
                    a->get_session && a->max_early_data && a->session_alpn && a->set_mark && a->pop_to_mark;
    if (!complete)
        return;
    a->context_index = library_ex_index(l, LIBRARY_CONTEXT, NULL, NULL, dup_nothing, NULL);
    if (a->context_index >= 0)
        a->index = library_ex_index(l, LIBRARY_CONNECTION, slot, inherit, dup_nothing, NULL);
}

/* ------------------------------------------------------------------ deciding */
/* A session with HTTP/2's early data is resumed: its protocol must be offered, or SSL_write_early_data fails. */
static bool bound_to_http2(const struct alpn *a, const SSL *ssl)
{
    const SSL_SESSION *session = a->get_session(ssl);
    const unsigned char *name = NULL;
    size_t n = 0;

    if (!session || a->max_early_data(session) == 0)
        return false;
    a->session_alpn(session, &name, &n);
    return n == 2 && memcmp(name, "h2", 2) == 0;
}

static bool mode_may_be(enum headroom_mode wanted)
{
    int known = shim_known_mode();
    return known < 0 || known == (int)wanted;
}

/* The mode is looked up last: that may load core, and this is about to become an LLM request. */
static bool wants_http_1(const struct alpn *a, const SSL *ssl)
{
    if (__atomic_load_n(&deaf, __ATOMIC_RELAXED) || !mode_may_be(HEADROOM_OPTIMIZE) ||
        !hosts_is_llm(a->get_servername(ssl, 0)) || bound_to_http2(a, ssl))
        return false;
    const struct shim_core *core = shim_core_get();
    return core && core->mode == HEADROOM_OPTIMIZE;
}

/* Unseen: what was noted when we set it may have been replaced by the program since. */
static const struct list *list_in_object(const struct library *l, const SSL *ssl, const struct list *noted)
{
    unsigned char now[MAX_LIST];
    size_t n = alpn_list_of(l, ssl, now, sizeof now);

    if (noted && noted->len == n && memcmp(noted->bytes, now, n) == 0)
        return noted;
    return find_list(now, (unsigned)n);
}

static void set_what_fits(const struct library *l, SSL *ssl)
{
    const struct alpn *a = &l->alpn;
    const struct list *in_force = l->get_ex_data(ssl, a->index);
    bool trimmed = wants_http_1(a, ssl);

    if (a->unseen && (in_force || trimmed))
        in_force = list_in_object(l, ssl, in_force);
    if (!in_force)
        return;
    /* The object may have served another host before (SSL_clear), so it goes both ways. */
    const struct offer *o = offer_of(in_force);
    const struct list *fits = trimmed ? &o->trimmed : &o->whole;
    if (fits == in_force)
        return;
    if (a->set_list(ssl, fits->bytes, fits->len) == 0)
        note(l, ssl, fits);
    else
        a->set_list(ssl, in_force->bytes, in_force->len); /* a failed one may have thrown the old list away */
}

void alpn_before_handshake(const struct library *l, SSL *ssl, bool connects)
{
    const struct alpn *a = &l->alpn;

    if (a->index < 0 || (!a->unseen && !l->get_ex_data(ssl, a->index)) || !a->in_before(ssl) ||
        (!connects && a->is_server(ssl)) || a->is_dtls(ssl) || (a->is_quic && a->is_quic(ssl)))
        return;
    a->set_mark();
    set_what_fits(l, ssl);
    a->pop_to_mark();
}

/* ------------------------------------------------------------------ HTTP/2 all the same */
/* Does a libcurl call that has our hook above it? What it sends is seen and recorded there. One that a program reached past that hook
   (by FFI) is a client as any other. */
static bool is_curl(const void *caller)
{
    return curl_module_hooked(resolve_module(caller));
}

void alpn_first_bytes(const struct library *l, const SSL *ssl, const void *buf, size_t n, const void *caller)
{
    static const char preface[] = "PRI * HTTP/2.0";
    const char *host;

    if (n < sizeof preface - 1 || memcmp(buf, preface, sizeof preface - 1) != 0 || !l->alpn.get_servername ||
        is_curl(caller))
        return;
    const struct list *in_force = l->alpn.index < 0 ? NULL : l->get_ex_data(ssl, l->alpn.index);
    if (in_force && in_force == &offer_of(in_force)->trimmed)
        __atomic_store_n(&deaf, 1, __ATOMIC_RELAXED);
    host = l->alpn.get_servername(ssl, 0);
    if (!hosts_is_llm(host))
        return;
    const struct shim_core *core = shim_core_get();
    headroom_head about = {.host = host ? host : "", .path = "", .skip = "http2"};
    about.host_len = strlen(about.host);
    headroom_request *r = core ? core->request_new(core->h, &about, core->mode) : NULL;
    if (!r)
        return;
    const void *body;
    size_t len;
    core->request_body(r, NULL, 0, &body, &len);
    core->request_sent(r);
    core->request_end(r, false);
}

/* ------------------------------------------------------------------ hooks */
int SSL_set_alpn_protos(SSL *ssl, const unsigned char *protos, unsigned len) HR_EXPORT;
int SSL_CTX_set_alpn_protos(SSL_CTX *ctx, const unsigned char *protos, unsigned len) HR_EXPORT;
int SSL_connect(SSL *ssl) HR_EXPORT;
int SSL_do_handshake(SSL *ssl) HR_EXPORT;

int own_set_alpn_protos(SSL *ssl, const unsigned char *protos, unsigned len) HR_OWN("SSL_set_alpn_protos");
int own_ctx_set_alpn_protos(SSL_CTX *ctx, const unsigned char *protos, unsigned len)
    HR_OWN("SSL_CTX_set_alpn_protos");
int own_connect(SSL *ssl) HR_OWN("SSL_connect");
int own_do_handshake(SSL *ssl) HR_OWN("SSL_do_handshake");

/* What this list is noted as. */
static const struct list *list_for(const unsigned char *protos, unsigned len, const void *caller)
{
    return mode_may_be(HEADROOM_OPTIMIZE) && !is_curl(caller) ? find_list(protos, len) : NULL;
}

/* Both setters: 0 is success. After a failure the list is the old one or none, by version: not known. */
int SSL_set_alpn_protos(SSL *ssl, const unsigned char *protos, unsigned len)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct library *l = library_of(caller);

    errno = saved;
    if (!l || !l->alpn.set_list)
        return 1;
    int r = l->alpn.set_list(ssl, protos, len);
    saved = errno;
    if (ssl && l->alpn.index >= 0 && shim_enabled())
        note(l, ssl, r == 0 ? list_for(protos, len, caller) : NULL);
    errno = saved;
    return r;
}

int SSL_CTX_set_alpn_protos(SSL_CTX *ctx, const unsigned char *protos, unsigned len)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct library *l = library_of(caller);

    errno = saved;
    if (!l || !l->alpn.set_context_list)
        return 1;
    int r = l->alpn.set_context_list(ctx, protos, len);
    saved = errno;
    if (ctx && l->alpn.index >= 0 && shim_enabled())
        note_on_context(l, ctx, r == 0 ? list_for(protos, len, caller) : NULL);
    errno = saved;
    return r;
}

int SSL_connect(SSL *ssl)
{
    int saved = errno;
    const struct library *l = library_of(__builtin_return_address(0));

    if (!l || !l->alpn.connect)
        return -1;
    if (ssl && shim_enabled())
        alpn_before_handshake(l, ssl, true);
    const SSL *before = library_hand(ssl);
    errno = saved;
    int r = l->alpn.connect(ssl);
    library_take_back(before);
    return r;
}

/* SSL_connect jumps here, too. One that came past us has a caller who does not name libssl: who that reaches is told by the connection,
   which is not in our hands. */
int SSL_do_handshake(SSL *ssl)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    bool named = named_by_caller(caller);
    const struct library *l = named ? library_of(caller) : library_of_connection(ssl, caller);

    if (!l || !l->do_handshake)
        return -1;
    if (ssl && shim_enabled())
        alpn_before_handshake(l, ssl, false);
    const SSL *before = library_hand(named || library_is_handed(ssl) ? ssl : NULL);
    errno = saved;
    int r = l->do_handshake(ssl);
    library_take_back(before);
    return r;
}
