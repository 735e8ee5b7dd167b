/* Estimates follow what providers count, from the moment at which enough requests have told it; what is sent does not. */
#include "calibrate.h"
#include "factors.h"
#include "road.h"

/* A request whose response reports `input` tokens. What was sent is the caller's, NULL: the body itself. */
static headroom_row turn(headroom *h, const char *body, const char *dialect, int64_t input, char **sent)
{
    const bool chat = strcmp(dialect, "openai_chat") == 0;
    const headroom_head head = {.host = "api",
                                .host_len = 3,
                                .path = chat ? "/v1/chat/completions" : "/v1/messages",
                                .path_len = chat ? 20 : 12,
                                .dialect = dialect};
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
    char answer[160];
    const void *out;
    size_t out_len;
    headroom_row row;

    assert_non_null(r);
    const int built = headroom_request_body(r, body, strlen(body), &out, &out_len);
    if (sent)
        *sent = built == 1 ? strndup(out, out_len) : NULL;
    headroom_request_row(r, &row);
    headroom_request_sent(r);
    headroom_response_head(r, 200, "application/json", 16, NULL, 0);
    snprintf(answer, sizeof answer, "{\"usage\":{\"%s\":%lld,\"%s\":1}}",
             chat ? "prompt_tokens" : "input_tokens", (long long)input,
             chat ? "completion_tokens" : "output_tokens");
    headroom_response_body(r, answer, strlen(answer));
    headroom_request_end(r, true);
    return row;
}

static headroom_row last_row;
static int keep_last(void *arg, const headroom_row *row)
{
    (void)arg;
    last_row = *row; /* numbers only: its strings are gone */
    return 0;
}

static headroom_row stored(headroom *h)
{
    assert_int_equal(headroom_each_request(h, 0, keep_last, NULL), 0);
    return last_row;
}

/* A turn of a process that begins, and that found the factor: on a busy machine a look at the database can take longer than a request waits. */
static headroom_row first_turn(const char *body, int64_t input, char **sent)
{
    headroom_row row = {0};
    char *out = NULL;
    for (int tries = 0; tries < 50 && row.factor == 0; tries++) {
        headroom *h = headroom_open(0);
        free(out);
        row = turn(h, body, "anthropic", input, &out);
        headroom_close(h);
    }
    *sent = out;
    return row;
}

/* A body of this model whose result gets a rewrite; another id, another conversation. */
static char *a_body(const char *model, int id)
{
    char *rows = road_rows(200), name[32];
    snprintf(name, sizeof name, "toolu_%d", id);
    char *body = road_body(model, name, rows, QUESTION);
    free(rows);
    return body;
}

static bool near(int64_t a, int64_t b)
{
    return a - b >= -1 && a - b <= 1;
}

static void a_process_that_begins_later_counts_as_the_provider_does(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    headroom_row plain = {0};
    for (int i = 0; i < HR_MIN_SAMPLES; i++) {
        char *body = a_body("claude-opus-4-5", 1);
        plain = turn(h, body, "anthropic", i ? (plain.tokens_after * 5 + 2) / 4 : 0, NULL);
        if (i == 0) /* the first one's own answer told nothing: one more */
            turn(h, body, "anthropic", (plain.tokens_after * 5 + 2) / 4, NULL);
        assert_int_equal(plain.factor, 0);
        free(body);
    }
    char *body = a_body("claude-opus-4-5", 2), *sent[2];
    plain = turn(h, body, "anthropic", -1, &sent[0]);
    headroom_close(h);

    const headroom_row scaled = first_turn(body, (plain.tokens_after * 5 + 2) / 4, &sent[1]);
    assert_true(near(scaled.factor / 1000, 1250) && scaled.factor_off < 2000);
    assert_true(!scaled.exact);
    assert_true(near(scaled.tokens_after, plain.tokens_after * scaled.factor / HR_FACTOR_ONE));
    assert_true(near(scaled.tokens_before, plain.tokens_before * scaled.factor / HR_FACTOR_ONE));
    h = headroom_open(0);
    const headroom_row kept = stored(h);
    assert_true(kept.factor == scaled.factor && kept.factor_off == scaled.factor_off);
    /* what goes out is the same, byte for byte */
    assert_non_null(sent[0]);
    assert_string_equal(sent[0], sent[1]);
    headroom_close(h);
    free(sent[0]), free(sent[1]), free(body);
}

/* Each sample is of the estimate before its factor: a hundred turns later the factor is what it was. */
static void a_factor_does_not_feed_on_itself(void **state)
{
    (void)state;
    char *body = a_body("claude-opus-4-5", 1);
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    const int64_t bare = turn(h, body, "anthropic", 0, NULL).tokens_after;
    headroom_close(h);
    int64_t factor;
    for (int i = 0; i < 60; i++) {
        h = headroom_open(0); /* each asks anew */
        turn(h, body, "anthropic", bare * 13 / 10, NULL);
        headroom_close(h);
    }
    char *sent;
    factor = first_turn(body, bare * 13 / 10, &sent).factor;
    free(sent);
    assert_true(factor > 1250000 &&
                factor <
                    1350000); /* the id in the note is another one in each state: some tokens more or less */
    free(body);
}

static void an_exact_count_is_never_multiplied(void **state)
{
    (void)state;
    static const char body[] =
        "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello there, how are you?\"}]}";
    headroom *h = headroom_open(0);
    const int64_t bare = turn(h, body, "openai_chat", 0, NULL).tokens_after;
    for (int i = 0; i < 2 * HR_MIN_SAMPLES; i++)
        turn(h, body, "openai_chat", bare * 2, NULL);
    headroom_close(h);
    h = headroom_open(0);
    const headroom_row row = turn(h, body, "openai_chat", bare * 2, NULL);
    assert_true(row.exact && row.factor == 0 && row.tokens_after == bare);
    headroom_close(h);
}

static void a_ratio_that_no_tokenizer_has_is_not_used(void **state)
{
    (void)state;
    char *body = a_body("claude-opus-4-5", 1);
    headroom *h = headroom_open(0);
    for (int i = 0; i < 2 * HR_MIN_SAMPLES; i++)
        turn(h, body, "anthropic", 7, NULL);
    headroom_close(h);
    h = headroom_open(0);
    assert_int_equal(turn(h, body, "anthropic", 7, NULL).factor, 0);
    headroom_close(h);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_process_that_begins_later_counts_as_the_provider_does, road_setup,
                                        road_teardown),
        cmocka_unit_test_setup_teardown(a_factor_does_not_feed_on_itself, road_setup, road_teardown),
        cmocka_unit_test_setup_teardown(an_exact_count_is_never_multiplied, road_setup, road_teardown),
        cmocka_unit_test_setup_teardown(a_ratio_that_no_tokenizer_has_is_not_used, road_setup, road_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
