/* test_stream_splits.c - however a program cuts its bytes, and however the wire takes them, the server gets
 * the same. */
#include "stream_rig.h"

struct talk {
    struct bytes in, want;
};

/* Three requests on one connection: rewritten, not ours, ours but unchanged. */
static struct talk three_requests(void)
{
    static const char cut[] = "{\"cut\":[1,2,3,4,5,6,7,8,9,10]}", keep[] = "{\"messages\":[]}";
    struct talk t = {0};

    add_llm(&t.in, &t.want, "/v1/messages?beta=true", cut, sizeof(cut) - 1);
    add_same(&t.in, &t.want, "GET /v1/models HTTP/1.1\r\nHost: api.example.com\r\n\r\n");
    add_llm(&t.in, &t.want, "/v1/chat/completions", keep, sizeof(keep) - 1);
    return t;
}

static void talk_free(struct talk *t)
{
    bytes_free(&t->in);
    bytes_free(&t->want);
}

/* Write t->in in pieces that end at the given places; the wire is set up by the caller. */
static void play(shim_stream *s, const struct talk *t, const size_t *ends, size_t count)
{
    size_t at = 0;

    for (size_t i = 0; i <= count; i++) {
        size_t end = i < count ? ends[i] : t->in.n;

        while (at < end)
            at += program_write(s, t->in.p + at, end - at, t->in.n - end);
    }
    assert_int_equal(at, t->in.n);
    assert_server(&t->want);
    assert_string_equal(shim_stream_state(s), "IDLE");
}

static void every_split_point_gives_the_same_bytes(void **state)
{
    struct talk t = three_requests();

    (void)state;
    for (size_t cut = 1; cut < t.in.n; cut++) {
        shim_stream *s = rig_begin();

        play(s, &t, &cut, 1);
        assert_int_equal(rig_request_count, 2);
        rig_end(s);
    }
    talk_free(&t);
}

static void every_pair_of_split_points_gives_the_same_bytes(void **state)
{
    struct talk t = three_requests();

    (void)state;
    for (size_t a = 1; a < t.in.n; a++) {
        for (size_t b = a + 1; b < t.in.n; b++) {
            shim_stream *s = rig_begin();

            play(s, &t, (size_t[]){a, b}, 2);
            rig_end(s);
        }
    }
    talk_free(&t);
}

static void one_byte_at_a_time_gives_the_same_bytes(void **state)
{
    struct talk t = three_requests();

    (void)state;
    for (int mode = -1; mode <= HEADROOM_OPTIMIZE; mode++) {
        shim_stream *s;

        if (mode == HEADROOM_OFF)
            continue;
        s = rig_begin();
        rig_known_mode = mode;
        if (mode >= 0)
            rig_core.mode = (enum headroom_mode)mode;
        for (size_t at = 0; at < t.in.n; at++)
            assert_int_equal(program_write(s, t.in.p + at, 1, 0), 1);
        if (rig_core.mode == HEADROOM_OPTIMIZE)
            assert_server(&t.want);
        else
            assert_server(&t.in);
        assert_int_equal(rig_request_count, 2);
        assert_string_equal(rig_requests[0]->skip, "");
        assert_string_equal(rig_requests[0]->body.p, "{\"cut\":[1,2,3,4,5,6,7,8,9,10]}");
        rig_end(s);
    }
    talk_free(&t);
}

static void one_call_for_everything_gives_the_same_bytes(void **state)
{
    struct talk t = three_requests();
    shim_stream *s = rig_begin();

    (void)state;
    play(s, &t, NULL, 0);
    rig_end(s);
    talk_free(&t);
}

