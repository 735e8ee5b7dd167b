/* test_crush_shapes.c - claims of selection beyond arrays of objects: maps, lists of strings, of numbers and of pairs, lines of JSON, and
   whatever stands in long strings of JSON (core/transform/map.c, fields.c, json_lines.c, inner.c). */
#include "crush_rig.h"

#include "kept.h"
#include "transform/inner.h"

/* The text so far, and `row` may begin anew. */
static hr_str take(const char *end)
{
    hr_buf_puts(&array, end);
    hr_str text = hr_str_make(hr_arena_dup(arena, array.data, array.len), array.len);
    hr_buf_free(&array);
    count = 0;
    return text;
}

/* Text in a member "stdout", and what a command adds to it. */
static hr_str envelope(hr_str text)
{
    hr_buf b = {0};
    hr_buf_puts(&b, "{\"exit_code\": 0, \"stdout\": \"");
    hr_string_encode(&b, text);
    hr_buf_puts(&b, "\\n\", \"took\": 1.50}");
    text = hr_str_make(hr_arena_dup(arena, b.data, b.len), b.len);
    hr_buf_free(&b);
    return text;
}

static bool holds(const char *z)
{
    return hr_str_find(out.text, hr_str_make(z, strlen(z)), 0) != SIZE_MAX;
}

/* What --kept says of the output, with its items, begins so. */
static void expect_kept_items(const char *begin)
{
    hr_buf b = {0};
    hr_buf_putc(&b, '[');
    assert_int_equal(hr_kept_in_text(arena, out.text, &b), 0);
    assert_true(b.len > strlen(begin));
    if (memcmp(b.data + 1, begin, strlen(begin)) != 0)
        fail_msg("%.*s", (int)b.len, b.data);
    hr_buf_free(&b);
}

static void select_from(hr_str text, const char *query)
{
    assert_int_equal(transform_text(text, query, true, 15, 0), 1);
    assert_string_equal(out.transform, "smart_crusher");
    assert_false(out.lossless);
}

/* ------------------------------------------------------------------ maps */
static hr_str map_of(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        hr_buf_puts(&array, i ? "," : "{\"total\":7,\"users\":{");
        char z[200];
        snprintf(z, sizeof z, "\"usr_%04u\":{\"age\":%u,\"status\":\"%s\"}", i * 7, 20 + i % 9,
                 i == 61 ? "suspended" : "active");
        hr_buf_puts(&array, z);
    }
    return take("}}");
}

static void a_map_is_selected_from_and_stays_an_object(void **state)
{
    (void)state;
    select_from(map_of(200), "how old is usr_0343?");
    hr_tree t;
    assert_int_equal(hr_tree_parse(&t, arena, out.text.p, out.text.n, NULL), 0);
    assert_true(holds("\"usr_0427\":{\"age\":27,\"status\":\"suspended\"}")); /* its state is its own */
    assert_true(holds("\"usr_0343\":{\"age\":24"));                           /* asked for by its key */
    assert_true(holds("\"usr_0000\"") && holds("\"usr_1393\""));              /* the ends */
    assert_true(holds("{\"total\":7,\"users\":{"));
    assert_true(holds(" of 200 members omitted: "));
    assert_true(find_note(out.text));
    assert_int_equal(note.unit, HR_NOTE_MEMBERS);
    assert_int_equal(note.of, 200);
    assert_int_equal(out.of, 200);
    assert_true(out.kept < 20);
    expect_kept_items("{\"id\":\"" ID "\",\"of\":200,\"kept\":[0,1,2,");
}

static void a_record_of_many_keys_is_no_map(void **state)
{
    (void)state;
    static const char *const names[] = {"host", "port", "user", "mode", "path", "home", "lang", "term"};
    for (uint32_t i = 0; i < 64; i++) {
        char z[100];
        snprintf(z, sizeof z, "%s\"%s%c\":\"a value of some length, %u\"", i ? "," : "{", names[i % 8],
                 'a' + (int)(i / 8), i);
        hr_buf_puts(&array, z);
    }
    int r = transform_text(take("}"), "", true, 15, 0);
    assert_true(r == 0 || out.lossless);
}

