/* Which sentences are volatile, which only look it, and where they go. */
#include "transform/volatile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/volatile_words.h"
#include "json/json.h"

static void every_saying_of_the_moment_is_known(void **state)
{
    static const char *const says[] = {
        "Today is January 7, 2025.",
        "Today is Wednesday, January 7, 2025.",
        "Today is Jan. 7, 2025",
        "Today is the 7th of January 2025.",
        "Today is 7 Jan 2025.",
        "Today is Wednesday.",
        "today is 2025-01-07",
        "Today's date is 2025-01-07.",
        "Today\xe2\x80\x99s date is 2025-01-07.",
        "Today's date: Wed Jan 07 2025",
        "Today: 2025/01/07",
        "Today is 7/1/2025.",
        "Today is 07.01.2025.",
        "The current date is January 7, 2025.",
        "The current date and time is 2025-01-07 10:32:05 UTC.",
        "The current date is 2025-01-07 and the current time is 10:32 AM.",
        "The current time is 10:32:05 PM (Central European Standard Time).",
        "The current time is 10 a.m.",
        "Current date: 7-Jan-2025",
        "**Current date:** 2025-01-07",
        "Current date (UTC): 2025-01-07",
        "Current date: `2025-01-07`",
        "Current Date and Time: Tue Jan  7 10:32:05 UTC 2025",
        "Current date/time: Wed, 07 Jan 2025 10:32:05 GMT",
        "current_datetime: 2025-01-07T10:32:05.123456+00:00",
        "Current time: 2025-01-07T10:32:05Z",
        "Current local time: 1/7/2025, 10:32:05\xe2\x80\xafPM",
        "Current time: Tue Jan 07 2025 10:32:05 GMT+0100 (Central European Standard Time)",
        "Current time: 10:32 Europe/Paris",
        "Current time: 2025-01-07 10:32:05 +0100",
        "Now: 10:32:05",
        "Session ID: abc123",
        "Request id: 48151",
        "Today's date - 2025-01-07",
        "[Current date: 2025-01-07]",
        "Current epoch: 1736245925",
        "The current date and time is Tuesday, January 7th, 2025 at 10:32 AM UTC.",
        "Current date: 10:32AM Tuesday January 07, 2025",
        "Current Time: 1/7/2025, 10:32:05 AM (Europe/Paris, UTC+1:00)",
        "Today's date is Wednesday, November 19, 2025 (formatted according to the user's locale).",
        "Today's date (YYYY-MM-DD): 2025-01-07",
        "The user's current date is 2025-01-07 (Tuesday).",
        "Please note that the current date is 2025-01-07.",
        "For reference, today's date is January 7, 2025.",
        "**Today's Date**: Tuesday, 7 January 2025",
        "It is now 10:32 UTC.",
        "It is currently Wednesday, January 7, 2025.",
        "It is January 7, 2025.",
        "The date today is 2025-01-07.",
        "2025-01-07 is today's date.",
        "Tomorrow is Thursday, January 8, 2025.",
        "Current year: 2025",
        "Current month: January 2025",
        "The present date is 7 January 2025.",
        "System time: 10:32",
        "Session started at 2025-01-07T10:32:05Z.",
        "Conversation start date: January 7, 2025",
        "Current timestamp: 1736245925",
        "Unix timestamp: 1736245925",
        "Session ID: 550e8400-e29b-41d4-a716-446655440000",
        "Session: 550e8400-e29b-41d4-a716-446655440000",
        "Your session id is sess_8f14e45fceea167a.",
        "Request-ID: req_011CSHoEeqs5C35K2UUqR7Fy",
        "conversation_id: a0e8400e29b41d4",
        "Trace ID: 4bf92f3577b34da6a3ce929d0e0e4736",
        "Nonce: 8f14e45fceea167a",
    };
    (void)state;
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        hr_saying s;
        if (!hr_says_when(hr_str_make(says[i], strlen(says[i])), &s))
            fail_msg("not known: %s", says[i]);
    }
}

