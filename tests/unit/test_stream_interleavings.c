/* test_stream_interleavings.c - requests in every form of HTTP/1.1, one behind the other on one connection, cut anywhere, over a
   wire that takes little and waits: each decoded body that arrives is the expected one, rewritten where it must be, else
   byte-equal. First with a core whose rule can be seen, then with the real one. */
#include "road.h"
#include "stream_forms.h"

static struct bytes random_body(void)
{
    static const char *const begins[] = {"{\"cut\":\"", "{\"cut\":\"", "{\"grow\":\"", "{\"stay\":\""};
    size_t n = chance(4) == 0 ? chance(60000) : chance(300);
    struct bytes b = {0};

    bytes_text(&b, begins[chance(4)]);
    while (b.n < n)
        print(&b, "0\r\n\r\nPOST /v1/messages HTTP/1.1 %zu ", chance(1000000));
    bytes_text(&b, "\"}");
    return b;
}

static void add_any(struct talk *t)
{
    static const struct form plain = {.framed = COUNTED}, chunked = {.framed = CHUNKED};
    struct bytes body;

    switch (chance(8)) {
    case 0:
        add_exact(t, "GET /v1/models?x=/v1/messages HTTP/1.1\r\nHost: h\r\n\r\n");
        return;
    case 1:
        body = random_body();
        add_form(t, chance(2) ? &plain : &chunked, "/v1/traces", &body);
        break;
    default:
        body = random_body();
        add_form(t, &forms[chance(FORMS)], chance(2) ? "/v1/messages?beta=true" : "/v1/chat/completions",
                 &body);
    }
    bytes_free(&body);
}

/* ---- playing ---- */

/* Printed where a test ends before it is over. */
static uint64_t running_seed;

static int say_seed(void **state)
{
    (void)state;
    if (running_seed)
        print_error("the failing seed is %llu\n", (unsigned long long)running_seed);
    running_seed = 0;
    return 0;
}

static void random_wire(void)
{
    sim.record = chance(2) ? 16384 : 1 + chance(200);
    sim.partial = chance(2);
    sim.moving = chance(2);
    sim.wait_one_in = chance(2) ? 0 : 2 + chance(20);
    sim.handshake_left = chance(3) ? 0 : (int)chance(4);
}

static void play_in_random_pieces(shim_stream *s, const struct bytes *in)
{
    unsigned piece = chance(3) == 0 ? 100000 : chance(2) ? 1 + chance(3000) : 1 + chance(40);

    for (size_t at = 0; at < in->n;) {
        size_t n = 1 + chance(piece);

        if (n > in->n - at)
            n = in->n - at;
        at += program_write(s, in->p + at, n, in->n - at - n);
    }
}

static void a_thousand_random_interleavings_arrive_as_expected(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct talk t = {0};
        shim_stream *s = rig_begin();

        running_seed = seed;
        rig_seed = seed * 0x9e3779b97f4a7c15ull + 3;
        for (unsigned i = 1 + chance(8); i > 0; i--)
            add_any(&t);
        random_wire();
        rig_known_mode = chance(2) ? -1 : HEADROOM_OPTIMIZE;
        play_in_random_pieces(s, &t.in);
        check_arrivals(&t);
        assert_int_equal(sim.bad_retries, 0);
        assert_string_equal(shim_stream_state(s), "IDLE");
        rig_end(s);
        talk_free(&t);
    }
    running_seed = 0;
}

static void what_is_only_watched_arrives_unchanged_and_core_sees_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct talk t = {0};
        shim_stream *s = rig_begin();
        struct bytes body;
        const struct form *f;

        running_seed = seed;
        rig_seed = seed * 0x9e3779b97f4a7c15ull + 5;
        f = &forms[chance(FORMS)];
        body = random_body();
        add_form(&t, f, "/v1/messages", &body);
        add_any(&t);
        random_wire();
        rig_core.mode = chance(2) ? HEADROOM_AUDIT : HEADROOM_SIMULATE;
        rig_known_mode = chance(2) ? -1 : (int)rig_core.mode;
        play_in_random_pieces(s, &t.in);
        assert_server(&t.in);
        assert_int_equal(sim.bad_retries, 0);
        if (f->touched && f->coding == HR_CODING_NONE) {
            assert_string_equal(rig_requests[0]->skip, "");
            assert_int_equal(rig_requests[0]->body.n, body.n);
            assert_memory_equal(rig_requests[0]->body.p, body.p, body.n);
        }
        bytes_free(&body);
        rig_end(s);
        talk_free(&t);
    }
    running_seed = 0;
}

