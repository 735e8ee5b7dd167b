/* test_runs.c - claims of what finds words 64 bytes at a time (core/transform/runs.h, feeds.h, eight.h, split.h, words.h): the same words as byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/feeds.h"
#include "transform/lines.h"
#include "transform/runs.h"
#include "transform/signs.h"
#include "transform/split.h"
#include "transform/words.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 210 };

/* Bytes at the very end of their memory, so that one read behind them is seen. */
static char *exact(const char *p, size_t n)
{
    char *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, p, n);
    return copy;
}

static void make_random(char *out, size_t n, const char *of)
{
    const size_t kinds = strlen(of);
    for (size_t i = 0; i < n; i++)
        out[i] = of[(size_t)rand() % kinds];
}

static bool in_class(unsigned char c, enum hr_run_class class)
{
    const bool digit = c >= '0' && c <= '9', letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    switch (class) {
    case HR_RUN_UNGAPPED:
        return !(c >= 9 && c <= 13) && (c == 0 || !strchr(" ,;=()[]{}<>|'\"`", c));
    case HR_RUN_BLACK:
        return c != ' ' && c != '\t' && c != '\r';
    case HR_RUN_LETTER:
        return letter;
    case HR_RUN_DIGIT:
        return digit;
    case HR_RUN_POINT:
        return c == '.';
    case HR_RUN_FEED:
        return c == '\n';
    case HR_RUN_BLANK:
        return c == ' ' || c == '\t';
    case HR_RUN_SLASH:
        return c == '/';
    case HR_RUN_COLON:
        return c == ':';
    case HR_RUN_O:
        return c == 'o' || c == 'O';
    case HR_RUN_WORD:
        return digit || letter || c == '_' || c > 0x7f;
    case HR_RUN_ALNUM:
        break;
    }
    return digit || letter;
}

#define EXPECT_ALL_RUNS(text)                                                                                \
    do {                                                                                                     \
        EXPECT_RUNS(text, HR_RUN_ALNUM);                                                                     \
        EXPECT_RUNS(text, HR_RUN_WORD);                                                                      \
        EXPECT_RUNS(text, HR_RUN_UNGAPPED);                                                                  \
        EXPECT_RUNS(text, HR_RUN_BLACK);                                                                     \
        EXPECT_RUNS(text, HR_RUN_LETTER);                                                                    \
        EXPECT_RUNS(text, HR_RUN_DIGIT);                                                                     \
        EXPECT_RUNS(text, HR_RUN_POINT);                                                                     \
        EXPECT_RUNS(text, HR_RUN_O);                                                                         \
        EXPECT_RUNS(text, HR_RUN_FEED);                                                                      \
        EXPECT_RUNS(text, HR_RUN_BLANK);                                                                     \
        EXPECT_RUNS(text, HR_RUN_SLASH);                                                                     \
        EXPECT_RUNS(text, HR_RUN_COLON);                                                                     \
    } while (0)

#define EXPECT_RUNS(text, class)                                                                             \
    do {                                                                                                     \
        hr_runs runs = hr_runs_of(text, class);                                                              \
        hr_str run;                                                                                          \
        size_t at = 0;                                                                                       \
        while (hr_runs_next(&runs, class, &run)) {                                                           \
            for (; at < (size_t)(run.p - (text).p); at++)                                                    \
                assert_false(in_class((unsigned char)(text).p[at], class));                                  \
            assert_true(run.n > 0);                                                                          \
            for (size_t end = at + run.n; at < end; at++)                                                    \
                assert_true(in_class((unsigned char)(text).p[at], class));                                   \
            assert_true(at == (text).n || !in_class((unsigned char)(text).p[at], class));                    \
        }                                                                                                    \
        for (; at < (text).n; at++)                                                                          \
            assert_false(in_class((unsigned char)(text).p[at], class));                                      \
    } while (0)

