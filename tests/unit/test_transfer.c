/* test_transfer.c - a request that is judged above HTTP: what core is told, what is sent instead, what the stream machine below
   may know of it; and nothing at all where memory or a reason is missing. */
#include "stream_rig.h"

#include "shim/known.h"
#include "shim/transfer.h"

#define LLM_HEAD                                                                                             \
    "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 27\r\n"
#define BODY_CUT "{\"cut\":[1,2,3,4,5,6,7,8,9]}"
#define SMALL    "{\"cut\":1}"

static int dropped;

static void drop(headroom_request *r)
{
    dropped++;
    r->ends++;
}

static struct transfer t;

static enum transfer_kind begin(const char *head, const char *body)
{
    size_t n = strlen(head);
    char *copy = shim_malloc(n);

    assert_non_null(copy);
    memcpy(copy, head, n);
    return transfer_begin(&t, copy, n, body, body ? strlen(body) : 0);
}

static void set_up(void)
{
    shim_stream_free(rig_begin());
    rig_core.request_drop = drop;
    dropped = 0;
}

static void end(bool sent)
{
    transfer_end(&t, sent, true);
    assert_false(known_any());
    rig_end(NULL);
}

static void a_body_is_rewritten_announced_and_its_response_recorded(void **state)
{
    (void)state;
    set_up();
    assert_int_equal(begin(LLM_HEAD "\r\n", BODY_CUT), TRANSFER_TAKEN);
    assert_string_equal(t.body, SMALL);
    assert_int_equal(t.body_len, strlen(SMALL));
    assert_true(known_has(SMALL, strlen(SMALL)));
    assert_false(known_has(BODY_CUT, strlen(BODY_CUT)));
    assert_int_equal(rig_requests[0]->sents, 1);
    transfer_data(&t, "early", 5);
    transfer_response(&t, 200, "text/plain", NULL);
    transfer_response(&t, 500, NULL, NULL);
    transfer_data(&t, "one", 3);
    transfer_data(&t, "two", 3);
    transfer_end(&t, true, true);
    assert_int_equal(rig_requests[0]->status, 200);
    assert_string_equal(rig_requests[0]->type, "text/plain");
    assert_string_equal(rig_requests[0]->response.p, "onetwo");
    assert_true(rig_requests[0]->complete);
    end(true);
}

static void other_modes_leave_the_body_and_announce_it(void **state)
{
    const enum headroom_mode modes[] = {HEADROOM_AUDIT, HEADROOM_SIMULATE};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        set_up();
        rig_core.mode = modes[i];
        assert_int_equal(begin(LLM_HEAD "\r\n", BODY_CUT), TRANSFER_TAKEN);
        assert_null(t.body);
        assert_false(t.strip);
        assert_true(known_has(BODY_CUT, strlen(BODY_CUT)));
        assert_int_equal(rig_requests[0]->mode, modes[i]);
        end(true);
    }
}

static void the_mode_of_a_request_goes_before_that_of_the_process(void **state)
{
    static const struct {
        enum headroom_mode process;
        const char *line;
        enum transfer_kind kind;
        bool rewritten, strip;
    } cases[] = {
        {HEADROOM_OPTIMIZE, "audit", TRANSFER_TAKEN, false, true},
        {HEADROOM_OPTIMIZE, "off", TRANSFER_SILENT, false, true},
        {HEADROOM_OPTIMIZE, "optimize", TRANSFER_TAKEN, true, true},
        {HEADROOM_AUDIT, "optimize", TRANSFER_TAKEN, true, true},
        {HEADROOM_AUDIT, "off", TRANSFER_NONE, false, false},
        {HEADROOM_SIMULATE, "audit", TRANSFER_TAKEN, false, false},
    };
    char head[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_up();
        rig_core.mode = cases[i].process;
        snprintf(head, sizeof head, LLM_HEAD "X-Headroom-Mode: %s\r\n\r\n", cases[i].line);
        assert_int_equal(begin(head, BODY_CUT), cases[i].kind);
        assert_int_equal(t.body != NULL, cases[i].rewritten);
        assert_int_equal(t.strip, cases[i].strip);
        assert_int_equal(rig_request_count, cases[i].kind == TRANSFER_TAKEN);
        assert_int_equal(known_any(), cases[i].kind != TRANSFER_NONE);
        end(true);
    }
}

