/* test_again.c - claims of results that repeat an earlier one of their request (core/again.c), on whole bodies through the public API. */
#include "road.h"

#include "context.h"

enum { MOST = 8 };

/* What a conversation holds besides its question: calls with their results, one to an assistant turn or all to one. */
struct turns {
    const char *result[MOST]; /* inside of a literal */
    size_t n;
    bool parallel;
    const char *extra; /* members of the body */
};

/* Lines of a source, so that no other form takes them: the inside of a literal. Freed by the caller. */
static char *source(int from, int to, int changed)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    for (int i = from; i < to; i++)
        fprintf(f, "    if (ready(%d)) {\\n        start(%d, \\\"%x\\\");\\n    }\\n", i,
                i == changed ? -1 : i, i * 7919);
    fclose(f);
    return out;
}

static void put_call(FILE *f, size_t i)
{
    fprintf(f,
            "{\"type\":\"tool_use\",\"id\":\"toolu_%zu\",\"name\":\"Read\",\"input\":{\"path\":\"%zu.c\"}}",
            i, i);
}

static void put_result(FILE *f, const struct turns *t, size_t i)
{
    fprintf(f, "{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_%zu\",\"content\":\"%s\"}", i,
            t->result[i]);
}

/* From turn `from` on. Freed by the caller. */
static char *body_of(const struct turns *t, size_t from, size_t to)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    fprintf(
        f, "{\"model\":\"claude-x\",%s\"messages\":[{\"role\":\"user\",\"content\":\"Look at the sources.\"}",
        t->extra ? t->extra : "");
    for (size_t i = from; i < to; i++) {
        const size_t last = t->parallel ? to : i + 1;
        fputs(",{\"role\":\"assistant\",\"content\":[", f);
        for (size_t k = i; k < last; k++) {
            fputs(k > i ? "," : "", f);
            put_call(f, k);
        }
        fputs("]},{\"role\":\"user\",\"content\":[", f);
        for (size_t k = i; k < last; k++) {
            fputs(k > i ? "," : "", f);
            put_result(f, t, k);
        }
        fputs("]}", f);
        i = last - 1;
    }
    fputs("]}", f);
    fclose(f);
    return out;
}

struct seen {
    char *body; /* what went out */
    size_t n;
    char transform[MOST][32], reason[MOST][32];
};

