/* What a request cost and saved (money.h), against sums done by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adopt.h"
#include "headroom.h"
#include "money.h"

#define M INT64_C(1000000)

/* Claude's proportions at 3 $; above 200,000 tokens twice that. */
static const hr_price_list claude = {
    .n = 2,
    .tier = {{.part = {3 * M, 3 * M / 10, 375 * M / 100, 6 * M, 15 * M}},
             {.above = 200000, .part = {6 * M, 6 * M / 10, 750 * M / 100, 12 * M, 30 * M}}}};
/* gpt-4o's: what is written to the cache costs as input. */
static const hr_price_list gpt = {.n = 1,
                                  .tier = {{.part = {5 * M / 2, 5 * M / 4, 5 * M / 2, 5 * M / 2, 10 * M}}}};

static hr_money_tokens usage(int64_t input, int64_t cached, int64_t written, int64_t output)
{
    return (hr_money_tokens){.input = input,
                             .cached = cached,
                             .cache_written = written,
                             .written_1h = -1,
                             .output = output,
                             .billed = -1,
                             .sent = input};
}

static int64_t cost_of(const hr_price_list *list, hr_money_tokens t)
{
    int64_t cost, saved;
    hr_money(list, &t, &cost, &saved);
    return cost;
}

static int64_t saved_of(const hr_price_list *list, hr_money_tokens t)
{
    int64_t cost, saved;
    hr_money(list, &t, &cost, &saved);
    return saved;
}

static void each_kind_of_token_has_its_price(void **state)
{
    (void)state;
    /* 100 new at 3, 700 read at 0.3, 200 written at 3.75, 50 out at 15: 300 + 210 + 750 + 750 = 2010 millionths of a dollar */
    assert_int_equal(cost_of(&claude, usage(1000, 700, 200, 50)), 2010000);
    hr_money_tokens hour = usage(1000, 700, 200, 50);
    hour.written_1h = 80; /* at 6 instead of 3.75 */
    assert_int_equal(cost_of(&claude, hour), 2010000 + 80 * 2250);
    /* What is not said counts as nothing; more than the whole is the whole. */
    assert_int_equal(cost_of(&claude, usage(1000, -1, -1, -1)), 3000000);
    assert_int_equal(cost_of(&claude, usage(1000, 5000, 5000, 0)), 300000);
}

static void long_prompts_have_their_own_price(void **state)
{
    (void)state;
    assert_int_equal(cost_of(&claude, usage(200000, 0, 0, 0)), 200000 * 3000LL);
    assert_int_equal(cost_of(&claude, usage(200001, 0, 0, 1)), 200001 * 6000LL + 30000);
    /* What stayed below only because of us: the whole prompt had cost twice. */
    hr_money_tokens t = usage(150000, 0, 0, 10);
    t.saved_new = 60000;
    assert_int_equal(saved_of(&claude, t), 210000 * 6000LL + 10 * 30000 - (150000 * 3000LL + 10 * 15000));
}

static void no_price_or_no_usage_is_unpriced(void **state)
{
    (void)state;
    const hr_price_list none = {.n = 0};
    int64_t cost, saved;
    hr_money_tokens t = usage(1000, 0, 0, 10);
    hr_money(&none, &t, &cost, &saved);
    assert_true(cost == HEADROOM_UNPRICED && saved == HEADROOM_UNPRICED);
    t.billed = 777; /* the provider says it */
    hr_money(&none, &t, &cost, &saved);
    assert_true(cost == 777 && saved == HEADROOM_UNPRICED);
    t = usage(-1, -1, -1, -1);
    hr_money(&claude, &t, &cost, &saved);
    assert_true(cost == HEADROOM_UNPRICED && saved == HEADROOM_UNPRICED);
}