static void what_says_more_or_something_else_is_not_volatile(void **state)
{
    static const char *const stays[] = {
        "You are helpful.",
        "Today is a good day.",
        "Today we released 2.0.",
        "Knowledge cutoff: 2024-06",
        "Your knowledge cutoff is June 2024.",
        "Released 2021-03-04.",
        "Last updated: 2025-01-07",
        "Current version: 2025-01-07",
        "Current as of 2025-01-07.",
        "Date: 2025-01-07",
        "Time: 10:32",
        "Timestamp: 2025-01-07T10:32:05Z",
        "Version 2025-01-07 is current.",
        "Current date: YYYY-MM-DD",
        "Current date: {date}",
        "Current date: <today>",
        "Today is January 7, 2025, and you are in Paris.",
        "Today is January 7, 2025, so be quick.",
        "Today is January 7, 2025!",
        "Is today January 7, 2025?",
        "Today is \"January 7, 2025\".",
        "The meeting is at 10:32 today.",
        "The current price is 10.32.",
        "The current limit is 2025.",
        "Today is 5.",
        "The session is at 10:00 on Monday.",
        "Sessions start at 10:00.",
        "Session timeout: 3600",
        "Session ID: none",
        "Chat: 12345",
        "Thread: abc123",
        "Current date - see below",
        "Session 3 - 10:00",
        "Session ID: unknown",
        "Request ID format: req_011CSHoEeqs5C35K",
        "Example session id: 550e8400-e29b-41d4-a716-446655440000",
        "UUID: 550e8400-e29b-41d4-a716-446655440000",
        "Model id: claude-sonnet-4-5-20250929",
        "User id: 8f14e45fceea167a",
        "Commit: 4bf92f3577b34da6a3ce929d0e0e4736",
        "Order 12345678 shipped on 2025-01-07.",
        "In 2025 the current date mattered.",
        "It was January 7, 2025.",
        "It is 5 of 7.",
        "Heute ist der 7. Januar 2025.",
        "Aujourd'hui : 7 janvier 2025",
        "\xe4\xbb\x8a\xe5\xa4\xa9\xe6\x98\xaf"
        "2025\xe5\xb9\xb4"
        "1\xe6\x9c\x88"
        "7\xe6\x97\xa5",
        "Hoy es 7 de enero de 2025.",
    };
    (void)state;
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++) {
        hr_saying s;
        if (hr_says_when(hr_str_make(stays[i], strlen(stays[i])), &s))
            fail_msg("taken for volatile: %s", stays[i]);
    }
}

/* ------------------------------------------------------------------ whole texts */
static void becomes(const char *before, const char *after)
{
    hr_arena *a = hr_arena_new();
    hr_moved m = {{0}, 0, 0};
    int r = hr_volatile_move(a, hr_str_make(before, strlen(before)), &m);

    assert_int_not_equal(r, HR_ENOMEM);
    if (!after && r != 0)
        fail_msg("%s\n----- became\n%.*s", before, (int)m.text.n, m.text.p);
    if (after && (r != 1 || m.text.n != strlen(after) || memcmp(m.text.p, after, m.text.n) != 0))
        fail_msg("%s\n----- became\n%.*s\n----- and not\n%s", before, r == 1 ? (int)m.text.n : 4,
                 r == 1 ? m.text.p : "same", after);
    hr_arena_free(a);
}

static void stays(const char *text)
{
    becomes(text, NULL);
}