static struct seen look(const char *body, const hr_splice *cut)
{
    struct seen s = {0};
    const headroom_head head = {
        .host = "api", .host_len = 3, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
    headroom *h = headroom_open(0);
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
    const void *out = body;
    size_t len = strlen(body);
    headroom_result x;

    assert_non_null(r);
    if (cut) {
        r->edits = (hr_splice *)(uintptr_t)cut;
        r->n_edits = 1;
    }
    (void)headroom_request_body(r, body, len, &out, &len);
    s.body = strndup(out, len);
    s.n = headroom_request_results(r);
    for (size_t i = 0; i < s.n && i < MOST; i++) {
        assert_int_equal(headroom_request_result(r, i, &x), 0);
        snprintf(s.transform[i], sizeof s.transform[i], "%s", x.transform ? x.transform : "");
        snprintf(s.reason[i], sizeof s.reason[i], "%s", x.reason ? x.reason : "");
    }
    headroom_request_sent(r);
    headroom_request_end(r, true);
    headroom_close(h);
    return s;
}

static struct seen look_at(const struct turns *t, size_t from, size_t to)
{
    char *body = body_of(t, from, to);
    struct seen s = look(body, NULL);
    free(body);
    return s;
}

/* What went out says all that the program wrote, without any state. */
static void expect_restored(const char *sent, const struct turns *t, size_t from, size_t to)
{
    char *body = body_of(t, from, to);
    headroom *h = headroom_open(HEADROOM_NO_STATE);
    headroom_bytes back;
    size_t restored, missing;
    assert_int_equal(headroom_restore(h, sent, strlen(sent), &back, &restored, &missing), 0);
    assert_int_equal(back.len, strlen(body));
    assert_memory_equal(back.data, body, back.len);
    headroom_free(back.data);
    headroom_close(h);
    free(body);
}

/* ------------------------------------------------------------------ what is said by reference */
static void a_result_that_stands_again_is_named_in_every_later_turn(void **state)
{
    (void)state;
    char *a = source(0, 40, -1), *b = source(100, 140, -1);
    const struct turns t = {{a, b, a, b, a}, 5, false, NULL};
    char *before = NULL;
    for (size_t k = 1; k <= t.n; k++) {
        struct seen s = look_at(&t, 0, k);
        assert_int_equal(s.n, k);
        assert_string_equal(s.transform[k - 1], k > 2 ? HR_AGAIN : "");
        if (before) /* the conversation only grows */
            assert_memory_equal(s.body, before, strlen(before) - 2);
        expect_restored(s.body, &t, 0, k);
        free(before);
        before = s.body;
    }
    assert_non_null(strstr(before, "\"[headroom again: the same as the result above of call toolu_0, Read]"));
    assert_non_null(strstr(before, "\"[headroom again: the same as the result above of call toolu_1, Read]"));
    free(before), free(a), free(b);
}

static void a_file_read_again_after_an_edit_says_what_has_changed(void **state)
{
    (void)state;
    char *a = source(0, 40, -1), *b = source(0, 40, 17);
    const struct turns t = {{a, b}, 2, false, NULL};
    struct seen s = look_at(&t, 0, 2);
    assert_string_equal(s.transform[1], HR_AGAIN);
    assert_non_null(strstr(
        s.body, "counted from 1, of the result above of call toolu_0, Read]\\n[1-52]\\n        start(-1, "
                "\\\"20ddf\\\");\\n[54-120]"));
    expect_restored(s.body, &t, 0, 2);
    free(s.body), free(a), free(b);
}

static void parallel_results_may_name_each_other(void **state)
{
    (void)state;
    char *a = source(0, 40, -1);
    const struct turns t = {{a, a, a}, 3, true, NULL};
    struct seen s = look_at(&t, 0, 3);
    assert_string_equal(s.transform[0], "");
    assert_string_equal(s.transform[1], HR_AGAIN);
    assert_string_equal(s.transform[2], HR_AGAIN);
    assert_null(strstr(s.body, "of call toolu_1")); /* that one is itself said by reference */
    expect_restored(s.body, &t, 0, 3);
    free(s.body), free(a);
}

static void a_replay_takes_no_new_decision_and_keeps_the_old(void **state)
{
    (void)state;
    char *a = source(0, 40, -1);
    const struct turns t = {{a, a, a}, 3, false, NULL};
    struct seen s = look_at(&t, 0, 2);
    setenv("HEADROOM_LEVEL", "replay", 1);
    struct seen later = look_at(&t, 0, 3);
    assert_string_equal(later.transform[1], HR_AGAIN);
    assert_string_equal(later.transform[2], "");
    assert_memory_equal(later.body, s.body, strlen(s.body) - 2);
    free(s.body), free(later.body), free(a);
}

/* ------------------------------------------------------------------ what must not be named */
static void what_was_rewritten_itself_is_not_named(void **state)
{
    (void)state;
    char *rows = road_rows(60);
    setenv("HEADROOM_LEVEL", "lossless", 1);
    const struct turns t = {{rows, rows}, 2, false, NULL};
    struct seen s = look_at(&t, 0, 2);
    assert_string_equal(s.transform[0], "");
    assert_string_equal(s.reason[0], "first_met_late"); /* verbatim, so it may be */
    assert_string_equal(s.transform[1], HR_AGAIN);
    free(s.body);
    struct seen first =
        look_at(&(struct turns){{rows}, 1, false, "\"x\":1,"}, 0, 1); /* another conversation: the same id */
    assert_string_equal(first.transform[0], "");
    free(first.body), free(rows);

    rows = road_rows(61);
    const struct turns u = {{rows, rows}, 2, false, NULL};
    struct seen a = look_at(&u, 0, 1), b = look_at(&u, 0, 2);
    assert_string_equal(a.transform[0], "columns");
    assert_string_equal(b.transform[0], "columns");
    assert_string_equal(b.transform[1], "columns");
    free(a.body), free(b.body), free(rows);
}

static void what_the_provider_may_drop_is_not_named(void **state)
{
    (void)state;
    char *a = source(0, 40, -1);
    const struct turns t = {
        {a, a}, 2, false, "\"context_management\":{\"edits\":[{\"type\":\"clear_tool_uses_20250919\"}]},"};
    struct seen s = look_at(&t, 0, 2);
    assert_string_equal(s.transform[1], "");
    free(s.body), free(a);
}

static void small_results_are_not_looked_at(void **state)
{
    (void)state;
    char *a = source(0, 3, -1);
    const struct turns t = {{a, a}, 2, false, NULL};
    struct seen s = look_at(&t, 0, 2);
    assert_string_equal(s.reason[1], "small");
    free(s.body), free(a);
}

/* ------------------------------------------------------------------ when the earlier result goes */
static void after_a_rewind_the_original_goes_out(void **state)
{
    (void)state;
    char *a = source(0, 40, -1), *b = source(100, 140, -1);
    const struct turns t = {{a, b, a}, 3, false, NULL};
    struct seen s = look_at(&t, 0, 3), later = look_at(&t, 1, 3), back = look_at(&t, 0, 3);
    assert_string_equal(s.transform[2], HR_AGAIN);
    assert_int_equal(later.n, 2);
    assert_string_equal(later.transform[1], "");
    assert_string_equal(later.reason[1], "reference_gone");
    char *plain = body_of(&t, 1, 3);
    assert_string_equal(later.body, plain);
    assert_string_equal(back.body, s.body); /* and with it the reference comes back */
    free(s.body), free(later.body), free(back.body), free(plain), free(a), free(b);
}

static void after_a_compaction_the_original_goes_out(void **state)
{
    (void)state;
    char *a = source(0, 40, -1), *other = source(0, 40, 3);
    const struct turns t = {{a, a}, 2, false, NULL};
    const char *const instead[] = {"[old result cleared]", other};
    struct seen s = look_at(&t, 0, 2);
    assert_string_equal(s.transform[1], HR_AGAIN);
    for (int i = 0; i < 2; i++) {
        const struct turns u = {{instead[i], a}, 2, false, NULL};
        struct seen later = look_at(&u, 0, 2);
        char *plain = body_of(&u, 0, 2);
        assert_string_equal(later.reason[1], "reference_gone");
        assert_string_equal(later.body, plain);
        free(later.body), free(plain);
    }
    free(s.body), free(a), free(other);
}

static void what_another_edit_of_the_body_takes_away_is_not_named(void **state)
{
    (void)state;
    char *a = source(0, 40, -1);
    const struct turns t = {{a, a}, 2, false, NULL};
    struct seen s = look_at(&t, 0, 2);
    assert_string_equal(s.transform[1], HR_AGAIN);
    char *body = body_of(&t, 0, 2);
    const size_t off = (size_t)(strstr(body, ",{\"role\":\"assistant\"") - body);
    const size_t end = (size_t)(strstr(body + off + 1, ",{\"role\":\"assistant\"") - body);
    const hr_splice cut = {off, end - off, {"", 0}};
    struct seen later = look(body, &cut);
    assert_string_equal(later.reason[1], "reference_gone");
    assert_null(strstr(later.body, "headroom again"));
    free(s.body), free(later.body), free(body), free(a);
}

static void missing_memory_sends_the_original(void **state)
{
    (void)state;
    char *a = source(0, 40, -1);
    const struct turns t = {{a, a}, 2, false, NULL};
    char *body = body_of(&t, 0, 2);
    struct seen known = look_at(&t, 0, 2);
    const headroom_head head = {
        .host = "api", .host_len = 3, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
    headroom *h = headroom_open(0);
    bool whole = false;
    for (long n = 1; !whole; n++) {
        const void *out = body;
        size_t len = strlen(body);
        assert_true(n < 2000);
        headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
        hr_fault_after(HR_FAULT_ALLOC, n, false);
        (void)headroom_request_body(r, body, len, &out, &len);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        whole = n > 400;
        assert_true((len == strlen(body) && memcmp(out, body, len) == 0) ||
                    (len == strlen(known.body) && memcmp(out, known.body, len) == 0));
        headroom_request_drop(r);
    }
    headroom_close(h);
    free(known.body), free(body), free(a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, road_setup, road_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_result_that_stands_again_is_named_in_every_later_turn),
        TEST(a_file_read_again_after_an_edit_says_what_has_changed),
        TEST(parallel_results_may_name_each_other),
        TEST(a_replay_takes_no_new_decision_and_keeps_the_old),
        TEST(what_was_rewritten_itself_is_not_named),
        TEST(what_the_provider_may_drop_is_not_named),
        TEST(small_results_are_not_looked_at),
        TEST(after_a_rewind_the_original_goes_out),
        TEST(after_a_compaction_the_original_goes_out),
        TEST(what_another_edit_of_the_body_takes_away_is_not_named),
        TEST(missing_memory_sends_the_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
