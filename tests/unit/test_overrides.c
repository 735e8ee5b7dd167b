/* test_overrides.c - claims of core/overrides.h: what applies to a request and to one result, seen from what the road does. */
#include "road.h"

#include "context.h"
#include "overrides.h"

/* Lines of a request, by enum headroom_override; NULL: not said. */
typedef const char *said[HEADROOM_OVERRIDES];

static headroom_request *begin(headroom *h, const said lines)
{
    headroom_head head = {
        .host = "api", .host_len = 3, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
    for (int i = 0; i < HEADROOM_OVERRIDES; i++)
        if (lines[i])
            head.override[i] = (headroom_span){lines[i], strlen(lines[i])};
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
    assert_non_null(r);
    return r;
}

/* Send one body with these lines; the first result. */
static headroom_result sent(headroom *h, const said lines, const char *body, char skipped[64])
{
    static char words[3][64];
    const void *out;
    size_t len;
    headroom_row row;
    headroom_result result;
    headroom_request *r = begin(h, lines);

    headroom_request_body(r, body, strlen(body), &out, &len);
    headroom_request_row(r, &row);
    snprintf(skipped, 64, "%s", row.skipped ? row.skipped : "");
    assert_int_equal(headroom_request_result(r, 0, &result), 0);
    snprintf(words[0], sizeof words[0], "%s", result.transform ? result.transform : "");
    snprintf(words[1], sizeof words[1], "%s", result.reason ? result.reason : "");
    result.transform = words[0];
    result.reason = words[1];
    headroom_request_sent(r);
    headroom_request_end(r, true);
    return result;
}

static char *body(const char *after)
{
    char *rows = road_rows(500), *text = road_body("claude-sonnet-4-5", "toolu_1", rows, after);
    free(rows);
    return text;
}

static void values_of_a_request_go_before_the_settings(void **state)
{
    (void)state;
    setenv("HEADROOM_KEEP_TURNS", "7", 1);
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    said none = {0};
    headroom_request *r = begin(h, none);
    assert_int_equal(r->level, HR_LEVEL_CRUSH);
    assert_int_equal(r->keep_turns, 7);
    assert_int_equal(r->output_buffer, 4000);
    assert_false(r->bypass);
    headroom_request_drop(r);
    said all = {"Optimize", "LOSSLESS", " 8000\t", "0", "{\"a\":{\"skip\":true}}", "Yes", NULL};
    r = begin(h, all);
    assert_int_equal(r->level, HR_LEVEL_LOSSLESS);
    assert_int_equal(r->output_buffer, 8000);
    assert_int_equal(r->keep_turns, 0);
    assert_true(r->bypass);
    assert_null(r->row.ignored);
    headroom_request_drop(r);
    headroom_close(h);
}

static void what_cannot_be_used_is_ignored_and_said(void **state)
{
    (void)state;
    static const struct {
        enum headroom_override which;
        const char *value, *ignored;
    } cases[] = {
        {HEADROOM_OVERRIDE_MODE, "fast",
         "X-Headroom-Mode: \"fast\" is not one of: off audit simulate optimize"},
        {HEADROOM_OVERRIDE_LEVEL, "much", "X-Headroom-Level: \"much\" is not one of: replay lossless crush"},
        {HEADROOM_OVERRIDE_OUTPUT_BUFFER, "8k",
         "X-Headroom-Output-Buffer-Tokens: \"8k\" is not a whole number up to 16777216"},
        {HEADROOM_OVERRIDE_KEEP_TURNS, "-1",
         "X-Headroom-Keep-Turns: \"-1\" is not a whole number up to 1000"},
        {HEADROOM_OVERRIDE_KEEP_TURNS, "1001",
         "X-Headroom-Keep-Turns: \"1001\" is not a whole number up to 1000"},
        {HEADROOM_OVERRIDE_TOOL_PROFILES, "{", "X-Headroom-Tool-Profiles: \"\" is not how JSON goes on"},
        {HEADROOM_OVERRIDE_BYPASS, "please",
         "X-Headroom-Bypass: \"please\" is not one of: 1 true yes on 0 false no off"},
        {HEADROOM_OVERRIDE_UNKNOWN, "Keep-Turn", "X-Headroom-Keep-Turn: no line of this name is known"},
        {HEADROOM_OVERRIDE_BYPASS, "", NULL}, /* an empty value says nothing */
        {HEADROOM_OVERRIDE_LEVEL, " ", NULL},
    };
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        said lines = {0};
        lines[cases[i].which] = cases[i].value;
        headroom_request *r = begin(h, lines);
        if (cases[i].ignored)
            assert_string_equal(r->row.ignored, cases[i].ignored);
        else
            assert_null(r->row.ignored);
        assert_int_equal(r->level, HR_LEVEL_CRUSH);
        assert_int_equal(r->keep_turns, 4);
        assert_int_equal(r->output_buffer, 4000);
        assert_false(r->bypass);
        headroom_request_drop(r);
    }
    said two = {NULL, "x", NULL, "y", NULL, NULL, NULL};
    headroom_request *r = begin(h, two);
    assert_non_null(strstr(r->row.ignored, "X-Headroom-Level: \"x\""));
    assert_non_null(strstr(r->row.ignored, "; X-Headroom-Keep-Turns: \"y\""));
    headroom_request_drop(r);
    headroom_close(h);
}

