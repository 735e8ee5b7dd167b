/* test_exchange.c - what core is told of the requests that leave, and which response it is given for each. */
#include "stream_rig.h"

#include "shim/known.h"

#define BODY_CUT  "{\"cut\":[1,2,3,4,5,6,7,8,9]}"
#define JSON_HEAD "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"

static struct bytes in, want;

static shim_stream *begin(void)
{
    in = want = (struct bytes){0};
    return rig_begin();
}

static void end(shim_stream *s)
{
    rig_end(s);
    bytes_free(&in);
    bytes_free(&want);
}

static void say(shim_stream *s, const char *text)
{
    size_t n = strlen(text), at = 0;

    while (at < n)
        at += program_write(s, text + at, n - at, 0);
}

static void hear(shim_stream *s, const char *text)
{
    shim_stream_read(s, text, strlen(text));
}

static void a_request_that_may_not_be_touched_passes_at_once_and_is_recorded(void **state)
{
    static const struct {
        const char *skip, *fields;
    } cases[] = {
        {"expect", "Content-Length: 3\r\nExpect: 100-continue\r\n"},
        {"signed", "Content-Length: 3\r\nDigest: x\r\n"},
        {"encoding", "Content-Length: 3\r\nContent-Encoding: br\r\n"},
        {"upgrade", "Content-Length: 3\r\nUpgrade: h2c\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (size_t cut = 0; cut < 60; cut++) {
            shim_stream *s = begin();

            bytes_text(&in, JSON_HEAD);
            bytes_text(&in, cases[i].fields);
            bytes_text(&in, "\r\n");
            if (cut > 0)
                program_write(s, in.p, cut, 0);
            program_write(s, in.p + cut, in.n - cut, 0);
            assert_server(&in);
            assert_string_equal(shim_stream_state(s), "WATCH");
            say(s, "{");
            assert_int_equal(rig_request_count, 0);
            say(s, "}\n");
            assert_string_equal(shim_stream_state(s), "IDLE");
            assert_int_equal(rig_request_count, 1);
            assert_string_equal(rig_requests[0]->skip, cases[i].skip);
            assert_null(rig_requests[0]->body.p);
            end(s);
        }
    }
}

