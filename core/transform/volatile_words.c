/* volatile_words.c - see volatile_words.h. */
#include "transform/volatile_words.h"

#include <string.h>

#include "transform/volatile_values.h"

/* A sentence about the moment is short; what is longer says more. */
enum { MAX_SENTENCE = 300 };
/* What follows "Session:" is an identifier, not a number of one, from this length on. */
enum { LONG_ID = 16 };

/* What the words of a sentence speak of. */
enum {
    TODAY = 1 << 0,   /* a day or moment that is named from now on its own */
    CURRENT = 1 << 1, /* needs a noun: the current date */
    WHEN = 1 << 2,
    SESSION = 1 << 3,
    ID = 1 << 4,
    START = 1 << 5,
    MACHINE = 1 << 6, /* system time, server time */
    STAMP = 1 << 7,   /* unix, epoch, timestamp */
    NONCE = 1 << 8,
    IS = 1 << 9,
    IT = 1 << 10,
    YEAR_WORD = 1 << 11,
    MONTH_WORD = 1 << 12,
    COLON = 1 << 13,
    OTHER = 1 << 14 /* a word beside "today" and "is" */
};

static const struct {
    const char *word;
    unsigned speaks;
} vocabulary[] = {
    {"today", TODAY},
    {"tomorrow", TODAY | OTHER},
    {"yesterday", TODAY | OTHER},
    {"now", TODAY | OTHER},
    {"currently", TODAY | OTHER},
    {"current", CURRENT},
    {"present", CURRENT},
    {"date", WHEN},
    {"time", WHEN},
    {"datetime", WHEN},
    {"day", WHEN},
    {"weekday", WHEN},
    {"year", WHEN | YEAR_WORD},
    {"month", WHEN | MONTH_WORD},
    {"timestamp", WHEN | STAMP},
    {"unix", STAMP},
    {"epoch", STAMP},
    {"seconds", OTHER},
    {"system", MACHINE},
    {"server", MACHINE},
    {"session", SESSION},
    {"request", SESSION},
    {"conversation", SESSION},
    {"chat", SESSION},
    {"thread", SESSION},
    {"trace", SESSION},
    {"correlation", SESSION},
    {"invocation", SESSION},
    {"interaction", SESSION},
    {"id", ID},
    {"uuid", ID},
    {"guid", ID},
    {"identifier", ID},
    {"nonce", NONCE},
    {"start", START},
    {"started", START},
    {"began", START},
    {"is", IS},
    {"it", IT},
    {"the", OTHER},
    {"a", OTHER},
    {"s", OTHER},
    {"of", OTHER},
    {"in", OTHER},
    {"at", OTHER},
    {"on", OTHER},
    {"and", OTHER},
    {"for", OTHER},
    {"this", OTHER},
    {"your", OTHER},
    {"our", OTHER},
    {"user", OTHER},
    {"users", OTHER},
    {"local", MACHINE},
    {"right", OTHER},
    {"timezone", OTHER},
    {"zone", OTHER},
    {"tz", OTHER},
    {"iso", OTHER},
    {"utc", OTHER},
    {"gmt", OTHER},
    {"note", OTHER},
    {"that", OTHER},
    {"please", OTHER},
    {"remember", OTHER},
    {"reference", OTHER},
    {"yyyy", OTHER},
    {"mm", OTHER},
    {"dd", OTHER},
    {"am", OTHER},
    {"pm", OTHER},
};

bool hr_word_is(hr_str word, const char *z)
{
    for (size_t i = 0; i < word.n; i++)
        if (z[i] == 0 || hr_low(word.p[i]) != z[i])
            return false;
    return z[word.n] == 0;
}

static unsigned speaks_of(hr_str word)
{
    for (size_t i = 0; i < sizeof vocabulary / sizeof *vocabulary; i++)
        if (hr_low(*word.p) == *vocabulary[i].word && hr_word_is(word, vocabulary[i].word))
            return vocabulary[i].speaks;
    return 0;
}

/* ------------------------------------------------------------------ the bag */
struct bag {
    unsigned words, values;
    bool number; /* the last token was a number that may be a day */
    int parens;
    unsigned ticks, stars, colons;
    size_t opaque; /* length of an identifier */
};