static size_t lines_of_log(const char *word)
{
    char path[128], line[2048];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/headroom/headroom.log", road_home);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        n += strstr(line, word) != NULL;
    if (f)
        fclose(f);
    return n;
}

static void the_log_says_each_kind_once_a_process(void **state)
{
    (void)state;
    char skipped[64], *text = body(QUESTION);
    headroom *h = headroom_open(0);
    said lines = {NULL, "much", NULL, NULL, NULL, NULL, "Colour"};
    for (int i = 0; i < 3; i++)
        sent(h, lines, text, skipped);
    headroom_close(h);
    free(text);
    assert_int_equal(lines_of_log("X-Headroom-Level"), 1);
    assert_int_equal(lines_of_log("X-Headroom-Colour"), 1);
}

/* ------------------------------------------------------------------ results */
static void what_the_user_keeps_gets_no_new_decision(void **state)
{
    (void)state;
    static const struct {
        said lines;
        const char *env, *value, *reason;
    } cases[] = {
        {{[HEADROOM_OVERRIDE_BYPASS] = "1"}, NULL, NULL, "bypass"},
        {{[HEADROOM_OVERRIDE_TOOL_PROFILES] = "{\"sea*\":{\"skip\":true}}"}, NULL, NULL, "tool_profile"},
        {{[HEADROOM_OVERRIDE_TOOL_PROFILES] = "search = level:replay"}, NULL, NULL, "tool_profile"},
        {{0}, "HEADROOM_TOOL_PROFILES", "search = skip", "tool_profile"},
        {{0}, "HEADROOM_PROTECTED_TOOLS", "x search", "protected"},
        {{0}, "HEADROOM_PROTECTED_PATHS", "1.5*", NULL}, /* a number is no string */
        {{0}, "HEADROOM_PROTECTED_TOOLS", "Search", NULL},
        {{[HEADROOM_OVERRIDE_TOOL_PROFILES] = "search = skip:false"},
         "HEADROOM_TOOL_PROFILES",
         "search = skip",
         NULL},
        {{[HEADROOM_OVERRIDE_TOOL_PROFILES] = "other = skip"}, NULL, NULL, NULL},
        {{[HEADROOM_OVERRIDE_BYPASS] = "0"}, NULL, NULL, NULL},
    };
    char *text = body(QUESTION), skipped[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].env)
            setenv(cases[i].env, cases[i].value, 1);
        headroom *h = headroom_open(HEADROOM_NO_STATE);
        headroom_result r = sent(h, cases[i].lines, text, skipped);
        if (cases[i].reason) {
            assert_string_equal(r.transform, "");
            assert_string_equal(r.reason, cases[i].reason);
            assert_string_equal(skipped, cases[i].reason);
        } else {
            assert_string_equal(r.transform, "smart_crusher");
        }
        headroom_close(h);
        if (cases[i].env)
            unsetenv(cases[i].env);
    }
    free(text);
}

static void a_profile_sets_level_items_and_least_tokens_of_its_tool(void **state)
{
    (void)state;
    char *text = body(QUESTION), skipped[64];
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    said none = {0};
    headroom_result usual = sent(h, none, text, skipped);
    said more = {[HEADROOM_OVERRIDE_TOOL_PROFILES] = "search = max_items:50"};
    headroom_result r = sent(h, more, text, skipped);
    assert_string_equal(r.transform, "smart_crusher");
    assert_int_equal(usual.kept, 15);
    assert_int_equal(r.kept, 50);
    said lossless = {[HEADROOM_OVERRIDE_TOOL_PROFILES] = "search = level:lossless"};
    r = sent(h, lossless, text, skipped);
    assert_true(r.lossless);
    assert_string_equal(r.transform, "columns");
    said large = {[HEADROOM_OVERRIDE_TOOL_PROFILES] = "search = min_tokens:1000000"};
    r = sent(h, large, text, skipped);
    assert_string_equal(r.reason, "small");
    /* a profile is never bolder than the request */
    said bold = {
        [HEADROOM_OVERRIDE_LEVEL] = "lossless", [HEADROOM_OVERRIDE_TOOL_PROFILES] = "search = level:crush"};
    r = sent(h, bold, text, skipped);
    assert_true(r.lossless);
    headroom_close(h);
    free(text);
}

