/* profile.c - errors raised, seen at the calls that raise them. */
#include "elf/profile.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIBRARY_BORING = 16,  /* ERR_LIB_SSL of BoringSSL and aws-lc */
    LIBRARY_OPENSSL = 20, /* ERR_LIB_SSL of OpenSSL */
    NEXT_CALL = 96        /* bytes between the call that notes the place and the call that notes the reason */
};

static const hr_anchor *text_of(const hr_anchors *a, const hr_value *v)
{
    return v->kind == HR_VALUE_CONSTANT ? hr_anchor_at(a, v->v) : NULL;
}

static void add_raise(hr_profile *p, uint64_t line, int64_t reason, unsigned text, bool by_number)
{
    hr_raise r = {(uint32_t)line, (int32_t)reason, (uint8_t)text, by_number};
    size_t at = 0;

    while (at < p->raises &&
           (p->raise[at].line < r.line || (p->raise[at].line == r.line && p->raise[at].reason < r.reason)))
        at++;
    if (at < p->raises && p->raise[at].line == r.line && p->raise[at].reason == r.reason &&
        p->raise[at].text == r.text)
        return;
    if (p->raises == HR_PROFILE_RAISES) {
        p->whole = false;
        return;
    }
    memmove(&p->raise[at + 1], &p->raise[at], (p->raises - at) * sizeof(r));
    p->raise[at] = r;
    p->raises++;
}

/* ERR_put_error(library, function, reason, file, line) of BoringSSL and OpenSSL 1.1. Link-time optimisation may drop
   an argument that is never used; the order of the others stays. */
static void put_error(hr_profile *p, const hr_call *c, const hr_anchors *anchors)
{
    for (size_t k = 2; k + 1 < HR_WALK_ARGUMENTS; k++) {
        const hr_anchor *file = text_of(anchors, &c->arg[k]);
        const hr_value *reason = &c->arg[k - 1], *line = &c->arg[k + 1];

        if (!file || reason->kind != HR_VALUE_CONSTANT || line->kind != HR_VALUE_CONSTANT)
            continue;
        if (file->text == HR_TEXT_FILE_CC && hr_value_is(&c->arg[0], LIBRARY_BORING)) {
            add_raise(p, (uint32_t)line->v, (int32_t)reason->v, HR_TEXT_FILE_CC, false);
        } else if (file->text == HR_TEXT_FILE_C && k == 3 && hr_value_is(&c->arg[0], LIBRARY_OPENSSL)) {
            unsigned text = HR_TEXT_OTHER;

            /* the numbers of OpenSSL 1.1's functions, from its sslerr.h */
            if (hr_value_is(&c->arg[1], 208))
                text = HR_TEXT_WRITE;
            else if (hr_value_is(&c->arg[1], 524))
                text = HR_TEXT_WRITE_INTERNAL;
            else if (hr_value_is(&c->arg[1], 223))
                text = HR_TEXT_READ;
            else if (hr_value_is(&c->arg[1], 523))
                text = HR_TEXT_READ_INTERNAL;
            add_raise(p, (uint32_t)line->v, (int32_t)reason->v, text, true);
        }
    }
}

/* ERR_set_debug(file, line, function), then ERR_set_error(library, reason, ..) of OpenSSL 3. */
static void set_debug(hr_profile *p, const hr_function *f, size_t i, const hr_anchors *anchors)
{
    const hr_call *c = &f->call[i], *next = i + 1 < f->calls ? c + 1 : NULL;
    const hr_anchor *file = text_of(anchors, &c->arg[0]), *name = text_of(anchors, &c->arg[2]);
    unsigned text = HR_TEXT_OTHER;
    int64_t reason = -1;

    if (!file || file->text != HR_TEXT_FILE_C || c->arg[1].kind != HR_VALUE_CONSTANT)
        return;
    if (name && name->text != HR_TEXT_FILE_C && name->text != HR_TEXT_FILE_CC)
        text = name->text;
    if (next && next->at > c->at && next->at - c->at < NEXT_CALL &&
        hr_value_is(&next->arg[0], LIBRARY_OPENSSL) && next->arg[1].kind == HR_VALUE_CONSTANT)
        reason = (int32_t)next->arg[1].v;
    add_raise(p, (uint32_t)c->arg[1].v, reason, text, false);
}

static void add_pass(hr_profile *p, const hr_call *c)
{
    uint8_t how = 0;

    if (!c->target || !hr_value_is_argument(&c->arg[0], 0) || !hr_value_is_argument(&c->arg[1], 1) ||
        !hr_value_is_argument(&c->arg[2], 2))
        return;
    how = HR_PASS_3;
    if (hr_value_is_argument(&c->arg[3], 3))
        how |= HR_PASS_4;
    if (hr_value_is(&c->arg[3], 0) && hr_value_is_argument(&c->arg[4], 3))
        how |= HR_PASS_4_FLAGS;
    if (c->arg[3].kind == HR_VALUE_STACK)
        how |= HR_PASS_COUNT;
    if (hr_value_is(&c->arg[3], 0) && c->arg[4].kind == HR_VALUE_STACK)
        how |= HR_PASS_COUNT_FLAGS;
    if (p->passes == HR_PROFILE_PASSES)
        p->whole = false;
    else
        p->pass[p->passes++] = (hr_passed){c->target, how};
}

