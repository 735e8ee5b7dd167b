/* test_glob.c - claims of core/glob.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "glob.h"

#include <stdlib.h>
#include <string.h>

/* Of exactly its length: the sanitizer sees a byte that is read behind the end. */
static hr_str exact(const char *z)
{
    size_t n = strlen(z);
    char *p = malloc(n + !n);
    assert_non_null(p);
    return hr_str_make(memcpy(p, z, n), n);
}

static bool matches(const char *glob, const char *text)
{
    hr_str g = exact(glob), t = exact(text);
    bool r = hr_glob_match(g, t);
    free((char *)g.p);
    free((char *)t.p);
    return r;
}

static bool valid(const char *glob)
{
    hr_str g = exact(glob);
    bool r = hr_glob_valid(g);
    free((char *)g.p);
    return r;
}

static void the_whole_text_must_match(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *text;
        bool match;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"Read", "Read", true},
        {"Read", "read", false},
        {"Read", "Reader", false},
        {"ead", "Read", false},
        {"*", "", true},
        {"*", "anything/at all", true},
        {"**", "", true},
        {"mcp__*", "mcp__github__search", true},
        {"mcp__*", "mcp_x", false},
        {"*_search", "web_search", true},
        {"*_search", "web_search_2", false},
        {"*a*b", "xaxb_ab", true},
        {"*a*b", "xaxb_ac", false},
        {"*.env", "/home/u/.env", true},
        {"/etc/*", "/etc/ssl/private/key", true},
        {"gpt-4?", "gpt-4o", true},
        {"gpt-4?", "gpt-4", false},
        {"gpt-4?", "gpt-4oo", false},
        {"??", "\xc3\xa4", true}, /* bytes, not characters */
        {"[abc]x", "bx", true},
        {"[abc]x", "dx", false},
        {"v[0-9]", "v7", true},
        {"v[0-9]", "vx", false},
        {"v[!0-9]", "vx", true},
        {"v[^0-9]", "v1", false},
        {"[]]", "]", true},
        {"[!]]", "]", false},
        {"[!]]", "a", true},
        {"[a-]", "-", true},
        {"[-a]", "-", true},
        {"[*]", "*", true},
        {"[*]", "a", false},
        {"[?]x*", "?xyz", true},
        {"[\x80-\xff]", "\xe2", true},
        {"[", "[", true},
        {"a[b", "a[b", true},
        {"a[b", "ab", false},
        {"[]", "[]", true},
        {"a\\*", "a\\xyz", true}, /* a backslash is a byte as any other */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (matches(cases[i].glob, cases[i].text) != cases[i].match)
            fail_msg("%s against %s", cases[i].glob, cases[i].text);
}

static void a_glob_that_nobody_can_have_meant_is_told(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "*", "[a]", "[]]", "[!]-a]", "[a-z0-9_]x?", "]"};
    static const char *const bad[] = {"", "[", "a[b", "[]", "[!]", "[z-a]", "x[a-cz-b]", "[a][b"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!valid(good[i]))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (valid(bad[i]))
            fail_msg("%s", bad[i]);
}

/* By the definition alone, for short globs without classes. */
static bool slowly(const char *g, const char *t)
{
    if (!*g)
        return !*t;
    if (*g == '*')
        return slowly(g + 1, t) || (*t && slowly(g, t + 1));
    return *t && (*g == '?' || *g == *t) && slowly(g + 1, t + 1);
}

static void every_short_glob_matches_as_its_definition_says(void **state)
{
    (void)state;
    static const char letters[] = "ab*?";
    unsigned matched = 0;
    for (unsigned g = 0; g < 1024; g++) {
        char glob[6] = {letters[g & 3],      letters[g >> 2 & 3], letters[g >> 4 & 3],
                        letters[g >> 6 & 3], letters[g >> 8 & 3], 0};
        for (unsigned t = 0; t < 64; t++) {
            char text[7] = {0};
            for (unsigned i = 0; i < t % 7; i++)
                text[i] = "ab"[t >> i & 1];
            bool want = slowly(glob, text);
            if (matches(glob, text) != want)
                fail_msg("%s against %s", glob, text);
            matched += want;
        }
    }
    assert_true(matched > 5000);
}

static void many_stars_cost_no_more_than_the_product(void **state)
{
    (void)state;
    enum { STARS = 400, TEXT = 20000 };
    char glob[2 * STARS + 2], *text = malloc(TEXT + 1);
    assert_non_null(text);
    for (int i = 0; i < STARS; i++)
        memcpy(glob + 2 * i, "*a", 2);
    strcpy(glob + 2 * STARS, "b");
    memset(text, 'a', TEXT);
    text[TEXT] = 0;
    uint64_t start = hr_cpu_us();
    assert_false(matches(glob, text));
    assert_in_range(hr_cpu_us() - start, 0,
                    2000000); /* 16 million steps; without a bound it would never end */
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_text_must_match),
        cmocka_unit_test(a_glob_that_nobody_can_have_meant_is_told),
        cmocka_unit_test(every_short_glob_matches_as_its_definition_says),
        cmocka_unit_test(many_stars_cost_no_more_than_the_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
