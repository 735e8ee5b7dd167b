/* signs.c - tables of words, and how keys and values are held against them. See signs.h. All tables are sorted. */
#include "transform/signs.h"

#include <string.h>

#include "transform/runs.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
enum { WORD = 24, KEY_WORDS = 8, STATE_LENGTH = 80 };

static const char *const state_keys[] = {
    "category", "class", "conclusion", "condition", "disposition", "event", "health", "kind", "level",  "lvl",
    "outcome",  "phase", "priority",   "result",    "severity",    "state", "status", "type", "verdict"};
static const char *const level_keys[] = {"level", "loglevel", "lvl", "severity"};
static const char *const error_keys[] = {
    "crash",   "crashed",  "err",   "error", "errors", "exception", "exceptions", "failed",
    "failure", "failures", "fatal", "fault", "faults", "panic",     "stacktrace", "traceback"};
static const char *const good_keys[] = {"alive",     "available", "healthy",    "ok",
                                        "online",    "passed",    "reachable",  "ready",
                                        "succeeded", "success",   "successful", "valid"};
static const char *const code_keys[] = {"code", "httpstatus", "status", "statuscode"};
static const char *const exit_keys[] = {"exitcode", "exitstatus", "rc", "retcode", "returncode"};
static const char *const identity_keys[] = {
    "at",    "created",   "date", "day",      "epoch",    "expires", "guid", "hash",   "id",       "ids",
    "idx",   "index",     "key",  "line",     "lineno",   "nr",      "no",   "number", "offset",   "page",
    "phone", "pid",       "port", "position", "postcode", "ppid",    "row",  "seq",    "sequence", "tid",
    "time",  "timestamp", "ts",   "uid",      "updated",  "uuid",    "year", "zip",    "zipcode"};
static const char *const rank_keys[] = {"confidence", "distance", "popularity", "rank",
                                        "ranking",    "rating",   "relevance",  "relevancy",
                                        "score",      "scores",   "similarity"};

static const char *const error_words[] = {"abort",       "aborted",
                                          "bad",         "blocked",
                                          "broken",      "corrupt",
                                          "corrupted",   "crash",
                                          "crashed",     "crashloopbackoff",
                                          "crit",        "critical",
                                          "dead",        "declined",
                                          "denied",      "disconnected",
                                          "down",        "emerg",
                                          "emergency",   "err",
                                          "error",       "errored",
                                          "errors",      "evicted",
                                          "exception",   "exceptions",
                                          "expired",     "fail",
                                          "failed",      "failing",
                                          "failure",     "failures",
                                          "fatal",       "faulted",
                                          "forbidden",   "imagepullbackoff",
                                          "invalid",     "killed",
                                          "lost",        "offline",
                                          "oom",         "oomkilled",
                                          "panic",       "refused",
                                          "rejected",    "severe",
                                          "stuck",       "timedout",
                                          "timeout",     "unauthorized",
                                          "unavailable", "undelivered",
                                          "unhealthy",   "unreachable"};
/* Of those, the ones that prose uses for nothing else. */
static const char *const prose_words[] = {
    "abort",    "aborted", "corrupt",   "corrupted",   "crashed",   "critical",   "declined",
    "denied",   "err",     "error",     "errors",      "exception", "failed",     "failure",
    "failures", "fatal",   "killed",    "panic",       "panicked",  "refused",    "rejected",
    "segfault", "timeout", "traceback", "unavailable", "unhealthy", "unreachable"};
static const char *const negations[] = {"0", "no", "non", "not", "without", "zero"};
static const char *const nothing[] = {"",     "-",   "0",    "[]",       "false",     "n/a",
                                      "na",   "nil", "no",   "no error", "no errors", "none",
                                      "null", "ok",  "okay", "passed",   "success",   "{}"};
static const char *const routine[] = {"debug",  "info",  "information", "informational",
                                      "notice", "trace", "verbose"};

static bool in_table(const char *z, const char *const *table, size_t n)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strcmp(z, table[mid]);
        if (c == 0)
            return true;
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_small(c) || is_capital(c) || is_digit(c);
}

