/* price_regex.c - see price_regex.h. */
#include "price_regex.h"

#include <string.h>

enum { WORDS = HR_PRICE_TEXT / 64, MAX_NESTED = 8, MAX_COUNT = 64 };

/* Places between the bytes of the text: bit i stands before byte i. */
typedef struct places {
    uint64_t w[WORDS];
} places;

struct run {
    const char *p, *end; /* what is left of the expression */
    hr_str text;
    unsigned nested;
    bool bad;
};

static places alternatives(struct run *r, places from);

static void add(places *s, size_t i)
{
    s->w[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool has(const places *s, size_t i)
{
    return s->w[i / 64] >> (i % 64) & 1;
}

static places joined(places a, const places *b)
{
    for (int i = 0; i < WORDS; i++)
        a.w[i] |= b->w[i];
    return a;
}

static places without(places a, const places *b)
{
    for (int i = 0; i < WORDS; i++)
        a.w[i] &= ~b->w[i];
    return a;
}

static bool none(const places *s)
{
    uint64_t any = 0;

    for (int i = 0; i < WORDS; i++)
        any |= s->w[i];
    return any == 0;
}

/* Behind each byte of the class that stands at one of these places. */
static places step(const struct run *r, places from, const uint64_t class[4])
{
    places to = {{0}};

    for (size_t w = 0; w < WORDS; w++) {
        for (uint64_t bits = from.w[w]; bits; bits &= bits - 1) {
            const size_t i = w * 64 + (size_t)__builtin_ctzll(bits);
            const unsigned char c = i < r->text.n ? (unsigned char)r->text.p[i] : 0;
            if (i < r->text.n && (class[c / 64] >> (c % 64) & 1))
                add(&to, i + 1);
        }
    }
    return to;
}

static void put(uint64_t class[4], unsigned from, unsigned to)
{
    for (unsigned c = from; c <= to; c++)
        class[c / 64] |= UINT64_C(1) << (c % 64);
}

static bool more(const struct run *r)
{
    return r->p < r->end;
}

/* The byte, or the class of bytes, that \ stands before. */
static unsigned escaped(struct run *r, uint64_t class[4])
{
    const unsigned char c = more(r) ? (unsigned char)*r->p++ : 0;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

    if (c == 'd')
        put(class, '0', '9');
    else if (c == 0 || letter)
        r->bad = true;
    else
        put(class, c, c);
    return c;
}

/* Behind the '['. */
static void read_class(struct run *r, uint64_t class[4])
{
    bool others = more(r) && *r->p == '^', first = true;

    r->p += others;
    for (; more(r) && (first || *r->p != ']'); first = false) {
        unsigned c = (unsigned char)*r->p++;
        if (c == '\\') {
            escaped(r, class);
        } else if (r->end - r->p > 1 && r->p[0] == '-' && r->p[1] != ']') {
            const unsigned last = (unsigned char)r->p[1];
            r->bad |= last < c || last == '\\';
            put(class, c, last);
            r->p += 2;
        } else {
            put(class, c, c);
        }
    }
    r->bad |= !more(r);
    r->p += more(r);
    for (int i = 0; i < 4 && others; i++)
        class[i] = ~class[i];
}

/* (?=..) and (?!..), which are run from each place by itself; r->p stands behind the sign. */
static places look(struct run *r, places from, bool wanted)
{
    const char *start = r->p;
    places kept = {{0}}, nowhere = {{0}};

    alternatives(r, nowhere);
    const char *after = r->p;
    for (size_t i = 0; i <= r->text.n && !r->bad; i++) {
        places one = {{0}}, to;
        if (!has(&from, i))
            continue;
        add(&one, i);
        r->p = start;
        to = alternatives(r, one);
        if (none(&to) != wanted)
            add(&kept, i);
    }
    r->p = after;
    return kept;
}

/* Behind the '('. */
static places group(struct run *r, places from)
{
    char sign = 0;
    places to;

    if (more(r) && *r->p == '?') {
        sign = r->end - r->p > 1 ? r->p[1] : '?';
        r->p += 2;
    }
    if (++r->nested > MAX_NESTED || (sign && sign != ':' && sign != '=' && sign != '!'))
        r->bad = true;
    if (r->bad)
        return (places){{0}};
    to = sign == '=' || sign == '!' ? look(r, from, sign == '=') : alternatives(r, from);
    r->nested--;
    r->bad |= !more(r);
    r->p += more(r);
    return to;
}

static places atom(struct run *r, places from)
{
    const char c = *r->p++;
    uint64_t class[4] = {0};
    places to = {{0}};

    switch (c) {
    case '^':
        if (has(&from, 0))
            add(&to, 0);
        return to;
    case '$':
        if (has(&from, r->text.n))
            add(&to, r->text.n);
        return to;
    case '(':
        return group(r, from);
    case '[':
        read_class(r, class);
        break;
    case '\\':
        escaped(r, class);
        break;
    case '.':
        put(class, 0, 255);
        break;
    case '?':
    case '*':
    case '+':
    case '{':
        r->bad = true;
        return to;
    default:
        put(class, (unsigned char)c, (unsigned char)c);
    }
    return step(r, from, class);
}

static int number(struct run *r)
{
    int n = -1;

    while (more(r) && *r->p >= '0' && *r->p <= '9' && n <= MAX_COUNT)
        n = (n < 0 ? 0 : n * 10) + (*r->p++ - '0');
    return n;
}

/* How often what stood before may stand; most -1: without end. false: once, nothing is said. */
static bool read_count(struct run *r, int *least, int *most)
{
    const char c = more(r) ? *r->p : 0;

    if (c != '?' && c != '*' && c != '+' && c != '{')
        return false;
    r->p++;
    *least = c == '+';
    *most = c == '?' ? 1 : -1;
    if (c == '{') {
        *least = *most = number(r);
        if (more(r) && *r->p == ',') {
            r->p++;
            *most = number(r);
            r->bad |= *most < *least;
        }
        r->bad |= *least < 0 || *least > MAX_COUNT || *most > MAX_COUNT || !more(r) || *r->p != '}';
        r->p += more(r);
    }
    r->bad |= more(r) && (*r->p == '?' || *r->p == '+' || *r->p == '*' || *r->p == '{');
    return true;
}

static places piece(struct run *r, places from)
{
    const char *start = r->p;
    int least, most;
    places to = atom(r, from);

    if (r->bad || !read_count(r, &least, &most) || r->bad)
        return to;
    const char *after = r->p;
    places all = {{0}}, now = from;
    if (least == 0)
        all = from;
    for (int i = 1; (most < 0 || i <= most) && !none(&now); i++) {
        r->p = start;
        now = atom(r, now);
        if (most < 0 && i >= least)
            now = without(now, &all); /* what was met before leads nowhere new */
        if (i >= least)
            all = joined(all, &now);
    }
    r->p = after;
    return all;
}

/* Up to the end, or to the ')' of this group. */
static places alternatives(struct run *r, places from)
{
    places all = {{0}};

    for (;;) {
        places now = from;
        while (more(r) && *r->p != '|' && *r->p != ')' && !r->bad)
            now = piece(r, now);
        all = joined(all, &now);
        if (r->bad || !more(r) || *r->p != '|')
            return all;
        r->p++;
    }
}

static bool may_count_none(char c)
{
    return c == '?' || c == '*' || c == '{';
}

static bool is_sign(char c)
{
    switch (c) {
    case '^':
    case '$':
    case '.':
    case '|':
    case '?':
    case '*':
    case '+':
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
    case '\\':
        return true;
    default:
        return false;
    }
}

/* Behind the class whose [ stands at i. A ] that stands first in it does not end it. */
static size_t skip_class(hr_str regex, size_t i)
{
    i += i + 1 < regex.n && regex.p[i + 1] == '^' ? 2 : 1;
    for (bool first = true; i < regex.n && (first || regex.p[i] != ']'); first = false)
        i += regex.p[i] == '\\' ? 2 : 1;
    return i + 1;
}

/* Bytes that stand for themselves, outside of groups, are in every text that fits. Most expressions can be refused by that, without a run. */
static bool lacks_part(hr_str regex, hr_str text)
{
    char part[64];
    size_t n = 0, i = 0;
    unsigned nested = 0;
    bool lacks = false;

    while (i <= regex.n) {
        const bool escaped = i + 1 < regex.n && regex.p[i] == '\\' && is_sign(regex.p[i + 1]);
        const size_t next = i + 1 + escaped;
        if (i < regex.n && nested == 0 && (escaped || !is_sign(regex.p[i])) &&
            !(next < regex.n && may_count_none(regex.p[next])) && n < sizeof part) {
            part[n++] = regex.p[next - 1];
            i = next;
            continue;
        }
        lacks = lacks || (n && (text.n < n || !memmem(text.p, text.n, part, n)));
        n = 0;
        if (i == regex.n)
            break;
        switch (regex.p[i]) {
        case '|':
            if (nested == 0)
                return false;
            break;
        case '(':
            nested++;
            break;
        case ')':
            nested -= nested > 0;
            break;
        case '[':
            i = skip_class(regex, i);
            continue;
        case '{':
            while (i < regex.n && regex.p[i] != '}')
                i++;
            break;
        case '\\':
            i++;
            break;
        default:
            break;
        }
        i++;
    }
    return lacks;
}

static bool run(hr_str regex, hr_str text, bool anchored, bool *valid)
{
    struct run r = {regex.p, regex.p + regex.n, text, 0, false};
    places from = {{0}};

    for (size_t i = 0; i <= (anchored ? 0 : text.n); i++)
        add(&from, i);
    places to = alternatives(&r, from);
    *valid = !r.bad && !more(&r);
    return *valid && !none(&to);
}

bool hr_price_regex(hr_str regex, hr_str text, bool anchored)
{
    bool valid;

    if (lacks_part(regex, text))
        return false;
    return text.n < HR_PRICE_TEXT && run(regex, text, anchored, &valid);
}

bool hr_price_regex_valid(hr_str regex)
{
    bool valid;

    run(regex, HR_STR(""), true, &valid);
    return valid;
}
