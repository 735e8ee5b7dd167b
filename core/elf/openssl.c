/* openssl.c - SSL_write, SSL_write_ex, SSL_read and SSL_read_ex of OpenSSL 1.1 and later.

   SSL_write and SSL_read raise an error under their own name (since 3.0) or number (1.1). Their _ex forms raise
   none: they pass their arguments to an internal function that does, or hold a copy of it, and turn its -1 into 0. */
#include "elf/profile.h"

enum {
    BAD_LENGTH = 271, /* SSL_R_, of SSL_write and SSL_read since 1.1.1 */
    UNINITIALIZED = 276,
    UNSUPPORTED_WRITE_FLAG = 412, /* of SSL_write_ex2, since 3.3 */
    FAILED_TO_INIT_ASYNC = 405,   /* of ssl_start_async_job */
    INTERNAL_ERROR_1 = 68,        /* ERR_R_, of the same in 1.1 */
    INTERNAL_ERROR_3 = 0xc0103    /* since 3.0 */
};

/* Arguments of the internal function; 5: flags before the last. */
enum form { FORM_UNKNOWN, FORM_4, FORM_5 };

typedef struct names {
    enum hr_text own, internal;
    enum form form;
} names;

static bool raises(const hr_profile *p, enum hr_text text, int32_t reason)
{
    for (size_t i = 0; i < p->raises; i++) {
        if (p->raise[i].text == text && (p->raise[i].reason == reason || p->raise[i].reason == -1))
            return true;
    }
    return false;
}

/* An error of ssl_start_async_job, which compilers copy into the internal functions. */
static bool is_of_async_job(const hr_raise *r)
{
    return r->text == HR_TEXT_OTHER && (r->reason == FAILED_TO_INIT_ASYNC || r->reason == INTERNAL_ERROR_1 ||
                                        r->reason == INTERNAL_ERROR_3);
}

/* It raises errors under one name alone. */
static bool raises_only(const hr_profile *p, enum hr_text text)
{
    for (size_t i = 0; i < p->raises; i++) {
        if (p->raise[i].text != text && !is_of_async_job(&p->raise[i]))
            return false;
    }
    return p->raises > 0;
}

static bool is_plain(const hr_evidence *e, const hr_profile *p, const void *arg)
{
    const names *n = arg;

    (void)e;
    /* A function that this one was copied into is none, unless it takes the same arguments. */
    if (!(p->hands & (HR_HANDS_COUNT | HR_HANDS_PAIR)) || !hr_profile_takes(p, 3))
        return false;
    /* 1.1.0 checks no length; its error is the one of the internal function in later ones. */
    return raises(p, n->own, BAD_LENGTH) || raises(p, n->own, UNINITIALIZED);
}

static bool is_internal(const hr_evidence *e, uint64_t address, enum hr_text text)
{
    size_t k = hr_starts_below(&e->starts, address);

    return k != SIZE_MAX && e->starts.address[k] == address && raises(&e->profile[k], text, UNINITIALIZED) &&
           raises_only(&e->profile[k], text);
}

/* It raises nothing, and its only call that passes its arguments on does so in this way. */
static bool only_passes(const hr_profile *p, enum hr_pass how)
{
    return p->whole && p->raises == 0 && p->passes == 1 && (p->pass[0].how & how) &&
           !(p->returns & HR_RETURNS_MINUS_ONE);
}

/* SSL_write_ex2 (since 3.3): all five arguments go to the internal function. */
static bool is_ex2(const hr_evidence *e, uint64_t address, enum hr_text internal)
{
    size_t k = hr_starts_below(&e->starts, address);

    return k != SIZE_MAX && e->starts.address[k] == address && only_passes(&e->profile[k], HR_PASS_4) &&
           is_internal(e, e->profile[k].pass[0].target, internal);
}

/* It calls the internal function with all four of its arguments. Which form that has must be known: the fourth of
   SSL_write_ex2 is no pointer. */
static bool is_ex_calling(const hr_evidence *e, const hr_profile *p, const void *arg)
{
    const names *n = arg;

    if (!hr_profile_takes(p, 4))
        return false;
    if (n->form == FORM_4)
        return only_passes(p, HR_PASS_4) && is_internal(e, p->pass[0].target, n->internal);
    return n->form == FORM_5 && only_passes(p, HR_PASS_4_FLAGS) &&
           (is_internal(e, p->pass[0].target, n->internal) || is_ex2(e, p->pass[0].target, n->internal));
}

/* It holds a copy of the internal function, but never returns its -1. SSL_write_ex2 does so too, and raises one
   more. */
static bool is_ex_holding(const hr_evidence *e, const hr_profile *p, const void *arg)
{
    const names *n = arg;

    (void)e;
    return raises_only(p, n->internal) && raises(p, n->internal, UNINITIALIZED) &&
           !raises(p, n->internal, UNSUPPORTED_WRITE_FLAG) && !(p->returns & HR_RETURNS_MINUS_ONE) &&
           (p->returns & HR_RETURNS_ZERO) && (p->hands & HR_HANDS_4) && hr_profile_takes(p, 4);
}

/* The plain function gives the internal one its own count to fill in, before that flags of 0 where those exist. */
static enum form form_of(const hr_evidence *e, const hr_choice *plain, enum hr_text internal)
{
    const hr_profile *p = &e->profile[plain->index];

    for (size_t i = 0; plain->address && i < p->passes; i++) {
        if (is_internal(e, p->pass[i].target, internal))
            return p->pass[i].how & HR_PASS_COUNT         ? FORM_4
                   : p->pass[i].how & HR_PASS_COUNT_FLAGS ? FORM_5
                                                          : FORM_UNKNOWN;
    }
    return FORM_UNKNOWN;
}

static void find_pair(const hr_evidence *e, names *n, hr_choice *plain, hr_choice *ex)
{
    hr_choice holding;

    *plain = hr_choose(e, is_plain, n);
    n->form = form_of(e, plain, n->internal);
    *ex = hr_choose(e, is_ex_calling, n);
    holding = hr_choose(e, is_ex_holding, n);
    if (ex->address && holding.address)
        *ex = (hr_choice){.why = "more than one function carries the signature"};
    else if (holding.address)
        *ex = holding;
}

void hr_family_openssl(const hr_evidence *e, hr_family_result *out)
{
    names writing = {HR_TEXT_WRITE, HR_TEXT_WRITE_INTERNAL, FORM_UNKNOWN};
    names reading = {HR_TEXT_READ, HR_TEXT_READ_INTERNAL, FORM_UNKNOWN};

    *out = (hr_family_result){.era = "OpenSSL 3.0 or later"};
    find_pair(e, &writing, &out->write, &out->write_ex);
    find_pair(e, &reading, &out->read, &out->read_ex);
    if (out->write.address && e->profile[out->write.index].raise[0].by_number)
        out->era = "OpenSSL 1.1";
}
