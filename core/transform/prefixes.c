/* prefixes.c - see prefixes.h. */
#include "transform/prefixes.h"

#include <string.h>

#include "transform/eight.h"
#include "transform/runs.h"

enum {
    LEAST_CUT = 8,    /* bytes of a beginning */
    LEAST_WHOLE = 16, /* of a string that is one as a whole */
    MOST_CUTS = 24,   /* of one string */
    MOST = 1 << 20,   /* beginnings that are counted */
    FIRST = 256,
    PROBES = 32 /* then a beginning counts as unknown: who makes hashes collide loses savings, not time */
};

/* Costs in quarters of a token: a name is two tokens, its line four more; text has four bytes a token. */
enum { NAME = 8, LINE = 16, LEAST_GAIN = 16 };

void hr_prefixes_init(hr_prefixes *p, hr_arena *a)
{
    *p = (hr_prefixes){.arena = a, .n = 1};
}

/* ------------------------------------------------------------------ where a string can be cut */
enum { PLAIN, CUT, END };
static const uint8_t kinds[256] = {
    ['/'] = CUT, ['?'] = CUT, ['#'] = CUT,  [':'] = CUT, ['{'] = CUT, ['&'] = CUT,
    ['='] = CUT, [' '] = END, ['\t'] = END, ['"'] = END, [0] = END};

struct cuts {
    hr_str s;
    size_t at; /* behind the beginning that was taken last */
    uint64_t hash;
    unsigned n;
    bool plain; /* nothing ended it before its end */
};

#ifdef __SSE2__
/* Bytes of a block that are not plain, and other control characters, which the caller passes by. */
static inline unsigned special_of(const char *p)
{
    const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i in = _mm_or_si128(hr_run_range(v, 0, ' '), hr_run_range(v, '"', 1));
    in = _mm_or_si128(in, _mm_or_si128(hr_run_is(v, '&'), hr_run_is(v, '/')));
    in = _mm_or_si128(in, _mm_or_si128(hr_run_is(v, ':'), hr_run_is(v, '=')));
    in = _mm_or_si128(in, _mm_or_si128(hr_run_is(v, '?'), hr_run_is(v, '{')));
    return (unsigned)_mm_movemask_epi8(in);
}
#endif

/* The next byte from i on that is not plain, or the end. */
static inline size_t next_special(hr_str s, size_t i)
{
#ifdef __SSE2__
    unsigned found;
    for (; i + 16 <= s.n; i += 16)
        if ((found = special_of(s.p + i)))
            return i + (unsigned)__builtin_ctz(found);
    if (s.n >= 16 && i < s.n) /* the last block overlaps */
        return (found = special_of(s.p + s.n - 16) >> (i + 16 - s.n)) ? i + (unsigned)__builtin_ctz(found)
                                                                      : s.n;
#endif
    while (i < s.n && kinds[(unsigned char)s.p[i]] == PLAIN)
        i++;
    return i;
}

/* The next longer beginning of the string; false: there is none. */
static bool next_cut(struct cuts *c)
{
    size_t from = c->at, i = from + 1 > LEAST_CUT ? from + 1 : LEAST_CUT;

    if (from >= c->s.n || c->n++ >= MOST_CUTS)
        return false;
    if (from == 0) /* what ends a string may stand before the first cut */
        for (size_t k = next_special(c->s, 0); k < LEAST_CUT && k < c->s.n; k = next_special(c->s, k + 1))
            c->plain = c->plain && kinds[(unsigned char)c->s.p[k]] != END;
    for (; c->plain && (i = next_special(c->s, i)) < c->s.n; i++) {
        const unsigned char byte = (unsigned char)c->s.p[i];
        if (kinds[byte] == END)
            c->plain = false;
        else if (kinds[byte] == CUT && c->s.p[i - 1] != '\\') /* "\/" is one character */
            break;
    }
    if (!c->plain || i >= c->s.n) {
        i = c->s.n;
        if (i < LEAST_WHOLE)
            return false;
    }
    c->hash = hr_mix(c->hash, hr_bits_inside(c->s.p + from, i - from, c->s.p + c->s.n));
    c->at = i;
    return true;
}

/* ------------------------------------------------------------------ the table */
/* The slot of a beginning, which is 0 where it is not known. NULL: too many probes. */
static uint32_t *slot_of(const hr_prefixes *p, uint64_t hash, size_t len)
{
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & p->mask;

    for (int i = 0; i < PROBES; i++, at = (at + 1) & p->mask) {
        const hr_prefix *x = &p->list[p->slots[at]];
        if (p->slots[at] == 0 || (x->hash == hash && x->text.n == len))
            return &p->slots[at];
    }
    return NULL;
}

