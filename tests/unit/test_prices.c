/* Which price a request has: the table that is linked in, one that is made from JSON, and the user's own. */
#include "road.h"

#include <sys/stat.h>

#include "context.h"
#include "price_compile.h"
#include "prices.h"

#define NOVEMBER INT64_C(1795000000000000) /* 2026-11-18, 10:26 UTC */

static hr_str str(const char *z)
{
    return z ? hr_str_make(z, strlen(z)) : (hr_str){0};
}

static hr_price_list find(headroom *h, const char *host, const char *path, const char *dialect,
                          const char *model)
{
    const hr_price_key key = {str(host), str(path), str(model), dialect};
    hr_price_list list;
    hr_prices_find(h, &key, NOVEMBER, &list);
    return list;
}

static void models_are_found_by_all_their_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *host, *path, *dialect, *model;
        int64_t input; /* -1: no price */
    } cases[] = {
        {"api.anthropic.com", "/v1/messages", "anthropic", "claude-opus-5-5", 4000000},
        {"api.anthropic.com", "/v1/messages", "anthropic", "Claude-Opus-5-5-20261007", 4000000},
        {"localhost:8080", "/v1/messages", "anthropic", "claude-opus-5-5", 4000000},
        {"llm.corp", "/v1/chat/completions", "openai_chat", "anthropic/claude-opus-5-5", 4000000},
        {"bedrock-runtime.eu-west-1.amazonaws.com", "/model/x/converse", "bedrock",
         "eu.anthropic.claude-haiku-5-5-v1:0", 110000},
        {"127.0.0.1:9", "/model/x/invoke", "anthropic", "us.anthropic.claude-haiku-5-5", 110000},
        {"us-east5-aiplatform.googleapis.com",
         "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict", "anthropic",
         "claude-opus-5-5@20261007", 4000000},
        {"res.openai.azure.com", "/openai/deployments/gpt-4o/chat/completions", "openai_chat", "gpt-4o",
         2500000},
        {"api.openai.com", "/v1/chat/completions", "openai_chat", "gpt-4o-2024-08-06", 2500000},
        {"api.openai.com", "/v1/chat/completions", "openai_chat", "gpt-4o-20240806", 2500000},
        {"openrouter.ai", "/api/v1/chat/completions", "openai_chat", "openai/gpt-4o", 2500000},
        {"api.openai.com", "/v1/chat/completions", "openai_chat", "gpt-99-nothing", -1},
        {"api.anthropic.com", "/v1/messages", "anthropic", "gpt-4o", -1},
        {"localhost:11434", "/api/chat", "ollama", "gpt-4o", -1},
        {"localhost", "/v1/chat/completions", "openai_chat", "", -1},
        {"api.perplexity.ai", "/chat/completions", "openai_chat", "sonar", -1}, /* so much a request, too */
    };
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s at %s\n", cases[i].model, cases[i].host);
        hr_price_list list = find(h, cases[i].host, cases[i].path, cases[i].dialect, cases[i].model);
        assert_int_equal(list.n ? list.tier[0].part[HR_PRICE_INPUT] : -1, cases[i].input);
    }
    headroom_close(h);
}

static void a_price_depends_on_the_size_of_the_prompt(void **state)
{
    (void)state;
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    hr_price_list list = find(h, "api.anthropic.com", "/v1/messages", "anthropic", "claude-haiku-5-5");
    assert_int_equal(list.n, 2);
    assert_int_equal(hr_price_at(&list, 100000)->part[HR_PRICE_OUTPUT], 500000);
    assert_int_equal(hr_price_at(&list, 100001)->part[HR_PRICE_OUTPUT], 2500000);
    /* gpt-4o has no price of writing: it is that of input. */
    list = find(h, "api.openai.com", "/v1/x", "openai_chat", "gpt-4o");
    assert_int_equal(list.tier[0].part[HR_PRICE_CACHE_WRITE], 2500000);
    assert_int_equal(list.tier[0].part[HR_PRICE_CACHE_READ], 1250000);
    headroom_close(h);
}

#define PROVIDER(models)                                                                                     \
    "[{\"id\":\"p\",\"api_pattern\":\"https://"                                                              \
    "p\\\\.com\",\"model_match\":{\"contains\":\"m\"},\"models\":[" models "]}]"
#define MODEL(prices) "{\"id\":\"M\",\"match\":{\"equals\":\"M\"},\"prices\":" prices "}"
#define SIMPLE        "{\"input_mtok\":1.25,\"output_mtok\":2e0}"

