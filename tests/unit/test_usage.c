/* test_usage.c - claims of the reader of the provider's own count (core/usage.c). */
#include "usage_rig.h"

#include "base.h"

/* ------------------------------------------------------------------ JSON */

static void anthropic_body_adds_cached_tokens_to_the_prompt(void **state)
{
    (void)state;
    EVERY_WAY(
        "anthropic", HR_USAGE_JSON,
        "{\"id\":\"msg_1\",\"content\":[{\"type\":\"text\",\"text\":\"\\\"usage\\\":{}\"}],\n \"usage\" : "
        "{\"input_tokens\":12,\"cache_creation_input_tokens\":300,\"cache_read_input_tokens\":4000, "
        "\"output_tokens\":55,\"service_tier\":\"standard\"}}\n",
        4312, 4000, 300, 55,
        "{\"input_tokens\":12,\"cache_creation_input_tokens\":300,\"cache_read_input_tokens\":4000, "
        "\"output_tokens\":55,\"service_tier\":\"standard\"}");
}

static void anthropic_nested_cache_creation_counts_where_the_flat_one_is_missing(void **state)
{
    (void)state;
    EVERY_WAY("anthropic", HR_USAGE_JSON,
              "{\"usage\":{\"input_tokens\":1,\"cache_creation\":{\"ephemeral_5m_input_tokens\":20,"
              "\"ephemeral_1h_input_tokens\":300},\"output_tokens\":2}}",
              321, -1, 320, 2,
              "{\"input_tokens\":1,\"cache_creation\":{\"ephemeral_5m_input_tokens\":20,"
              "\"ephemeral_1h_input_tokens\":300},\"output_tokens\":2}");
    EVERY_WAY("anthropic", HR_USAGE_JSON,
              "{\"usage\":{\"input_tokens\":1,\"cache_creation_input_tokens\":0,\"cache_creation\":"
              "{\"ephemeral_1h_input_tokens\":9},\"output_tokens\":2}}",
              10, -1, 9, 2,
              "{\"input_tokens\":1,\"cache_creation_input_tokens\":0,\"cache_creation\":"
              "{\"ephemeral_1h_input_tokens\":9},\"output_tokens\":2}");
}

static void openai_prompt_tokens_include_the_cached_ones(void **state)
{
    (void)state;
    EVERY_WAY(
        "openai_chat", HR_USAGE_JSON,
        "{\"choices\":[{\"message\":{\"usage\":{\"prompt_tokens\":1}}}],\"usage\":{\"prompt_tokens\":1000,"
        "\"completion_tokens\":20,\"total_tokens\":1020,\"prompt_tokens_details\":{\"cached_tokens\":896,"
        "\"cache_write_tokens\":7}}}",
        1000, 896, 7, 20,
        "{\"prompt_tokens\":1000,\"completion_tokens\":20,\"total_tokens\":1020,\"prompt_tokens_details\":"
        "{\"cached_tokens\":896,\"cache_write_tokens\":7}}");
    EVERY_WAY("openai_chat", HR_USAGE_JSON, "{\"usage\":{\"prompt_tokens\":10,\"cached_tokens\":8}}", 10, 8,
              -1, -1, "{\"prompt_tokens\":10,\"cached_tokens\":8}");
}

static void numbers_that_are_no_counts_are_unknown(void **state)
{
    (void)state;
    EVERY_WAY("openai_chat", HR_USAGE_JSON, "{\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":1e3}}",
              -1, -1, -1, -1, "{\"prompt_tokens\":-1,\"completion_tokens\":1e3}");
    EVERY_WAY("openai_chat", HR_USAGE_JSON,
              "{\"usage\":{\"prompt_tokens\":\"7\",\"completion_tokens\":1234567890123456}}", -1, -1, -1, -1,
              "{\"prompt_tokens\":\"7\",\"completion_tokens\":1234567890123456}");
}