static void runs_are_those_of_a_loop_over_the_bytes(void **state)
{
    (void)state;
    char random[MOST];
    for (int c = 0; c < 256; c++) {
        const char one = (char)c;
        EXPECT_ALL_RUNS(hr_str_make(&one, 1));
    }
    for (int round = 0; round < 6000; round++) {
        size_t n = (size_t)rand() % MOST;
        make_random(random, n, round & 1 ? "ab oOZ_9\xc5\xa0.,=\"\n\t\r@`{/:" : "aaaaaaaaaaaaaaaaaaaaaaaa ");
        char *p = exact(random, n);
        const hr_str text = hr_str_make(p, n);
        EXPECT_ALL_RUNS(text);
        free(p);
    }
}

static void lines_by_blocks_are_the_lines(void **state)
{
    (void)state;
    char random[MOST];
    for (int round = 0; round < 6000; round++) {
        const size_t n = (size_t)rand() % MOST;
        make_random(random, n,
                    round % 3 == 0   ? "a\n"
                    : round % 3 == 1 ? "abcdefgh\n"
                                     : "abcdefghijklmnopqrstuvwxyz0123456789  \n");
        char *p = exact(random, n);
        hr_str rest = hr_str_make(p, n), left = rest, line, other;
        hr_feeds feeds = {0};
        bool ended, fed;
        while (hr_line_next(&rest, &line, &ended)) {
            assert_true(hr_feeds_line(&feeds, &left, &other, &fed));
            assert_ptr_equal(other.p, line.p);
            assert_int_equal(other.n, line.n);
            assert_int_equal(fed, ended);
            assert_ptr_equal(left.p, rest.p);
            assert_int_equal(left.n, rest.n);
        }
        assert_false(hr_feeds_line(&feeds, &left, &other, &fed));
        free(p);
    }
}

static void eight_bytes_are_those_bytes(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char bytes[8];
        const size_t n = (size_t)rand() % 9;
        uint64_t number = 0, small = 0;
        bool digit = false, letter = false;
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(rand() >> 3);
        for (size_t i = 0; i < n; i++) {
            const unsigned char c = (unsigned char)bytes[i];
            const bool capital = c >= 'A' && c <= 'Z';
            number |= (uint64_t)c << i * 8;
            small |= (uint64_t)(capital ? c + 32 : c) << i * 8;
            digit = digit || (c >= '0' && c <= '9');
            letter = letter || capital || (c >= 'a' && c <= 'z') || c > 0x7f;
        }
        char *p = exact(bytes, n);
        assert_true(hr_eight(p, n) == number);
        assert_true(hr_eight_lower(number) == small);
        assert_int_equal(hr_eight_digit(number) != 0, digit);
        assert_int_equal(hr_eight_letter(number) != 0, letter);
        free(p);
    }
}

/* ------------------------------------------------------------------ lines and words */
static void expect_split(hr_str text)
{
    hr_split s;
    hr_watch watch = {0};
    hr_str rest = text, line;
    bool ended;
    uint32_t i = 0;
    assert_int_equal(hr_split_read(&s, text, &watch), 0);
    for (; hr_line_next(&rest, &line, &ended); i++) {
        hr_line_words w;
        hr_line_split(line, &w);
        assert_true(i < s.lines);
        assert_ptr_equal(hr_split_line(&s, i).p, line.p);
        assert_int_equal(hr_split_line(&s, i).n, line.n);
        assert_int_equal(hr_split_words(&s, i), w.n > 1 && w.n <= HR_LINE_WORDS && line.n < 0xffff ? w.n : 0);
        for (uint32_t k = 0; k < hr_split_words(&s, i); k++)
            assert_true(hr_str_eq(hr_split_word(&s, i, k), w.word[k]));
    }
    assert_int_equal(i, s.lines);
    hr_split_free(&s);
}

static void a_split_text_is_its_lines_and_their_words(void **state)
{
    (void)state;
    hr_buf text = {0};
    expect_split(hr_str_make(NULL, 0));
    for (int round = 0; round < 400; round++) {
        char random[2000];
        const size_t n = (size_t)rand() % sizeof random;
        make_random(random, n, round & 1 ? "ab  [=\"\nc" : "a \n");
        if (round & 2) /* long lines */
            for (size_t i = 0; i < n; i++)
                random[i] = random[i] == '\n' && rand() % 40 ? ' ' : random[i];
        char *p = exact(random, n);
        expect_split(hr_str_make(p, n));
        free(p);
    }
    for (int i = 0; i < 70000; i++) /* a line that 16 bits cannot count, between two others */
        hr_buf_puts(&text, i == 3 || i == 69000 ? " a\nb " : "x");
    expect_split(hr_buf_view(&text));
    hr_buf_free(&text);
}