static void watching_passes_every_split_unchanged_and_copies_the_bodies(void **state)
{
    struct talk t = three_requests();

    (void)state;
    for (int known = 0; known < 2; known++) {
        for (size_t a = 1; a < t.in.n; a++) {
            shim_stream *s = rig_begin();

            rig_core.mode = HEADROOM_SIMULATE;
            rig_known_mode = known ? HEADROOM_SIMULATE : -1;
            program_write(s, t.in.p, a, 0);
            if (known)
                assert_int_equal(sim.server.n, a); /* nothing is held where the mode is known */
            program_write(s, t.in.p + a, t.in.n - a, 0);
            assert_server(&t.in);
            assert_int_equal(rig_request_count, 2);
            assert_int_equal(rig_requests[0]->mode, HEADROOM_SIMULATE);
            assert_string_equal(rig_requests[0]->body.p, "{\"cut\":[1,2,3,4,5,6,7,8,9,10]}");
            assert_string_equal(rig_requests[1]->body.p, "{\"messages\":[]}");
            assert_string_equal(rig_requests[1]->dialect, "openai_chat");
            rig_end(s);
        }
    }
    talk_free(&t);
}

/* ---- chance ---- */

static void add_big_llm(struct talk *t)
{
    static const char *const paths[] = {"/v1/messages", "/v1/messages/count_tokens",
                                        "/openai/v1/chat/completions"};
    static const char *const begins[] = {"{\"cut\":\"", "{\"grow\":\"", "{\"stay\":\""};
    struct bytes body = {0};
    size_t n = chance(4) == 0 ? chance(60000) : chance(300);

    bytes_text(&body, begins[chance(3)]);
    while (body.n < n)
        bytes_text(&body, "GET / HTTP/1.1\r\n\r\nPOST /v1/messages ");
    bytes_text(&body, "\"}");
    add_llm(&t->in, &t->want, paths[chance(3)], body.p, body.n);
    bytes_free(&body);
}

