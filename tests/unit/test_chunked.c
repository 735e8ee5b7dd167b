/* test_chunked.c - which chunked bodies are joined, and which are left as they are. */
#include "stream_rig.h"

#include "shim/chunked.h"
#include "shim/framing.h"

static const char *decode(const char *raw, char *out, size_t *len, size_t *last)
{
    return chunked_decode(rig_at_edge(0, raw, strlen(raw)), strlen(raw), out, len, last);
}

static void chunks_are_joined_and_the_last_one_is_found(void **state)
{
    static const struct {
        const char *raw, *body;
        size_t last;
    } cases[] = {
        {"0\r\n\r\n", "", 0},
        {"00000\r\n\r\n", "", 0},
        {"2\r\n{}\r\n0\r\n\r\n", "{}", 7},
        {"001\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "{}", 14},
        {"a\r\n0123456789\r\nA\r\n\r\n0\r\n\r\n{}\x01\r\n0\r\n\r\n", "0123456789\r\n0\r\n\r\n{}\x01", 30},
        {"1\r\nx\r\n0\r\nX-A: b\r\nServer-Timing:\r\n\r\n", "x", 6},
    };
    char out[128];
    size_t len, last;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_null(decode(cases[i].raw, out, &len, &last));
        assert_int_equal(len, strlen(cases[i].body));
        assert_memory_equal(out, cases[i].body, len);
        assert_int_equal(last, cases[i].last);
    }
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    static const struct {
        const char *why, *raw;
    } cases[] = {
        {"chunked", ""},
        {"chunked", "\r\n"},
        {"chunked", "2;a=b\r\n{}\r\n0\r\n\r\n"},
        {"chunked", "2 \r\n{}\r\n0\r\n\r\n"},
        {"chunked", "2\r\n{}\r\n0;a\r\n\r\n"},
        {"chunked", "0x2\r\n{}\r\n0\r\n\r\n"},
        {"chunked", "-2\r\n{}\r\n0\r\n\r\n"},
        {"chunked", "2\n{}\r\n0\r\n\r\n"},
        {"chunked", "2\r\n{}\n0\r\n\r\n"},
        {"chunked", "2\r\n{}x\n0\r\n\r\n"},
        {"chunked", "2\r\n{}\rx0\r\n\r\n"},
        {"chunked", "1\r\n{}\r\n0\r\n\r\n"},
        {"chunked", "3\r\n{}\r\n0\r\n\r\n"},
        {"chunked", "2\r\n{}\r\n0\r\n"},
        {"chunked", "2\r\n{}\r\n0\r\n\r\nx"},
        {"chunked", "2\r\n{}\r\n0\r\nno colon\r\n\r\n"},
        {"chunked", "2\r\n{}\r\n0\r\nA: b\r\n folded\r\n\r\n"},
        {"chunked", "2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n"},
        {"chunked", "2\r\n{}\r\n0\r\nContent-Type: text/plain\r\n\r\n"},
        {"chunked", "2\r\n{}\r\n0\r\nContent-Encoding: gzip\r\n\r\n"},
        {"chunked", "2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"chunked", "2\r\n{}\r\n0\r\nHost: h\r\n\r\n"},
        {"chunked", "ffffffffffffffffffffffffffffffffff2\r\n{}\r\n0\r\n\r\n"},
        {"chunked", "fffffffffffffff2\r\n{}\r\n0\r\n\r\n"},
        {"signed", "2\r\n{}\r\n0\r\nX-A: b\r\nContent-MD5: x\r\n\r\n"},
        {"signed", "2\r\n{}\r\n0\r\nx-amz-checksum-crc32: x\r\n\r\n"},
        {"signed", "2\r\n{}\r\n0\r\nx-amz-trailer-signature: x\r\nX-Amz-Checksum-Sha256: x\r\n\r\n"},
    };
    char out[128];
    size_t len, last;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *why = decode(cases[i].raw, out, &len, &last);

        if (!why || strcmp(why, cases[i].why) != 0)
            fail_msg("%s: %s", cases[i].raw, why ? why : "joined");
    }
}

static void a_cut_body_is_refused_wherever_it_is_cut(void **state)
{
    static const char raw[] = "5\r\n{\"a\":\r\n3\r\n17}\r\n0\r\nX-A: b\r\n\r\n";
    char out[128];
    size_t len, last;

    (void)state;
    for (size_t n = 0; n < sizeof(raw) - 1; n++)
        assert_non_null(chunked_decode(rig_at_edge(0, raw, n), n, out, &len, &last));
    assert_null(decode(raw, out, &len, &last));
}

/* ---- against another reader ---- */

static int collect(http_parser *parser, const char *p, size_t n)
{
    bytes_add(parser->data, p, n);
    return 0;
}

/* What http_parser makes of the same bytes, for which the framing says where the request ends. False: not at their end. */
static bool other_reader(const struct bytes *raw, struct bytes *body)
{
    static const http_parser_settings settings = {.on_body = collect};
    static const char head[] = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct bytes all = {0};
    struct framing f;
    http_parser parser;
    bool whole;

    bytes_text(&all, head);
    bytes_add(&all, raw->p, raw->n);
    framing_begin(&f);
    whole = framing_follow(&f, all.p, all.n, false) == all.n && f.complete && !f.broken;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = body;
    whole &= http_parser_execute(&parser, &settings, all.p, all.n) == all.n;
    bytes_free(&all);
    return whole;
}

static void what_is_joined_is_what_the_framing_saw(void **state)
{
    static const char *const pieces[] = {"1\r\nx\r\n", "02\r\n{}\r\n", "a\r\n0123456789\r\n",
                                         "3\r\n\r\n0\r\n"};
    static const char noise[] = "\r\n0123aAfF;x: \t\0\x80";
    size_t joined = 0, refused = 0;

    (void)state;
    rig_seed = 11;
    for (int round = 0; round < 200000; round++) {
        struct bytes raw = {0}, body = {0};
        char out[256];
        size_t len, last;

        for (unsigned i = chance(4); i > 0; i--)
            bytes_text(&raw, pieces[chance(4)]);
        bytes_text(&raw, chance(2) ? "0\r\n\r\n" : "0\r\nX-A: b\r\n\r\n");
        for (unsigned i = chance(3); i > 0; i--)
            raw.p[chance((unsigned)raw.n)] = noise[chance(sizeof(noise) - 1)];
        if (chunked_decode(raw.p, raw.n, out, &len, &last)) {
            refused++;
        } else {
            joined++;
            if (!other_reader(&raw, &body))
                fail_msg("only one of two readers takes %s", raw.p);
            assert_int_equal(len, body.n);
            assert_memory_equal(out, body.p ? body.p : "", len);
            bytes_free(&body);
        }
        bytes_free(&raw);
    }
    assert_true(joined > 50000 && refused > 50000);
}

static void a_written_line_is_read_back(void **state)
{
    (void)state;
    for (size_t n = 1; n < SIZE_MAX / 8; n = n * 7 + 3) {
        char line[CHUNKED_LINE + 1], want[64];
        size_t len = chunked_line(line, n);

        line[len] = '\0';
        snprintf(want, sizeof(want), "%zx\r\n", n);
        assert_string_equal(line, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_joined_and_the_last_one_is_found),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_cut_body_is_refused_wherever_it_is_cut),
        cmocka_unit_test(what_is_joined_is_what_the_framing_saw),
        cmocka_unit_test(a_written_line_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
