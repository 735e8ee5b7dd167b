/* test_health.c - claims of core/health.h and core/breaker.h, on whole requests. */
#include "road.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include "context.h"

/* ------------------------------------------------------------------ the figures */
static void less_than_a_tenth_or_two_steps_is_no_collapse_and_neither_is_what_expired(void **state)
{
    (void)state;
    const int64_t minute = 60 * 1000000;
    hr_cache_mark m = {.time_us = minute, .held = 10000};
    assert_true(hr_health_collapsed(&m, 2 * minute, 9000));
    assert_false(hr_health_collapsed(&m, 2 * minute, 9001));
    assert_true(hr_health_collapsed(&m, 6 * minute - 1, 0));
    assert_false(hr_health_collapsed(&m, 6 * minute, 0));
    m.held = 1000;
    assert_true(hr_health_collapsed(&m, 2 * minute, 744));
    assert_false(hr_health_collapsed(&m, 2 * minute, 745));
    m.held = 0;
    assert_false(hr_health_collapsed(&m, 2 * minute, 0));
}

/* ------------------------------------------------------------------ whole requests */
static headroom *core;

static int set_up(void **state)
{
    int r = road_setup(state);
    unsetenv("HEADROOM_ADOPT");
    core = headroom_open(0);
    return r;
}

static int tear_down(void **state)
{
    headroom_close(core);
    return road_teardown(state);
}

static void reopen(void)
{
    headroom_close(core);
    core = headroom_open(0);
    assert_non_null(core);
}

/* One request and its answer; the reason of its first result and what it was, for the asking. */
struct told {
    bool rewritten;
    char reason[64];
};

