/* test_usage_frames.c - the provider's count in AWS event streams, and frames that are none (core/frames.c). */
#include "usage_rig.h"

#include <zlib.h>

#include "base.h"

static void put_number(hr_buf *b, uint32_t n)
{
    const char bytes[] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    hr_buf_add(b, bytes, 4);
}

static void put_header(hr_buf *b, const char *name, const char *value)
{
    hr_buf_putc(b, (char)strlen(name));
    hr_buf_puts(b, name);
    hr_buf_putc(b, 7);
    hr_buf_putc(b, 0);
    hr_buf_putc(b, (char)strlen(value));
    hr_buf_puts(b, value);
}

/* As the service builds one: a header of each further type stands between ours. */
static void put_frame(hr_buf *b, const char *type, const char *name_header, const char *name, hr_str payload)
{
    static const char others[] = "\1a\0"
                                 "\1b\1"
                                 "\1c\2x"
                                 "\1d\3xx"
                                 "\1e\4xxxx"
                                 "\1f\5xxxxxxxx"
                                 "\1g\6\0\3xyz"
                                 "\1h\10xxxxxxxx"
                                 "\1i\11xxxxxxxxxxxxxxxx";
    hr_buf headers = {0};
    const size_t begin = b->len;
    put_header(&headers, ":content-type", "application/json");
    hr_buf_add(&headers, others, sizeof others - 1);
    put_header(&headers, name_header, name);
    put_header(&headers, ":message-type", type);
    put_number(b, (uint32_t)(16 + headers.len + payload.n));
    put_number(b, (uint32_t)headers.len);
    put_number(b, (uint32_t)crc32(0, (const Bytef *)b->data + begin, 8));
    hr_buf_str(b, hr_buf_view(&headers));
    hr_buf_str(b, payload);
    put_number(b, (uint32_t)crc32(0, (const Bytef *)b->data + begin, (uInt)(b->len - begin)));
    hr_buf_free(&headers);
}

static void put_event(hr_buf *b, const char *name, const char *payload)
{
    put_frame(b, "event", ":event-type", name, hr_str_make(payload, strlen(payload)));
}

#define CONVERSE                                                                                             \
    "{\"inputTokens\":97,\"outputTokens\":20,\"totalTokens\":1020,\"cacheReadInputTokens\":896,"             \
    "\"cacheWriteInputTokens\":7}"

static hr_buf converse_stream(void)
{
    hr_buf b = {0};
    put_event(&b, "messageStart", "{\"p\":\"abcd\",\"role\":\"assistant\"}");
    put_event(&b, "contentBlockDelta",
              "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"the \\\"usage\\\"\"}}");
    put_event(&b, "messageStop", "{\"stopReason\":\"end_turn\"}");
    put_event(&b, "metadata", "{\"metrics\":{\"latencyMs\":9},\"usage\":" CONVERSE "}");
    return b;
}

static void converse_streams_have_it_in_their_metadata(void **state)
{
    (void)state;
    hr_buf b = converse_stream();
    every_way("bedrock", HR_USAGE_FRAMES, b.data, b.len,
              &(struct expected){.counts = {1000, 896, 7, 20, CONVERSE}});
    every_way("bedrock", HR_USAGE_FRAMES, b.data, b.len - 1, &unknown); /* cut in the last checksum */
    hr_buf_free(&b);
}

static void put_chunk(hr_buf *b, const char *event)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char payload[2000] = "{\"bytes\":\"";
    size_t at = strlen(payload), n = strlen(event);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)(uint8_t)event[i] << 16;
        v |= i + 1 < n ? (uint32_t)(uint8_t)event[i + 1] << 8 : 0;
        v |= i + 2 < n ? (uint32_t)(uint8_t)event[i + 2] : 0;
        payload[at++] = digits[v >> 18];
        payload[at++] = digits[v >> 12 & 63];
        payload[at++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
        payload[at++] = i + 2 < n ? digits[v & 63] : '=';
    }
    snprintf(payload + at, sizeof payload - at, "\",\"p\":\"abcdefgh\"}");
    put_event(b, "chunk", payload);
}

