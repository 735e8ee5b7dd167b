/* test_profiles.c - claims of core/profiles.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "fault.h"
#include "limits.h"
#include "profiles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char problem[512];

static int read_into(hr_arena *a, const char *text, hr_profile **list)
{
    size_t n = strlen(text);
    char *exact = malloc(n + !n);
    assert_non_null(exact);
    memcpy(exact, text, n);
    int r = hr_profiles_read(a, hr_str_make(exact, n), list, problem, sizeof problem);
    free(exact); /* the list keeps nothing of it */
    return r;
}

/* "skip level min_tokens max_items" of a tool, '-' for what is not said. */
static const char *said(const hr_profile *list, const char *tool)
{
    static char out[80];
    int64_t v[HR_PROFILE_KEYS] = {-1, -1, -1, -1};
    size_t n = 0;

    hr_profiles_apply(list, hr_str_make(tool, strlen(tool)), v);
    for (int k = 0; k < HR_PROFILE_KEYS; k++)
        n += (size_t)(v[k] < 0 ? snprintf(out + n, sizeof out - n, "-")
                               : snprintf(out + n, sizeof out - n, "%lld", (long long)v[k]));
    return out;
}

static void both_forms_say_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tool, *said; /* levels: 0 replay, 1 lossless, 2 crush */
    } cases[] = {
        {"{\"important_tool\": {\"skip\": true}}", "important_tool", "1---"},
        {"{\"important_tool\": {\"skip_compression\": true}}", "important_tool", "1---"},
        {"important_tool = skip", "important_tool", "1---"},
        {"important_tool=skip:true", "important_tool", "1---"},
        {"a = skip_compression=false", "a", "0---"},
        {"{\"search\": {\"level\": \"lossless\", \"max_items\": 50}}", "search", "-1-50"},
        {"search = level:lossless max_items:50", "search", "-1-50"},
        {" {\"s\\u0065arch\": {\"max_items_after_crush\": 0, \"min_tokens_to_crush\":7}} ", "search", "--70"},
        {"search=min_tokens:7\tmax_items=0;", "search", "--70"},
        {"search = level:crush", "other", "----"},
        {"mcp__* = level:replay", "mcp__github", "-0--"},
        {"; ;\n a = skip ;; b = skip", "b", "1---"},
        {"", "a", "----"},
        {"{}", "a", "----"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_arena *a = hr_arena_new();
        hr_profile *list = NULL;
        if (read_into(a, cases[i].text, &list) != 0)
            fail_msg("%s: %s", cases[i].text, problem);
        assert_string_equal(problem, "");
        assert_string_equal(said(list, cases[i].tool), cases[i].said);
        hr_arena_free(a);
    }
}

static void each_key_comes_from_the_first_that_says_something_about_it(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_profile *list = NULL;
    assert_int_equal(
        read_into(a, "search = max_items:9; * = level:lossless max_items:50; web_* = skip", &list), 0);
    assert_string_equal(said(list, "search"), "-1-9");
    assert_string_equal(said(list, "web_x"), "11-50");
    hr_profile *settings = list;
    assert_int_equal(read_into(a, "{\"web_x\": {\"skip\": false}, \"search\": {\"max_items\": 3}}", &list),
                     0);
    assert_string_equal(said(list, "search"), "-1-3");
    assert_string_equal(said(list, "web_x"), "01-50");
    assert_string_equal(said(settings, "search"), "-1-9"); /* the older list is as it was */
    hr_arena_free(a);
}