static void error_responses_and_null_usage_are_unknown(void **state)
{
    (void)state;
    ERROR("anthropic", HR_USAGE_JSON,
          "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"usage\":{}}}", "overloaded_error");
    ERROR("openai_chat", HR_USAGE_JSON, "{\"error\":{\"message\":\"no\",\"type\":null,\"code\":\"x\"}}", "x");
    UNKNOWN("openai_chat", HR_USAGE_JSON, "{\"usage\":null}");
    UNKNOWN("openai_chat", HR_USAGE_JSON, "{\"usage\":[1]}");
    UNKNOWN("openai_chat", HR_USAGE_JSON, "");
    UNKNOWN("anthropic", HR_USAGE_SSE,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"usage\"}}\n\n");
}

static void malformed_bodies_are_unknown(void **state)
{
    static const char *const texts[] = {
        "{\"usage\":{\"prompt_tokens\":1}",
        "{\"usage\":{\"prompt_tokens\":1}}}",
        "[{\"usage\":{}}]",
        "<html>\"usage\"</html>",
        "{\"usage\":{\"prompt_tokens\":01}}",
        "{\"usage\":{\"a\":\"\\x\"}}",
        "{\"usage\":{\"a\":\"\xff\"}}",
        "\"usage\"",
        "{\"usage\":{\"a\":1,}}",
        "{\"a\":tru,\"usage\":{\"prompt_tokens\":1}}",
        "{\"usage\"",
        "{\"usage\":",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        every_way("openai_chat", HR_USAGE_JSON, texts[i], strlen(texts[i]), &unknown);
        char event[200];
        int n = snprintf(event, sizeof event, "data: %s\n\n", texts[i]);
        every_way("openai_chat", HR_USAGE_SSE, event, (size_t)n, &unknown);
    }
}

/* An answer with an image in it, in pieces of so many bytes; as an event between two others, too. */
static void read_large(const char *long_part, size_t times, size_t piece, enum hr_usage_form form,
                       const struct expected *e)
{
    const char *end = "\"],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}";
    hr_buf text = {0};
    const bool sse = form == HR_USAGE_SSE;
    hr_buf_puts(&text, sse ? "data: {\"usage\":{\"prompt_tokens\":7}}\n\ndata: " : "");
    hr_buf_puts(&text, "{\"n\":\"\\\"\",\"a\":[\"");
    for (size_t i = 0; i < times; i++)
        hr_buf_puts(&text, long_part);
    hr_buf_puts(&text, end);
    hr_buf_puts(&text, sse ? "\n\ndata: {}\n\n" : "");
    hr_usage *u = hr_usage_new("openai_chat", form, false);
    assert_true(u && !text.err);
    for (size_t at = 0; at < text.len; at += piece)
        hr_usage_add(u, text.data + at, text.len - at < piece ? text.len - at : piece);
    assert_int_equal(hr_usage_wants(u), sse || e->counts.input >= 0);
    hr_buf_free(&text);
    check(u, e);
}

static void a_body_is_as_long_as_its_strings_make_it(void **state)
{
    static const struct expected known = {
        .counts = {1, -1, -1, 2, "{\"prompt_tokens\":1,\"completion_tokens\":2}"}};
    static const char *const parts[] = {"0123456789abcdef", "\\\\", "\\\"", "\\u00e9",
                                        "x\\n\\u0022y\\\\\\\\"};
    static const size_t pieces[] = {7, 4096, 60001, 1 << 30};
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++)
            for (int form = HR_USAGE_JSON; form <= HR_USAGE_SSE; form++)
                read_large(parts[i], 2u * HR_MAX_RESPONSE / strlen(parts[i]), pieces[j],
                           (enum hr_usage_form)form, &known);
}

static void a_body_above_the_limit_without_them_is_unknown(void **state)
{
    (void)state;
    read_large("short\",\"", HR_MAX_RESPONSE / 8 + 1, 4096, HR_USAGE_JSON, &unknown);
}

