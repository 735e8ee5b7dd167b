/* test_tee.c - responses find their requests, however they are cut and whatever they are made of. */
#include "stream_rig.h"

#include <pthread.h>
#include <sched.h>

#include "shim/tee.h"

/* A request as the write side hands it over. */
static headroom_request *llm(shim_tee *t)
{
    headroom_head head = {
        .host = "h", .host_len = 1, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
    headroom_request *r = rig_request_new(NULL, &head, HEADROOM_OPTIMIZE);
    const void *out;
    size_t n;

    rig_request_body(r, "{}", 2, &out, &n);
    rig_request_sent(r);
    if (!shim_tee_attach(t, shim_tee_expect(t, false), &rig_core, r))
        rig_request_end(r, false);
    return r;
}

static void hear(shim_tee *t, const char *text)
{
    size_t n = strlen(text);

    shim_tee_read(t, rig_at_edge(0, text, n), n);
}

static shim_tee *begin(void)
{
    shim_stream_free(rig_begin());
    return shim_tee_new();
}

static void end(shim_tee *t)
{
    shim_tee_free(t);
    rig_end(NULL);
}

static void a_response_is_reported_whole_at_every_split(void **state)
{
    static const char text[] =
        "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        "X-A-Name-That-Is-Longer-Than-Any-We-Know: v\r\ncontent-encoding: gzip\r\n"
        "Transfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n1;ext=1\r\n:\r\n0\r\nTrailer: x\r\n\r\n";

    (void)state;
    for (size_t a = 0; a < sizeof(text) - 1; a++) {
        for (size_t b = a + 1; b < sizeof(text); b++) {
            shim_tee *t = begin();
            headroom_request *r = llm(t);

            if (a > 0)
                shim_tee_read(t, rig_at_edge(0, text, a), a);
            shim_tee_read(t, rig_at_edge(1, text + a, b - a), b - a);
            if (b < sizeof(text) - 1) {
                assert_int_equal(r->ends, 0);
                shim_tee_read(t, rig_at_edge(0, text + b, sizeof(text) - 1 - b), sizeof(text) - 1 - b);
            }
            assert_int_equal(r->status, 200);
            assert_string_equal(r->type, "text/event-stream; charset=utf-8");
            assert_string_equal(r->encoding, "gzip");
            assert_string_equal(r->response.p, "event:");
            assert_true(r->complete);
            end(t);
        }
    }
}

static void one_byte_at_a_time_is_enough(void **state)
{
    static const char text[] =
        "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        "HTTP/1.1 500 No\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n";
    shim_tee *t = begin();
    headroom_request *a = llm(t), *b = llm(t);

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        shim_tee_read(t, rig_at_edge(0, text + i, 1), 1);
    assert_int_equal(a->status, 200);
    assert_string_equal(a->response.p, "ok");
    assert_string_equal(a->type, "");
    assert_int_equal(b->status, 500);
    assert_string_equal(b->type, "a/b");
    assert_true(a->complete && b->complete);
    end(t);
}

static void codings_that_are_said_twice_are_one_list(void **state)
{
    shim_tee *t = begin();
    headroom_request *a = llm(t), *b = llm(t);

    (void)state;
    hear(t, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\ncontent-encoding: br\r\nContent-Type: a/b\r\n"
            "Content-Type: c/d\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(a->encoding, "gzip, br");
    assert_string_equal(a->type, "c/d");
    hear(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(b->encoding, "");
    end(t);
}

static void the_name_of_an_error_in_the_head_is_handed_over(void **state)
{
    shim_tee *t = begin();
    headroom_request *a = llm(t), *b = llm(t);

    (void)state;
    hear(t,
         "HTTP/1.1 429 No\r\nX-Amzn-ErrorType: ThrottlingException:http://x/\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(a->error, "ThrottlingException:http://x/");
    hear(t, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(b->error, "");
    end(t);
}

static void interim_responses_belong_to_nobody(void **state)
{
    shim_tee *t = begin();
    headroom_request *r = llm(t);

    (void)state;
    hear(t, "HTTP/1.1 100 Continue\r\n\r\n");
    hear(t, "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n");
    assert_int_equal(r->status, 0);
    hear(t, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    assert_int_equal(r->status, 200);
    assert_true(r->complete);
    end(t);
}

static void responses_without_a_body_do_not_eat_the_next_one(void **state)
{
    static const char *const firsts[] = {
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(firsts) / sizeof(*firsts); i++) {
        shim_tee *t = begin();
        headroom_request *a = llm(t), *b = llm(t);

        hear(t, firsts[i]);
        assert_true(a->complete);
        hear(t, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        assert_true(b->complete);
        assert_string_equal(b->response.p, "x");
        end(t);
    }
}

static void the_length_in_the_answer_to_head_is_not_a_body(void **state)
{
    shim_tee *t = begin();
    headroom_request *r;

    (void)state;
    assert_true(shim_tee_expect(t, true) != 0);
    r = llm(t);
    hear(t, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nHTTP/1.1 201 OK\r\nContent-Length: 2\r\n\r\nhi");
    assert_int_equal(r->status, 201);
    assert_string_equal(r->response.p, "hi");
    end(t);
}

static void a_response_without_length_ends_with_the_connection(void **state)
{
    shim_tee *t = begin();
    headroom_request *a = llm(t), *b = llm(t);

    (void)state;
    hear(t, "HTTP/1.0 200 OK\r\n\r\nto the ");
    hear(t, "end");
    assert_int_equal(a->ends, 0);
    shim_tee_eof(t);
    assert_true(a->complete);
    assert_string_equal(a->response.p, "to the end");
    assert_int_equal(b->ends, 1);
    assert_false(b->complete);
    shim_tee_eof(t);
    end(t);
}

static void a_cut_response_ends_incomplete(void **state)
{
    shim_tee *t = begin();
    headroom_request *r = llm(t);

    (void)state;
    hear(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    shim_tee_eof(t);
    assert_int_equal(r->ends, 1);
    assert_false(r->complete);
    assert_string_equal(r->response.p, "half");
    end(t);
}

static void what_is_no_response_ends_all_that_wait(void **state)
{
    static const char *const texts[] = {
        "garbage",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\x81\x05hello",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        shim_tee *t = begin();
        headroom_request *a = llm(t), *b = llm(t), *c;

        hear(t, texts[i]);
        assert_int_equal(a->ends, 1);
        assert_false(a->complete);
        assert_int_equal(b->ends, 1);
        c = llm(t);
        assert_int_equal(c->ends, 1); /* not taken: ended by its owner */
        hear(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_int_equal(c->status, 0);
        end(t);
    }
}

static void an_answer_that_nobody_asked_for_stops_the_tee(void **state)
{
    shim_tee *t = begin();
    headroom_request *r;

    (void)state;
    hear(t, "HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n");
    r = llm(t);
    assert_int_equal(r->ends, 1);
    end(t);
}

static void too_many_waiting_requests_are_no_longer_followed(void **state)
{
    shim_tee *t = begin();
    headroom_request *first = llm(t), *last;

    (void)state;
    for (int i = 1; i < SHIM_MAX_WAITING; i++)
        assert_true(shim_tee_expect(t, false) != 0);
    last = llm(t);
    assert_int_equal(last->ends, 1);
    assert_int_equal(first->ends, 0);
    hear(t, "HTTP/1.1 200 OK\r\n");
    assert_int_equal(first->ends, 1);
    assert_false(first->complete);
    end(t);
}

static void a_request_attached_after_its_response_began_stays_the_callers(void **state)
{
    shim_tee *t = begin();
    uint64_t ticket = shim_tee_expect(t, false);

    (void)state;
    hear(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na");
    assert_false(shim_tee_attach(t, ticket, &rig_core, NULL));
    hear(t, "bc");
    assert_false(shim_tee_attach(t, ticket, &rig_core, NULL));
    assert_true(llm(t)->ends == 0);
    end(t);
}

static void long_values_are_cut_and_repeated_ones_replaced(void **state)
{
    shim_tee *t = begin();
    headroom_request *r = llm(t);
    struct bytes text = {0};

    (void)state;
    bytes_text(&text, "HTTP/1.1 200 OK\r\nContent-Type: first\r\nContent-Type: ");
    for (int i = 0; i < 500; i++)
        bytes_text(&text, "long ");
    bytes_text(&text, "\r\nContent-Length: 0\r\n\r\n");
    hear(t, text.p);
    assert_memory_equal(r->type, "long long ", 10);
    assert_true(r->complete);
    bytes_free(&text);
    end(t);
}

/* ---- one thread writes, one reads ---- */

enum { PAIRS = 20000 };
static int answered, asked;

static void *reader(void *arg)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    for (int i = 0; i < PAIRS; i++) {
        while (__atomic_load_n(&asked, __ATOMIC_ACQUIRE) <= i)
            sched_yield();
        shim_tee_read(arg, text, sizeof(text) - 1);
        __atomic_store_n(&answered, i + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

static int ended;

static void count_end(headroom_request *r, bool complete)
{
    (void)r;
    assert_true(complete);
    __atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
}

static void ignore_head(headroom_request *r, int status, const char *type, size_t n, const char *enc,
                        size_t m)
{
    (void)r, (void)status, (void)type, (void)n, (void)enc, (void)m;
}

static void ignore_body(headroom_request *r, const void *p, size_t n)
{
    (void)r, (void)p, (void)n;
}

static void reading_and_writing_threads_do_not_disturb_each_other(void **state)
{
    struct shim_core core = {
        .request_end = count_end, .response_head = ignore_head, .response_body = ignore_body};
    shim_tee *t = begin();
    pthread_t thread;
    int mine = 0;

    (void)state;
    answered = asked = ended = 0;
    assert_int_equal(pthread_create(&thread, NULL, reader, t), 0);
    for (int i = 0; i < PAIRS; i++) {
        uint64_t ticket;

        while (i - __atomic_load_n(&answered, __ATOMIC_ACQUIRE) >= SHIM_MAX_WAITING / 2)
            sched_yield();
        ticket = shim_tee_expect(t, false);
        assert_true(ticket != 0);
        if (i % 2) /* attached too late at times: the response may be there already */
            __atomic_store_n(&asked, i + 1, __ATOMIC_RELEASE);
        if (!shim_tee_attach(t, ticket, &core, (headroom_request *)&core))
            mine++;
        __atomic_store_n(&asked, i + 1, __ATOMIC_RELEASE);
    }
    pthread_join(thread, NULL);
    assert_int_equal(ended + mine, PAIRS);
    end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_reported_whole_at_every_split),
        cmocka_unit_test(one_byte_at_a_time_is_enough),
        cmocka_unit_test(codings_that_are_said_twice_are_one_list),
        cmocka_unit_test(the_name_of_an_error_in_the_head_is_handed_over),
        cmocka_unit_test(interim_responses_belong_to_nobody),
        cmocka_unit_test(responses_without_a_body_do_not_eat_the_next_one),
        cmocka_unit_test(the_length_in_the_answer_to_head_is_not_a_body),
        cmocka_unit_test(a_response_without_length_ends_with_the_connection),
        cmocka_unit_test(a_cut_response_ends_incomplete),
        cmocka_unit_test(what_is_no_response_ends_all_that_wait),
        cmocka_unit_test(an_answer_that_nobody_asked_for_stops_the_tee),
        cmocka_unit_test(too_many_waiting_requests_are_no_longer_followed),
        cmocka_unit_test(a_request_attached_after_its_response_began_stays_the_callers),
        cmocka_unit_test(long_values_are_cut_and_repeated_ones_replaced),
        cmocka_unit_test(reading_and_writing_threads_do_not_disturb_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
