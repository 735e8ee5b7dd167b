/* Unit tests of core/window_plan.c: what goes from conversations made at random, held against what must hold of any of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "window_plan.h"

enum { MAX = 400, ROUNDS = 20000 };

static hr_element list[MAX];
static uint32_t tokens[MAX];
static int unit[MAX]; /* by how the conversation was made: 0 none */
static size_t n;
static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % sides;
}

static hr_element *add(enum hr_element_kind kind, int u)
{
    list[n] = (hr_element){.kind = kind, .off = n, .len = 1};
    tokens[n] = 5 + dice(200);
    unit[n] = u;
    return &list[n++];
}

/* Roles take turns where alternate says so; else several of a kind may follow each other. odd: with what a client may get wrong. */
static void make(bool alternate, bool odd)
{
    int u = 0;

    n = 0;
    for (uint32_t i = dice(3); i > 0; i--)
        add(HR_EL_SYSTEM, 0);
    bool mixed = false; /* the last message holds results and a question */
    for (uint32_t turns = 1 + dice(12); turns > 0; turns--) {
        if (!mixed)
            add(HR_EL_HUMAN, 0)->human = true;
        if (!alternate && dice(6) == 0 && !mixed)
            add(HR_EL_HUMAN, 0)->human = dice(2);
        mixed = false;
        const bool sealed = dice(5) == 0;
        for (uint32_t units = dice(5); units > 0 && !mixed; units--) {
            const uint32_t calls = 1 + dice(3), separate = alternate ? 1 : calls;
            u++;
            hr_element *e = add(HR_EL_MODEL, u);
            e->calls = calls;
            e->sealed = sealed && dice(3) > 0;
            e->fixed = odd && dice(20) == 0;
            for (uint32_t k = 0; k < separate; k++) {
                e = add(HR_EL_RESULT, u);
                e->results = calls / separate;
                e->fixed = odd && dice(30) == 0;
            }
            if (odd && dice(20) == 0)
                e->results += dice(2) ? 1 : 0;
            if (units == 1 && turns > 1 && dice(3) == 0)
                mixed = e->human = true;
        }
        if (!mixed && !(turns == 1 && dice(2))) {
            hr_element *e = add(HR_EL_MODEL, 0);
            e->sealed = sealed && dice(2);
            e->fixed = odd && dice(20) == 0;
        }
        if (odd && dice(15) == 0)
            add(HR_EL_SYSTEM, 0);
    }
}

static uint64_t sum(const bool *cut)
{
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += cut && cut[i] ? 0 : tokens[i];
    return total;
}

static bool counts_match(int u)
{
    uint32_t calls = 0, results = 0;
    for (size_t i = 0; i < n; i++)
        if (unit[i] == u) {
            calls += list[i].calls;
            results += list[i].results;
        }
    return calls == results;
}

static void check(const hr_window_task *t, const hr_window_plan *p, bool odd)
{
    size_t messages = 0, calls = 0, humans = 0, kept_from = 0;
    uint64_t gone = 0;

    for (size_t i = n; i-- > 0 && kept_from == 0;)
        if (list[i].human && (int64_t)++humans == (t->keep_turns ? t->keep_turns : 1))
            kept_from = i;
    for (size_t i = 0; i < n; i++) {
        if (!p->cut[i])
            continue;
        messages++;
        calls += list[i].calls;
        gone += tokens[i];
        assert_int_not_equal(list[i].kind, HR_EL_SYSTEM);
        assert_false(list[i].fixed);
        if (t->keep_turns > 0)
            assert_true(i < kept_from);
        assert_true(i + 1 < n);
        /* A call and its results go together, and only if they belong together. */
        for (size_t k = 0; unit[i] && k < n; k++)
            if (unit[k] == unit[i])
                assert_true(p->cut[k]);
        if (unit[i])
            assert_true(counts_match(unit[i]));
    }
    assert_int_equal(messages, p->messages);
    assert_int_equal(calls, p->calls);
    assert_true(gone == p->tokens && messages > 0);
    assert_true(t->total - gone + t->marker <= t->allowed);
    if (!t->alternate || odd)
        return;
    /* The message of ours, then what is left: user and model in turn, unless they did not take turns before either. */
    bool user = true;
    for (size_t i = 0; i < n; i++) {
        if (p->cut[i] || list[i].kind == HR_EL_SYSTEM)
            continue;
        assert_true((list[i].kind != HR_EL_MODEL) != user);
        user = !user;
    }
}