static void the_volatile_sentences_move_to_the_end(void **state)
{
    (void)state;
    becomes("You are helpful. Today is January 7, 2025.",
            "You are helpful.\n\nCurrent date: January 7, 2025");
    becomes("Today is January 7, 2025. You are helpful.",
            "You are helpful.\n\nCurrent date: January 7, 2025");
    becomes("Today is Wednesday, January 7, 2025. Be kind.",
            "Be kind.\n\nCurrent date: Wednesday, January 7, 2025");
    becomes("Today is Wednesday. Be kind.", "Be kind.\n\nToday is Wednesday.");
    becomes("One. The current time is 10:32 AM. Two.", "One. Two.\n\nThe current time is 10:32 AM.");
    becomes("Current date: 2025-01-07\nYou are helpful.\nBe kind.\n",
            "You are helpful.\nBe kind.\n\nCurrent date: 2025-01-07\n");
    becomes("One.\n\nToday's date is 2025-01-07.\n\nTwo.\n", "One.\n\nTwo.\n\nToday's date is 2025-01-07.\n");
    becomes("One.\r\nCurrent time: 10:32\r\nTwo.\r\n", "One.\r\nTwo.\r\n\r\nCurrent time: 10:32\r\n");
    becomes("Current time: 10:32\nOne.\n\nToday's date: 2025-01-07",
            "One.\n\nCurrent time: 10:32\nToday's date: 2025-01-07");
    becomes("Today is January 7, 2025. The time is now 10:32. Be kind.",
            "Be kind.\n\nCurrent date: January 7, 2025\nThe time is now 10:32.");
    becomes("# Role\nYou are kind. Session ID: 550e8400-e29b-41d4-a716-446655440000\n\n# Rules\nBe kind.",
            "# Role\nYou are kind.\n\n# Rules\nBe kind.\n\nSession ID: 550e8400-e29b-41d4-a716-446655440000");
    becomes("Facts:\n- Platform: linux\n- Today's date: 2025-01-07\n- Shell: bash\nBe kind.",
            "Facts:\n- Platform: linux\n- Shell: bash\nBe kind.\n\n- Today's date: 2025-01-07");
    becomes("<env>\n  Platform: linux\n  Today's date: Wed Jan 07 2025\n</env>\nBe kind.",
            "<env>\n  Platform: linux\n</env>\nBe kind.\n\nToday's date: Wed Jan 07 2025");
    becomes("<current_date>2025-01-07</current_date>\nBe kind.",
            "Be kind.\n\n<current_date>2025-01-07</current_date>");
    becomes("    You are helpful.\n    Today's date is 2025-01-07.\n    Be kind.",
            "    You are helpful.\n    Be kind.\n\nToday's date is 2025-01-07.");
    becomes("Knowledge cutoff: 2024-06\nCurrent date: 2025-01-07\n\nBe kind. Released 2021-03-04.",
            "Knowledge cutoff: 2024-06\n\nBe kind. Released 2021-03-04.\n\nCurrent date: 2025-01-07");
    becomes("It\xe2\x80\x99s \xc3\xa9t\xc3\xa9. Today is 7 Jan 2025. D\xc3\xa9j\xc3\xa0 vu.",
            "It\xe2\x80\x99s \xc3\xa9t\xc3\xa9. D\xc3\xa9j\xc3\xa0 vu.\n\nCurrent date: 7 Jan 2025");
    becomes("The date of the release was 2021-03-04. Today is January 7, 2025. Dr. No is 2 m tall.",
            "The date of the release was 2021-03-04. Dr. No is 2 m tall.\n\nCurrent date: January 7, 2025");
    becomes("Be kind (always).\nToday is January 7, 2025.\n\"Quoted.\" is fine.",
            "Be kind (always).\n\"Quoted.\" is fine.\n\nCurrent date: January 7, 2025");
    becomes("- Be kind. Today is January 7, 2025.\n- Be quick.",
            "- Be kind.\n- Be quick.\n\nCurrent date: January 7, 2025");
}

static void what_stands_at_the_end_stays_there(void **state)
{
    (void)state;
    stays("You are helpful.\n\nCurrent date: January 7, 2025");
    stays("You are helpful.\nToday is January 7, 2025.\n");
    stays("You are helpful.\n\nToday's date: 2025-01-07\nCurrent time: 10:32\n\n");
    stays("You are helpful.\n\nToday is January 7, 2025. The current time is 10:32.");
    stays("Today is January 7, 2025.");
    stays("");
    stays("Be kind.");
}