/* Europe/Paris, UTC+01:00 */
static bool is_zone(hr_str s)
{
    static const char *const regions[] = {"africa/",    "america/", "antarctica/", "asia/",    "atlantic/",
                                          "australia/", "europe/",  "indian/",     "pacific/", "etc/"};
    for (size_t i = 0; memchr(s.p, '/', s.n) && i < sizeof regions / sizeof *regions; i++) {
        size_t n = strlen(regions[i]);
        if (s.n > n && hr_word_is(hr_str_make(s.p, n), regions[i]))
            return true;
    }
    if (s.n < 5 || !(hr_word_is(hr_str_make(s.p, 3), "utc") || hr_word_is(hr_str_make(s.p, 3), "gmt")))
        return false;
    hr_str offset = hr_str_behind(s, 4);
    return (s.p[3] == '+' || s.p[3] == '-') &&
           (hr_is_zone_offset(hr_str_behind(s, 3)) || hr_fits(offset, "9") == offset.n ||
            hr_fits(offset, "99") == offset.n || hr_fits(offset, "9:99") == offset.n);
}

/* CET, AEDT: what stands in capitals behind a time. */
static bool is_zone_name(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 'A' || s.p[i] > 'Z')
            return false;
    return s.n >= 2 && s.n <= 5;
}

/* A number that stayed one is a day of a month. */
static void settle_number(struct bag *b)
{
    if (b->number)
        b->values |= HR_DAY;
    b->number = false;
}

static bool add_word(struct bag *b, hr_str word)
{
    if (b->number && (hr_word_is(word, "am") || hr_word_is(word, "pm"))) {
        b->values |= HR_TIME;
        b->number = false;
        return true;
    }
    settle_number(b);
    unsigned v = hr_value_of_name(word), w = speaks_of(word);
    /* "May" and "sat" are words too, and then they need a value beside them as well. */
    if (v) {
        b->values |= v;
        return true;
    }
    if (w == 0 && (((b->values & HR_TIME) && is_zone_name(word)) || (b->values && b->parens > 0)))
        return true; /* what the zone is called; what is said of the value in brackets */
    b->words |= w;
    return w != 0;
}

/* What is written together: a word, words with strokes between them, or a value. */
static bool add_token(struct bag *b, hr_str s)
{
    if (hr_is_digit(*s.p)) {
        unsigned v = hr_value_of_figure(s);
        settle_number(b);
        b->number = v == HR_DAY && hr_fits(s, "9+") == s.n; /* it may become a time */
        b->values |= b->number ? 0 : v;
        b->opaque = v == HR_OPAQUE ? s.n : b->opaque;
        return v != 0;
    }
    if (is_zone(s))
        return true;
    if (hr_word_is(s, "a.m") || hr_word_is(s, "p.m"))
        return add_word(b, hr_str_make(*s.p == 'a' || *s.p == 'A' ? "am" : "pm", 2));
    for (size_t i = 0; i < s.n; i++)
        if (hr_is_digit(s.p[i])) {
            b->values |= HR_OPAQUE;
            b->opaque = s.n;
            return hr_is_opaque(s);
        }
    while (s.n) {
        size_t n = 0;
        while (n < s.n && hr_is_letter(s.p[n]))
            n++;
        if (n < s.n && !strchr("/-_", s.p[n]))
            return false;
        if (n && !add_word(b, hr_str_make(s.p, n)))
            return false;
        s = hr_str_behind(s, n < s.n ? n + 1 : n);
    }
    return true;
}

/* Length of what joins words at p: a sign, or one of the few beyond ASCII that word processors and locales put there. 0: it is none. */
static size_t joins(hr_str s, struct bag *b)
{
    static const char *const wide[] = {"\xe2\x80\x99", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\xaf",
                                       "\xc2\xa0"};

    switch (*s.p) {
    case '(':
    case '[':
        b->parens++;
        return 1;
    case ')':
    case ']':
        return --b->parens < 0 ? 0 : 1;
    case '`':
        b->ticks++;
        return 1;
    case '*':
        b->stars++;
        return 1;
    case ':':
    case '=':
        b->colons++;
        return 1;
    case ' ':
    case '\t':
    case ',':
    case '\'':
    case '&':
    case '/':
    case '+':
        return 1;
    case '-': /* "Current date - 2025-01-07" */
        b->colons += b->values == 0 && s.n > 1 && s.p[1] == ' ';
        return 1;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        size_t n = strlen(wide[i]);
        if (s.n >= n && memcmp(s.p, wide[i], n) == 0)
            return n;
    }
    return 0;
}