static void lines_of_one_shape_differ_in_words_only(void **state)
{
    (void)state;
    hr_split s;
    hr_watch watch = {0};
    assert_int_equal(
        hr_split_read(&s, HR_STR("a [b] c=1\nlong [er] c=22\na (b) c=1\na [b] c= 1\na [b] c\n"), &watch), 0);
    assert_true(s.shape[0] == s.shape[1]);
    assert_true(s.shape[0] != s.shape[2] && s.shape[0] != s.shape[3] && s.shape[0] != s.shape[4]);
    hr_split_free(&s);
}

static void no_memory_and_no_time_are_told(void **state)
{
    (void)state;
    hr_split s;
    hr_buf text = {0};
    hr_watch late = {.deadline_cpu_us = 1};
    int r = HR_ENOMEM;
    for (int i = 0; i < 40000; i++)
        hr_buf_puts(&text, "a b c d\n");
    assert_int_equal(hr_split_read(&s, hr_buf_view(&text), &late), HR_ETIME);
    for (long n = 1; r != 0; n++) {
        assert_true(n < 50);
        hr_watch watch = {0};
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = hr_split_read(&s, hr_buf_view(&text), &watch);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 0 || r == HR_ENOMEM);
    }
    hr_split_free(&s);
    hr_buf_free(&text);
}

/* ------------------------------------------------------------------ words of a question */
static void plain_words_are_the_words(void **state)
{
    (void)state;
    char random[MOST];
    for (int round = 0; round < 6000; round++) {
        const size_t n = (size_t)rand() % MOST;
        make_random(random, n, round & 1 ? "aBsS1.2_ -\\n\"" : "ab.12\xc5\xa0 ");
        char *p = exact(random, n);
        hr_words slow = {hr_str_make(p, n), 0};
        hr_plain_words fast;
        hr_word expected;
        hr_str word;
        assert_true(hr_plain_words_begin(&fast, slow.text));
        while (hr_words_next(&slow, &expected)) {
            assert_true(hr_plain_words_next(&fast, &word));
            assert_int_equal(word.p - p, expected.off);
            assert_int_equal(word.n, expected.len);
            assert_true(hr_plain_word_hash(word) == expected.hash);
        }
        assert_false(hr_plain_words_next(&fast, &word));
        free(p);
    }
}

static uint64_t hash_of(const char *z)
{
    return hr_word_hash(hr_str_make(z, strlen(z)));
}

static void a_word_has_one_hash_however_it_is_spelled(void **state)
{
    (void)state;
    hr_plain_words w;
    assert_true(hash_of("\xc5\xa0koda") == hash_of("\\u0160koda"));
    assert_true(hash_of("\xc5\xa0koda") == hash_of("\\u0160k\\u006fda"));
    assert_true(hash_of("\xe6\x95\xb0\xe6\x8d\xae") == hash_of("\\u6570\\u636e"));
    assert_true(hash_of("\xf0\x9f\x9a\x80x") == hash_of("\\ud83d\\ude80x"));
    assert_true(hash_of("REQUESTS") == hash_of("request") && hash_of("r\\u0065quests") == hash_of("request"));
    assert_true(hash_of("status") != hash_of("statu") && hash_of("class") != hash_of("clas"));
    assert_true(hash_of("node4s") != hash_of("node4") && hash_of("abs") != hash_of("ab"));
    assert_true(hash_of("abcdefgh") != hash_of("abcdefghi") && hash_of("abcdefgha") != hash_of("abcdefghb"));
    assert_false(hr_plain_words_begin(&w, HR_STR("x \\u0160koda")));
    /* Only what JSON writes behind a backslash belongs to it. */
    hr_words path = {HR_STR("C:\\Windows"), 0};
    hr_word word;
    assert_true(hr_words_next(&path, &word) && hr_words_next(&path, &word));
    assert_true(word.hash == hash_of("windows"));
}