static void a_schema_is_no_map(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 40; i++) {
        char z[100];
        snprintf(z, sizeof z, "%s\"field%u\":{\"type\":\"string\",\"description\":\"what field %u is for\"}",
                 i ? "," : "{\"type\":\"object\",\"properties\":{", i, i);
        hr_buf_puts(&array, z);
    }
    int r = transform_text(take("}}"), "", true, 15, 0);
    assert_true(r == 0 || out.lossless);
}

static void a_map_of_numbers_by_date_keeps_what_stands_out(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 120; i++) {
        char z[100];
        snprintf(z, sizeof z, "%s\"2025-%02u-%02u\":%d", i ? "," : "{", 1 + i / 28, 1 + i % 28,
                 i == 40 ? 9000 : bell(i));
        hr_buf_puts(&array, z);
    }
    select_from(take("}"), "");
    assert_true(holds("\"2025-02-13\":9000"));
}

/* ------------------------------------------------------------------ lists of values */
static void a_list_of_strings_keeps_its_error_and_says_what_is_gone(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row(i == 123 ? "\"worker 3 failed: disk full\"" : "\"worker %u finished batch %u\"", i % 7, i);
    assert_true(crush("") < 20);
    expect_kept(123);
    expect_kept(0);
    expect_kept(299);
}

static void a_list_of_numbers_keeps_the_one_far_away(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("%d", i == 200 ? 5000 : bell(i));
    assert_true(crush("") < 60);
    expect_kept(200);
}

static void pairs_of_time_and_text_numbers_are_columns(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("[%u,\"%d.5\"]", 1712000000 + i * 60, i == 200 ? 5000 : bell(i));
    assert_true(crush("") < 60);
    expect_kept(200);
}

static void mixed_items_stay_where_they_are_few(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        row(i == 50 ? "null" : i == 70 ? "\"and more\"" : "{\"a\":%u,\"b\":\"text\"}", i);
    assert_true(crush("") < 20);
    expect_kept(50);
    expect_kept(70);
}

/* ------------------------------------------------------------------ time and classes */
static void both_sides_of_a_step_stay(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 600; i++)
        row("%d", i < 311 ? bell(i) : bell(i) + 900);
    assert_true(crush("") < 20);
    assert_string_equal(out.strategy, "time_series");
    expect_kept(310);
    expect_kept(311);
}

static void a_slope_has_no_steps(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 600; i++)
        row("[\"2025-01-%02uT%02u:00:00Z\",%u.%02u]", 1 + i / 24, i % 24, 3 * i, i * 31 % 100);
    assert_true(crush("") < 20);
    assert_string_not_equal(out.strategy, "time_series");
}

static void the_highest_and_the_lowest_of_a_series_stay(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("{\"t\":\"2025-01-07 10:%02u:%02u\",\"load\":%u}", i / 60, i % 60,
            i == 93    ? 2021
            : i == 207 ? 979
                       : 1000 + i * 7919 % 1000);
    assert_true(crush("") < 20);
    expect_kept(93);
    expect_kept(207);
}

static void the_newest_are_found_wherever_they_stand(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        row("{\"made\":\"2025-%02u-%02uT08:00:00Z\",\"by\":\"user %u\"}", 1 + i * 37 % 200 / 28,
            1 + i * 37 % 200 % 28, i % 50);
    /* The place of day d is d * 173 % 200: 173 is the inverse of 37. */
    assert_true(crush("which are the 3 newest, and which the oldest?") < 20);
    for (uint32_t day = 197; day < 200; day++)
        expect_kept(day * 173 % 200);
    expect_kept(0);
}