/* The second and third argument in a row. One of them may have been lost on the way: compilers keep it on the stack. */
static bool is_buffer(const hr_value *v)
{
    bool buffer = hr_value_is_argument(&v[0], 1), length = hr_value_is_argument(&v[1], 2);

    return (buffer || v[0].kind == HR_VALUE_UNKNOWN) && (length || v[1].kind == HR_VALUE_UNKNOWN) &&
           (buffer || length);
}

static unsigned handed(const hr_call *c)
{
    const hr_value *a = c->arg;
    unsigned hands = 0;

    if (hr_value_is_argument(&a[0], 1))
        return HR_FILLS;
    if (!hr_value_is_argument(&a[0], 0))
        return 0;
    for (size_t i = 1; i + 1 < HR_WALK_ARGUMENTS; i++) {
        if (c->target == 0 && is_buffer(&a[i]))
            hands |= HR_HANDS_PAIR;
    }
    if (!is_buffer(&a[1]))
        return hands;
    if (a[3].kind == HR_VALUE_STACK || (hr_value_is(&a[3], 0) && a[4].kind == HR_VALUE_STACK))
        hands |= HR_HANDS_COUNT;
    if (hr_value_is_argument(&a[3], 3))
        hands |= HR_HANDS_4;
    return hands;
}

static bool has_store(const hr_function *f, uint64_t field, int64_t to)
{
    for (size_t i = 0; i < f->stores; i++) {
        if (f->store[i].field == field && f->store[i].to == to && f->store[i].size == 8)
            return true;
    }
    return false;
}

static bool stores_pair(const hr_function *f)
{
    for (size_t i = 0; i < f->stores; i++) {
        const hr_store_seen *s = &f->store[i];

        if (s->size == 16 || (s->size == 8 && has_store(f, s->field, s->to + 8)))
            return true;
    }
    return false;
}

void hr_profile_make(hr_profile *out, const hr_function *f, const hr_anchors *anchors)
{
    memset(out, 0, sizeof(*out));
    out->start = f->start;
    out->whole = f->whole;
    out->returns = f->returns;
    out->uses = f->uses;
    out->keeps_pair = stores_pair(f);
    for (size_t i = 0; i < f->calls; i++) {
        put_error(out, &f->call[i], anchors);
        set_debug(out, f, i, anchors);
        add_pass(out, &f->call[i]);
        out->hands |= handed(&f->call[i]);
    }
    for (size_t i = 0; i < f->jumps && i < HR_PROFILE_JUMPS; i++)
        out->jump[out->jumps++] = f->jump[i];
}

int hr_evidence_gather(hr_evidence *e, const hr_image *img, const hr_anchors *anchors, const hr_site *sites,
                       size_t n, bool deep)
{
    hr_walker *w;
    int err;

    memset(e, 0, sizeof(*e));
    e->img = img;
    e->anchors = anchors;
    err = hr_starts_find(&e->starts, img, sites, n, deep);
    if (err)
        return err;
    if (e->starts.n > HR_MAX_PROFILES)
        return HR_ELIMIT;
    w = hr_walker_new(img);
    e->profile = w ? hr_malloc((e->starts.n + 1) * sizeof(*e->profile)) : NULL;
    if (!e->profile) {
        hr_walker_free(w);
        return HR_ENOMEM;
    }
    hr_walker_starts(w, e->starts.address, e->starts.inner, e->starts.n);
    for (size_t i = 0; i < e->starts.n; i++)
        hr_profile_make(&e->profile[i], hr_walk(w, e->starts.address[i]), anchors);
    hr_walker_free(w);
    return 0;
}

void hr_evidence_free(hr_evidence *e)
{
    hr_starts_free(&e->starts);
    hr_free(e->profile);
    e->profile = NULL;
}

static bool jumps_to(const hr_profile *p, uint64_t address)
{
    for (size_t i = 0; i < p->jumps; i++) {
        if (p->jump[i] == address)
            return true;
    }
    return false;
}

/* Another beginning that fits too and that this one jumps to: this one is a wrapper around it. */
static bool wraps(const hr_evidence *e, const hr_profile *p, hr_fits *fits, const void *arg)
{
    for (size_t i = 0; i < e->starts.n; i++) {
        const hr_profile *q = &e->profile[i];

        if (q != p && !e->starts.inner[i] && (e->starts.checks[i] & HR_CHECK_CALLED) &&
            jumps_to(p, q->start) && fits(e, q, arg))
            return true;
    }
    return false;
}

hr_choice hr_choose(const hr_evidence *e, hr_fits *fits, const void *arg)
{
    hr_choice c = {.why = "no function carries the signature"};
    size_t certain = 0;

    for (size_t i = 0; i < e->starts.n; i++) {
        const hr_profile *p = &e->profile[i];
        bool refuted;
        unsigned checks;

        if (e->starts.inner[i] || !fits(e, p, arg) || wraps(e, p, fits, arg))
            continue;
        checks = hr_starts_checks(&e->starts, e->img, p->start, &refuted);
        if (refuted) {
            c.why = "the frame table contradicts the beginning that was found";
        } else if (__builtin_popcount(checks) < 2) {
            c.why = "too little speaks for the beginning that was found";
        } else {
            if (certain++ == 0)
                c = (hr_choice){p->start, checks, i, NULL};
        }
    }
    if (certain > 1)
        c = (hr_choice){.why = "more than one function carries the signature"};
    return c;
}