static struct told talk_in(enum headroom_mode mode, const char *body, int status, const char *answer)
{
    const headroom_head head = {
        .host = "api", .host_len = 3, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
    struct told told = {.rewritten = false};
    headroom_result result;
    const void *out;
    size_t len;
    headroom_request *r = headroom_request_new(core, &head, mode);

    assert_non_null(r);
    told.rewritten = headroom_request_body(r, body, strlen(body), &out, &len) == 1;
    if (headroom_request_result(r, 0, &result) == 0)
        snprintf(told.reason, sizeof told.reason, "%s", result.reason ? result.reason : "");
    headroom_request_sent(r);
    headroom_response_head(r, status, "application/json", 16, "", 0);
    for (size_t i = 0; i < strlen(answer); i++) /* in pieces */
        headroom_response_body(r, answer + i, 1);
    headroom_request_end(r, true);
    return told;
}

static struct told talk(const char *body, int cached, int written)
{
    char answer[256];
    snprintf(
        answer, sizeof answer,
        "{\"usage\":{\"input_tokens\":100,\"cache_read_input_tokens\":%d,\"cache_creation_input_tokens\":%"
        "d,\"output_tokens\":5}}",
        cached, written);
    return talk_in(HEADROOM_OPTIMIZE, body, 200, answer);
}

static int note(void *arg, const headroom_fault *f)
{
    char one[128];
    snprintf(one, sizeof one, "%s %s %s %lld/%lld%s;", f->dialect, f->kind, f->place,
             (long long)f->cached_tokens, (long long)f->held_tokens, f->settled ? " settled" : "");
    strcat(arg, one);
    return 0;
}

static const char *faults(void)
{
    static char text[1024];
    *text = 0;
    assert_int_equal(headroom_each_fault(core, 8, note, text), 0);
    return text;
}

static int note_breaker(void *arg, const headroom_breaker *b)
{
    snprintf(arg, 64, "%s %s %s", b->program, b->dialect, b->kind);
    return 0;
}

static const char *breaker(void)
{
    static char text[64];
    *text = 0;
    assert_int_equal(headroom_each_breaker(core, note_breaker, text), 0);
    return text;
}

#define OTHER_QUESTION ",{\"role\":\"user\",\"content\":\"And Tutorial 333?\"}"
#define THIRD_QUESTION ",{\"role\":\"user\",\"content\":\"And Tutorial 444?\"}"
#define ANSWERED_OTHER                                                                                       \
    OTHER_QUESTION ",{\"role\":\"assistant\",\"content\":\"Yes.\"},{\"role\":\"user\",\"content\":"          \
                   "\"Thanks\"}"

static char *body_of(const char *id, const char *after)
{
    char *rows = road_rows(500), *body = road_body("claude-x", id, rows, after);
    free(rows);
    return body;
}

static void say(const char *id, const char *after, int cached, int written)
{
    char *body = body_of(id, after);
    talk(body, cached, written);
    free(body);
}

static void a_conversation_that_goes_on_is_no_fault_whatever_the_provider_forgets(void **state)
{
    (void)state;
    say("t1", QUESTION, 0, 4000);
    say("t1", ANSWERED, 4000, 100);
    say("t1", ANSWERED, 0, 4000);
    reopen();
    say("t1", ANSWERED, 0, 4000);
    assert_string_equal(faults(), "");
}

static void another_rewrite_of_the_same_result_that_costs_the_cache_is_our_fault(void **state)
{
    (void)state;
    say("t1", QUESTION, 0, 4000);
    say("t1", OTHER_QUESTION, 3900, 100); /* most of it was still read */
    assert_string_equal(faults(), "");
    say("t1", THIRD_QUESTION, 1000, 3000);
    assert_string_equal(faults(), "anthropic cache  1000/4000;");
    assert_string_equal(breaker(), "");
}

static void what_the_client_changed_before_is_the_clients(void **state)
{
    (void)state;
    char *body = body_of("t1", QUESTION), *edited = body_of("t1", OTHER_QUESTION);
    talk(body, 0, 4000);
    memcpy(strstr(edited, "Search "), "SEARCH ", 7); /* another beginning is another conversation */
    talk(edited, 0, 4000);
    char *call = body_of("t1", OTHER_QUESTION);
    memcpy(strstr(call, "1.50"), "1.51", 4); /* its call says something else */
    talk(call, 0, 4000);
    assert_string_equal(faults(), "");
    free(body), free(edited), free(call);
}

static void a_result_less_is_a_client_that_went_back(void **state)
{
    (void)state;
    char *rows = road_rows(300), *two, *one = body_of("t1", OTHER_QUESTION);
    char after[200000];
    snprintf(
        after, sizeof after,
        QUESTION
        ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"search\","
        "\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t2\","
        "\"content\":\"%s\"}]}",
        rows);
    two = body_of("t1", after);
    talk(two, 0, 9000);
    talk(one, 100, 9000);
    assert_string_equal(faults(), "");
    free(rows), free(two), free(one);
}

static void a_mode_that_sends_originals_is_the_users_choice(void **state)
{
    (void)state;
    char *body = body_of("t1", ANSWERED);
    const char *answer =
        "{\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":0,\"cache_creation_input_tokens\":8000,"
        "\"output_tokens\":5}}";
    say("t1", QUESTION, 0, 4000);
    talk_in(HEADROOM_AUDIT, body, 200, answer);
    talk_in(HEADROOM_OPTIMIZE, body, 200, answer);
    assert_string_equal(faults(), "");
    free(body);
}

static void an_adopted_result_is_a_plan_and_no_fault(void **state)
{
    (void)state;
    setenv("HEADROOM_ADOPT", "never", 1);
    reopen();
    char *body = body_of("t1", ANSWERED);
    assert_false(talk(body, 0, 4000).rewritten);
    headroom_close(core);
    /* What was decided is gone, so that it can be adopted. */
    char path[128];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/headroom/headroom.db", road_home);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM decisions", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    setenv("HEADROOM_ADOPT", "always", 1);
    core = headroom_open(0);
    assert_true(talk(body, 500, 1000).rewritten);
    assert_int_equal(talk(body, 1500, 10).rewritten, true);
    assert_string_equal(faults(), "");
    free(body);
    unsetenv("HEADROOM_ADOPT");
}

static void decisions_that_were_lost_are_our_fault_in_the_next_process_too(void **state)
{
    (void)state;
    char path[128];
    sqlite3 *db;
    say("t1", QUESTION, 0, 4000);
    headroom_close(core);
    snprintf(path, sizeof path, "%s/headroom/headroom.db", road_home);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM decisions", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    core = headroom_open(0);
    say("t1", ANSWERED, 100, 9000);
    assert_string_equal(faults(), "anthropic cache  100/4000;");
}

static void what_expired_is_nobodys_fault(void **state)
{
    (void)state;
    say("t1", QUESTION, 0, 4000);
    for (size_t i = 0; i < HR_MARKS; i++)
        core->marks.kept[i].time_us -= HR_CACHE_LIVES_US;
    say("t1", OTHER_QUESTION, 0, 4000);
    assert_string_equal(faults(), "");
}

static void failed_requests_and_unreported_usage_judge_nothing_and_keep_the_mark(void **state)
{
    (void)state;
    char *other = body_of("t1", OTHER_QUESTION);
    say("t1", QUESTION, 0, 4000);
    talk_in(HEADROOM_OPTIMIZE, other, 529, "{\"type\":\"error\"}");
    talk_in(HEADROOM_OPTIMIZE, other, 200, "{}");
    assert_string_equal(faults(), "");
    talk(other, 10, 4000);
    assert_string_equal(faults(), "anthropic cache  10/4000;");
    free(other);
}

static void another_model_has_another_cache(void **state)
{
    (void)state;
    char *body = body_of("t1", OTHER_QUESTION);
    say("t1", QUESTION, 0, 4000);
    memcpy(strstr(body, "claude-x"), "claude-y", 8);
    talk(body, 0, 4000);
    assert_string_equal(faults(), "");
    free(body);
}

/* ------------------------------------------------------------------ the breaker */
static struct told fresh(const char *id)
{
    char *body = body_of(id, QUESTION);
    struct told told = talk(body, 0, 10);
    free(body);
    return told;
}

static void two_lost_caches_stop_new_decisions_until_the_reset(void **state)
{
    (void)state;
    assert_true(fresh("t2").rewritten);
    say("t1", QUESTION, 0, 4000);
    say("t1", OTHER_QUESTION, 0, 4000);
    say("t1", THIRD_QUESTION, 0, 4000);
    char opened[300];
    snprintf(opened, sizeof opened, "%s anthropic cache", core->program);
    assert_string_equal(breaker(), opened);
    struct told told = fresh("t3");
    assert_false(told.rewritten);
    assert_string_equal(told.reason, "breaker");
    assert_true(fresh("t2").rewritten); /* replayed */
    reopen();
    assert_false(fresh("t3").rewritten);
    assert_int_equal(headroom_reset_breaker(core, "somebody else"), 0);
    assert_string_equal(breaker(), opened);
    assert_int_equal(headroom_reset_breaker(core, core->program), 1);
    assert_string_equal(breaker(), "");
    core->breaker.look_at = 0; /* later */
    assert_true(fresh("t3").rewritten);
    assert_non_null(strstr(faults(), "settled"));
    say("t1", QUESTION, 0, 4000);
    say("t1", OTHER_QUESTION, 0, 4000); /* one more is the first again */
    assert_string_equal(breaker(), "");
}

static void lost_caches_more_than_an_hour_apart_stop_nothing(void **state)
{
    (void)state;
    char path[128];
    sqlite3 *db;
    say("t1", QUESTION, 0, 4000);
    say("t1", OTHER_QUESTION, 0, 4000);
    headroom_close(core);
    snprintf(path, sizeof path, "%s/headroom/headroom.db", road_home);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE faults SET time = time - 3600000001", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    core = headroom_open(0);
    say("t1", THIRD_QUESTION, 0, 4000);
    assert_string_equal(breaker(), "");
}

static void a_refusal_that_names_our_block_stops_new_decisions_at_once(void **state)
{
    (void)state;
    char *body = body_of("toolu_1", QUESTION);
    const char *other =
        "{\"type\":\"error\",\"error\":{\"message\":\"messages.0.content: Input should be\"}}";
    const char *named = "{\"type\":\"error\",\"error\":{\"message\":\"messages.2.content.0: Invalid text\"}}";
    talk_in(HEADROOM_OPTIMIZE, body, 400, other);
    talk_in(HEADROOM_OPTIMIZE, body, 500, named);
    talk_in(HEADROOM_AUDIT, body, 400, named);
    assert_string_equal(breaker(), "");
    talk_in(HEADROOM_OPTIMIZE, body, 400, named);
    assert_string_equal(faults(), "anthropic refused messages.2.content.0 0/0;");
    assert_non_null(strstr(breaker(), "anthropic refused"));
    assert_string_equal(fresh("t3").reason, "breaker");
    free(body);
}

static void an_endless_error_is_read_to_its_limit(void **state)
{
    (void)state;
    char *body = body_of("toolu_1", QUESTION), *long_one = malloc(3 * HR_REFUSAL_BYTES);
    memset(long_one, ' ', 3 * HR_REFUSAL_BYTES);
    strcpy(long_one + 3 * HR_REFUSAL_BYTES - 32, "messages.2.content.0: behind");
    talk_in(HEADROOM_OPTIMIZE, body, 400, long_one);
    assert_string_equal(faults(), "");
    free(body), free(long_one);
}

static void places_are_those_of_the_body_in_every_dialect(void **state)
{
    (void)state;
    static const struct {
        const char *dialect, *path, *body, *said, *place;
    } cases[] = {
        {"openai_chat", "/v1/chat/completions",
         "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\","
         "\"content\":\"q\"},"
         "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":"
         "\"f\",\"arguments\":\"{}\"}}]},"
         "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"%s\"}]}",
         "messages[3].content", "messages.3"},
        {"openai_responses", "/v1/responses",
         "{\"model\":\"gpt-4o\",\"store\":false,\"input\":[{\"role\":\"user\",\"content\":\"q\"},"
         "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"},"
         "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"%s\"}]}",
         "input[2].output", "input.2"},
        {"gemini", "/v1beta/models/gemini-2.5-pro:generateContent",
         "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"q\"}]},{\"role\":\"model\",\"parts\":[{"
         "\"text\":\"t\"},"
         "{\"functionCall\":{\"name\":\"f\",\"args\":{}}}]},{\"role\":\"user\",\"parts\":[{\"text\":\"x\"},{"
         "\"functionResponse\":"
         "{\"name\":\"f\",\"response\":{\"r\":\"%s\"}}}]}]}",
         "contents[2].parts[1].function_response", "contents.2.parts.1"},
        {"bedrock", "/model/m/converse",
         "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"q\"}]},{\"role\":\"assistant\","
         "\"content\":[{\"toolUse\":"
         "{\"toolUseId\":\"c\",\"name\":\"f\",\"input\":{}}}]},{\"role\":\"user\",\"content\":[{"
         "\"toolResult\":{\"toolUseId\":\"c\","
         "\"content\":[{\"text\":\"a\"},{\"text\":\"%s\"}]}}]}]}",
         "messages.2.content.0.toolResult.content.1.text", "messages.2.content.0"},
    };
    char *rows = road_rows(500), *body;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const headroom_head head = {.host = "api",
                                    .host_len = 3,
                                    .path = cases[i].path,
                                    .path_len = strlen(cases[i].path),
                                    .dialect = cases[i].dialect};
        const void *out;
        size_t len;
        size_t size = strlen(rows) + strlen(cases[i].body) + 1;
        body = malloc(size);
        snprintf(body, size, cases[i].body, rows);
        headroom_request *r = headroom_request_new(core, &head, HEADROOM_OPTIMIZE);
        assert_int_equal(headroom_request_body(r, body, strlen(body), &out, &len), 1);
        headroom_request_sent(r);
        headroom_response_head(r, 400, "application/json", 16, "", 0);
        headroom_response_body(r, cases[i].said, strlen(cases[i].said));
        headroom_request_end(r, true);
        char want[64];
        snprintf(want, sizeof want, "%s refused %s 0/0;", cases[i].dialect, cases[i].place);
        assert_memory_equal(faults(), want, strlen(want));
        free(body);
    }
    free(rows);
}