static void a_wrong_entry_is_told_and_left_out_and_the_others_count(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
        bool good; /* the tool `good` has skip all the same */
    } cases[] = {
        {"bad = lvl:1; good = skip", "bad: \"lvl\" is no key", true},
        {"good = skip; bad = level:much", "bad: \"much\" is not one of: replay lossless crush", true},
        {"bad = max_items:-1; good = skip", "bad: \"-1\" is not a whole number", true},
        {"bad = max_items:99999999999999999999; good = skip", "is not a whole number up to 1048576", true},
        {"bad = skip:maybe; good = skip", "is not true or false", true},
        {"bad = skip lossless; good = skip", "\"lossless\" is no word of a profile", true},
        {"bad = ; good = skip", "\"bad\" says nothing", true},
        {"bad; good = skip", "\"bad\" is not \"TOOL = WORDS\"", true},
        {"[a = skip; good = skip", "\"[a\" is no pattern", true},
        {" = skip; good = skip", "is no pattern", true},
        {"{\"bad\": {\"skip\": 1}, \"good\": {\"skip\": true}}", "bad: \"1\" is not true or false", true},
        {"{\"bad\": true, \"good\": {\"skip\": true}}", "\"bad\" needs an object", true},
        {"{\"bad\": {}, \"good\": {\"skip\": true}}", "\"bad\" says nothing", true},
        {"{\"bad\": {\"level\": null}, \"good\": {\"skip\": true}}", "bad: \"null\" is not one of", true},
        {"{\"bad\": {\"level\": \"\\ud800\"}, \"good\": {\"skip\": true}}", "is not how JSON goes on", false},
        {"{\"bad\": {\"max_items\": {\"a\": 1}}, \"good\": {\"skip\": true}}", "is not a whole number", true},
        {"{\"good\": {\"skip\": true}", "is not how JSON goes on", false},
        {"{\"good\": {\"skip\": true}} x", "is not how JSON goes on", false},
        {"{\"good\": {\"skip\": tru}}", "is not how JSON goes on", false},
        {"[{\"good\": true}]", "is not \"TOOL = WORDS\"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_arena *a = hr_arena_new();
        hr_profile *list = NULL;
        assert_int_equal(read_into(a, cases[i].text, &list), 1);
        if (!strstr(problem, cases[i].problem))
            fail_msg("%s: %s", cases[i].text, problem);
        assert_string_equal(said(list, "bad"), "----");
        assert_string_equal(said(list, "good"), cases[i].good ? "1---" : "----");
        hr_arena_free(a);
    }
}

static void there_is_an_end_to_number_and_length(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_profile *list = NULL;
    char text[HR_MAX_PROFILES_TEXT + 2], *p = text;

    for (int i = 0; i <= HR_MAX_PROFILES; i++)
        p += sprintf(p, "t%d=skip;", i);
    assert_int_equal(read_into(a, text, &list), 1);
    assert_string_equal(problem, "\"t256\" is one profile too many");
    assert_string_equal(said(list, "t255"), "1---");
    assert_string_equal(said(list, "t256"), "----");
    list = NULL;
    memset(text, ' ', sizeof text);
    memcpy(text, "a=skip;", 7);
    text[HR_MAX_PROFILES_TEXT] = 'x';
    text[HR_MAX_PROFILES_TEXT + 1] = 0;
    assert_int_equal(read_into(a, text, &list), 1);
    assert_non_null(strstr(problem, "longer than 16384 bytes"));
    assert_null(list);
    hr_arena_free(a);
}

static void only_the_beginning_of_an_endless_name_counts(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_profile *list = NULL;
    char *name = malloc(1 << 20);
    assert_non_null(name);
    memset(name, 'n', 1 << 20);
    name[(1 << 20) - 1] = 0;
    assert_int_equal(read_into(a, "n* = skip; *end = level:replay", &list), 0);
    uint64_t start = hr_cpu_us();
    assert_string_equal(said(list, name), "1---");
    assert_in_range(hr_cpu_us() - start, 0, 100000);
    free(name);
    hr_arena_free(a);
}

/* Many entries, so that memory is asked for more than once. */
static void many(char *text, bool json)
{
    char *p = text;
    for (int i = 0; i < 200; i++)
        p += sprintf(p,
                     json ? "%s\"\\u0061%d\": {\"level\": \"l\\u006fssless\"}"
                          : "%sa%d = level:lossless max_items:9",
                     i ? (json ? ", " : ";") : (json ? "{" : ""), i);
    strcpy(p, json ? "}" : "");
}

static void without_memory_the_list_is_as_it_was(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        char text[HR_MAX_PROFILES_TEXT];
        int failures = 0, r = HR_ENOMEM;
        many(text, json);
        for (long n = 1; r == HR_ENOMEM && n < 100; n++) {
            hr_arena *a = hr_arena_new();
            hr_profile first = {.glob = HR_STR("first"), .said = {1, -1, -1, -1}}, *list = &first;
            assert_non_null(a);
            hr_fault_after(HR_FAULT_ALLOC, n, true);
            r = read_into(a, text, &list);
            hr_fault_after(HR_FAULT_ALLOC, 0, false);
            failures += r == HR_ENOMEM;
            assert_true(r == HR_ENOMEM ? list == &first : r == 0 && list != &first);
            if (r == 0)
                assert_string_equal(said(list, "a199"), json ? "-1--" : "-1-9");
            hr_arena_free(a);
        }
        assert_int_equal(r, 0);
        assert_true(failures >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_say_the_same),
        cmocka_unit_test(each_key_comes_from_the_first_that_says_something_about_it),
        cmocka_unit_test(a_wrong_entry_is_told_and_left_out_and_the_others_count),
        cmocka_unit_test(there_is_an_end_to_number_and_length),
        cmocka_unit_test(only_the_beginning_of_an_endless_name_counts),
        cmocka_unit_test(without_memory_the_list_is_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