static hr_window_task task(bool alternate, int64_t keep)
{
    const uint64_t total = sum(NULL) + 50;
    return (hr_window_task){.list = list,
                            .n = n,
                            .tokens = tokens,
                            .alternate = alternate,
                            .keep_turns = keep,
                            .total = total,
                            .allowed = total * (20 + dice(78)) / 100,
                            .marker = 30};
}

static void whatever_the_conversation_a_cut_keeps_what_must_stay(void **state)
{
    (void)state;
    size_t planned = 0, refused = 0;
    for (seed = 1; planned + refused < ROUNDS;) {
        const bool alternate = dice(2), odd = dice(2);
        make(alternate, odd);
        hr_window_task t = task(alternate, dice(5));
        t.target = t.allowed * 3 / 4;
        hr_arena *a = hr_arena_new();
        hr_window_plan p, again;
        const int r = hr_window_plan_make(a, &t, &p);
        assert_true(r == 0 || r == 1);
        assert_int_equal(hr_window_plan_make(a, &t, &again), r);
        planned += r == 1;
        refused += r == 0;
        if (r == 1) {
            check(&t, &p, odd);
            assert_memory_equal(p.cut, again.cut, n);
        }
        hr_arena_free(a);
    }
    assert_true(planned > ROUNDS / 4 && refused > ROUNDS / 20);
}

static bool may_go(size_t i, size_t bound)
{
    bool ok = unit[i] && counts_match(unit[i]);
    for (size_t k = 0; ok && k < n; k++)
        if (unit[k] == unit[i])
            ok = !list[k].fixed && !list[k].human && !list[k].sealed && k < bound;
    return ok;
}

static void tool_units_go_before_what_people_said(void **state)
{
    (void)state;
    size_t said = 0, units = 0;
    for (seed = 77; said < 500 || units < 500;) {
        make(false, false);
        hr_window_task t = task(false, 2);
        t.target = t.allowed;
        hr_arena *a = hr_arena_new();
        hr_window_plan p;
        if (hr_window_plan_make(a, &t, &p) == 1) {
            size_t bound = n, humans = 0, last = 0;
            bool human = false, chain = false;
            while (bound > 0 && humans < 2)
                humans += list[--bound].human;
            for (size_t i = 0; i < n; i++) {
                human |= p.cut[i] && list[i].human;
                chain |= list[i].sealed;
                last = p.cut[i] && unit[i] ? i : last;
            }
            said += human;
            units += !human;
            /* A mixed message's unit is kept with its turn. */
            if (unit[bound])
                while (bound > 0 && unit[bound - 1] == unit[bound])
                    bound--;
            for (size_t i = 0; i < n && !chain; i++)
                if (may_go(i, bound) && (human || i < last))
                    assert_true(p.cut[i]); /* the oldest first, and all before a question goes */
        }
        hr_arena_free(a);
    }
}

/* A conversation by hand: s system, h human, a answer, c call, r result, m result with a question, t sealed call, T sealed answer,
   f answer of an unknown kind. */