static void a_usage_object_of_absurd_size_is_none(void **state)
{
    (void)state;
    hr_usage *u = hr_usage_new("openai_chat", HR_USAGE_JSON, false);
    assert_non_null(u);
    feed(u, "{\"usage\":{\"prompt_tokens\":1,\"a\":\"");
    for (int i = 0; i < 2000; i++)
        feed(u, "0123456789abcdef");
    feed(u, "\"}}");
    check(u, &unknown);
}

/* ------------------------------------------------------------------ SSE */

#define START                                                                                                \
    "event: message_start\ndata: "                                                                           \
    "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3,"                   \
    "\"cache_creation_input_tokens\":null,\"cache_read_input_tokens\":40,\"output_tokens\":1}}}\n\n"
#define DELTA                                                                                                \
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"the "         \
    "\\\"usage\\\" of\"}}"                                                                                   \
    "\n\n"
#define LAST                                                                                                 \
    "event: message_delta\ndata: "                                                                           \
    "{\"type\":\"message_delta\",\"usage\":{\"cache_creation_input_tokens\":500,"                            \
    "\"cache_read_input_tokens\":null,\"output_tokens\":77,\"new\":{\"a\":1}}}\n\n"
#define STOP "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

static void anthropic_stream_takes_the_last_value_of_each_field_that_is_not_null(void **state)
{
    (void)state;
    EVERY_WAY("anthropic", HR_USAGE_SSE, START DELTA LAST STOP, 543, 40, 500, 77,
              "{\"input_tokens\":3,\"cache_creation_input_tokens\":500,\"cache_read_input_tokens\":40,"
              "\"output_tokens\":77,\"new\":{\"a\":1}}");
}

static void anthropic_stream_that_breaks_off_keeps_the_input_and_knows_no_output(void **state)
{
    (void)state;
    EVERY_WAY("anthropic", HR_USAGE_SSE,
              START DELTA "event: message_delta\ndata: {\"type\":\"message_delta\",\"usa", 43, 40, -1, -1,
              "{\"input_tokens\":3,\"cache_creation_input_tokens\":null,\"cache_read_input_tokens\":40,"
              "\"output_tokens\":1}");
}

static void openai_stream_takes_the_last_usage_and_skips_null_and_done(void **state)
{
    (void)state;
    EVERY_WAY(
        "openai_chat", HR_USAGE_SSE,
        ": OPENROUTER PROCESSING\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}],\"usage\":null}\n\n"
        "data:{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n"
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n",
        9, -1, -1, 4, "{\"prompt_tokens\":9,\"completion_tokens\":4}");
    UNKNOWN("openai_chat", HR_USAGE_SSE, "data: {\"choices\":[{\"delta\":{}}]}\n\ndata: [DONE]\n\n");
}

static void groq_wraps_its_usage(void **state)
{
    (void)state;
    EVERY_WAY("openai_chat", HR_USAGE_SSE,
              "data: {\"x_groq\":{\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}}\n\n", 5, -1, -1,
              6, "{\"prompt_tokens\":5,\"completion_tokens\":6}");
}

static void every_line_end_of_the_standard_is_understood(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    const struct expected e = {.counts = {9, -1, -1, 4, "{\"prompt_tokens\":9,\n\"completion_tokens\":4}"}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char text[300];
        const char *z = ends[i];
        int n = snprintf(text, sizeof text,
                         "\xEF\xBB\xBF"
                         "data: {\"usage\":{\"prompt_tokens\":9,%sid: 7%sdata: \"completion_tokens\":4}}%s"
                         ": comment%sretry: 10%s%sdata: [DONE]%s%s",
                         z, z, z, z, z, z, z, z);
        every_way("openai_chat", HR_USAGE_SSE, text, (size_t)n, &e);
    }
    EVERY_WAY("openai_chat", HR_USAGE_SSE, "data: {\"usage\":{\"prompt_tokens\":9}}\r\r\ndata: x\n\r", 9, -1,
              -1, -1, "{\"prompt_tokens\":9}");
}