static int grow(hr_prefixes *p)
{
    const uint32_t room = p->room ? p->room * 4 : FIRST; /* MOST in six steps: each enters all again */
    hr_prefix *list = hr_arena_alloc(p->arena, room * sizeof *list);
    uint32_t *slots = hr_arena_zalloc(p->arena, 2 * room * sizeof *slots);

    if (!list || !slots)
        return HR_ENOMEM;
    if (p->room)
        memcpy(list, p->list, p->n * sizeof *list);
    list[0] = (hr_prefix){0};
    p->list = list;
    p->slots = slots;
    p->room = room;
    p->mask = 2 * room - 1;
    for (uint32_t i = 1; i < p->n; i++) {
        uint32_t *slot = slot_of(p, list[i].hash, list[i].text.n);
        if (slot && *slot == 0)
            *slot = i;
    }
    return 0;
}

int hr_prefixes_meet(hr_prefixes *p, hr_str s, uint32_t *longest)
{
    struct cuts c = {.s = s, .plain = true};
    uint32_t parent = 0, *slot;

    *longest = HR_PREFIXES_UNKNOWN;
    while (next_cut(&c)) {
        if (p->n == p->room || !p->room) {
            if (p->n >= MOST)
                return 0;
            if (grow(p) < 0)
                return HR_ENOMEM;
        }
        if (!(slot = slot_of(p, c.hash, c.at)))
            return 0;
        if (*slot == 0) {
            *slot = p->n++;
            p->list[*slot] = (hr_prefix){.hash = c.hash, .text = hr_str_make(s.p, c.at), .parent = parent};
        }
        parent = *slot;
        p->list[parent].count++;
    }
    *longest = parent ? parent : HR_PREFIXES_NONE;
    return 0;
}

/* ------------------------------------------------------------------ what pays */
static int64_t gain(const hr_prefixes *p, const hr_prefix *x, uint32_t uses)
{
    const int64_t text = (int64_t)(x->text.n - p->list[x->above].text.n), name = x->above ? 0 : NAME;

    return uses * (text - name) - (text + LINE + (x->above ? NAME : 0));
}

void hr_prefixes_choose(hr_prefixes *p)
{
    p->named = 0;
    for (uint32_t i = 1; i < p->n; i++)
        if (p->list[i].count == p->list[p->list[i].parent].count)
            p->list[p->list[i].parent].covered = true;
    for (uint32_t i = 1; i < p->n; i++) { /* from the shortest on: by all uses */
        hr_prefix *x = &p->list[i];
        const hr_prefix *parent = &p->list[x->parent];
        x->above = parent->name ? x->parent : parent->above;
        x->direct = x->count;
        x->name = x->count > 1 && !x->covered && gain(p, x, x->count) >= LEAST_GAIN;
    }
    for (uint32_t i = p->n; i-- > 1;) { /* from the longest on: by the uses that are left to it */
        hr_prefix *x = &p->list[i];
        if (!x->name)
            continue;
        x->name = gain(p, x, x->direct) >= LEAST_GAIN;
        if (x->above) /* its own line is a use of the shorter one */
            p->list[x->above].direct -= x->count - (x->name ? 1 : x->direct);
    }
    for (uint32_t i = 1; i < p->n; i++) {
        hr_prefix *x = &p->list[i];
        x->above = p->list[x->parent].name ? x->parent : p->list[x->parent].above;
        if (x->name)
            x->name = ++p->named;
    }
}

uint32_t hr_prefixes_named(const hr_prefixes *p, uint32_t longest)
{
    if (longest == HR_PREFIXES_NONE)
        return 0;
    return p->list[longest].name ? longest : p->list[longest].above;
}

uint32_t hr_prefixes_find(const hr_prefixes *p, hr_str s)
{
    struct cuts c = {.s = s, .plain = true};
    uint32_t found = 0, *slot;

    while (p->named && next_cut(&c)) {
        if (!(slot = slot_of(p, c.hash, c.at)) || *slot == 0)
            break;
        found = *slot;
    }
    return found ? hr_prefixes_named(p, found) : 0;
}

void hr_prefixes_put(hr_buf *b, const hr_prefixes *p)
{
    for (uint32_t i = 1; i < p->n; i++) {
        const hr_prefix *x = &p->list[i], *above = &p->list[x->above];
        if (!x->name)
            continue;
        hr_buf_putc(b, '$');
        hr_buf_u64(b, x->name);
        hr_buf_putc(b, '=');
        if (x->above) {
            hr_buf_putc(b, '$');
            hr_buf_u64(b, above->name);
        } else if (x->text.p[0] == '$') {
            hr_buf_putc(b, '$');
        }
        hr_buf_add(b, x->text.p + above->text.n, x->text.n - above->text.n);
        hr_buf_putc(b, '\n');
    }
}