static void what_only_looks_volatile_stays(void **state)
{
    static const char *const texts[] = {
        /* code */
        "Log:\n```\nCurrent date: 2025-01-07\n```\nBe kind.",
        "~~~\nToday is January 7, 2025.\n~~~\nBe kind.",
        "Run it.\n\n    Current date: 2025-01-07\n\nBe kind.",
        "\"\"\"\nToday is January 7, 2025.\n\"\"\"\nBe kind.",
        "Print `Today is January 7, 2025. Bye.` and stop. Be kind.",
        /* examples */
        "<example>\nToday is January 7, 2025.\n</example>\nBe kind.",
        "<examples><example>\nCurrent date: 2025-01-07\n</example></examples>\nBe kind.",
        "<!-- \nCurrent date: 2025-01-07\n-->\nBe kind.",
        "<document>\nToday is January 7, 2025.\n</document>\nBe kind.",
        "For example:\nCurrent date: 2025-01-07\nBe kind.",
        "For example:\n\nCurrent date: 2025-01-07\n\nBe kind.",
        "Write dates like this: Current date: 2025-01-07. Be kind.",
        "# Examples\nCurrent date: 2025-01-07\nMore.\n# Rules\nBe kind.",
        "## Changelog\nToday is January 7, 2025.\nMore.\n## Rules\nBe kind.",
        /* somebody's words */
        "Say \"Hello. Today is January 7, 2025. Bye.\" and stop. Be kind.",
        "Say \xe2\x80\x9cHello. Today is January 7, 2025. Bye.\xe2\x80\x9d and stop.",
        "Say 'Hello. Today is January 7, 2025. Bye.' and stop.",
        "> Today is January 7, 2025.\n\nBe kind.",
        "User: what day is it?\nAssistant: Sure. Today is January 7, 2025.\n\nBe kind.",
        "User: what day is it?\nAssistant: I can tell you.\nToday is January 7, 2025.\n\nBe kind.",
        "(Well. Today is January 7, 2025. Yes.) Be kind.",
        "{\"current_date\": \"2025-01-07\"}\nBe kind.",
        "The user will say:\nToday is January 7, 2025.\nBe kind.",
        "Note: be brief. Today is January 7, 2025. Be kind.",
        /* others would be left hanging */
        "Today is January 7, 2025. Use this date for all answers. Be kind.",
        "Today is January 7, 2025. It is cold. Be kind.",
        "Current date: 2025-01-07\nUse this date for all answers.",
        "Current date: 2025-01-07\n\nAnswer with the date above. Be kind.",
        "Context:\nCurrent date: 2025-01-07\n\nBe kind.",
        "## Date\nToday is January 7, 2025.\n\n## Rules\nBe kind.",
        "<env>\nToday's date: 2025-01-07\n</env>\nBe kind.",
        "1. Be kind.\n2. Today is January 7, 2025.\n3. Be quick.",
        "| Current date: 2025-01-07 | x |\nBe kind.",
        "# Current date: 2025-01-07\nBe kind.",
        /* sentences over two lines */
        "Today is January 7\n2025. Be kind.",
        "You know that the user said\ntoday is January 7, 2025.\nBe kind.",
        "Be kind. Today is January 7, 2025\nand you are in Paris.",
        "The current time is 10 a.m. UTC is what counts. Be kind.",
        /* the end is open */
        "Today is January 7, 2025. Now answer:",
        "Today is January 7, 2025. Be kind.\n```\ncode",
        /* other languages */
        "Heute ist der 7. Januar 2025. Sei nett.",
        "Nous sommes le 7 janvier 2025. Soyez gentil.",
        "\xe4\xbb\x8a\xe5\xa4\xa9\xe6\x98\xaf"
        "2025\xe5\xb9\xb4"
        "1\xe6\x9c\x88"
        "7\xe6\x97\xa5\xe3\x80\x82\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        stays(texts[i]);
}

static void a_text_full_of_moments_is_left_alone(void **state)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    (void)state;
    for (int i = 0; i < 100; i++)
        fprintf(f, "Current time: 10:%02d\nBe kind.\n", i % 60);
    fclose(f);
    stays(text);
    free(text);
}