static void new_savings_are_worth_what_writing_them_had_cost(void **state)
{
    (void)state;
    hr_money_tokens t = usage(1000, 0, 500, 0);
    t.saved_new = 100;
    assert_int_equal(saved_of(&claude, t), 100 * 3750);
    t.written_1h = 500;
    assert_int_equal(saved_of(&claude, t), 100 * 6000);
    t = usage(1000, 0, 0, 0);
    t.saved_new = 100;
    assert_int_equal(saved_of(&claude, t), 100 * 3000);
    t.sent = 500; /* the provider counts twice what we do */
    assert_int_equal(saved_of(&claude, t), 200 * 3000);
    t.sent = 100; /* ten times: pictures, which we do not count */
    assert_int_equal(saved_of(&claude, t), 100 * 3000);
}

static void replayed_savings_are_worth_what_the_cache_had_cost(void **state)
{
    (void)state;
    hr_money_tokens t = usage(1000, 1000, 0, 0);
    t.saved_again = 100;
    assert_int_equal(saved_of(&claude, t), 100 * 300);
    t = usage(1000, 600, 400, 0); /* 60 % were read */
    t.saved_again = 100;
    assert_int_equal(saved_of(&claude, t), 60 * 300 + 40 * 3750);
}

/* Ten turns behind an adoption: the sums of saved are what the net rule expected, whichever sign that has. */
static void ten_turns_come_to_what_the_net_rule_expects(void **state)
{
    (void)state;
    const struct {
        const hr_price_list *list;
        int64_t left_out; /* of 10,000 tokens */
        bool pays;
    } cases[] = {{&claude, 5340, false}, {&claude, 5360, true}, {&gpt, 900, false}, {&gpt, 920, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t before = 2000, old = 10000, gone = cases[i].left_out;
        const bool writes = cases[i].list == &claude;
        const hr_adopt_step step = {old, gone};
        hr_money_tokens t = usage(before + old - gone, before, writes ? old - gone : 0, 0);
        t.saved_new = t.saved_adopted = gone;
        t.broken = old - gone;
        int64_t sum = saved_of(cases[i].list, t);
        assert_true(sum < 0);
        t = usage(before + old - gone, before + old - gone, 0, 0);
        t.saved_again = gone;
        sum += (HR_ADOPT_TURNS - 1) * saved_of(cases[i].list, t);
        assert_int_equal(sum > 0, cases[i].pays);
        assert_int_equal(hr_adopt_from(&cases[i].list->tier[0], before, &step, 1, false) == 0, cases[i].pays);
    }
}

static void a_break_costs_no_more_than_was_billed_as_new(void **state)
{
    (void)state;
    hr_money_tokens t = usage(1000, 950, 50, 0);
    t.broken = 800; /* but the provider read all of it but 50 */
    assert_int_equal(saved_of(&claude, t), -(50 * (3750 - 300)));
}

static void what_the_usage_says_of_money_is_read(void **state)
{
    (void)state;
    hr_money_tokens t;
    hr_money_usage("{\"input_tokens\":5,\"cache_creation\":{\"ephemeral_5m_input_tokens\":1,"
                   "\"ephemeral_1h_input_tokens\":7}}",
                   &t);
    assert_true(t.written_1h == 7 && t.billed == -1);
    hr_money_usage("{\"prompt_tokens\":5,\"cost\":0.00123}", &t);
    assert_true(t.written_1h == -1 && t.billed == 1230000);
    hr_money_usage("{\"cost\":{\"total_cost\":1}}", &t);
    assert_int_equal(t.billed, -1);
    hr_money_usage("{\"cost\":", &t);
    assert_int_equal(t.billed, -1);
    hr_money_usage(NULL, &t);
    assert_true(t.written_1h == -1 && t.billed == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_token_has_its_price),
        cmocka_unit_test(long_prompts_have_their_own_price),
        cmocka_unit_test(no_price_or_no_usage_is_unpriced),
        cmocka_unit_test(new_savings_are_worth_what_writing_them_had_cost),
        cmocka_unit_test(replayed_savings_are_worth_what_the_cache_had_cost),
        cmocka_unit_test(ten_turns_come_to_what_the_net_rule_expects),
        cmocka_unit_test(a_break_costs_no_more_than_was_billed_as_new),
        cmocka_unit_test(what_the_usage_says_of_money_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
