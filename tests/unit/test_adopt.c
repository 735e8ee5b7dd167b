/* adopt = net: results that are first met late, on both sides of where rewriting them pays. Real bodies go down the whole road. */
#include "road.h"

#include "adopt.h"
#include "token/token.h"

#define M INT64_C(1000000)

static const hr_price claude = {.part = {3 * M, 3 * M / 10, 375 * M / 100, 6 * M, 15 * M}};
static const hr_price gpt4o = {.part = {5 * M / 2, 5 * M / 4, 5 * M / 2, 5 * M / 2, 10 * M}};

static void the_bound_is_that_of_the_prices(void **state)
{
    (void)state;
    for (int64_t gone = 1; gone <= 1000; gone++) {
        const hr_adopt_step step = {1000, gone};
        assert_int_equal(hr_adopt_from(&claude, 5000, &step, 1, false) == 0, gone >= 535); /* 53.49 % */
        assert_int_equal(hr_adopt_from(&gpt4o, 5000, &step, 1, false) == 0, gone >= 91);   /* 9.09 % */
    }
}

static void what_pays_most_is_the_first_to_change(void **state)
{
    (void)state;
    /* The first is small and has much behind it; from the third on most is saved. */
    const hr_adopt_step steps[] = {{3000, 300}, {100000, 0}, {10000, 9500}, {10000, 9000}, {100, 10}};
    assert_int_equal(hr_adopt_from(&claude, 0, steps, 5, false), 2);
    /* Where that pays by itself, the last one counts too, but never one that leaves nothing out. */
    assert_int_equal(hr_adopt_from(&claude, 0, steps + 1, 1, false), 1);
    assert_int_equal(hr_adopt_from(&claude, 0, steps + 4, 1, false), 1);
    assert_int_equal(hr_adopt_from(&claude, 0, steps, 0, false), 0);
}

static void a_cache_of_whole_prompts_makes_the_prefix_count(void **state)
{
    (void)state;
    const hr_adopt_step step = {10000, 9500};
    assert_int_equal(hr_adopt_from(&claude, 5000, &step, 1, true), 0);
    assert_int_equal(hr_adopt_from(&claude, 50000, &step, 1, true), 1);
}

/* ------------------------------------------------------------------ bodies */
static const char *tail_text(size_t n)
{
    static char text[200000];
    size_t at = 0;
    text[0] = 0;
    for (size_t i = 0; at + 64 < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "The %zu. point of it is another one. ", i);
    return text;
}

/* A result of 200 rows, then an answer of `behind` bytes, then a question. path: of Messages or Chat. */
static char *late_body(bool chat, const char *model, size_t behind, const char *seal)
{
    char *rows = road_rows(200), *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    if (chat)
        fprintf(
            f,
            "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Search.\"},{\"role\":"
            "\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\","
            "\"function\":"
            "{\"name\":\"search\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c1\","
            "\"content\":\"%s\"},{\"role\":\"assistant\",\"content\":\"%s\"},{\"role\":\"user\",\"content\":"
            "\"And?\"}]}",
            model, rows, behind ? tail_text(behind) : "Done.");
    else
        fprintf(
            f,
            "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Search.\"},{\"role\":"
            "\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"search\",\"input\":{}"
            "}]"
            "},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":"
            "\"%s\"}]},{\"role\":\"assistant\",\"content\":[%s{\"type\":\"text\",\"text\":\"%s\"}]},{"
            "\"role\":"
            "\"user\",\"content\":\"And?\"}]}",
            model, rows, seal, behind ? tail_text(behind) : "Done.");
    fclose(f);
    free(rows);
    return out;
}

struct met {
    bool rewritten, again; /* in the first request, and in the next turn */
    char reason[32];
    double share; /* saved of all tokens from the result on, as the rule counts them */
};

static struct met meet(bool chat, const char *host, const char *model, size_t behind, const char *seal)
{
    char *body = late_body(chat, model, behind, seal);
    const headroom_head head = {.host = host,
                                .host_len = strlen(host),
                                .path = chat ? "/v1/chat/completions" : "/v1/messages",
                                .path_len = strlen(chat ? "/v1/chat/completions" : "/v1/messages"),
                                .dialect = chat ? "openai_chat" : "anthropic"};
    struct met m = {.rewritten = false};
    headroom *h = headroom_open(0);
    const void *out;
    size_t len;