static char lower(char c)
{
    return is_capital(c) ? (char)(c + ('a' - 'A')) : c;
}

/* ------------------------------------------------------------------ keys */
size_t hr_key_words(hr_str key, char words[][24], size_t max)
{
    size_t n = 0, len = 0;
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i], before = i ? key.p[i - 1] : '_';
        bool letter = is_small(c) || is_capital(c) || is_digit(c) || (unsigned char)c > 0x7f;
        /* statusCode -> status code; HTTPStatus -> http status */
        bool hump = is_capital(c) && (is_small(before) || is_digit(before) ||
                                      (is_capital(before) && i + 1 < key.n && is_small(key.p[i + 1])));
        if ((!letter || hump) && len) {
            words[n++][len] = 0;
            len = 0;
        }
        if (n == max)
            return n;
        if (letter && len < WORD - 1)
            words[n][len++] = lower(c);
    }
    if (len)
        words[n++][len] = 0;
    return n;
}

unsigned hr_key_signs(hr_str key)
{
    char words[KEY_WORDS][WORD], pair[2 * WORD] = "";
    size_t n = hr_key_words(key, words, KEY_WORDS);
    unsigned signs = 0;
    if (n == 0)
        return 0;
    const char *last = words[n - 1];
    if (n > 1) {
        memcpy(pair, words[n - 2], strlen(words[n - 2]));
        strcat(pair, last);
    }
    for (size_t i = 0; i < n; i++)
        if (in_table(words[i], error_keys, COUNT(error_keys)))
            signs |= HR_KEY_ERROR;
    if (in_table(last, state_keys, COUNT(state_keys)))
        signs |= HR_KEY_STATE;
    if (in_table(last, level_keys, COUNT(level_keys)))
        signs |= HR_KEY_LEVEL | HR_KEY_STATE;
    if (in_table(last, good_keys, COUNT(good_keys)))
        signs |= HR_KEY_GOOD;
    if (in_table(last, code_keys, COUNT(code_keys)) || in_table(pair, code_keys, COUNT(code_keys)))
        signs |= HR_KEY_CODE;
    if (in_table(last, exit_keys, COUNT(exit_keys)) || in_table(pair, exit_keys, COUNT(exit_keys)))
        signs |= HR_KEY_EXIT;
    if (in_table(last, identity_keys, COUNT(identity_keys)))
        signs |= HR_KEY_IDENTITY;
    if (in_table(last, rank_keys, COUNT(rank_keys)))
        signs |= HR_KEY_RANK;
    return signs;
}

/* ------------------------------------------------------------------ values */
/* The next run of ASCII letters and digits in lower case; longer runs are cut. *shout: it is written in capitals. */
static bool next_word(hr_str s, size_t *pos, char out[WORD], bool *shout)
{
    size_t i = *pos, n = 0;
    bool small = false;
    while (i < s.n && !is_small(s.p[i]) && !is_capital(s.p[i]) && !is_digit(s.p[i]))
        i++;
    for (; i < s.n && (is_small(s.p[i]) || is_capital(s.p[i]) || is_digit(s.p[i])); i++) {
        small = small || is_small(s.p[i]);
        if (n < WORD - 1)
            out[n++] = lower(s.p[i]);
    }
    out[n] = 0;
    *shout = !small && n > 2;
    *pos = i;
    return n > 0;
}

bool hr_says_error(hr_str value)
{
    char w[WORD], before[WORD] = "";
    size_t pos = 0;
    bool shout;
    if (value.n > STATE_LENGTH)
        return false;
    while (next_word(value, &pos, w, &shout)) {
        bool negated = in_table(before, negations, COUNT(negations));
        if (in_table(w, error_words, COUNT(error_words)) && !negated)
            return true;
        if (strcmp(w, "out") == 0 && strcmp(before, "timed") == 0)
            return true;
        memcpy(before, w, sizeof before);
    }
    return false;
}

/* How the words of prose_words with more than three letters begin: a slot each, by the top five bits of the product of the first four letters (as a
   number, the first one lowest) with PROSE_HASH, which was sought so that none share a slot. */
