/* signs.c - tables of words, and how keys and values are held against them. See signs.h. All tables are sorted. */
#include "transform/signs.h"

#include <string.h>

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

bool hr_prose_says_error(hr_str value, bool *strong)
{
    char w[WORD], before[WORD] = "";
    size_t pos = 0, count = 0;
    bool shout, found = false;
    *strong = false;
    while (next_word(value, &pos, w, &shout)) {
        bool timed_out = strcmp(w, "out") == 0 && strcmp(before, "timed") == 0;
        /* "NullPointerException", "TimeoutError" */
        size_t n = strlen(w);
        bool type =
            (n > 9 && strcmp(w + n - 9, "exception") == 0) || (n > 5 && strcmp(w + n - 5, "error") == 0);
        bool tells =
            timed_out || type || (n > 2 && is_small(w[0]) && in_table(w, prose_words, COUNT(prose_words)));
        if (tells && !in_table(before, negations, COUNT(negations))) {
            found = true;
            if (count == 0 || shout || type) {
                *strong = true;
                return true;
            }
        }
        memcpy(before, w, sizeof before);
        count++;
    }
    return found;
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