static hr_window_task by_hand(const char *shape, bool alternate, int64_t keep)
{
    n = 0;
    for (; *shape; shape++) {
        hr_element *e = add(strchr("s", *shape)    ? HR_EL_SYSTEM
                            : strchr("h", *shape)  ? HR_EL_HUMAN
                            : strchr("rm", *shape) ? HR_EL_RESULT
                                                   : HR_EL_MODEL,
                            0);
        tokens[n - 1] = 100;
        e->human = strchr("hm", *shape) != NULL;
        e->calls = strchr("ct", *shape) != NULL;
        e->results = strchr("rm", *shape) != NULL;
        e->sealed = strchr("tT", *shape) != NULL;
        e->fixed = *shape == 'f';
    }
    return (hr_window_task){.list = list,
                            .n = n,
                            .tokens = tokens,
                            .alternate = alternate,
                            .keep_turns = keep,
                            .total = n * 100,
                            .marker = 10};
}

/* What is left of a conversation by hand where at most `most` messages may be; NULL: it cannot be cut so far. */
static const char *left(const char *shape, bool alternate, int64_t keep, uint64_t most)
{
    static char out[64];
    hr_window_task t = by_hand(shape, alternate, keep);
    hr_arena *a = hr_arena_new();
    hr_window_plan p;
    size_t k = 0;

    t.allowed = t.target = most * 100 + 10;
    int r = hr_window_plan_make(a, &t, &p);
    for (size_t i = 0; r == 1 && i < n; i++)
        if (!p.cut[i])
            out[k++] = shape[i];
    out[k] = 0;
    hr_arena_free(a);
    return r == 1 ? out : NULL;
}

static void examples(void **state)
{
    (void)state;
    static const struct {
        const char *shape;
        bool alternate;
        int64_t keep;
        uint64_t most;
        const char *left;
    } cases[] = {
        {"shcrcrahcra", false, 1, 9, "shcrahcra"}, /* the oldest unit */
        {"shcrcrahcra", false, 1, 8, "shahcra"},   /* both units of the turn */
        {"shcrcrahcra", false, 1, 5, "shcra"},     /* then the turn */
        {"shcrcrahcra", false, 1, 4, NULL},        /* the last turn never */
        {"shcrcrahcra", false, 2, 9, NULL},        /* the last two turns are all */
        {"shcrcrahcra", false, 3, 9, NULL},
        {"shcrcrahcr", false, 0, 5, "shcr"}, /* the newest unit stays */
        {"shcrcrcr", false, 0, 5, "shcr"},   /* one question, many calls */
        {"shcrcrcr", false, 1, 5, NULL},     /* but by default the turn is whole */
        {"scrcrhcra", false, 1, 6, "shcra"}, /* it began before its first question */
        {"hcrcmcra", false, 1, 6, "hcmcra"}, /* results with a question go with their turn */
        {"hcrcmcra", false, 1, 5, "cmcra"},
        {"htrtrahcra", false, 1, 8, "hahcra"}, /* a chain goes whole */
        {"htrtrahcra", false, 1, 6, "hahcra"},
        {"htrtrThcra", false, 1, 8, "hcra"}, /* and with the reasoning that it ends in */
        {"hcrfhcra", false, 1, 6, "hfhcra"}, /* an unknown message stays, and its turn */
        {"hcrfhcra", false, 1, 5, NULL},
        {"hcrfhcrahcra", false, 1, 6, "hfhcra"}, /* the turns behind it may go */
        {"hccrhcra", false, 1, 6, NULL},         /* a call without its result */
        {"hcrrhcra", false, 1, 6, NULL},         /* a result without its call */
        {"hcrahcra", true, 1, 7, "ahcra"},       /* roles in turn: the oldest question gives its place */
        {"hcrahahcra", true, 1, 5, "ahcra"},     /* the answer before the first question stays */
        {"hcrahcra", true, 1, 4, NULL},
        {"hcrcmcra", true, 1, 6, "cmcra"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = left(cases[i].shape, cases[i].alternate, cases[i].keep, cases[i].most);
        if (cases[i].left ? !got || strcmp(got, cases[i].left) != 0 : got != NULL)
            fail_msg("%zu: %s became %s", i, cases[i].shape, got ? got : "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_the_conversation_a_cut_keeps_what_must_stay),
        cmocka_unit_test(tool_units_go_before_what_people_said),
        cmocka_unit_test(examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