#define PROSE_HASH 0x4e896a65u
static const char prose_beginnings[32][4] = {
    [0] = "unhe",  [1] = "deni",  [2] = "reje",  [3] = "time",  [4] = "trac",  [5] = "unre",  [7] = "cras",
    [9] = "corr",  [11] = "erro", [12] = "exce", [15] = "abor", [17] = "segf", [18] = "pani", [19] = "fail",
    [20] = "decl", [21] = "kill", [23] = "refu", [25] = "unav", [26] = "fata", [30] = "crit"};

/* Four ASCII letters in lower case as a number; other bytes become something else. */
static inline uint32_t four_letters(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24) | 0x20202020u;
}

/* Is this run of letters and digits z, in whatever case? z has letters only. */
static bool is_word(hr_str w, const char *z)
{
    for (size_t i = 0; i < w.n; i++)
        if (lower(w.p[i]) != z[i])
            return false;
    return z[w.n] == 0;
}

static bool run_in_table(hr_str w, const char *const *table, size_t count)
{
    char z[WORD];

    if (w.n >= WORD)
        return false;
    for (size_t i = 0; i < w.n; i++)
        z[i] = lower(w.p[i]);
    z[w.n] = 0;
    return in_table(z, table, count);
}

/* "NullPointerException", "TimeoutError" */
static bool is_error_type(hr_str w)
{
    return (w.n > 9 && is_word(hr_str_make(w.p + w.n - 9, 9), "exception")) ||
           (w.n > 5 && is_word(hr_str_make(w.p + w.n - 5, 5), "error"));
}

/* Most words are done with after their first and their last letters. */
static inline bool tells_error(hr_str w, hr_str before)
{
    if (w.n < 5)
        return w.n == 3 && (is_word(w, "err") || (is_word(w, "out") && is_word(before, "timed")));
    const uint32_t begin = four_letters(w.p), end = four_letters(w.p + w.n - 4);
    if (begin == four_letters(prose_beginnings[begin * PROSE_HASH >> 27]) &&
        run_in_table(w, prose_words, COUNT(prose_words)))
        return true;
    return (end == four_letters("rror") || end == four_letters("tion")) && is_error_type(w);
}

static bool is_shouted(hr_str w)
{
    for (size_t i = 0; i < w.n; i++)
        if (is_small(w.p[i]))
            return false;
    return true;
}

bool hr_prose_says_error(hr_str value, bool *strong)
{
    hr_runs words = hr_runs_of(value, HR_RUN_ALNUM);
    hr_str w, before = {0};
    bool found = false;

    *strong = false;
    for (bool first = true; hr_runs_next(&words, HR_RUN_ALNUM, &w); first = false) {
        if (tells_error(w, before) && !run_in_table(before, negations, COUNT(negations))) {
            found = true;
            if (first || is_shouted(w) || is_error_type(w)) {
                *strong = true;
                return true;
            }
        }
        before = w;
    }
    return found;
}

/* How the words of tells_error() that have no ending of their own begin: bit b of [a], where a and b are the lowest five bits of the first
   two letters. */
#define TWO(a, b) [a & 31] = 1u << (b & 31)
#define ALSO(b)   1u << (b & 31)
static const uint32_t error_beginnings[32] = {
    TWO('a', 'b'),
    TWO('c', 'o') | ALSO('r'),
    TWO('d', 'e'),
    TWO('e', 'r') | ALSO('x'),
    TWO('f', 'a'),
    TWO('k', 'i'),
    TWO('o', 'u'),
    TWO('p', 'a'),
    TWO('r', 'e'),
    TWO('s', 'e'),
    TWO('t', 'i') | ALSO('r'),
    TWO('u', 'n'),
};

/* The run of letters and digits that holds p[0], up to there and on from there. */
static hr_str run_around(hr_str text, const char *p)
{
    const char *from = p, *to = p, *end = text.p + text.n;

    while (from > text.p && is_alnum(from[-1]))
        from--;
    while (to < end && is_alnum(*to))
        to++;
    return hr_str_make(from, (size_t)(to - from));
}