static void what_stood_behind_is_told(void **state)
{
    static const char text[] = "One.\nCurrent date: 2025-01-07\nTwo.\n";
    hr_arena *a = hr_arena_new();
    hr_moved m;
    (void)state;
    assert_int_equal(hr_volatile_move(a, HR_STR(text), &m), 1);
    assert_int_equal(m.stable, strlen("One.\nTwo."));
    assert_memory_equal(m.text.p + m.from, "Two.", m.stable - m.from);
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ any text */
static uint32_t dice = 12345;

static unsigned roll(unsigned n)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % n;
}

static void add_random(hr_buf *b)
{
    static const char *const pieces[] = {"Today is January 7, 2025.",
                                         "Current date: 2025-01-07",
                                         "The current time is 10:32.",
                                         "Be kind.",
                                         "You are X",
                                         " ",
                                         " ",
                                         "\n",
                                         "\n",
                                         "\n\n",
                                         "\r\n",
                                         "```",
                                         "\"",
                                         "`",
                                         "(",
                                         ")",
                                         "- ",
                                         "1. ",
                                         "# Head",
                                         "<env>",
                                         "</env>",
                                         "<example>",
                                         "</example>",
                                         "For example:",
                                         "User: a b",
                                         "Session ID: 550e8400-e29b-41d4-a716-446655440000",
                                         "It is so.",
                                         "\xc3\xa9",
                                         "\xe2\x80\x9c",
                                         "Use this date.",
                                         "Now:",
                                         "today",
                                         "    ",
                                         "\t",
                                         ":",
                                         ".",
                                         "2025-01-07",
                                         "Context:"};
    for (unsigned n = 1 + roll(14); n; n--)
        hr_buf_puts(b, pieces[roll(sizeof pieces / sizeof *pieces)]);
}

static void count(const char *p, size_t n, int sign, int seen[256])
{
    for (size_t i = 0; i < n; i++)
        if (!strchr(" \t\r\n", p[i]))
            seen[(unsigned char)p[i]] += sign;
}

/* How often "Current date: " stands for "Today is " and a full stop cannot be seen from outside: the letters may differ by that many. */
static void any_text_is_only_rearranged(void **state)
{
    unsigned moved = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        hr_arena *a = hr_arena_new();
        hr_buf b = {0};
        hr_moved m, again;
        add_random(&b);
        int r = hr_volatile_move(a, hr_buf_view(&b), &m);
        assert_true(r == 0 || r == 1);
        if (r == 1) {
            int seen[256] = {0}, label[256] = {0};
            moved++;
            count(b.data, b.len, 1, seen);
            count(m.text.p, m.text.n, -1, seen);
            count("Todayis.", 8, 1, label);
            count("Currentdate:", 12, -1, label);
            for (int c = 0; c < 256; c++)
                assert_true(label[c] ? seen[c] == label[c] * seen[':'] / label[':'] : seen[c] == 0);
            assert_true(hr_utf8_valid(m.text.p, m.text.n));
            assert_true(m.from <= m.stable && m.stable < m.text.n);
            assert_int_equal(hr_volatile_move(a, m.text, &again), 0);
        }
        hr_buf_free(&b);
        hr_arena_free(a);
    }
    assert_true(moved > 200);
}

static void no_memory_is_told(void **state)
{
    static const char text[] = "One.\nCurrent date: 2025-01-07\nTwo.\n";
    (void)state;
    for (long n = 1; n < 20; n++) {
        hr_arena *a = hr_arena_new();
        hr_moved m;
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int r = hr_volatile_move(a, HR_STR(text), &m);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == HR_ENOMEM || (r == 1 && m.stable == strlen("One.\nTwo.")));
        hr_arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_saying_of_the_moment_is_known),
        cmocka_unit_test(what_says_more_or_something_else_is_not_volatile),
        cmocka_unit_test(the_volatile_sentences_move_to_the_end),
        cmocka_unit_test(what_stands_at_the_end_stays_there),
        cmocka_unit_test(what_only_looks_volatile_stays),
        cmocka_unit_test(a_text_full_of_moments_is_left_alone),
        cmocka_unit_test(what_stood_behind_is_told),
        cmocka_unit_test(any_text_is_only_rearranged),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