static void one_message_of_each_class_stays(void **state)
{
    (void)state;
    static const char *const message[] = {"connected to upstream node-%u", "cache page %u written to disk",
                                          "lease %u renewed for one more minute",
                                          "batch %u handed over to worker"};
    for (uint32_t i = 0; i < 400; i++) {
        char z[100];
        snprintf(z, sizeof z, message[i < 300 ? 0 : i < 340 ? 1 : i < 390 ? 2 : 3], i);
        row("{\"message\":\"%s\"}", z);
    }
    assert_true(crush("") < 20);
    assert_string_equal(out.strategy, "cluster");
    static const uint32_t messages[] = {300, 40, 50, 10}; /* and how many there are is told */
    assert_int_equal(note.nalike, 4);
    for (uint32_t k = 0; k < 4; k++)
        assert_int_equal(note.alike[k].items, messages[k]);
    bool there[4] = {false};
    for (uint32_t k = 0; k < note.of - note.omitted; k++)
        there[note.kept[k] < 300 ? 0 : note.kept[k] < 340 ? 1 : note.kept[k] < 390 ? 2 : 3] = true;
    for (int class = 0; class < 4; class ++)
        assert_true(there[class]);
}

/* ------------------------------------------------------------------ lines of JSON */
static hr_str lines_of(uint32_t n, const char *colon)
{
    for (uint32_t i = 0; i < n; i++) {
        char z[300];
        snprintf(z, sizeof z, "%s{\"level\"%s\"%s\",\"msg\"%s\"job %u took %d ms\",\"failed\"%s%u}",
                 i ? "\n" : "", colon, i == 77 ? "error" : "info", colon, i * 3, bell(i), colon, 0u);
        hr_buf_puts(&array, z);
    }
    return take("");
}

static void lines_of_json_are_selected_from_and_stay_lines(void **state)
{
    (void)state;
    for (int spaced = 0; spaced < 2; spaced++) {
        hr_str text = lines_of(200, spaced ? ": " : ":");
        select_from(text, "");
        assert_string_equal(out.kind, "json_lines");
        read_form();
        uint32_t feeds = 0;
        for (size_t i = 0; i < out.text.n; i++)
            feeds += out.text.p[i] == '\n';
        assert_int_equal(feeds, out.kept); /* and the note behind them */
        assert_true(holds("\"error\"") && holds("job 231 took"));
        assert_true(holds("\"failed\"") && holds(" of 200 items omitted: "));
        expect_kept_items("{\"id\":\"" ID "\",\"of\":200,\"kept\":[0,1,2,");
    }
}

/* ------------------------------------------------------------------ strings */
static void a_log_in_a_string_is_selected_from_and_the_rest_stays(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        char z[200];
        snprintf(z, sizeof z, "2025-01-07T10:%02u:%02u %s [api] request %u done in %d ms\n", i / 60, i % 60,
                 i == 77 ? "ERROR" : "INFO", i * 7, bell(i));
        hr_buf_puts(&array, z);
    }
    select_from(envelope(take("2025-01-07T11:00:00 INFO [api] end")), "");
    assert_true(holds("2025-01-07T10:01:17 ERROR [api] request 539"));
    assert_true(holds(" of 301 lines omitted, the first is 0: "));
    assert_true(holds("{\"exit_code\":0,\"stdout\":\"") && hr_str_ends(out.text, "\\n\",\"took\":1.50}"));
    assert_true(out.text.n < 2000);
    expect_kept_items("{\"id\":\"" ID "\",\"of\":301,\"kept\":[0,1,2,");
}

static void lines_of_json_in_a_string_are_selected_from(void **state)
{
    (void)state;
    select_from(envelope(lines_of(200, ":")), "");
    assert_true(holds("error") && holds("job 231 took"));
    expect_kept_items("{\"id\":\"" ID "\",\"of\":200,\"kept\":[0,1,2,");
}

