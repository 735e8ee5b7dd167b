/* test_connections.c - streams that are found by the address of an SSL: which write continues a request, and which one shows that the
   address serves another connection now. */
#include "stream_rig.h"

#include <sys/wait.h>
#include <unistd.h>

#include "hooks/connections.h"

#define BODY_CUT "{\"cut\":[1,2,3,4,5,6,7,8,9]}"
#define ANSWER   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define GET      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static char ssl[8192]; /* addresses */
static shim_stream *unused;
static struct bytes in, want;

static void begin(void)
{
    in = want = (struct bytes){0};
    unused = rig_begin();
}

static void end(void)
{
    connections_end();
    rig_end(unused);
    bytes_free(&in);
    bytes_free(&want);
}

/* One call of the program, as hooks/patched.c makes it. *passed: it was not taken. */
static int call(const void *connection, const char *p, size_t n, bool *passed)
{
    size_t done = 0;
    struct connection_slot *c = connections_enter(connection, p, n);

    *passed = c == NULL;
    if (!c)
        return sim_write(NULL, p, n, &done);
    int r = shim_stream_write(connections_stream(c), &rig_wire, p, n, &done);
    connections_leave(c, p, n, r <= 0);
    if (r > 0)
        assert_int_equal(done, n);
    return r;
}

static void say(const void *connection, const char *p, size_t n, bool taken)
{
    bool passed;

    assert_true(call(connection, p, n, &passed) > 0);
    assert_int_equal(passed, !taken);
}

static void say_text(const void *connection, const char *text, bool taken)
{
    say(connection, text, strlen(text), taken);
}

static void a_request_in_pieces_is_one_request(void **state)
{
    (void)state;
    begin();
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(ssl, in.p, in.n - 20, true);
    assert_int_equal(sim.writes, 0);
    say(ssl, in.p + in.n - 20, 10, true);
    say(ssl, in.p + in.n - 10, 10, true);
    assert_server(&want);
    connections_tee(ssl, ANSWER, 20);
    connections_tee(ssl, &ANSWER[20], strlen(ANSWER) - 20);
    assert_int_equal(rig_requests[0]->status, 200);
    assert_int_equal(rig_requests[0]->ends, 1);
    assert_true(rig_requests[0]->complete);
    say_text(ssl, "no request", false); /* nothing is left of it */
    end();
}

static void what_does_not_begin_with_a_request_line_passes(void **state)
{
    static const struct {
        const char *text;
        bool begins;
    } cases[] = {
        {GET, true},
        {"POST /v1/messages HTTP/1.1\r\n", true},
        {"POST /v1/messages HTTP/1.0\r\n", true},
        {"M-SEARCH * HTTP/1.1\r\n", true},
        {"POST /v1/messages HTTP/1.1\r", false},
        {"POST /v1/messages HTTP/1.1\n", false},
        {"POST /v1/messages HTTP/2.0\r\n", false},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false},
        {"POST HTTP/1.1\r\n", false},
        {"POST ", false},
        {"P", false},
        {"post / HTTP/1.1\r\n", false},
        {"{\"a\":1}", false},
        {" HTTP/1.1\r\n", false},
        {"\r\n", false},
        {"\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t n = strlen(cases[i].text);
        const char *p = rig_at_edge(0, cases[i].text, n);
        print_message("%.30s\n", cases[i].text);
        assert_int_equal(connections_begins_request(p, n), cases[i].begins);
        begin();
        say(ssl, p, n, cases[i].begins);
        end();
    }
}

static void a_request_line_in_mid_body_is_another_connection(void **state)
{
    struct bytes old = {0}, none = {0};

    (void)state;
    begin();
    add_llm(&old, &none, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(ssl, old.p, old.n - 5, true);
    say(ssl, in.p, in.n, true);
    assert_server(&want); /* nothing of the old one, all of the new one */
    bytes_free(&old);
    bytes_free(&none);
    end();
}

static void another_protocol_in_mid_body_is_another_connection(void **state)
{
    static const char startup[] = {0, 0, 0, 8, 4, (char)0xd2, 0x16, 0x2f};

    (void)state;
    begin();
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(ssl, in.p, in.n - 5, true);
    say(ssl, startup, sizeof(startup), false);
    assert_int_equal(sim.server.n, sizeof(startup));
    assert_memory_equal(sim.server.p, startup, sizeof(startup));
    end();
}

/* Any byte may stand in a body that is no JSON text: it is never taken for another connection's. */
static void bytes_of_a_coded_body_continue_it(void **state)
{
    static const char head[] = "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                               "Content-Encoding: gzip\r\nContent-Length: 24\r\n\r\n";
    static const char upload[] = "PUT /file HTTP/1.1\r\nHost: h\r\nContent-Length: 24\r\n\r\n";
    static const char body[24] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7};

    (void)state;
    for (int i = 0; i < 2; i++) {
        begin();
        say_text(ssl, i ? upload : head, true);
        for (size_t at = 0; at < sizeof(body); at += 6)
            say(ssl, body + at, 6, true);
        bytes_text(&want, i ? upload : head);
        bytes_add(&want, body, sizeof(body));
        assert_server(&want);
        end();
    }
}