static void a_last_event_without_its_blank_line_is_read(void **state)
{
    (void)state;
    EVERY_WAY("openai_chat", HR_USAGE_SSE, "data: {\"usage\":{\"prompt_tokens\":9}}", 9, -1, -1, -1,
              "{\"prompt_tokens\":9}");
    EVERY_WAY("openai_chat", HR_USAGE_SSE, "data: {\"usage\":{\"prompt_tokens\":9}}\r", 9, -1, -1, -1,
              "{\"prompt_tokens\":9}");
}

static void a_huge_line_is_skipped_and_the_stream_goes_on(void **state)
{
    (void)state;
    for (int in_pieces = 0; in_pieces < 2; in_pieces++) {
        size_t n = 3u * HR_MAX_RESPONSE;
        char *line = malloc(n);
        hr_usage *u = hr_usage_new("openai_chat", HR_USAGE_SSE, false);
        assert_true(line && u);
        memset(line, 'a', n);
        memcpy(line, "data: ", 6);
        if (in_pieces)
            for (size_t i = 0; i < n; i += 4096)
                hr_usage_add(u, line + i, n - i < 4096 ? n - i : 4096);
        else
            hr_usage_add(u, line, n);
        free(line);
        feed(u, "\ndata: {\"usage\":{\"prompt_tokens\":1}}\n\n");
        feed(u, "data: {\"usage\":{\"prompt_tokens\":2}}\n\n");
        check(u, &(struct expected){.counts = {2, -1, -1, -1, "{\"prompt_tokens\":2}"}});
    }
}

static void a_hundred_megabytes_of_stream_need_little_memory(void **state)
{
    static const char event[] =
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
        "{\"type\":\"text_delta\",\"text\":\"some words of an answer\"}}\n\n";
    (void)state;
    hr_usage *u = hr_usage_new("anthropic", HR_USAGE_SSE, false);
    assert_non_null(u);
    hr_usage_add(u, START, sizeof START - 1);
    long before = hr_fault_count(HR_FAULT_ALLOC);
    for (size_t sent = 0; sent < 100u << 20; sent += sizeof event - 1) {
        hr_usage_add(u, event, 50);
        hr_usage_add(u, event + 50, sizeof event - 1 - 50);
    }
    assert_in_range(hr_fault_count(HR_FAULT_ALLOC) - before, 0, 8); /* buffers were grown once, then kept */
    check(u, &(struct expected){.counts = {43, 40, -1, -1,
                                           "{\"input_tokens\":3,\"cache_creation_input_tokens\":null,"
                                           "\"cache_read_input_tokens\":40,\"output_tokens\":1}"}});
}

static void many_absurd_usage_objects_do_not_grow(void **state)
{
    (void)state;
    hr_usage *u = hr_usage_new("anthropic", HR_USAGE_SSE, false);
    assert_non_null(u);
    hr_usage_counts c;
    for (int i = 0; i < 2000; i++) {
        char event[200];
        int n = snprintf(event, sizeof event,
                         "data: {\"usage\":{\"input_tokens\":%d,\"k%d\":\"%0100d\"}}\n\n", i, i, i);
        hr_usage_add(u, event, (size_t)n);
    }
    hr_usage_end(u, &c);
    assert_non_null(c.raw);
    assert_in_range(strlen(c.raw), 1, 16 << 10);
    hr_usage_free(u);
}

/* ------------------------------------------------------------------ the rest */

static void another_dialect_knows_nothing(void **state)
{
    (void)state;
    UNKNOWN("gemini", HR_USAGE_JSON, "{\"usage\":{\"prompt_tokens\":1,\"input_tokens\":1}}");
    UNKNOWN("gemini", HR_USAGE_SSE, "data: {\"usage\":{\"prompt_tokens\":1,\"input_tokens\":1}}\n\n");
}