static void another_transfer_coding_passes_and_is_recorded(void **state)
{
    shim_stream *s = begin();

    (void)state;
    bytes_text(&in, JSON_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n");
    say(s, in.p);
    assert_server(&in);
    assert_int_equal(rig_request_count, 1);
    assert_string_equal(rig_requests[0]->skip, "chunked");
    assert_null(rig_requests[0]->body.p);
    end(s);
}

static void a_body_above_the_cap_is_never_held(void **state)
{
    shim_stream *s = begin();

    (void)state;
    bytes_text(&in, JSON_HEAD "Content-Length: 33554433\r\n\r\nabc");
    say(s, in.p);
    assert_server(&in);
    end(s);
}

static void a_chunked_body_above_the_cap_is_let_go(void **state)
{
    static char piece[1 << 16];

    (void)state;
    for (int mode = HEADROOM_AUDIT; mode <= HEADROOM_OPTIMIZE; mode++) {
        shim_stream *s = begin();
        size_t at = 0, head;

        rig_core.mode = (enum headroom_mode)mode;
        memset(piece, ' ', sizeof(piece));
        bytes_text(&want, JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n");
        head = want.n;
        for (size_t n = 0; n < SHIM_MAX_BODY + 3 * sizeof(piece); n += sizeof(piece)) {
            bytes_text(&want, "10000\r\n");
            bytes_add(&want, piece, sizeof(piece));
            bytes_text(&want, "\r\n");
        }
        bytes_text(&want, "0\r\n\r\n");
        for (size_t n; at < want.n; at += n) {
            n = want.n - at < 100000 ? want.n - at : 100000;
            program_write(s, want.p + at, n, 0);
            if (mode == HEADROOM_OPTIMIZE)
                assert_int_equal(sim.server.n == 0, at + n <= SHIM_MAX_BODY + head);
        }
        assert_server(&want);
        assert_int_equal(rig_request_count, 1);
        assert_string_equal(rig_requests[0]->skip, "too_large");
        say(s, JSON_HEAD "Content-Length: 2\r\n\r\n{}"); /* the next request is found */
        assert_int_equal(rig_request_count, 2);
        end(s);
    }
}

static void chunk_lines_that_are_none_let_everything_pass(void **state)
{
    static const char *const bodies[] = {"5\r\n{\"cut\r\n-1\r\n", "xyz", "2\r\n{}2\r\n",
                                         "DELETE / HTTP/1.1\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        for (int expect = 0; expect < 2; expect++) {
            shim_stream *s = begin();

            bytes_text(&want, JSON_HEAD "Transfer-Encoding: chunked\r\n");
            bytes_text(&want, expect ? "Expect: 100-continue\r\n\r\n" : "\r\n");
            bytes_text(&want, bodies[i]);
            for (size_t at = 0; at < want.n; at++)
                program_write(s, want.p + at, 1, 0);
            assert_server(&want);
            assert_string_equal(shim_stream_state(s), "PASS");
            say(s, JSON_HEAD);
            assert_int_equal(rig_request_count, 0);
            end(s);
        }
    }
}

static void an_http_1_0_request_passes_and_is_recorded(void **state)
{
    shim_stream *s = begin();

    (void)state;
    say(s, "POST /v1/messages HTTP/1.0\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
           "2\r\n\r\n{}");
    assert_string_equal(rig_requests[0]->skip, "http_1_0");
    end(s);
}

#define EXPECTING JSON_HEAD "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"

static void with_expect_the_head_leaves_before_the_body_and_without_lines_of_ours(void **state)
{
    shim_stream *s = begin();

    (void)state;
    bytes_text(&want, EXPECTING "\r\n");
    say(s, EXPECTING "X-Headroom-Level: lossless\r\n\r\n");
    assert_server(&want);
    assert_string_equal(shim_stream_state(s), "BODY");
    assert_int_equal(rig_request_count, 0);
    hear(s, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    say(s, "5\r\n{\"cut\r\n");
    assert_server(&want);
    say(s, "5\r\n\":17}\r\n0\r\nX-A: b\r\n\r\n");
    bytes_text(&want, "9\r\n{\"cut\":1}\r\n0\r\nX-A: b\r\n\r\n");
    assert_server(&want);
    assert_string_equal(rig_requests[0]->override[HEADROOM_OVERRIDE_LEVEL], "lossless");
    assert_string_equal(rig_requests[0]->body.p, "{\"cut\":17}");
    hear(s, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
    hear(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_int_equal(rig_requests[0]->status, 200);
    assert_string_equal(rig_requests[0]->response.p, "ok");
    assert_true(rig_requests[0]->complete);
    end(s);
}

static void a_head_that_cannot_leave_yet_is_tried_again(void **state)
{
    shim_stream *s = begin();
    size_t done = 0;

    (void)state;
    bytes_text(&want, EXPECTING "\r\n");
    sim.refuses = true;
    sim.answer = -1;
    for (int i = 0; i < 3; i++)
        assert_int_equal(shim_stream_write(s, &rig_wire, want.p, want.n, &done), -1);
    assert_string_equal(shim_stream_state(s), "FLUSH");
    sim.refuses = false;
    assert_int_equal(shim_stream_write(s, &rig_wire, want.p, want.n, &done), 1);
    assert_int_equal(done, want.n);
    assert_server(&want);
    end(s);
}

static void a_refusal_before_the_body_breaks_nothing(void **state)
{
    shim_stream *s = begin();

    (void)state;
    /* The client sends its body all the same: it is over when its answer is already known. */
    say(s, EXPECTING "\r\n");
    hear(s, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
    say(s, "2\r\n{}\r\n0\r\n\r\n");
    assert_int_equal(rig_request_count, 1);
    assert_false(rig_requests[0]->complete);
    say(s, JSON_HEAD "Content-Length: 2\r\n\r\n{}");
    hear(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(rig_requests[1]->status, 200);
    /* It goes on with another request: nothing is read as chunks that is none. */
    bytes_add(&want, sim.server.p, sim.server.n);
    add_same(&in, &want, EXPECTING "\r\n");
    say(s, in.p);
    hear(s, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
    say(s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    bytes_text(&want, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_server(&want);
    assert_int_equal(rig_request_count, 2);
    end(s);
}

static void a_connection_closed_in_the_body_sends_and_records_nothing(void **state)
{
    static const char *const begins[] = {JSON_HEAD "Content-Length: 900\r\n\r\n{\"cut\":1}",
                                         JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"cut\":1}\r\n",
                                         JSON_HEAD
                                         "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"cut\":1}\r\n0\r\nX-A"};

    (void)state;
    for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
        shim_stream *s = begin();

        say(s, begins[i]);
        shim_stream_eof(s);
        assert_int_equal(sim.server.n, 0);
        assert_int_equal(rig_request_count, 0);
        end(s);
    }
}

static void the_coding_of_a_body_is_told(void **state)
{
    static const struct {
        const char *field;
        hr_coding coding;
    } cases[] = {{"", HR_CODING_NONE},
                 {"Content-Encoding: identity\r\n", HR_CODING_NONE},
                 {"content-encoding:  X-GZIP \r\n", HR_CODING_GZIP},
                 {"Content-Encoding: zstd\r\n", HR_CODING_ZSTD}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        shim_stream *s = begin();

        bytes_text(&in, JSON_HEAD "Content-Length: 2\r\n");
        bytes_text(&in, cases[i].field);
        bytes_text(&in, "\r\n{}");
        say(s, in.p);
        assert_server(&in);
        assert_int_equal(rig_requests[0]->coding, cases[i].coding);
        end(s);
    }
}

static void each_response_goes_to_its_request(void **state)
{
    shim_stream *s = begin();

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(s, in.p);
    say(s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    say(s, in.p);
    hear(s, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\none");
    assert_true(rig_requests[0]->complete);
    hear(s,
         "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\ntwoHTTP/1.1 529 Busy\r\nContent-Length: 5\r\n\r\nth");
    assert_int_equal(rig_requests[1]->ends, 0);
    hear(s, "ree");
    assert_int_equal(rig_requests[0]->status, 200);
    assert_string_equal(rig_requests[0]->response.p, "one");
    assert_int_equal(rig_requests[1]->status, 529);
    assert_string_equal(rig_requests[1]->response.p, "three");
    assert_true(rig_requests[1]->complete);
    end(s);
}

static void requests_answered_before_do_not_disturb(void **state)
{
    shim_stream *s = begin();

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    hear(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    say(s, in.p);
    hear(s, "HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(rig_requests[0]->status, 201);
    assert_true(rig_requests[0]->complete);
    end(s);
}

static void behind_an_unanswered_request_no_response_is_guessed(void **state)
{
    shim_stream *s = begin();

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    say(s, in.p);
    hear(s, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(rig_requests[0]->status, 0);
    assert_int_equal(rig_requests[0]->ends, 1);
    assert_false(rig_requests[0]->complete);
    end(s);
}

static void a_response_before_the_end_of_a_watched_body_is_not_mixed_up(void **state)
{
    shim_stream *s = begin();

    (void)state;
    rig_core.mode = HEADROOM_AUDIT;
    say(s, JSON_HEAD "Content-Length: 4\r\n\r\n{");
    hear(s, "HTTP/1.1 413 Big\r\nContent-Length: 0\r\n\r\n");
    say(s, "  }");
    assert_int_equal(rig_requests[0]->ends, 1);
    assert_false(rig_requests[0]->complete);
    say(s, JSON_HEAD "Content-Length: 2\r\n\r\n{}");
    hear(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_int_equal(rig_requests[1]->status, 200);
    assert_true(rig_requests[1]->complete);
    end(s);
}

static void a_closed_connection_ends_what_waits(void **state)
{
    shim_stream *s = begin();

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(s, in.p);
    hear(s, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
    shim_stream_eof(s);
    assert_true(rig_requests[0]->complete);
    assert_string_equal(rig_requests[0]->response.p, "until the end");
    say(s, in.p);
    shim_stream_eof(s);
    assert_int_equal(rig_requests[1]->ends, 1);
    assert_false(rig_requests[1]->complete);
    end(s);
}

/* In every mode, and also where a header alone would have made it watched: libcurl asks for 100-continue above 1 MB. */
static void a_body_that_a_hook_above_has_dealt_with_passes_without_a_row(void **state)
{
    static const char *const fields[] = {"", "Expect: 100-continue\r\n", "X-Headroom-Level: replay\r\n"};
    const enum headroom_mode modes[] = {HEADROOM_AUDIT, HEADROOM_SIMULATE, HEADROOM_OPTIMIZE};

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        shim_stream *s = begin();
        uint64_t ticket = known_add(BODY_CUT, strlen(BODY_CUT));
        enum headroom_mode mode = modes[i % 3];
        bool ours_go = mode == HEADROOM_OPTIMIZE && i / 3 == 2;
        char text[512];

        rig_core.mode = mode;
        snprintf(text, sizeof(text), JSON_HEAD "%sContent-Length: %zu\r\n\r\n" BODY_CUT, fields[i / 3],
                 strlen(BODY_CUT));
        bytes_text(&in, text);
        say(s, in.p);
        snprintf(text, sizeof(text), JSON_HEAD "%sContent-Length: %zu\r\n\r\n" BODY_CUT,
                 ours_go ? "" : fields[i / 3], strlen(BODY_CUT));
        bytes_text(&want, text);
        assert_server(&want);
        hear(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_int_equal(rig_request_count, 0);
        known_remove(ticket);
        say(s, in.p);
        assert_int_equal(rig_request_count, 1);
        end(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_may_not_be_touched_passes_at_once_and_is_recorded),
        cmocka_unit_test(another_transfer_coding_passes_and_is_recorded),
        cmocka_unit_test(a_body_above_the_cap_is_never_held),
        cmocka_unit_test(a_chunked_body_above_the_cap_is_let_go),
        cmocka_unit_test(chunk_lines_that_are_none_let_everything_pass),
        cmocka_unit_test(with_expect_the_head_leaves_before_the_body_and_without_lines_of_ours),
        cmocka_unit_test(a_head_that_cannot_leave_yet_is_tried_again),
        cmocka_unit_test(a_refusal_before_the_body_breaks_nothing),
        cmocka_unit_test(a_connection_closed_in_the_body_sends_and_records_nothing),
        cmocka_unit_test(the_coding_of_a_body_is_told),
        cmocka_unit_test(an_http_1_0_request_passes_and_is_recorded),
        cmocka_unit_test(each_response_goes_to_its_request),
        cmocka_unit_test(requests_answered_before_do_not_disturb),
        cmocka_unit_test(behind_an_unanswered_request_no_response_is_guessed),
        cmocka_unit_test(a_response_before_the_end_of_a_watched_body_is_not_mixed_up),
        cmocka_unit_test(a_closed_connection_ends_what_waits),
        cmocka_unit_test(a_body_that_a_hook_above_has_dealt_with_passes_without_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
