/* The regular expressions of the price data, held against what Python's re says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "price_regex.h"

static hr_str str(const char *z)
{
    return hr_str_make(z, strlen(z));
}

static void each_sign_does_what_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *regex, *text;
        bool found, first; /* re.search, re.match */
    } cases[] = {
        {"^claude-opus-5[-@]\\d{8}$", "claude-opus-5@20260101", true, true},
        {"^claude-opus-5[-@]\\d{8}$", "claude-opus-5-2026010", false, false},
        {"^claude-opus-5[-@]\\d{8}$", "claude-opus-5-202601011", false, false},
        {"^o[134]", "o3-mini", true, true},
        {"^o[134]", "o2", false, false},
        {"o[134]", "gpt-o1", true, false},
        {"^gpt-5\\.4-\\d{4}-\\d{2}$", "gpt-5.4-2026-01", true, true},
        {"^gpt-5\\.4", "gpt-5x4", false, false},
        {"^(typesafe/)?jev-1\\.13(-\\d{8})?$", "jev-1.13", true, true},
        {"^(typesafe/)?jev-1\\.13(-\\d{8})?$", "typesafe/jev-1.13-20260101", true, true},
        {"^(typesafe/)?jev-1\\.13(-\\d{8})?$", "other/jev-1.13", false, false},
        {"^(?!.*-[tT][tT][sS](?:$|-))", "gemini-2.5-flash", true, true},
        {"^(?!.*-[tT][tT][sS](?:$|-))", "gemini-2.5-flash-tts", false, false},
        {"^(?!.*-[tT][tT][sS](?:$|-))", "gemini-2.5-TTS-x", false, false},
        {"^(?!.*-[tT][tT][sS](?:$|-))", "gemini-2.5-ttsx", true, true},
        {"^(?![^/]+/)(?:labs-)?(?:(?:mi|code)stral|mixtral)", "mistral-large", true, true},
        {"^(?![^/]+/)(?:labs-)?(?:(?:mi|code)stral|mixtral)", "labs-codestral", true, true},
        {"^(?![^/]+/)(?:labs-)?(?:(?:mi|code)stral|mixtral)", "mistralai/mistral-large", false, false},
        {"https://(.*\\.)?googleapis\\.com", "https://googleapis.com/x", true, true},
        {"https://(.*\\.)?googleapis\\.com", "https://a.b.googleapis.com", true, true},
        {"https://(.*\\.)?googleapis\\.com", "https://xgoogleapis.com", false, false},
        {"a{2,3}$", "aaaa", true, false},
        {"^a{2,3}$", "aaaa", false, false},
        {"^(ab|a)(bc|c)*$", "abcbc", true, true},
        {"^(a*)*b$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false, false},
        {"^x(?=y)", "xy", true, true},
        {"^x(?=y)", "xz", false, false},
        {"^[]a-c^]+$", "]b^", true, true},
        {"^[^a-c]+$", "xyb", false, false},
        {"|b$", "ab", true, true},
        {"ab|c", "cab", true, true},
        {"a(b|c)", "ca", false, false},
        {"a(b|c)", "xac", true, false},
        {"a[|]b", "xa|b", true, false},
        {"a[](]b|c", "c", true, true},
        {"a[^](]b|c", "c", true, true},
        {"ab?c", "ac", true, true},
        {"ab*", "a", true, true},
        {"b{0,1}c", "c", true, true},
        {"a\\.b", "axb", false, false},
        {"a\\\\.b", "a\\xb", true, true},
        {"a\\\\.b", "a\\.b", true, true},
        {"a\\|b", "b", false, false},
        {"a\\|b", "a|b", true, true},
        {"abc", "ab", false, false},
        {"", "", true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s on %s\n", cases[i].regex, cases[i].text);
        assert_true(hr_price_regex_valid(str(cases[i].regex)));
        assert_int_equal(hr_price_regex(str(cases[i].regex), str(cases[i].text), false), cases[i].found);
        assert_int_equal(hr_price_regex(str(cases[i].regex), str(cases[i].text), true), cases[i].first);
    }
}

static void what_is_not_known_is_not_valid_and_matches_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {"\\w",      "a??",   "a*+",   "(",      ")",        "a)",     "[a",
                                        "*a",       "a{",    "a{2",   "a{3,2}", "(?<a)",    "(?P<a>", "\\",
                                        "a{1,2,3}", "[b-a]", "a{65}", "(?i)a",  "((((((((("};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        print_message("%s\n", wrong[i]);
        assert_false(hr_price_regex_valid(str(wrong[i])));
        assert_false(hr_price_regex(str(wrong[i]), str("a"), false));
    }
}

static void a_text_too_long_for_a_name_matches_nothing(void **state)
{
    (void)state;
    char text[HR_PRICE_TEXT];
    memset(text, 'a', sizeof text);
    assert_true(hr_price_regex(HR_STR("^a*$"), hr_str_make(text, sizeof text - 1), true));
    assert_false(hr_price_regex(HR_STR("^a*$"), hr_str_make(text, sizeof text), true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sign_does_what_it_says),
        cmocka_unit_test(what_is_not_known_is_not_valid_and_matches_nothing),
        cmocka_unit_test(a_text_too_long_for_a_name_matches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