static void forms_in_strings_are_read_back_from_the_text_alone(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        hr_buf back = {0};
        for (uint32_t i = 0; i < 60; i++)
            row("{\"name\":\"n %u\",\"mail\":\"a@b.example\",\"of\":{\"x\":%d,\"y\":[1,2]}}", i, bell(i));
        hr_str text = kind == 1 ? lines_of(60, ":") : take("]");
        text = envelope(text);
        if (kind == 2) /* one level further down */
            text = envelope(text);
        if (kind == 3) { /* rows that are a table by themselves, each with such a string */
            hr_buf b = {0};
            for (int i = 0; i < 8; i++) {
                hr_buf_puts(&b, i ? ", " : "[");
                hr_buf_str(&b, text);
            }
            hr_buf_putc(&b, ']');
            text = hr_str_make(hr_arena_dup(arena, b.data, b.len), b.len);
            hr_buf_free(&b);
        }
        assert_int_equal(transform_text(text, "", false, 15, 0), 1);
        if (strcmp(out.transform, "strings") != 0)
            fail_msg("kind %d: %s", kind, out.transform);
        assert_true(out.lossless && out.text.n < text.n * 3 / 4);
        assert_int_equal(hr_inner_decode(&back, out.text, 0), 1);
        assert_true(hr_str_eq(hr_buf_view(&back), text));
        hr_buf_free(&back);
    }
}

static void strings_that_would_not_read_back_are_left_alone(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 60; i++)
        row("{\"name\":\"n %u\",\"mail\":\"a@b.example\"}", i);
    hr_str rows = take("]");
    hr_buf b = {0};
    hr_buf_puts(&b, "{\"odd\":\"\\u0041\",\"s\":\"\\u005b");
    hr_string_encode(&b, hr_str_make(rows.p + 1, rows.n - 1));
    hr_buf_puts(&b, "\"}");
    assert_int_equal(transform_text(hr_buf_view(&b), "", false, 15, 0),
                     0); /* another spelling of a bracket */
    hr_buf_free(&b);
    hr_buf_puts(&b, "{\"forged\":\"[headroom columns: ..]\",\"s\":\"");
    hr_string_encode(&b, rows);
    hr_buf_puts(&b, "\"}");
    assert_int_equal(transform_text(hr_buf_view(&b), "", false, 15, 0), 0);
    hr_buf_free(&b);
}

static void every_failing_allocation_leaves_the_text_or_a_whole_result(void **state)
{
    (void)state;
    hr_str lines = envelope(lines_of(60, ":")), map = map_of(60);
    for (int lossy = 0; lossy < 2; lossy++) {
        for (long n = 1;; n++) {
            hr_str text = n & 1 ? lines : map;
            hr_arena *kept = arena;
            arena = hr_arena_new();
            hr_fault_after(HR_FAULT_ALLOC, n / 2 + 1, false);
            int r = transform_text(text, "", lossy, 15, 0);
            bool reached = hr_fault_count(HR_FAULT_ALLOC) >= n / 2 + 1;
            hr_fault_after(HR_FAULT_ALLOC, 0, false);
            assert_true(r == HR_ENOMEM || r == 0 || (r == 1 && out.text.n < text.n));
            assert_true(reached || r >= 0);
            if (r == 1 && !out.lossless)
                assert_true(holds("_headroom") && out.of > 0);
            hr_arena_free(arena);
            arena = kept;
            if (!reached && n > 1 && text.p == map.p)
                break;
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_map_is_selected_from_and_stays_an_object),
        TEST(a_record_of_many_keys_is_no_map),
        TEST(a_schema_is_no_map),
        TEST(a_map_of_numbers_by_date_keeps_what_stands_out),
        TEST(a_list_of_strings_keeps_its_error_and_says_what_is_gone),
        TEST(a_list_of_numbers_keeps_the_one_far_away),
        TEST(pairs_of_time_and_text_numbers_are_columns),
        TEST(mixed_items_stay_where_they_are_few),
        TEST(both_sides_of_a_step_stay),
        TEST(a_slope_has_no_steps),
        TEST(the_highest_and_the_lowest_of_a_series_stay),
        TEST(the_newest_are_found_wherever_they_stand),
        TEST(one_message_of_each_class_stays),
        TEST(lines_of_json_are_selected_from_and_stay_lines),
        TEST(a_log_in_a_string_is_selected_from_and_the_rest_stays),
        TEST(lines_of_json_in_a_string_are_selected_from),
        TEST(forms_in_strings_are_read_back_from_the_text_alone),
        TEST(strings_that_would_not_read_back_are_left_alone),
        TEST(every_failing_allocation_leaves_the_text_or_a_whole_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