static void stored_decisions_are_replayed_whatever_the_user_keeps(void **state)
{
    (void)state;
    static const struct {
        said lines;
        const char *env;
    } cases[] = {
        {{[HEADROOM_OVERRIDE_BYPASS] = "on"}, NULL},
        {{[HEADROOM_OVERRIDE_TOOL_PROFILES] = "* = skip"}, NULL},
        {{[HEADROOM_OVERRIDE_TOOL_PROFILES] = "* = max_items:50 min_tokens:1000000 level:lossless"}, NULL},
        {{0}, "HEADROOM_PROTECTED_TOOLS"},
        {{0}, "HEADROOM_PROTECTED_PATHS"},
    };
    char *text = body(QUESTION), *later = body(ANSWERED), skipped[64];
    struct road_out first = road_once(text);
    assert_non_null(first.body);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].env)
            setenv(cases[i].env, "*", 1);
        headroom *h = headroom_open(0); /* another process: nothing is known but what is stored */
        for (int round = 0; round < 2; round++) {
            headroom_result r = sent(h, cases[i].lines, round ? later : text, skipped);
            assert_string_equal(r.transform, "smart_crusher");
            assert_int_equal(r.kept, 15);
            assert_true(r.replayed);
            assert_string_equal(skipped, "");
        }
        headroom_close(h);
        if (cases[i].env)
            unsetenv(cases[i].env);
    }
    free(first.body);
    free(text);
    free(later);
}

static void what_was_kept_once_is_late_afterwards_and_stays(void **state)
{
    (void)state;
    char *text = body(QUESTION), *later = body(ANSWERED), skipped[64];
    setenv("HEADROOM_ADOPT", "never", 1); /* road_setup takes it away again */
    headroom *h = headroom_open(0);
    said bypass = {[HEADROOM_OVERRIDE_BYPASS] = "1"}, none = {0};
    assert_string_equal(sent(h, bypass, text, skipped).reason, "bypass");
    assert_string_equal(sent(h, none, later, skipped).reason, "first_met_late");
    headroom_close(h);
    free(text);
    free(later);
}

static void without_memory_no_request_is_begun_or_none_of_it_is_lost(void **state)
{
    (void)state;
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    headroom_head head = {
        .host = "api", .host_len = 3, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
    char profiles[6000] = "",
         *p = profiles; /* more than the first piece of an arena holds, with what is made of it */
    for (int i = 0; i < 200; i++)
        p += sprintf(p, "tool%d = skip;", i);
    head.override[HEADROOM_OVERRIDE_TOOL_PROFILES] = (headroom_span){profiles, strlen(profiles)};
    head.override[HEADROOM_OVERRIDE_LEVEL] = (headroom_span){"x", 1};
    headroom_request *r = NULL;
    long n = 1;
    for (; !r && n < 50; n++) {
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
    }
    assert_non_null(r);
    assert_true(n > 3);
    hr_tool_rules rules;
    assert_int_equal(hr_overrides_of_tool(r, r->keep, HR_STR("tool199"), HR_STR(""), &rules), 0);
    assert_string_equal(rules.leave, "tool_profile");
    assert_non_null(r->row.ignored);
    headroom_request_drop(r);
    headroom_close(h);
}

static int setup(void **state)
{
    static const char *const names[] = {"KEEP_TURNS", "TOOL_PROFILES", "PROTECTED_TOOLS", "PROTECTED_PATHS"};
    for (size_t i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "HEADROOM_%s", names[i]);
        unsetenv(name);
    }
    return road_setup(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, road_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_of_a_request_go_before_the_settings),
        TEST(what_cannot_be_used_is_ignored_and_said),
        TEST(the_log_says_each_kind_once_a_process),
        TEST(what_the_user_keeps_gets_no_new_decision),
        TEST(a_profile_sets_level_items_and_least_tokens_of_its_tool),
        TEST(stored_decisions_are_replayed_whatever_the_user_keeps),
        TEST(what_was_kept_once_is_late_afterwards_and_stays),
        TEST(without_memory_no_request_is_begun_or_none_of_it_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
