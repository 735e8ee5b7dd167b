/* test_stream.c - the write machine case by case: what is held, what is passed, and what the program is told.
 */
#include "stream_rig.h"

#include "shim/gate.h"

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

static int try_write(shim_stream *s, const char *p, size_t n, size_t *done)
{
    *done = 0;
    return shim_stream_write(s, &rig_wire, p, n, done);
}

static void assert_sent(const char *text)
{
    struct bytes b = {(char *)text, strlen(text)};

    assert_server(&b);
}

static void a_rewritten_request_leaves_in_one_call_of_the_original(void **state)
{
    shim_stream *s = begin();

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    for (size_t i = 0; i < in.n; i++)
        program_write(s, in.p + i, 1, 0);
    assert_int_equal(sim.writes, 1);
    assert_server(&want);
    assert_string_equal(rig_requests[0]->host, "api.example.com");
    assert_string_equal(rig_requests[0]->path, "/v1/messages");
    assert_string_equal(rig_requests[0]->dialect, "anthropic");
    assert_int_equal(rig_requests[0]->mode, HEADROOM_OPTIMIZE);
    end(s);
}

static void a_grown_body_gets_its_new_length(void **state)
{
    shim_stream *s = begin();
    static const char body[] = "{\"grow\":1}";

    (void)state;
    add_llm(&in, &want, "/v1/messages", body, strlen(body));
    say(s, in.p);
    assert_server(&want);
    end(s);
}

static int own_pointer_only(void *conn, const void *buf, size_t len, size_t *done)
{
    assert_ptr_equal(buf, *(const void **)conn);
    *done = len;
    return 1;
}

static void what_is_not_ours_costs_no_copy_no_memory_and_no_core(void **state)
{
    static const char *const texts[] = {
        "GET /v1/messages HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd",
        "PUT /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}",
    };
    shim_stream *s = begin();

    (void)state;
    heap_calls = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        const void *at = texts[i];
        struct shim_wire wire = {.conn = &at, .write = own_pointer_only, .handshake = NULL};
        size_t done = 0;

        assert_true(shim_stream_write(s, &wire, texts[i], strlen(texts[i]), &done) > 0);
        assert_int_equal(done, strlen(texts[i]));
        assert_string_equal(shim_stream_state(s), "IDLE");
    }
    assert_int_equal(heap_calls, 0);
    assert_int_equal(rig_core_gets, 0);
    end(s);
}

static void nothing_is_swallowed_before_the_handshake_is_done(void **state)
{
    shim_stream *s = begin();
    size_t done;

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    sim.handshake_left = 3;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try_write(s, in.p, in.n, &done), RIG_WANT);
        assert_string_equal(shim_stream_state(s), "IDLE");
        assert_int_equal(sim.writes, 0);
    }
    assert_int_equal(try_write(s, in.p, in.n, &done), 1);
    assert_int_equal(done, in.n);
    assert_int_equal(sim.handshake_calls, 4);
    assert_server(&want);
    end(s);
}

static void a_passed_request_leaves_the_handshake_to_the_original(void **state)
{
    shim_stream *s = begin();

    (void)state;
    sim.handshake_left = 3;
    say(s, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(sim.handshake_calls, 0);
    assert_int_equal(sim.writes, 4);
    end(s);
}

static void the_originals_no_is_returned_as_it_is_and_replayed(void **state)
{
    static const int answers[] = {-1, 0, -7};
    size_t done;

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        shim_stream *s = begin();

        add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
        sim.refuses = true;
        sim.answer = answers[i];
        assert_int_equal(try_write(s, in.p, in.n, &done), answers[i]);
        assert_int_equal(try_write(s, in.p, in.n, &done), answers[i]);
        assert_string_equal(shim_stream_state(s), "FLUSH");
        assert_int_equal(rig_request_count, 1); /* built once, not again */
        sim.refuses = false;
        assert_int_equal(try_write(s, in.p, in.n, &done), 1);
        assert_int_equal(done, in.n);
        assert_server(&want);
        end(s);
    }
}