static void claude_s_own_events_stand_in_chunks(void **state)
{
    hr_buf b = {0};
    (void)state;
    put_chunk(&b, "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,"
                  "\"cache_read_input_tokens\":40,\"output_tokens\":1}}}");
    put_chunk(&b, "{\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}");
    every_way("anthropic", HR_USAGE_FRAMES, b.data, b.len,
              &(struct expected){.counts = {43, 40, -1, -1,
                                            "{\"input_tokens\":3,\"cache_read_input_tokens\":40,"
                                            "\"output_tokens\":1}"}});
    put_chunk(&b, "{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":77}}");
    put_chunk(&b, "{\"type\":\"message_stop\",\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":3}}");
    every_way("anthropic", HR_USAGE_FRAMES, b.data, b.len,
              &(struct expected){.counts = {43, 40, -1, 77,
                                            "{\"input_tokens\":3,\"cache_read_input_tokens\":40,"
                                            "\"output_tokens\":77}"}});
    hr_buf_free(&b);
    put_event(&b, "chunk", "{\"bytes\":\"!!!!\"}");
    put_event(&b, "chunk", "{\"bytes\":7}");
    put_event(&b, "chunk", "[]");
    every_way("anthropic", HR_USAGE_FRAMES, b.data, b.len, &unknown);
    hr_buf_free(&b);
}

static void an_exception_in_a_stream_is_its_error(void **state)
{
    hr_buf b = {0};
    (void)state;
    put_event(&b, "messageStart", "{\"role\":\"assistant\"}");
    put_frame(&b, "exception", ":exception-type", "throttlingException",
              HR_STR("{\"message\":\"Too many\"}"));
    every_way("bedrock", HR_USAGE_FRAMES, b.data, b.len,
              &(struct expected){.counts = {-1, -1, -1, -1, NULL}, .error = "throttlingException"});
    hr_buf_free(&b);
    put_frame(&b, "error", ":error-code", "InternalFailure", HR_STR(""));
    every_way("bedrock", HR_USAGE_FRAMES, b.data, b.len,
              &(struct expected){.counts = {-1, -1, -1, -1, NULL}, .error = "InternalFailure"});
    hr_buf_free(&b);
}

/* Whatever byte is wrong: what stood before it was read, nothing behind it is. */
static void a_wrong_byte_ends_the_reading(void **state)
{
    (void)state;
    hr_buf b = converse_stream();
    for (size_t at = 0; at < b.len; at++)
        for (int bit = 0; bit < 8; bit += 3) {
            b.data[at] = (char)(b.data[at] ^ 1 << bit);
            hr_usage *u = hr_usage_new("bedrock", HR_USAGE_FRAMES, false);
            assert_non_null(u);
            hr_usage_add(u, b.data, b.len);
            hr_usage_add(u, b.data, b.len);
            check(u, &unknown);
            b.data[at] = (char)(b.data[at] ^ 1 << bit);
        }
    hr_buf_free(&b);
}

static void a_frame_that_is_too_long_is_passed_over(void **state)
{
    (void)state;
    hr_buf b = {0};
    char *payload = malloc(HR_MAX_RESPONSE);
    assert_non_null(payload);
    memset(payload, 'a', HR_MAX_RESPONSE);
    put_frame(&b, "event", ":event-type", "metadata", hr_str_make(payload, HR_MAX_RESPONSE));
    free(payload);
    put_event(&b, "metadata", "{\"usage\":" CONVERSE "}");
    for (size_t piece = 1; piece < 3u << 20; piece = piece * 11 + 3) {
        hr_usage *u = hr_usage_new("bedrock", HR_USAGE_FRAMES, false);
        assert_non_null(u);
        for (size_t at = 0; at < b.len; at += piece)
            hr_usage_add(u, b.data + at, b.len - at < piece ? b.len - at : piece);
        check(u, &(struct expected){.counts = {1000, 896, 7, 20, CONVERSE}});
    }
    hr_buf_free(&b);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    hr_buf b = converse_stream();
    bool reached = true;
    long n = 1;
    for (; reached; n++) {
        hr_usage_counts c;
        hr_fault_after(HR_FAULT_ALLOC, n, false);
        long before = hr_fault_count(HR_FAULT_ALLOC);
        hr_usage *u = hr_usage_new("bedrock", HR_USAGE_FRAMES, false);
        for (size_t i = 0; u && i < b.len; i += 50)
            hr_usage_add(u, b.data + i, b.len - i < 50 ? b.len - i : 50);
        if (u) {
            hr_usage_end(u, &c);
            assert_true(c.input == -1 || c.input == 1000);
        }
        hr_usage_free(u);
        reached = hr_fault_count(HR_FAULT_ALLOC) - before >= n;
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
    }
    assert_in_range(n, 4, 100);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converse_streams_have_it_in_their_metadata),
        cmocka_unit_test(claude_s_own_events_stand_in_chunks),
        cmocka_unit_test(an_exception_in_a_stream_is_its_error),
        cmocka_unit_test(a_wrong_byte_ends_the_reading),
        cmocka_unit_test(a_frame_that_is_too_long_is_passed_over),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
