/* boringssl.c - SSL_write and SSL_read of BoringSSL and aws-lc, by the errors that they raise.

   Both libraries pass __FILE__ and __LINE__ with each error, so the lines put a function's errors into the
   order of its source. The reasons' numbers have not changed since 2016. */
#include "elf/profile.h"

enum {
    SHOULD_NOT_HAVE_BEEN_CALLED = 0x42, /* ERR_R_: the first line, for QUIC */
    UNINITIALIZED = 0xe2,               /* SSL_R_ */
    PROTOCOL_IS_SHUTDOWN = 0xc2,
    SSL_HANDSHAKE_FAILURE = 0xd7,
    BAD_LENGTH = 0x6f,
    READ_BEFORE = 200 /* SSL_peek's first error stands at most so many lines before SSL_write's */
};

/* SSL_write's errors in the order of its lines. */
static const struct era {
    const char *name;
    uint8_t n;
    uint8_t reason[6];
} eras[] = {
    {"aws-lc, 2025 or later", 5, {0x42, 0x42, UNINITIALIZED, SSL_HANDSHAKE_FAILURE, BAD_LENGTH}},
    {"BoringSSL or aws-lc, 2022 or later", 4, {0x42, UNINITIALIZED, SSL_HANDSHAKE_FAILURE, BAD_LENGTH}},
    {"BoringSSL, 2019 to 2021", 4, {0x42, UNINITIALIZED, PROTOCOL_IS_SHUTDOWN, SSL_HANDSHAKE_FAILURE}},
    {"BoringSSL, 2022", 3, {0x42, UNINITIALIZED, SSL_HANDSHAKE_FAILURE}},
    {"BoringSSL, 2016 to 2018", 3, {UNINITIALIZED, PROTOCOL_IS_SHUTDOWN, SSL_HANDSHAKE_FAILURE}},
};

/* Where in the profile the era's errors stand in a row; SIZE_MAX: nowhere. */
static size_t find_era(const hr_profile *p, const struct era *era)
{
    for (size_t i = 0; i + era->n <= p->raises; i++) {
        size_t k = 0;

        while (k < era->n && p->raise[i + k].text == HR_TEXT_FILE_CC &&
               p->raise[i + k].reason == era->reason[k])
            k++;
        if (k == era->n)
            return i;
    }
    return SIZE_MAX;
}

static const struct era *era_of(const hr_profile *p, size_t *at)
{
    for (size_t i = 0; i < sizeof(eras) / sizeof(eras[0]); i++) {
        *at = find_era(p, &eras[i]);
        if (*at != SIZE_MAX)
            return &eras[i];
    }
    return NULL;
}

/* aws-lc's SSL_write_ex and SSL_read_ex may hold copies of the plain ones; they return 1 where those return counts. */
static bool is_ex(const hr_profile *p)
{
    return p->returns & HR_RETURNS_ONE;
}

/* Its errors are the last ones of its lines, and it hands buffer and length to the protocol's method. So a function that
   SSL_write was copied into is none, unless it takes the same arguments. */
static bool is_write(const hr_evidence *e, const hr_profile *p, const void *arg)
{
    const struct era *era;
    size_t at;

    (void)e, (void)arg;
    era = is_ex(p) ? NULL : era_of(p, &at);
    return era && at + era->n == p->raises && (p->hands & HR_HANDS_PAIR) && hr_profile_takes(p, 3);
}

/* Does it raise the error of SSL_peek, which stands shortly before SSL_write? */
static bool raises_as_peek(const hr_profile *p, uint32_t write_line)
{
    for (size_t i = 0; i < p->raises; i++) {
        const hr_raise *r = &p->raise[i];

        if (r->text == HR_TEXT_FILE_CC && r->reason == SHOULD_NOT_HAVE_BEEN_CALLED && r->line < write_line &&
            write_line - r->line < READ_BEFORE)
            return true;
    }
    return false;
}

/* The SSL_write that was found. */
typedef struct written {
    uint64_t address;
    uint32_t line; /* of its first error */
} written;

/* Does it more than read: raise errors that stand behind SSL_read, or write? Then SSL_read was copied into it. */
static bool does_more(const hr_profile *p, const written *w)
{
    for (size_t i = 0; i < p->raises; i++) {
        if (p->raise[i].line >= w->line)
            return true;
    }
    for (size_t i = 0; i < p->passes; i++) {
        if (p->pass[i].target == w->address)
            return true;
    }
    return !hr_profile_takes(p, 3);
}

/* SSL_read is SSL_peek, called or copied into it, and then takes what was read out of the connection's span of
   pending data: it stores that span's address and length, which SSL_peek never does. */
static bool is_read(const hr_evidence *e, const hr_profile *p, const void *arg)
{
    const written *w = arg;

    if (!p->keeps_pair || is_ex(p) || does_more(p, w))
        return false;
    if (raises_as_peek(p, w->line) && (p->hands & HR_FILLS))
        return true;
    for (size_t i = 0; i < p->passes; i++) {
        size_t k = hr_starts_below(&e->starts, p->pass[i].target);

        if (k != SIZE_MAX && e->starts.address[k] == p->pass[i].target &&
            raises_as_peek(&e->profile[k], w->line))
            return true;
    }
    return false;
}

void hr_family_boringssl(const hr_evidence *e, hr_family_result *out)
{
    const hr_profile *p;
    const struct era *era;
    written w;
    size_t at;

    *out = (hr_family_result){.write_ex.why = "BoringSSL has none", .read_ex.why = "BoringSSL has none"};
    out->write = hr_choose(e, is_write, NULL);
    out->read.why = out->write.why;
    if (!out->write.address)
        return;
    p = &e->profile[out->write.index];
    era = era_of(p, &at);
    out->era = era->name;
    w = (written){p->start, p->raise[at].line};
    out->read = hr_choose(e, is_read, &w);
}
