/* test_refusal.c - claims of core/refusal.h: which errors name what we rewrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/dialect.h"
#include "refusal.h"

static const hr_touched some[] = {
    {.message = 2, .block = 0, .call_id = "toolu_01AbCd"},
    {.message = 4, .block = 1, .call_id = "1"},
    {.message = 7, .block = HR_NO_BLOCK, .call_id = "call_9f"},
};

static void a_refusal_is_ours_where_it_names_what_was_rewritten(void **state)
{
    (void)state;
    static const struct {
        const char *said, *place; /* NULL: not ours */
    } cases[] = {
        {"messages.2.content.0: text content blocks must be non-empty", "messages.2.content.0"},
        {"messages.2.content.1: text content blocks must be non-empty", NULL},
        {"messages.2: something about all of it", "messages.2"},
        {"messages.20.content.0: Input should be", NULL},
        {"{\"param\": \"messages.[7].content\"}", "messages.7"},
        {"Invalid value: 'messages[7].content[0].text'", "messages.7.content.0"},
        {"messages.[3].role", NULL},
        {"contents[4].parts[1].function_response.response", "contents.4.parts.1"},
        {"contents[4].parts[0].text", NULL},
        {"input[7].output", "input.7"},
        {"`tool_use` ids were found without `tool_result` blocks: toolu_01AbCd. Each", "call toolu_01AbCd"},
        {"`tool_use` ids were found without `tool_result` blocks: toolu_01AbCdE", NULL},
        {"`tool_use` ids were found without `tool_result` blocks: Atoolu_01AbCd", NULL},
        {"No tool output found for function call call_9f.", "call call_9f"},
        {"call 1 is wrong", NULL},
        {"messages.5.content.0: Invalid `signature` in `thinking` block", "messages.5.content.0"},
        {"messages.1.content.0: Invalid `signature` in `thinking` block", NULL},
        {"messages.5.content.0: Input should be a valid string", NULL},
        {"prompt is too long: 210000 tokens > 200000 maximum", NULL},
        {"submessages.2.content.0: no such thing", NULL},
        {"system.0.text: cache_control", NULL},
        {"messages.99999999999999999999: x", NULL},
        {"messages.", NULL},
        {"messages", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char place[HR_PLACE] = "";
        size_t n = strlen(cases[i].said);
        char *said = malloc(n ? n : 1); /* nothing behind it is read */
        memcpy(said, cases[i].said, n);
        bool ours = hr_refusal_names(hr_str_make(said, n), some, 3, false, place);
        if (ours != (cases[i].place != NULL) || (ours && strcmp(place, cases[i].place) != 0))
            fail_msg("%s: %s", cases[i].said, place);
        free(said);
    }
}

static void the_system_text_is_ours_where_it_was_aligned(void **state)
{
    (void)state;
    const hr_touched aligned = {.system = true, .block = HR_NO_BLOCK};
    char place[HR_PLACE];
    assert_true(hr_refusal_names(HR_STR("system.0.text: must not be empty"), &aligned, 1, false, place));
    assert_string_equal(place, "system");
    assert_false(hr_refusal_names(HR_STR("the system is busy"), &aligned, 1, false, place));
    assert_false(hr_refusal_names(HR_STR("ecosystem.0"), &aligned, 1, false, place));
    assert_true(hr_refusal_names(HR_STR("messages.3: `thinking` signature"), &aligned, 1, false, place));
}

static void behind_a_cut_only_pairs_count(void **state)
{
    (void)state;
    char place[HR_PLACE];
    assert_true(hr_refusal_names(HR_STR("messages.2: unexpected `tool_use_id`"), NULL, 0, true, place));
    assert_string_equal(place, "window");
    assert_false(hr_refusal_names(HR_STR("messages.2.content.0: x"), some, 3, true, place));
}

/* Whatever a provider says: nothing behind it is read, and the place fits and is in our spelling. */
static void texts_of_any_kind_are_read_within_their_bounds(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "messages", "contents", "input", "system",      ".", "[", "]",           ".content",     ".parts",
        "2",        "4",        "7",     "99999999999", ":", " ", "`signature`", "toolu_01AbCd", "call_9f",
        "tool_use", "\xff\x00", "-"};
    const size_t n_pieces = sizeof pieces / sizeof *pieces;
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[256], place[HR_PLACE] = "";
        size_t n = 0;
        for (int i = 0; i < 8; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            const char *piece = pieces[(seed >> 33) % n_pieces];
            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
        char *said = malloc(n);
        memcpy(said, text, n);
        if (hr_refusal_names(hr_str_make(said, n), some, 3, round % 5 == 0, place))
            for (const char *p = place; *p; p++)
                assert_non_null(strchr("abcdefghijklmnopqrstuvwxyzACD_0123456789. ", *p));
        assert_true(memchr(place, 0, sizeof place) != NULL);
        free(said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_is_ours_where_it_names_what_was_rewritten),
        cmocka_unit_test(the_system_text_is_ours_where_it_was_aligned),
        cmocka_unit_test(behind_a_cut_only_pairs_count),
        cmocka_unit_test(texts_of_any_kind_are_read_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