static void a_child_of_fork_judges_for_itself(void **state)
{
    (void)state;
    say("t1", QUESTION, 0, 4000);
    pid_t pid = fork();
    if (pid == 0) {
        say("t1", OTHER_QUESTION, 0, 4000);
        _exit(strcmp(faults(), "anthropic cache  0/4000;") == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void whatever_fails_the_request_goes_out_and_nothing_crashes(void **state)
{
    (void)state;
    char *first = body_of("t1", QUESTION), *second = body_of("t1", OTHER_QUESTION),
         *third = body_of("t1", THIRD_QUESTION);
    talk(first, 0, 4000);
    const char *named = "{\"error\":{\"message\":\"messages.2.content.0: Invalid text\"}}";
    for (int kind = 0; kind < HR_FAULT_KINDS; kind++) {
        for (long n = 1; n < 60; n++) {
            hr_fault_after((enum hr_fault_kind)kind, n, n % 2);
            const headroom_head head = {
                .host = "api", .host_len = 3, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
            const void *out;
            size_t len;
            headroom_request *r = headroom_request_new(core, &head, HEADROOM_OPTIMIZE);
            if (r) {
                const char *body = n % 3 ? second : third;
                headroom_request_body(r, body, strlen(body), &out, &len);
                headroom_request_sent(r);
                headroom_response_head(r, 400, "application/json", 16, "", 0);
                headroom_response_body(r, named, strlen(named));
                headroom_request_end(r, true);
            }
            hr_fault_after((enum hr_fault_kind)kind, 0, false);
        }
    }
    reopen();
    assert_string_equal(headroom_store_reason(core) ? "broken" : "works", "works");
    free(first), free(second), free(third);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(less_than_a_tenth_or_two_steps_is_no_collapse_and_neither_is_what_expired),
        TEST(a_conversation_that_goes_on_is_no_fault_whatever_the_provider_forgets),
        TEST(another_rewrite_of_the_same_result_that_costs_the_cache_is_our_fault),
        TEST(what_the_client_changed_before_is_the_clients),
        TEST(a_result_less_is_a_client_that_went_back),
        TEST(a_mode_that_sends_originals_is_the_users_choice),
        TEST(an_adopted_result_is_a_plan_and_no_fault),
        TEST(decisions_that_were_lost_are_our_fault_in_the_next_process_too),
        TEST(what_expired_is_nobodys_fault),
        TEST(failed_requests_and_unreported_usage_judge_nothing_and_keep_the_mark),
        TEST(another_model_has_another_cache),
        TEST(two_lost_caches_stop_new_decisions_until_the_reset),
        TEST(lost_caches_more_than_an_hour_apart_stop_nothing),
        TEST(a_refusal_that_names_our_block_stops_new_decisions_at_once),
        TEST(an_endless_error_is_read_to_its_limit),
        TEST(places_are_those_of_the_body_in_every_dialect),
        TEST(a_child_of_fork_judges_for_itself),
        TEST(whatever_fails_the_request_goes_out_and_nothing_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