static void add_chunked(struct talk *t, const char *path)
{
    char text[256];

    snprintf(
        text, sizeof(text),
        "POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        path);
    add_same(&t->in, &t->want, text);
    for (unsigned i = chance(4); i > 0; i--) {
        unsigned n = 1 + chance(40);

        snprintf(text, sizeof(text), "%x;x=y\r\n%.*s\r\n", n, (int)n,
                 "{\"cut\":\"POST /v1/messages HTTP/1.1 GET / H\"}");
        add_same(&t->in, &t->want, text);
    }
    add_same(&t->in, &t->want, "0\r\nTrailer: 1\r\n\r\n");
}

static void add_any(struct talk *t)
{
    switch (chance(9)) {
    case 0:
    case 1:
    case 2:
        add_big_llm(t);
        break;
    case 3:
        add_chunked(t, chance(2) ? "/v1/messages" : "/upload");
        break;
    case 4:
        add_same(&t->in, &t->want,
                 "POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n{\"cut\":123}");
        break;
    case 5:
        add_same(&t->in, &t->want,
                 "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n");
        break;
    case 6:
        add_same(
            &t->in, &t->want,
            "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-MD5: x\r\n"
            "Content-Length: 9\r\n\r\n{\"cut\":0}");
        break;
    case 7:
        add_same(&t->in, &t->want, chance(2) ? "\r\n" : "HEAD /v1/messages HTTP/1.1\r\nHost: h\r\n\r\n");
        break;
    default:
        add_same(&t->in, &t->want, "GET /v1/models?x=/v1/messages HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}

static void random_talks_over_random_wires_arrive_whole(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 1000; round++) {
        struct talk t = {0};
        shim_stream *s = rig_begin();
        size_t at = 0;
        unsigned piece;

        rig_seed = round * 0x9e3779b97f4a7c15ull + 1;
        for (unsigned i = 1 + chance(8); i > 0; i--)
            add_any(&t);
        sim.record = chance(2) ? 16384 : 1 + chance(200);
        sim.partial = chance(2);
        sim.moving = chance(2);
        sim.wait_one_in = chance(2) ? 0 : 2 + chance(20);
        sim.handshake_left = chance(3) ? 0 : (int)chance(4);
        rig_known_mode = chance(2) ? -1 : HEADROOM_OPTIMIZE;
        piece = chance(3) == 0 ? 100000 : chance(2) ? 1 + chance(3000) : 1 + chance(40);
        while (at < t.in.n) {
            size_t n = 1 + chance(piece);

            if (n > t.in.n - at)
                n = t.in.n - at;
            at += program_write(s, t.in.p + at, n, t.in.n - at - n);
        }
        assert_int_equal(at, t.in.n);
        assert_server(&t.want);
        assert_int_equal(sim.bad_retries, 0);
        rig_end(s);
        talk_free(&t);
    }
}

static void random_talks_that_are_only_watched_arrive_unchanged(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= 300; round++) {
        struct talk t = {0};
        shim_stream *s = rig_begin();
        size_t at = 0;

        rig_seed = round * 0x9e3779b97f4a7c15ull + 7;
        for (unsigned i = 1 + chance(8); i > 0; i--)
            add_any(&t);
        sim.record = chance(2) ? 16384 : 1 + chance(200);
        sim.partial = chance(2);
        sim.moving = chance(2);
        sim.wait_one_in = chance(2) ? 0 : 2 + chance(20);
        rig_core.mode = HEADROOM_AUDIT;
        rig_known_mode = chance(2) ? -1 : HEADROOM_AUDIT;
        while (at < t.in.n) {
            size_t n = 1 + chance(3000);

            if (n > t.in.n - at)
                n = t.in.n - at;
            at += program_write(s, t.in.p + at, n, t.in.n - at - n);
        }
        assert_server(&t.in);
        assert_int_equal(sim.bad_retries, 0);
        rig_end(s);
        talk_free(&t);
    }
}

/* Each wait, wherever it falls, and each fatal error: the bytes before it are the right ones. */
static void a_wait_after_any_byte_changes_nothing(void **state)
{
    struct talk t = three_requests();

    (void)state;
    for (int partial = 0; partial < 2; partial++) {
        for (size_t after = 1; after < t.want.n; after++) {
            shim_stream *s = rig_begin();

            sim.record = 1 + after % 23;
            sim.partial = partial;
            sim.moving = after % 2;
            sim.wait_after = (long)after;
            play(s, &t, (size_t[]){100, 250}, 2);
            assert_int_equal(sim.bad_retries, 0);
            rig_end(s);
        }
    }
    talk_free(&t);
}

static void a_failing_allocation_loses_no_byte(void **state)
{
    struct talk t = three_requests();
    static const size_t cuts[] = {3, 40, 120, 180, 210, 260, 300};

    (void)state;
    for (int mode = HEADROOM_AUDIT; mode <= HEADROOM_OPTIMIZE; mode++) {
        for (int later = 0; later < 2; later++) {
            long fail_at = 1, calls = 0;

            do {
                shim_stream *s = rig_begin();
                size_t at = 0;
                bool first_cut;

                rig_core.mode = (enum headroom_mode)mode;
                heap_calls = 0;
                heap_fail_at = fail_at;
                heap_fail_on = later;
                for (size_t i = 0; i <= sizeof(cuts) / sizeof(*cuts); i++) {
                    size_t end = i < sizeof(cuts) / sizeof(*cuts) ? cuts[i] : t.in.n;

                    while (at < end)
                        at += program_write(s, t.in.p + at, end - at, 0);
                }
                calls = heap_calls;
                heap_fail_at = 0;
                first_cut = sim.server.n == t.want.n;
                assert_server(mode == HEADROOM_OPTIMIZE && first_cut ? &t.want : &t.in);
                rig_end(s);
            } while (fail_at++ < calls + 2);
        }
    }
    talk_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_point_gives_the_same_bytes),
        cmocka_unit_test(one_byte_at_a_time_gives_the_same_bytes),
        cmocka_unit_test(one_call_for_everything_gives_the_same_bytes),
        cmocka_unit_test(watching_passes_every_split_unchanged_and_copies_the_bodies),
        cmocka_unit_test(a_wait_after_any_byte_changes_nothing),
        cmocka_unit_test(a_failing_allocation_loses_no_byte),
        cmocka_unit_test(random_talks_over_random_wires_arrive_whole),
        cmocka_unit_test(random_talks_that_are_only_watched_arrive_unchanged),
        cmocka_unit_test(every_pair_of_split_points_gives_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