static void any_bytes_are_survived(void **state)
{
    static const char *const bits[] = {"data:",
                                       "data: ",
                                       "\n",
                                       "\r",
                                       "\r\n",
                                       "{",
                                       "}",
                                       "\"usage\":",
                                       "\"message\":",
                                       "[",
                                       "1",
                                       "\"",
                                       "\\",
                                       "\xff",
                                       ",",
                                       "null",
                                       "event: x",
                                       ":",
                                       "\"input_tokens\":",
                                       "{\"usage\":{"};
    uint32_t seed = 7;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        hr_usage_counts c;
        hr_usage *u = hr_usage_new(round & 1 ? "anthropic" : "openai_chat",
                                   (enum hr_usage_form)(round / 2 % 3), round % 7 == 0);
        assert_non_null(u);
        for (int i = 0; i < 30; i++) {
            seed = seed * 1664525u + 1013904223u;
            const char *bit = bits[(seed >> 16) % (sizeof bits / sizeof bits[0])];
            feed(u, bit);
        }
        hr_usage_end(u, &c);
        hr_usage_free(u);
    }
}

static void run_with_failure(long n, bool sticky, bool *reached)
{
    static const char text[] = START DELTA LAST STOP;
    hr_usage_counts c;
    hr_fault_after(HR_FAULT_ALLOC, n, sticky);
    long before = hr_fault_count(HR_FAULT_ALLOC);
    hr_usage *u = hr_usage_new("anthropic", HR_USAGE_SSE, false);
    if (u) {
        for (size_t i = 0; i < sizeof text - 1; i += 7)
            hr_usage_add(u, text + i, sizeof text - 1 - i < 7 ? sizeof text - 1 - i : 7);
        hr_usage_end(u, &c);
        assert_true(c.input == -1 || c.input == 43 || c.input == 543 || c.input == 500);
        assert_true(c.raw || c.input == -1);
    }
    hr_usage_free(u);
    *reached = hr_fault_count(HR_FAULT_ALLOC) - before >= n;
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    for (int sticky = 0; sticky < 2; sticky++) {
        bool reached = true;
        long n = 1;
        for (; reached; n++) {
            assert_in_range(n, 1, 1000);
            run_with_failure(n, sticky, &reached);
        }
        assert_in_range(n, 4, 1000); /* the seam is there */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anthropic_body_adds_cached_tokens_to_the_prompt),
        cmocka_unit_test(anthropic_nested_cache_creation_counts_where_the_flat_one_is_missing),
        cmocka_unit_test(openai_prompt_tokens_include_the_cached_ones),
        cmocka_unit_test(numbers_that_are_no_counts_are_unknown),
        cmocka_unit_test(error_responses_and_null_usage_are_unknown),
        cmocka_unit_test(malformed_bodies_are_unknown),
        cmocka_unit_test(a_body_is_as_long_as_its_strings_make_it),
        cmocka_unit_test(a_body_above_the_limit_without_them_is_unknown),
        cmocka_unit_test(a_usage_object_of_absurd_size_is_none),
        cmocka_unit_test(anthropic_stream_takes_the_last_value_of_each_field_that_is_not_null),
        cmocka_unit_test(anthropic_stream_that_breaks_off_keeps_the_input_and_knows_no_output),
        cmocka_unit_test(openai_stream_takes_the_last_usage_and_skips_null_and_done),
        cmocka_unit_test(groq_wraps_its_usage),
        cmocka_unit_test(every_line_end_of_the_standard_is_understood),
        cmocka_unit_test(a_last_event_without_its_blank_line_is_read),
        cmocka_unit_test(a_huge_line_is_skipped_and_the_stream_goes_on),
        cmocka_unit_test(a_hundred_megabytes_of_stream_need_little_memory),
        cmocka_unit_test(many_absurd_usage_objects_do_not_grow),
        cmocka_unit_test(another_dialect_knows_nothing),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