static void what_is_not_ours_costs_no_core(void **state)
{
    static const char *const heads[] = {
        "POST /other HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nHost: h\r\nbad line\r\nContent-Length: 27\r\n\r\n",
        "POST /v1/messages HTTP/1.1\r\nHost: h\r\nX: a\nb\r\nContent-Length: 27\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        set_up();
        assert_int_equal(begin(heads[i], BODY_CUT), TRANSFER_NONE);
        assert_int_equal(rig_core_gets, 0);
        assert_false(known_any());
        end(true);
    }
    set_up();
    rig_known_mode = HEADROOM_OFF;
    assert_int_equal(begin(LLM_HEAD "\r\n", BODY_CUT), TRANSFER_NONE);
    assert_int_equal(rig_core_gets, 0);
    rig_known_mode = -1;
    end(true);
}

static void a_watched_request_is_recorded_when_it_is_admitted(void **state)
{
    static const struct {
        const char *line, *body, *skip;
    } cases[] = {{"Digest: x\r\n", BODY_CUT, "signed"}, {"", NULL, "http2"}};
    char head[256];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        bool admitted = i / 2 == 0;

        set_up();
        snprintf(head, sizeof head, LLM_HEAD "%s\r\n", cases[i % 2].line);
        assert_int_equal(begin(head, cases[i % 2].body), TRANSFER_WATCHED);
        assert_false(known_any()); /* the stream machine below may record it */
        if (admitted) {
            transfer_admit(&t, "http2");
            transfer_admit(&t, "read_callback");
        }
        transfer_response(&t, 200, NULL, "gzip");
        transfer_data(&t, "x", 1);
        assert_int_equal(rig_request_count, admitted);
        if (admitted) {
            assert_string_equal(rig_requests[0]->skip, cases[i % 2].skip);
            assert_string_equal(rig_requests[0]->encoding, "gzip");
            assert_null(rig_requests[0]->body.p);
        }
        end(true);
    }
}

static void a_request_that_never_left_is_not_recorded(void **state)
{
    (void)state;
    set_up();
    begin(LLM_HEAD "\r\n", BODY_CUT);
    transfer_end(&t, false, false);
    assert_int_equal(dropped, 1);
    end(false);
}

static void without_core_nothing_happens(void **state)
{
    (void)state;
    set_up();
    rig_core_missing = true;
    assert_int_equal(begin(LLM_HEAD "\r\n", BODY_CUT), TRANSFER_NONE);
    rig_core_missing = false;
    rig_request_new_fails = true;
    assert_int_equal(begin(LLM_HEAD "\r\n", BODY_CUT), TRANSFER_NONE);
    rig_request_new_fails = false;
    assert_false(known_any());
    end(true);
}

static void without_memory_the_program_s_own_body_goes_out(void **state)
{
    (void)state;
    set_up();
    heap_fail_at = heap_calls + 2; /* 1: the copy of the head, made by this test */
    assert_int_equal(begin(LLM_HEAD "\r\n", BODY_CUT), TRANSFER_TAKEN);
    heap_fail_at = 0;
    assert_null(t.body);
    assert_true(known_has(BODY_CUT, strlen(BODY_CUT)));
    end(true);
}

static void a_refused_request_is_no_transfer(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        set_up();
        rig_refused = true;
        rig_refusals = 0;
        assert_int_equal(begin(LLM_HEAD "\r\n", i ? BODY_CUT : NULL), TRANSFER_REFUSED);
        assert_int_equal(rig_refusals, 1);
        assert_int_equal(begin(LLM_HEAD "X-Headroom-Mode: off\r\n\r\n", BODY_CUT), TRANSFER_SILENT);
        transfer_end(&t, true, true);
        rig_refused = false;
        assert_int_equal(rig_request_count, 0);
        end(false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_rewritten_announced_and_its_response_recorded),
        cmocka_unit_test(other_modes_leave_the_body_and_announce_it),
        cmocka_unit_test(the_mode_of_a_request_goes_before_that_of_the_process),
        cmocka_unit_test(what_is_not_ours_costs_no_core),
        cmocka_unit_test(a_watched_request_is_recorded_when_it_is_admitted),
        cmocka_unit_test(a_request_that_never_left_is_not_recorded),
        cmocka_unit_test(without_core_nothing_happens),
        cmocka_unit_test(without_memory_the_program_s_own_body_goes_out),
        cmocka_unit_test(a_refused_request_is_no_transfer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