/* Where the random numbers of BoringSSL lie: in what the word behind six others points to. */
static void connect_boringssl(uint64_t *object, uint64_t *s3)
{
    memset(object, 0, 512);
    memset(s3, 0, 512);
    object[6] = (uint64_t)(uintptr_t)s3;
    for (int i = 2; i < 10; i++)
        s3[i] = (uint64_t)1 << 62 | chance(1u << 30);
}

static void whole_exchange(const void *connection)
{
    say(connection, in.p, in.n, true);
    connections_tee(connection, ANSWER, strlen(ANSWER));
}

static void what_the_random_numbers_say_goes_before_what_the_bytes_say(void **state)
{
    static uint64_t a[64], b[64], s3[2][64];

    (void)state;
    begin();
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    connect_boringssl(a, s3[0]);
    connect_boringssl(b, s3[1]);
    whole_exchange(a);
    whole_exchange(b);

    sim.server.n = 0;
    say(a, in.p, in.n - 5, true);
    connect_boringssl(a, s3[0]);
    say_text(a, "EHLO a\r\n", false); /* text, which might stand in a body */
    assert_int_equal(sim.server.n, strlen("EHLO a\r\n"));

    say(a, in.p, in.n - 5, true);
    say(a, "\0\1\2", 3, true); /* no JSON: but the same connection it is */
    assert_int_equal(sim.server.n, strlen("EHLO a\r\n"));

    end();
}

static void a_renegotiation_inside_of_a_write_is_no_other_connection(void **state)
{
    static uint64_t a[64], b[64], s3[2][64];
    size_t done = 0;

    (void)state;
    begin();
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    connect_boringssl(a, s3[0]);
    connect_boringssl(b, s3[1]);
    whole_exchange(a);
    whole_exchange(b);
    sim.server.n = 0;
    say(a, in.p, in.n - 10, true);
    struct connection_slot *c = connections_enter(a, in.p + in.n - 10, 5);
    assert_non_null(c);
    assert_int_equal(shim_stream_write(connections_stream(c), &rig_wire, in.p + in.n - 10, 5, &done), 1);
    connect_boringssl(a, s3[0]);
    connections_leave(c, in.p + in.n - 10, 5, false);
    say(a, in.p + in.n - 5, 5, true);
    assert_server(&want);
    end();
}

static void a_response_of_another_connection_is_not_that_of_the_request(void **state)
{
    static uint64_t a[64], b[64], s3[2][64];

    (void)state;
    begin();
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    connect_boringssl(a, s3[0]);
    connect_boringssl(b, s3[1]);
    whole_exchange(a);
    whole_exchange(b);
    say(a, in.p, in.n, true);
    connect_boringssl(a, s3[0]);
    connections_tee(a, ANSWER, strlen(ANSWER));
    assert_int_equal(rig_requests[2]->status, 0);
    assert_int_equal(rig_requests[2]->ends, 1);
    assert_false(rig_requests[2]->complete);
    end();
}

static void a_response_without_length_ends_with_its_connection(void **state)
{
    (void)state;
    for (int closed = 0; closed < 2; closed++) {
        begin();
        add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
        say(ssl, in.p, in.n, true);
        connections_tee(ssl, "HTTP/1.1 200 OK\r\n\r\n{", 20);
        assert_int_equal(rig_requests[0]->ends, 0);
        if (closed)
            connections_tee(ssl, "", 0);
        else
            connections_end();
        assert_int_equal(rig_requests[0]->ends, 1);
        assert_int_equal(rig_requests[0]->complete, closed);
        end();
    }
}

static void a_failed_write_is_continued_by_its_own_bytes_only(void **state)
{
    bool passed;

    (void)state;
    for (int same = 0; same < 2; same++) {
        begin();
        add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
        say(ssl, in.p, in.n - 8, true);
        sim.refuses = true;
        sim.answer = RIG_WANT;
        assert_int_equal(call(ssl, in.p + in.n - 8, 8, &passed), RIG_WANT);
        assert_false(passed);
        sim.refuses = false;
        if (same) {
            say(ssl, in.p + in.n - 8, 8, true);
            assert_server(&want);
        } else {
            say_text(ssl, "other words", false);
            assert_int_equal(sim.server.n, strlen("other words"));
        }
        end();
    }
}