    assert_non_null(h);
    for (int turn = 0; turn < 2; turn++) {
        headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
        headroom_result result;
        bool sent = headroom_request_body(r, body, strlen(body), &out, &len) == 1;
        assert_int_equal(headroom_request_result(r, 0, &result), 0);
        if (turn == 0) {
            m.rewritten = sent;
            snprintf(m.reason, sizeof m.reason, "%s", result.reason ? result.reason : "");
            const char *at = strstr(body, "{\\\"results");
            const double from = (double)hr_tokens_json(at, strlen(at));
            m.share = from > 0 ? (double)(result.tokens_before - result.tokens_after) / from : 0;
        } else {
            m.again = sent;
        }
        headroom_request_sent(r);
        headroom_request_end(r, true);
    }
    headroom_close(h);
    free(body);
    return m;
}

/* The longest answer behind the result with which it is still rewritten, to 64 bytes; each try with a database of its own. */
static size_t bound_of(bool chat, const char *host, const char *model)
{
    size_t yes = 0, no = 190000;
    while (no - yes > 64) {
        const size_t middle = (yes + no) / 2;
        void *state = NULL;
        assert_int_equal(road_teardown(&state), 0);
        assert_int_equal(road_setup(&state), 0);
        if (meet(chat, host, model, middle, "").rewritten)
            yes = middle;
        else
            no = middle;
    }
    return yes;
}

static void what_stands_behind_a_result_decides_at_the_models_prices(void **state)
{
    (void)state;
    static const struct {
        bool chat;
        const char *host, *model;
    } models[] = {{false, "api.anthropic.com", "claude-sonnet-4-6"}, {true, "api.openai.com", "gpt-4o"}};
    size_t bounds[2];
    for (int i = 0; i < 2; i++) {
        bounds[i] = bound_of(models[i].chat, models[i].host, models[i].model);
        print_message("%s: up to %zu bytes behind\n", models[i].model, bounds[i]);
        assert_true(bounds[i] > 0 && bounds[i] < 180000);
        for (int side = 0; side < 2; side++) {
            assert_int_equal(road_teardown(state), 0);
            assert_int_equal(road_setup(state), 0);
            struct met m = meet(models[i].chat, models[i].host, models[i].model,
                                side ? bounds[i] + 512 : bounds[i] - 512, "");
            assert_int_equal(m.rewritten, side == 0);
            assert_int_equal(m.again, side == 0); /* decided once */
            assert_string_equal(side ? m.reason : "first_met_late", "first_met_late");
        }
    }
    assert_true(bounds[1] > 2 * bounds[0]); /* 9 % against 53.5 % */
}

static void sealed_reasoning_and_unknown_prices_leave_it(void **state)
{
    (void)state;
    assert_true(meet(false, "api.anthropic.com", "claude-sonnet-4-6", 0, "").rewritten);
    assert_int_equal(road_teardown(state), 0);
    assert_int_equal(road_setup(state), 0);
    static const char seal[] = "{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"c2ln\"},";
    struct met m = meet(false, "api.anthropic.com", "claude-sonnet-4-6", 0, seal);
    assert_false(m.rewritten || m.again);
    assert_string_equal(m.reason, "first_met_late");
    assert_int_equal(road_teardown(state), 0);
    assert_int_equal(road_setup(state), 0);
    m = meet(false, "api.anthropic.com", "a-model-that-nobody-sells", 0, "");
    assert_false(m.rewritten || m.again);
    assert_string_equal(m.reason, "first_met_late");
}

static void the_users_price_of_a_gateway_counts(void **state)
{
    (void)state;
    setenv("HEADROOM_PRICES", "llm.corp/house-* = 2 8 1", 1);
    assert_true(meet(true, "llm.corp", "house-1", 0, "").rewritten);
    assert_int_equal(road_teardown(state), 0);
    assert_int_equal(road_setup(state), 0);
    assert_false(meet(true, "other.corp", "house-1", 0, "").rewritten);
    unsetenv("HEADROOM_PRICES");
}

static void never_and_always_are_still_there(void **state)
{
    (void)state;
    setenv("HEADROOM_ADOPT", "never", 1);
    assert_false(meet(true, "api.openai.com", "gpt-4o", 0, "").rewritten);
    assert_int_equal(road_teardown(state), 0);
    assert_int_equal(road_setup(state), 0);
    setenv("HEADROOM_ADOPT", "always", 1);
    assert_true(meet(true, "api.openai.com", "gpt-4o", 150000, "").rewritten);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, road_setup, road_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_is_that_of_the_prices),
        cmocka_unit_test(what_pays_most_is_the_first_to_change),
        cmocka_unit_test(a_cache_of_whole_prompts_makes_the_prefix_count),
        T(what_stands_behind_a_result_decides_at_the_models_prices),
        T(sealed_reasoning_and_unknown_prices_leave_it),
        T(the_users_price_of_a_gateway_counts),
        T(never_and_always_are_still_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