/* Does the word at p tell of an error? "out" does behind "timed" only. */
static bool tells_at(hr_str text, const char *p)
{
    const hr_str w = run_around(text, p);

    return tells_error(w, w.n == 3 ? HR_STR("timed") : (hr_str){0});
}

/* Does it, whatever the line is of which it is a word? */
static bool tells_surely(hr_str text, const char *p)
{
    const hr_str w = run_around(text, p);
    const char *before = w.p;

    while (before > text.p && !is_alnum(before[-1]))
        before--;
    return !is_word(w, "out") &&
           (before == text.p || !run_in_table(run_around(text, before - 1), negations, COUNT(negations)));
}

/* The first of the bits where such a word begins; 0: there is none. */
static uint64_t first_that_begins(hr_str text, const char *block, uint64_t beginnings)
{
    const char *end = text.p + text.n;

    if (end - block <= 64) /* the text's last byte is no such word */
        beginnings &= ~(UINT64_C(1) << (end - block - 1));
    for (; beginnings; beginnings &= beginnings - 1) {
        const char *p = block + __builtin_ctzll(beginnings);
        if (__builtin_expect(!(error_beginnings[*p & 31] >> (p[1] & 31) & 1), true))
            continue;
        if (end - p > 3 && is_alnum(p[3])) { /* not one of three letters */
            const uint32_t four = four_letters(p);
            if (four != four_letters(prose_beginnings[four * PROSE_HASH >> 27]))
                continue;
        } else if (end - p > 3 && ((*p | 0x20) != 'e' || !is_alnum(p[2])) &&
                   (*p | 0x20) != 'o') { /* nor "err" */
            continue;
        }
        if (tells_at(text, p))
            return beginnings & -beginnings;
    }
    return 0;
}

/* The first of the bits where one ends that is known by its ending; 0: there is none. */
static uint64_t first_that_ends(hr_str text, const char *block, uint64_t ends)
{
    for (; ends; ends &= ends - 1) {
        const char *p = block + __builtin_ctzll(ends);
        const uint32_t end = p - text.p < 4 ? 0 : four_letters(p - 3);
        if ((end == four_letters("rror") || end == four_letters("tion")) && tells_at(text, p))
            return ends & -ends;
    }
    return 0;
}

size_t hr_prose_error_place(hr_str text, size_t from, bool *sure)
{
    enum { BLOCK = 64 };
    bool goes_on = false, o = false;

    for (size_t at = from; at < text.n; at += BLOCK) {
        const char *block = text.p + at;
        const size_t n = text.n - at;
        const uint64_t words = hr_run_bits_up_to_64(block, n, at, HR_RUN_ALNUM),
                       letters = hr_run_bits_up_to_64(block, n, at, HR_RUN_LETTER),
                       os = hr_run_bits_up_to_64(block, n, at, HR_RUN_O);
        const uint64_t next = n > BLOCK && is_alnum(block[BLOCK]);
        const uint64_t ends = words & ~(words >> 1 | next << (BLOCK - 1)) & (os << 1 | o);
        uint64_t found = first_that_begins(text, block, letters & ~(words << 1 | goes_on));
        found |= first_that_ends(text, block, found ? ends & (found - 1) : ends);
        if (found) {
            *sure = tells_surely(text, block + __builtin_ctzll(found));
            return at + (size_t)__builtin_ctzll(found);
        }
        goes_on = words >> (BLOCK - 1);
        o = os >> (BLOCK - 1);
    }
    return SIZE_MAX;
}

static bool short_in_table(hr_str value, const char *const *table, size_t count)
{
    char z[WORD];
    if (value.n >= WORD)
        return false;
    for (size_t i = 0; i < value.n; i++)
        z[i] = lower(value.p[i]);
    z[value.n] = 0;
    return in_table(z, table, count);
}

bool hr_says_nothing(hr_str value)
{
    return short_in_table(value, nothing, COUNT(nothing));
}

bool hr_says_routine(hr_str value)
{
    return short_in_table(value, routine, COUNT(routine));
}