static void the_handshake_is_waited_for(void **state)
{
    bool passed;

    (void)state;
    begin();
    sim.handshake_left = 2;
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    assert_int_equal(call(ssl, in.p, in.n, &passed), RIG_WANT);
    assert_int_equal(call(ssl, in.p, in.n, &passed), RIG_WANT);
    say(ssl, in.p, in.n, true);
    assert_int_equal(sim.handshake_calls, 3);
    assert_server(&want);
    end();
}

static void a_new_request_before_the_response_begins_anew(void **state)
{
    (void)state;
    begin();
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    say(ssl, in.p, in.n, true);
    say(ssl, in.p, in.n, true);
    assert_int_equal(rig_requests[0]->ends, 1);
    assert_false(rig_requests[0]->complete);
    connections_tee(ssl, ANSWER, strlen(ANSWER));
    assert_true(rig_requests[1]->complete);
    end();
}

static void a_full_table_passes_what_is_new_and_keeps_what_is_held(void **state)
{
    enum { CONNECTIONS = 4000 };
    static bool taken[CONNECTIONS];
    int n = 0;

    (void)state;
    begin();
    bytes_text(&in, "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: "
                    "application/json\r\nContent-Length: 26\r\n\r\n");
    for (int i = 0; i < CONNECTIONS; i++) {
        bool passed;
        assert_true(call(&ssl[i], in.p, in.n, &passed) > 0);
        taken[i] = !passed;
        n += taken[i];
    }
    assert_in_range(n, 256, 520);
    for (int i = 0; i < CONNECTIONS; i++) { /* each held head goes on, and ends */
        if (taken[i])
            say_text(&ssl[i], "{\"no\":1234567890123456789}", true);
        if (taken[i] && rig_request_count > 0) { /* the rig has room for few */
            headroom_request *r = rig_requests[--rig_request_count];
            connections_tee(&ssl[i], ANSWER, strlen(ANSWER));
            assert_int_equal(r->ends, 1);
            bytes_free(&r->body);
            bytes_free(&r->response);
            free(r);
        }
    }
    /* Requests without an answer make room for new ones. */
    for (int i = 0; i < 200; i++)
        say_text(&ssl[i], GET, true);
    end();
}

static void a_child_of_a_fork_is_not_kept_waiting(void **state)
{
    (void)state;
    begin();
    struct connection_slot *c = connections_enter(ssl, GET, strlen(GET));
    assert_non_null(c);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        struct connection_slot *mine = connections_enter(ssl, GET, strlen(GET));
        _exit(mine ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    connections_leave(c, GET, strlen(GET), true);
    end();
}

static void without_memory_everything_passes(void **state)
{
    (void)state;
    begin();
    add_llm(&in, &want, "/v1/messages", BODY_CUT, strlen(BODY_CUT));
    heap_fail_at = heap_calls + 1;
    heap_fail_on = true;
    say(ssl, in.p, in.n, false);
    heap_fail_on = false;
    heap_fail_at = 0;
    assert_int_equal(sim.server.n, in.n);
    assert_memory_equal(sim.server.p, in.p, in.n);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_in_pieces_is_one_request),
        cmocka_unit_test(what_does_not_begin_with_a_request_line_passes),
        cmocka_unit_test(a_request_line_in_mid_body_is_another_connection),
        cmocka_unit_test(another_protocol_in_mid_body_is_another_connection),
        cmocka_unit_test(bytes_of_a_coded_body_continue_it),
        cmocka_unit_test(what_the_random_numbers_say_goes_before_what_the_bytes_say),
        cmocka_unit_test(a_renegotiation_inside_of_a_write_is_no_other_connection),
        cmocka_unit_test(a_response_of_another_connection_is_not_that_of_the_request),
        cmocka_unit_test(a_response_without_length_ends_with_its_connection),
        cmocka_unit_test(a_failed_write_is_continued_by_its_own_bytes_only),
        cmocka_unit_test(the_handshake_is_waited_for),
        cmocka_unit_test(a_new_request_before_the_response_begins_anew),
        cmocka_unit_test(a_full_table_passes_what_is_new_and_keeps_what_is_held),
        cmocka_unit_test(a_child_of_a_fork_is_not_kept_waiting),
        cmocka_unit_test(without_memory_everything_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