static size_t token_length(hr_str s)
{
    size_t n = 0;
    while (n < s.n && (hr_is_alnum(s.p[n]) ||
                       (n > 0 && strchr("-:./+_", s.p[n]) && n + 1 < s.n && hr_is_alnum(s.p[n + 1]))))
        n++;
    /* "Date:2025" is a label and its value. */
    if (n && hr_is_letter(*s.p)) {
        const char *colon = memchr(s.p, ':', n);
        if (colon && !is_zone(hr_str_make(s.p, n)))
            n = (size_t)(colon - s.p);
    }
    return n;
}

/* Fill the bag. false: the sentence says more than is in it. */
static bool fill(struct bag *b, hr_str s)
{
    for (bool sign = false; s.n;) { /* sign: one stands right before */
        size_t n = token_length(s);
        if (n) {
            const bool offset =
                sign && (b->values & HR_TIME) && hr_is_zone_offset(hr_str_make(s.p - 1, n + 1));
            if (!offset && !add_token(b, hr_str_make(s.p, n)))
                return false;
            sign = false;
            s = hr_str_behind(s, n);
            if (s.n > 1 && *s.p == '.' && strchr(" ,)]", s.p[1])) /* an abbreviation's */
                s = hr_str_behind(s, 1);
            continue;
        }
        sign = *s.p == '+' || *s.p == '-';
        if (*s.p != ' ')
            settle_number(b);
        if ((n = joins(s, b)) == 0)
            return false;
        s = hr_str_behind(s, n);
    }
    settle_number(b);
    return b->parens == 0 && b->ticks % 2 == 0 && b->stars % 2 == 0 && b->colons <= 3;
}

/* Does what the words speak of go with the values? */
static bool agree(const struct bag *b)
{
    const unsigned w = b->words, v = b->values;
    const bool labelled = b->colons > 0;
    const bool date = (v & HR_DATE) || ((v & HR_MONTH) && (v & (HR_DAY | HR_YEAR)));
    const bool now =
        (w & TODAY) || ((w & CURRENT) && (w & WHEN)) || ((w & IT) && (w & IS) && (date || (v & HR_TIME)));
    const bool moment = date || (v & HR_TIME) || ((v & HR_WEEKDAY) && (w & (TODAY | CURRENT)));

    if (!labelled && !(w & (IS | START)))
        return false;
    if ((v & HR_DAY) && !(v & HR_MONTH))
        return false;
    if (v & HR_OPAQUE)
        return !(v & ~(unsigned)HR_OPAQUE) &&
               ((w & NONCE) || ((w & SESSION) && ((w & ID) || (labelled && b->opaque >= LONG_ID))));
    if (v & HR_EPOCH)
        return labelled && (now || (w & (STAMP | SESSION)));
    if ((v & HR_YEAR) && !(v & (HR_MONTH | HR_DATE)))
        return now && (w & YEAR_WORD);
    if (v == HR_MONTH)
        return now && (w & MONTH_WORD);
    if (!moment)
        return false;
    return now || ((w & SESSION) && (w & (WHEN | START))) || ((w & MACHINE) && (w & WHEN) && labelled);
}

bool hr_says_when(hr_str s, hr_saying *out)
{
    struct bag b = {0};

    *out = (hr_saying){0};
    if (s.n < 8 || s.n > MAX_SENTENCE ||
        !(hr_is_letter(*s.p) || hr_is_digit(*s.p) || *s.p == '*' || *s.p == '(' || *s.p == '['))
        return false;
    hr_str text = s;
    if (text.p[text.n - 1] == '.')
        text.n--;
    const char last = text.p[text.n - 1];
    if (!hr_is_alnum(last) && !strchr(".)]*`", last))
        return false;
    if (!fill(&b, text) || !agree(&b))
        return false;
    out->labelled = b.colons > 0;
    if (b.words == (TODAY | IS) && !b.colons && !b.stars && !b.ticks && !(b.values & (HR_TIME | HR_EPOCH)) &&
        (b.values & (HR_DATE | HR_MONTH)) && text.n > 9 && hr_word_is(hr_str_make(text.p, 9), "today is "))
        out->today = hr_str_behind(text, 9);
    return true;
}