static void prices_change_with_the_day_and_the_hour(void **state)
{
    (void)state;
    static const char json[] =
        PROVIDER(MODEL("[{\"prices\":" SIMPLE "},{\"constraint\":{\"start_date\":\"2026-11-18\"},\"prices\":{"
                       "\"input_mtok\":2,\"output_mtok\":2}},{\"constraint\":{\"start_time\":\"23:00:00Z\","
                       "\"end_time\":\"01:00:00Z\"},\"prices\":{\"input_mtok\":9,\"output_mtok\":9}}]"));
    const int64_t day = NOVEMBER / 86400000000 * 86400000000, hour = 3600000000;
    const struct {
        int64_t at, input;
    } cases[] = {{day - 2 * hour, 1250000}, {day - hour, 9000000},      {day, 9000000},
                 {day + hour, 2000000},     {day + 22 * hour, 2000000}, {day + 23 * hour, 9000000}};
    hr_buf b = {0};
    char problem[200] = "";
    hr_price_table t;
    uint32_t n;
    assert_int_equal(hr_price_compile(&b, str(json), 7, HR_STR("here"), problem, sizeof problem), 0);
    assert_true(hr_price_table_view(&t, b.data, b.len));
    assert_int_equal(t.head->day, 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(hr_price_rates_at(&t, t.models, cases[i].at, &n)->price[HR_PRICE_INPUT],
                         cases[i].input);
    hr_buf_free(&b);
}

static void json_with_anything_wrong_makes_no_table(void **state)
{
    (void)state;
    static const struct {
        const char *json, *problem;
    } cases[] = {
        {"", "it is no JSON"},
        {"{}", "this is no list of providers"},
        {"[]", "this is no list of providers"},
        {"[1]", "a string is missing or something else stands there"},
        {PROVIDER("{\"id\":\"M\",\"prices\":" SIMPLE "}"), "p/M: nothing says which names it has"},
        {PROVIDER("{\"id\":\"M\",\"match\":{\"like\":\"M\"},\"prices\":" SIMPLE "}"),
         "p/M: what a name is matched by cannot be understood"},
        {PROVIDER("{\"id\":\"M\",\"match\":{\"regex\":\"a\\\\w\"},\"prices\":" SIMPLE "}"),
         "p/M: a regular expression cannot be understood"},
        {PROVIDER(MODEL("{\"input_mtok\":-1,\"output_mtok\":1}")),
         "p/M: a price is no number that can be one"},
        {PROVIDER(MODEL("{\"input_mtok\":4001,\"output_mtok\":1}")),
         "p/M: a price is no number that can be one"},
        {PROVIDER(MODEL("{\"input_mtok\":\"1\",\"output_mtok\":1}")),
         "p/M: a price is no number that can be one"},
        {PROVIDER(MODEL("[{\"constraint\":{\"start_date\":\"2026-02-29\"},\"prices\":" SIMPLE "}]")),
         "p/M: a day cannot be read"},
        {PROVIDER(
             MODEL("[{\"constraint\":{\"start_time\":\"1\",\"end_time\":\"2\"},\"prices\":" SIMPLE "}]")),
         "p/M: a time of the day cannot be read"},
        {PROVIDER(MODEL("{}")), "most of its models have no price"},
        {PROVIDER(""), "most of its models have no price"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_buf b = {0};
        char problem[200] = "";
        assert_int_equal(hr_price_compile(&b, str(cases[i].json), 7, HR_STR("x"), problem, sizeof problem),
                         HR_ESHAPE);
        assert_string_equal(problem, cases[i].problem);
        assert_int_equal(b.len, 0);
    }
}

static void memory_may_fail_at_any_moment(void **state)
{
    (void)state;
    for (long n = 1; n < 200; n++) {
        hr_buf b = {0};
        char problem[200];
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int r = hr_price_compile(&b, str(PROVIDER(MODEL(SIMPLE))), 7, HR_STR("x"), problem, sizeof problem);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        hr_buf_free(&b);
        assert_true(r == 0 || r == HR_ENOMEM);
        if (r == 0)
            return;
    }
    fail();
}

/* Each byte of a table changed: it is refused, by its check; and with the right check nothing is read that is not there. */
static void a_damaged_table_is_none(void **state)
{
    (void)state;
    hr_buf b = {0};
    char problem[200];
    hr_price_table t;
    uint32_t n;
    const size_t behind = offsetof(hr_price_head, check) + 8;
    assert_int_equal(
        hr_price_compile(&b, str(PROVIDER(MODEL(SIMPLE))), 7, HR_STR("x"), problem, sizeof problem), 0);
    for (size_t i = 0; i < b.len; i++) {
        b.data[i] = (char)(b.data[i] ^ 0x81);
        assert_false(hr_price_table_view(&t, b.data, b.len));
        if (i >= behind) {
            hr_price_head *head = (hr_price_head *)(void *)b.data;
            const uint64_t check = head->check;
            head->check = hr_price_check(b.data + behind, b.len - behind);
            if (hr_price_table_view(&t, b.data, b.len)) {
                const hr_price_key key = {HR_STR("p.com"), HR_STR("/x"), HR_STR("M"), NULL};
                const hr_price_provider *p = hr_price_provider_of(&t, &key);
                const hr_price_model *m = p ? hr_price_model_of(&t, p, key.model) : NULL;
                if (m)
                    hr_price_rates_at(&t, m, NOVEMBER, &n);
            }
            head->check = check;
        }
        b.data[i] = (char)(b.data[i] ^ 0x81);
    }
    for (size_t i = 0; i < b.len; i++)
        assert_false(hr_price_table_view(&t, b.data, i));
    assert_true(hr_price_table_view(&t, b.data, b.len));
    hr_buf_free(&b);
}

static void the_users_prices_go_before_the_table(void **state)
{
    (void)state;
    setenv("HEADROOM_PRICES", "gpt-4o = 1 2; bad = 1; llm.corp/* = 3 4 .5 6; zero=0 0", 1);
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    unsetenv("HEADROOM_PRICES");
    hr_price_list list = find(h, "api.openai.com", "/v1/x", "openai_chat", "gpt-4o");
    assert_int_equal(list.tier[0].part[HR_PRICE_OUTPUT], 2000000);
    assert_int_equal(list.tier[0].part[HR_PRICE_CACHE_READ], 1000000);
    list = find(h, "llm.corp", "/v1/x", "openai_chat", "anything");
    assert_int_equal(list.tier[0].part[HR_PRICE_CACHE_READ], 500000);
    assert_int_equal(list.tier[0].part[HR_PRICE_CACHE_WRITE_1H], 6000000);
    list = find(h, "x", "/api/chat", "ollama", "zero");
    assert_true(list.n == 1 && list.tier[0].part[HR_PRICE_INPUT] == 0);
    assert_int_equal(find(h, "x", "/v1/x", "openai_chat", "bad").n, 0);
    headroom_close(h);
}

static void the_later_table_is_in_force(void **state)
{
    (void)state;
    char problem[300] = "", path[200];
    static const char json[] = PROVIDER(MODEL(SIMPLE));
    headroom *h = headroom_open(0);
    assert_int_equal(headroom_prices_update(h, json, sizeof json - 1, "2020-01-01", problem, sizeof problem),
                     0);
    assert_int_equal(find(h, "p.com", "/x", "openai_chat", "m").n,
                     0); /* the built-in one is of a later day */
    headroom_close(h);
    h = headroom_open(0);
    assert_int_equal(headroom_prices_update(h, json, sizeof json - 1, "2999-01-01", problem, sizeof problem),
                     0);
    assert_int_equal(find(h, "p.com", "/x", "openai_chat", "m").tier[0].part[HR_PRICE_INPUT], 1250000);
    assert_int_equal(headroom_prices_update(h, "[", 1, "2999-01-01", problem, sizeof problem), HR_ESHAPE);
    assert_int_equal(headroom_prices_update(h, json, sizeof json - 1, "today", problem, sizeof problem),
                     HR_ESHAPE);
    headroom_close(h);
    /* A file that others could have written to is not read. */
    snprintf(path, sizeof path, "%s/headroom/" HR_PRICES_FILE, road_home);
    h = headroom_open(0);
    assert_int_equal(find(h, "p.com", "/x", "openai_chat", "m").n, 1);
    headroom_close(h);
    assert_int_equal(chmod(path, 0666), 0);
    h = headroom_open(0);
    assert_int_equal(find(h, "p.com", "/x", "openai_chat", "m").n, 0);
    headroom_close(h);
}

static void numbers_and_days_are_read_exactly(void **state)
{
    (void)state;
    int64_t v;
    int32_t day;
    static const struct {
        const char *text;
        int64_t value; /* -1: none */
    } numbers[] = {{"2.5", 2500000},    {"0.0833333333333333", 83333},
                   {"1e-06", 1},        {"4.9999995", 5000000},
                   {"600", 600000000},  {".5", 500000},
                   {"1E3", 1000000000}, {"", -1},
                   {".", -1},           {"-1", -1},
                   {"1e", -1},          {"1x", -1},
                   {"1e30", -1},        {"0e30", 0},
                   {"0.00000049", 0}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(hr_price_decimal(str(numbers[i].text), 6, &v) ? v : -1, numbers[i].value);
    assert_true(hr_price_day(HR_STR("1970-01-01"), &day) && day == 0);
    assert_true(hr_price_day(HR_STR("2024-02-29"), &day) && day == 19782);
    assert_true(hr_price_day(HR_STR("2026-11-04"), &day) && day == 20761);
    assert_false(hr_price_day(HR_STR("2026-11-31"), &day));
    assert_false(hr_price_day(HR_STR("2026/11/01"), &day));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, road_setup, road_teardown)
    const struct CMUnitTest tests[] = {
        T(models_are_found_by_all_their_spellings), T(a_price_depends_on_the_size_of_the_prompt),
        T(prices_change_with_the_day_and_the_hour), T(json_with_anything_wrong_makes_no_table),
        T(memory_may_fail_at_any_moment),           T(a_damaged_table_is_none),
        T(the_users_prices_go_before_the_table),    T(the_later_table_is_in_force),
        T(numbers_and_days_are_read_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