/* A short request of each form between two others: cut at each byte, one byte at a time, with a wait after each byte. */
static void every_split_of_every_form_arrives_as_expected(void **state)
{
    static const char plain[] = "{\"cut\":[1,2,3,4,5,6,7]}";
    struct bytes body = {(char *)plain, sizeof(plain) - 1};

    (void)state;
    for (uint64_t form = 0; form < FORMS; form++) {
        struct talk t = {0};

        running_seed = rig_seed = form + 1;
        add_form(&t, &forms[form], "/v1/messages", &body);
        add_exact(&t, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        for (size_t cut = 0; cut < t.in.n; cut++) {
            for (int waits = 0; waits < 2; waits++) {
                shim_stream *s = rig_begin();

                sim.wait_after = waits ? (long)cut : 0;
                sim.record = waits ? 1 + cut % 23 : 16384;
                sim.partial = waits && cut % 2;
                for (size_t at = 0, n; at < t.in.n; at += n) {
                    n = cut == 0 ? 1 : waits || at >= cut ? t.in.n - at : cut - at;
                    n = program_write(s, t.in.p + at, n, 0);
                }
                check_arrivals(&t);
                assert_int_equal(sim.bad_retries, 0);
                assert_string_equal(shim_stream_state(s), "IDLE");
                rig_end(s);
            }
        }
        talk_free(&t);
    }
    running_seed = 0;
}

static void a_failing_allocation_loses_no_byte_of_any_form(void **state)
{
    static const char plain[] = "{\"cut\":[1,2,3,4,5,6,7]}";
    struct bytes body = {(char *)plain, sizeof(plain) - 1};

    (void)state;
    lines_of_ours = false; /* they go where the head was held, whether or not the body could be rewritten */
    for (size_t form = 0; form < FORMS; form++) {
        for (int on = 0; on < 2; on++) {
            for (long fail_at = 1;; fail_at++) {
                shim_stream *s = rig_begin();
                struct talk t = {0};
                long calls;

                running_seed = rig_seed = form + 1;
                add_form(&t, &forms[form], "/v1/messages", &body);
                heap_calls = 0;
                heap_fail_at = fail_at;
                heap_fail_on = on;
                for (size_t at = 0; at < t.in.n;)
                    at += program_write(s, t.in.p + at, t.in.n - at < 70 ? t.in.n - at : 70, 0);
                calls = heap_calls;
                heap_fail_at = 0;
                if (sim.server.n != t.in.n || memcmp(sim.server.p, t.in.p, t.in.n) != 0)
                    check_arrivals(&t); /* nothing in between: all of the original, or the new one */
                assert_string_equal(shim_stream_state(s), "IDLE");
                rig_end(s);
                talk_free(&t);
                if (calls < fail_at)
                    break;
            }
        }
    }
    lines_of_ours = true;
    running_seed = 0;
}

/* ---- the real core ---- */

static void with_the_real_core_every_form_carries_the_same_rewritten_body(void **state)
{
    char *rows = road_rows(300), *body = road_body("claude-x", "t1", rows, QUESTION);
    char *other = road_body("claude-x", "t2", "short", QUESTION);
    struct road_out out = road_once(body);
    struct bytes fresh = {out.body, strlen(out.body)};
    struct shim_core rig = rig_core;

    (void)state;
    rig_core = (struct shim_core){.mode = HEADROOM_OPTIMIZE,
                                  .h = headroom_open(0),
                                  .refuses = headroom_refuses,
                                  .request_new = headroom_request_new,
                                  .request_body = headroom_request_body,
                                  .request_sent = headroom_request_sent,
                                  .response_head = headroom_response_head,
                                  .response_error = headroom_response_error,
                                  .response_body = headroom_response_body,
                                  .request_end = headroom_request_end};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct talk t = {0};
        shim_stream *s = rig_begin();

        running_seed = seed;
        rig_seed = seed * 0x9e3779b97f4a7c15ull + 9;
        for (unsigned i = 0; i < 4; i++) {
            const struct form *f = &forms[(seed * 4 + i) % FORMS];

            add_request(&t, f, "/v1/messages", body, strlen(body), &fresh);
            if (chance(3) == 0)
                add_request(&t, &forms[chance(FORMS)], "/v1/messages", other, strlen(other), NULL);
        }
        random_wire();
        play_in_random_pieces(s, &t.in);
        check_arrivals(&t);
        rig_end(s);
        talk_free(&t);
    }
    running_seed = 0;
    headroom_close(rig_core.h);
    rig_core = rig;
    free(out.body), free(other), free(body), free(rows);
}

#define SEEDED(f) cmocka_unit_test_teardown(f, say_seed)

static int after_the_road(void **state)
{
    say_seed(state);
    return road_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEEDED(every_split_of_every_form_arrives_as_expected),
        SEEDED(a_failing_allocation_loses_no_byte_of_any_form),
        SEEDED(a_thousand_random_interleavings_arrive_as_expected),
        SEEDED(what_is_only_watched_arrives_unchanged_and_core_sees_it),
        cmocka_unit_test_setup_teardown(with_the_real_core_every_form_carries_the_same_rewritten_body,
                                        road_setup, after_the_road),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