static void a_connection_given_up_in_the_flush_drops_the_rest(void **state)
{
    shim_stream *s = begin();
    size_t done;

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    sim.refuses = true;
    sim.answer = -1;
    assert_int_equal(try_write(s, in.p, in.n, &done), -1);
    shim_stream_free(s);
    assert_int_equal(sim.server.n, 0);
    assert_false(rig_requests[0]->complete);
    s = shim_stream_new();
    end(s);
}

static void a_retry_shorter_than_the_pending_record_gets_the_originals_error(void **state)
{
    shim_stream *s = begin();
    size_t done;

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    sim.wait_one_in = 1;
    assert_int_equal(try_write(s, in.p, in.n, &done), RIG_WANT);
    sim.wait_one_in = 0;
    assert_int_equal(try_write(s, in.p, 20, &done), RIG_FATAL);
    assert_int_equal(sim.bad_retries, 1);
    end(s);
}

static void a_retry_shorter_than_what_was_taken_never_sends_a_byte_twice(void **state)
{
    shim_stream *s = begin();
    size_t done, at;

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    add_same(&in, &want, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    sim.record = 10;
    sim.partial = true;
    sim.wait_one_in = 1;
    assert_int_equal(try_write(s, in.p, in.n, &done), RIG_WANT);
    sim.wait_one_in = 0;
    assert_int_equal(try_write(s, in.p, 15, &done), 1);
    assert_int_equal(done, 15);
    for (at = 15; at < in.n; at += done)
        assert_int_equal(try_write(s, in.p + at, in.n - at, &done), 1);
    assert_server(&want);
    end(s);
}

static void a_longer_retry_may_carry_the_next_request(void **state)
{
    shim_stream *s = begin();
    size_t done, first;

    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    first = in.n;
    add_llm(&in, &want, "/chat/completions", BODY_CUT, strlen(BODY_CUT));
    sim.refuses = true;
    sim.answer = -1;
    assert_int_equal(try_write(s, in.p, first, &done), -1);
    sim.refuses = false;
    assert_int_equal(try_write(s, in.p, in.n, &done), 1);
    assert_int_equal(done, in.n);
    assert_server(&want);
    assert_int_equal(rig_request_count, 2);
    end(s);
}

static void in_partial_mode_a_passed_write_reports_what_the_original_took(void **state)
{
    shim_stream *s = begin();
    static const char text[] = "POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n0123456789";
    size_t done;

    (void)state;
    sim.partial = true;
    sim.record = 16;
    assert_int_equal(try_write(s, text, strlen(text), &done), 1);
    assert_int_equal(done, 16);
    assert_int_equal(sim.writes, 1);
    end(s);
}

static void what_is_no_request_is_passed_for_ever(void **state)
{
    static const char *const texts[] = {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01", "EHLO me\r\n",
                                        "GET\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        shim_stream *s = begin();

        say(s, texts[i]);
        assert_string_equal(shim_stream_state(s), "PASS");
        bytes_text(&want, texts[i]);
        add_llm(&want, &in, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
        say(s, want.p + strlen(texts[i]));
        assert_server(&want);
        assert_int_equal(rig_request_count, 0);
        end(s);
    }
}

static void a_held_beginning_that_turns_out_unwanted_leaves_at_once(void **state)
{
    static const char *const texts[] = {
        "POST /other HTTP/1.1\r\n",
        "POST \x01",
        "POST / HTTP/1.1\nA: b\n\n",
        "POS /v1/messages HTTP/1.1\r\n",
        "POST /v1/messages\r\n",
        JSON_HEAD "\r\n",
        JSON_HEAD "Content-Length: 0\r\n\r\n",
        "POST /v1/messages HTTP/1.1\nContent-Type: application/json\nContent-Length: 5\n\n",
        "POST /v1/messages HTTP/1.1\r\nContent-Type : application/json\r\nContent-Length: 5\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        JSON_HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        JSON_HEAD "Content-Length: 5\r\n folded: x\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        for (size_t cut = 0; cut < strlen(texts[i]); cut++) {
            shim_stream *s = begin();

            if (cut > 0)
                program_write(s, texts[i], cut, 0);
            program_write(s, texts[i] + cut, strlen(texts[i]) - cut, 0);
            assert_sent(texts[i]);
            assert_int_equal(rig_request_count, 0);
            end(s);
        }
    }
}

static void an_endless_head_is_not_held(void **state)
{
    shim_stream *s = begin();

    (void)state;
    bytes_text(&want, JSON_HEAD);
    while (want.n < 3 * SHIM_MAX_HEAD)
        bytes_text(&want, "X-Filler: 0123456789012345678901234567890123456789\r\n");
    for (size_t at = 0; at < want.n; at += 1000)
        program_write(s, want.p + at, want.n - at < 1000 ? want.n - at : 1000, 0);
    assert_server(&want);
    end(s);
}

static void after_an_upgrade_or_connect_everything_passes(void **state)
{
    static const char *const heads[] = {
        "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        JSON_HEAD "Content-Length: 2\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        for (size_t cut = 1; cut <= strlen(heads[i]); cut++) {
            shim_stream *s = begin();

            bytes_text(&want, heads[i]);
            add_llm(&want, &in, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
            program_write(s, want.p, cut, 0);
            program_write(s, want.p + cut, want.n - cut, 0);
            assert_server(&want);
            assert_string_equal(shim_stream_state(s), "PASS");
            end(s);
        }
    }
}

static void a_body_longer_than_promised_loses_nothing(void **state)
{
    shim_stream *s = begin();

    (void)state;
    say(s, JSON_HEAD "Content-Length: 9\r\n\r\n{\"cut\":1}, and {the} rest");
    assert_sent(JSON_HEAD "Content-Length: 9\r\n\r\n{\"cut\":1}, and {the} rest");
    assert_string_equal(shim_stream_state(s), "PASS");
    end(s);
}

static void a_body_shorter_than_promised_never_leaves(void **state)
{
    shim_stream *s = begin();

    (void)state;
    say(s, JSON_HEAD "Content-Length: 900\r\n\r\n{\"cut\":1}");
    assert_int_equal(sim.server.n, 0);
    assert_string_equal(shim_stream_state(s), "BODY");
    assert_int_equal(rig_request_count, 0);
    end(s);
}

static void without_core_everything_passes(void **state)
{
    (void)state;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    for (size_t cut = 0; cut < 200 && cut < in.n; cut++) {
        for (int off = 0; off < 2; off++) {
            shim_stream *s = rig_begin();

            rig_core_missing = !off;
            if (off)
                rig_core.mode = HEADROOM_OFF;
            if (cut > 0)
                program_write(s, in.p, cut, 0);
            program_write(s, in.p + cut, in.n - cut, 0);
            assert_server(&in);
            assert_string_equal(shim_stream_state(s), "PASS");
            rig_end(s);
        }
    }
    bytes_free(&in);
    bytes_free(&want);
}

static void a_request_that_core_cannot_take_leaves_as_it_was(void **state)
{
    shim_stream *s = begin();

    (void)state;
    rig_request_new_fails = true;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(s, in.p);
    assert_server(&in);
    assert_int_equal(rig_request_count, 0);
    end(s);
}

static void a_reset_forgets_what_was_held(void **state)
{
    shim_stream *s = begin();

    (void)state;
    say(s, JSON_HEAD "Content-Le");
    assert_string_equal(shim_stream_state(s), "HEAD");
    shim_stream_reset(s);
    assert_string_equal(shim_stream_state(s), "IDLE");
    say(s, "GET / HTTP/1.1\r\n\r\n");
    assert_sent("GET / HTTP/1.1\r\n\r\n");
    end(s);
}

static void a_refused_request_breaks_the_connection_and_nothing_of_it_leaves(void **state)
{
    static const int modes[] = {HEADROOM_OPTIMIZE, HEADROOM_AUDIT, HEADROOM_SIMULATE};
    const char *head = JSON_HEAD "Content-Length: 2\r\n\r\n";
    size_t done;

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        shim_stream *s = begin();

        rig_core.mode = rig_known_mode = modes[i];
        say(s, "GET / HTTP/1.1\r\n\r\n");
        rig_refused = true;
        rig_refusals = 0;
        assert_int_equal(shim_stream_write(s, &rig_wire, head, strlen(head), &done), RIG_BROKEN);
        assert_string_equal(shim_stream_state(s), "BROKEN");
        rig_refused = false;
        assert_int_equal(shim_stream_write(s, &rig_wire, head, strlen(head), &done), RIG_BROKEN);
        assert_int_equal(shim_stream_write(s, &rig_wire, "{}", 2, &done), RIG_BROKEN);
        assert_int_equal(rig_refusals, 1);
        assert_int_equal(rig_request_count, 0);
        assert_sent("GET / HTTP/1.1\r\n\r\n");
        shim_stream_reset(s); /* the object serves another connection */
        say(s, "GET / HTTP/1.1\r\n\r\n");
        end(s);
    }
}

static void a_head_in_pieces_is_refused_when_it_is_complete(void **state)
{
    const char *head = JSON_HEAD "Content-Length: 2\r\n\r\n{}";
    size_t done, whole = strlen(head) - 2;

    (void)state;
    for (size_t cut = 1; cut < whole; cut++) {
        shim_stream *s = begin();

        rig_refused = true;
        say(s, "");
        assert_true(shim_stream_write(s, &rig_wire, head, cut, &done) > 0);
        assert_int_equal(shim_stream_write(s, &rig_wire, head + cut, whole - cut, &done), RIG_BROKEN);
        assert_sent("");
        rig_refused = false;
        end(s);
    }
}

static void what_is_off_by_its_own_line_is_not_asked_about(void **state)
{
    shim_stream *s = begin();

    (void)state;
    rig_refused = true;
    say(s, JSON_HEAD "X-Headroom-Mode: off\r\nContent-Length: 2\r\n\r\n{}");
    rig_refused = false;
    assert_sent(JSON_HEAD "Content-Length: 2\r\n\r\n{}");
    end(s);
}

static void first_bytes_tell_whether_a_stream_is_wanted(void **state)
{
    (void)state;
    assert_true(gate_wanted("P", 1));
    assert_true(gate_wanted("GET / HTTP/1.1", 14));
    assert_true(gate_wanted("M-SEARCH *", 10));
    assert_false(gate_wanted("PRI * HTTP/2.0", 14));
    assert_false(gate_wanted("\x16\x03", 2));
    assert_false(gate_wanted("hello", 5));
    assert_false(gate_wanted("EHLO\r\n", 6));
    assert_false(gate_wanted(" GET", 4));
    assert_false(gate_wanted("AAAAAAAAAAAAAAAAAAAAAAAAAAAA", 28));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rewritten_request_leaves_in_one_call_of_the_original),
        cmocka_unit_test(a_grown_body_gets_its_new_length),
        cmocka_unit_test(what_is_not_ours_costs_no_copy_no_memory_and_no_core),
        cmocka_unit_test(nothing_is_swallowed_before_the_handshake_is_done),
        cmocka_unit_test(a_passed_request_leaves_the_handshake_to_the_original),
        cmocka_unit_test(the_originals_no_is_returned_as_it_is_and_replayed),
        cmocka_unit_test(a_connection_given_up_in_the_flush_drops_the_rest),
        cmocka_unit_test(a_retry_shorter_than_the_pending_record_gets_the_originals_error),
        cmocka_unit_test(a_retry_shorter_than_what_was_taken_never_sends_a_byte_twice),
        cmocka_unit_test(a_longer_retry_may_carry_the_next_request),
        cmocka_unit_test(in_partial_mode_a_passed_write_reports_what_the_original_took),
        cmocka_unit_test(what_is_no_request_is_passed_for_ever),
        cmocka_unit_test(a_held_beginning_that_turns_out_unwanted_leaves_at_once),
        cmocka_unit_test(an_endless_head_is_not_held),
        cmocka_unit_test(after_an_upgrade_or_connect_everything_passes),
        cmocka_unit_test(a_body_longer_than_promised_loses_nothing),
        cmocka_unit_test(a_body_shorter_than_promised_never_leaves),
        cmocka_unit_test(without_core_everything_passes),
        cmocka_unit_test(a_request_that_core_cannot_take_leaves_as_it_was),
        cmocka_unit_test(a_reset_forgets_what_was_held),
        cmocka_unit_test(a_refused_request_breaks_the_connection_and_nothing_of_it_leaves),
        cmocka_unit_test(a_head_in_pieces_is_refused_when_it_is_complete),
        cmocka_unit_test(what_is_off_by_its_own_line_is_not_asked_about),
        cmocka_unit_test(first_bytes_tell_whether_a_stream_is_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