/* ------------------------------------------------------------------ errors */
static bool tells(const char *z, bool expected_strong)
{
    bool strong, found = hr_prose_says_error(hr_str_make(z, strlen(z)), &strong);
    assert_int_equal(strong, expected_strong);
    return found;
}

static void words_of_error_are_told_from_words_that_begin_or_end_like_them(void **state)
{
    (void)state;
    static const char *const words[] = {
        "abort",    "aborted", "corrupt",   "corrupted",   "crashed",   "critical",   "declined",
        "denied",   "err",     "error",     "errors",      "exception", "failed",     "failure",
        "failures", "fatal",   "killed",    "panic",       "panicked",  "refused",    "rejected",
        "segfault", "timeout", "traceback", "unavailable", "unhealthy", "unreachable"};
    static const char *const others[] = {"connection", "request", "timestamp", "killer",
                                         "failover",   "terror2", "reception", "er",
                                         "errand",     "out",     "panics",    ""};
    char line[80];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(line, sizeof line, "the job was %s at 10", words[i]);
        assert_true(tells(line, false));
        snprintf(line, sizeof line, "the job had 0 %s at 10", words[i]);
        assert_false(tells(line, false));
        snprintf(line, sizeof line, "%s of the job", words[i]);
        assert_true(tells(line, true));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(line, sizeof line, "the job was %s at 10", others[i]);
        assert_false(tells(line, false));
    }
    assert_true(tells("payment_failed for 10", false));
    assert_true(tells("the call timed out", false));
    assert_false(tells("the call timed it, out of habit", false));
    assert_true(tells("at java.lang.NullPointerException: x", true));
    assert_true(tells("got java.lang.ArrayIndexOutOfBoundsException: 7",
                      true)); /* longer than any word of the tables */
    assert_true(tells("saw ERROR in it", true));
}

/* Held against a reading of each line by itself: no line that tells of an error is without a place, and a sure place is in none that does not. */
static void errors_are_found_in_a_text_as_in_its_lines(void **state)
{
    (void)state;
    static const char *const words[] = {"error",      "no",      "Errors,",    "timed",     "out",
                                        "connection", "request", "x",          "failed",    "0",
                                        "IOError:",   "aborted", "a_time-out", "reception", "12",
                                        "ERR",        "-",       "xfailed",    "Unexpected"};
    for (int round = 0; round < 4000; round++) {
        char z[400];
        size_t n = 0, at = 0;
        bool sure = false, strong, ended;
        while (n < 300)
            n += (size_t)snprintf(z + n, sizeof z - n, "%s%c",
                                  words[(size_t)rand() % (sizeof words / sizeof *words)],
                                  rand() % 6 ? ' ' : '\n');
        n -= (size_t)rand() % 60;
        char *p = exact(z, n);
        const hr_str text = hr_str_make(p, n);
        hr_str rest = text, line;
        while (hr_line_next(&rest, &line, &ended)) {
            const size_t from = (size_t)(line.p - text.p), end = from + line.n;
            const bool told = hr_prose_says_error(line, &strong);
            at = hr_prose_error_place(text, from, &sure);
            assert_true(at == SIZE_MAX || (at >= from && at < n));
            assert_true(!told || at < end);
            assert_true(at >= end || !sure || told);
        }
        assert_int_equal(hr_prose_error_place(text, n, &sure), SIZE_MAX);
        free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_those_of_a_loop_over_the_bytes),
        cmocka_unit_test(lines_by_blocks_are_the_lines),
        cmocka_unit_test(eight_bytes_are_those_bytes),
        cmocka_unit_test(a_split_text_is_its_lines_and_their_words),
        cmocka_unit_test(lines_of_one_shape_differ_in_words_only),
        cmocka_unit_test(no_memory_and_no_time_are_told),
        cmocka_unit_test(plain_words_are_the_words),
        cmocka_unit_test(a_word_has_one_hash_however_it_is_spelled),
        cmocka_unit_test(errors_are_found_in_a_text_as_in_its_lines),
        cmocka_unit_test(words_of_error_are_told_from_words_that_begin_or_end_like_them),
    };
    srand(7);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
