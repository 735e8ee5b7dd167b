/* test_search.c - claims of the selection of a search result's lines (core/transform/search.h): what stays, byte for byte, and what is said of the rest. */
#include "lines_rig.h"

#include "limits.h"
#include "transform/search.h"

/* n matches of one file, of two shapes that all files share. */
static void usual(const char *path, int n)
{
    static const char *const names[] = {"reader", "writer", "pool", "lease"};
    for (int i = 1; i <= n; i++) {
        if (rand() & 1)
            add("%s:%d:    wait_for(%s.ready, timeout=%d)\n", path, 10 * i, names[rand() % 4],
                100 + rand() % 900);
        else
            add("%s:%d:\tself.%s_timeout = float(opts.get('timeout', %d))\n", path, 10 * i, names[rand() % 4],
                100 + rand() % 900);
    }
}

static int select_for(const char *query)
{
    const hr_transform_in in = asked(query);
    return hr_search_select(arena, &in, &out);
}

static void the_first_and_the_last_match_of_each_file_stay(void **state)
{
    (void)state;
    usual("src/net/http.py", 20);
    usual("src/net/tls.py", 1);
    usual("src/store/disk.py", 40);
    assert_int_equal(select_for("{\"command\":\"rg -n timeout\"}"), 1);
    assert_true(stays("src/net/http.py:10:"));
    assert_true(stays("src/net/http.py:200:"));
    assert_true(stays("src/net/tls.py:10:"));
    assert_true(stays("src/store/disk.py:10:"));
    assert_true(stays("src/store/disk.py:400:"));
    assert_true(out.text.n * 2 < text.len);
}

static void what_is_asked_for_stays(void **state)
{
    (void)state;
    usual("src/net/http.py", 60);
    add("src/net/http.py:700:    wait_for(writer.ready, timeout=opts.flushGrace)\n");
    usual("src/net/tls.py", 12);
    usual("src/store/disk.py", 60);
    assert_int_equal(select_for("where is flushGrace used, and what does tls.py set?"), 1);
    assert_true(stays("flushGrace"));
    for (int i = 1; i <= 12; i++) { /* the whole file that the question names */
        char z[40];
        snprintf(z, sizeof z, "src/net/tls.py:%d:", 10 * i);
        assert_true(stays(z));
    }
    assert_false(stays("src/store/disk.py:300:") && stays("src/store/disk.py:310:") &&
                 stays("src/store/disk.py:320:"));
}

static void what_is_worth_a_remark_stays_but_for_the_word_that_was_searched(void **state)
{
    (void)state;
    static const char *const remarks[] = {
        "src/a.py:7:    wait_for(pool.ready, timeout=100)  # TODO: too short\n",
        "src/a.py:8:    wait_for(pool.ready, timeout=100)  # deprecated\n",
        "src/a.py:9:    panic(\"timeout: closed connection\")\n",
        "src/a.py:11:    raise ConnectionError(\"timeout\")\n"};
    for (size_t i = 0; i < 4; i++) {
        usual("src/a.py", 30);
        add("%s", remarks[i]);
    }
    usual("src/a.py", 30);
    assert_int_equal(select_for("timeout"), 1); /* which itself tells of an error in other texts */
    assert_true(out.kept < out.of / 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(stays(remarks[i]));
}

static void rare_shapes_rare_values_and_far_numbers_stay(void **state)
{
    (void)state;
    static const char *const odd[] = {"src/b.py:1:    if not self.timeout: return forever()\n",
                                      "src/b.py:2:    wait_for(archive.ready, timeout=300)\n",
                                      "src/b.py:3:    wait_for(reader.ready, timeout=86400)\n"};
    usual("src/b.py", 80);
    for (size_t i = 0; i < 3; i++) {
        add("%s", odd[i]);
        usual("src/b.py", 40);
    }
    assert_int_equal(select_for(""), 1);
    assert_true(out.kept < out.of / 4);
    for (size_t i = 0; i < 3; i++)
        assert_true(stays(odd[i]));
}

static void context_stays_with_its_match(void **state)
{
    (void)state;
    for (int i = 1; i <= 40; i++) {
        add("src/c.py-%d-    before_%d()\n", 10 * i - 1, i);
        add("src/c.py:%d:    wait_for(%s, timeout=%d)\n", 10 * i, i == 20 ? "x.y.z or w.v" : "reader",
            100 + i);
        add("src/c.py-%d-    behind_%d()\n--\n", 10 * i + 1, i);
    }
    assert_int_equal(select_for(""), 1);
    assert_true(stays("src/c.py-199-    before_20()\nsrc/c.py:200:    wait_for(x.y.z or w.v, timeout=120)\n"
                      "src/c.py-201-    behind_20()\n--\n"));
    assert_true(stays("src/c.py-9-    before_1()\n"));
    assert_false(stays("before_10()"));
}

static void lines_of_no_file_stay(void **state)
{
    (void)state;
    add("Found 63 matches\n");
    usual("src/net/http.py", 30);
    add("Binary file build/x.o matches\ngrep: secret: Permission denied\n");
    usual("src/store/disk.py", 30);
    add("\n63 matches\n2 files contained matches");
    assert_int_equal(select_for(""), 1);
    hr_str lines = kept_lines();
    assert_memory_equal(lines.p, "Found 63 matches\n", 17);
    assert_true(stays("Binary file build/x.o matches\ngrep: secret: Permission denied\n"));
    assert_true(stays("63 matches\n2 files contained matches\n"));
}

static void what_is_no_search_result_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(select_for(""), 0);
    usual("src/a.py", 19);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    for (int i = 0; i < 60; i++)
        add("Wed Nov 21 10:%02d:12 2026 INFO page %d loaded\n", i, rand());
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    for (int i = 0; i < 60; i++) /* without numbers */
        add("src/a.py:    wait_for(reader.ready, timeout=%d)\n", i);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    for (int i = 0; i < 60; i++) /* a compiler's: each line counts */
        add("src/a.c:%d:%d: warning: unused variable 'x' [-Wunused-variable]\n", i, i % 7);
    assert_int_equal(select_for(""), 0);
}

static void where_all_lines_differ_all_stay(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++)
        add("src/a.py:%d:%c%d and nothing %d like %c%d\n", i, 'a' + rand() % 26, rand(), rand(),
            'a' + rand() % 26, rand());
    int r = select_for("");
    assert_true(r == 0 || r == 1);
    if (r == 1)
        kept_lines();
}

/* Messages of one length, in one call: what they share is the punctuation. Copies of a text are left out, no text is. */
static void texts_that_share_little_but_punctuation_all_stay(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        char message[] = "xxxxx xxxxx xxxxx xxxxx xxxxx";
        for (char *c = message; *c; c++)
            *c = *c == 'x' ? (char)('a' + rand() % 26) : ' ';
        for (int k = 0; k < 4; k++)
            add("src/d.py:%d:    raise ValueError(\"%s\")\n", 100 * i + k, message);
    }
    assert_int_equal(select_for(""), 1);
    for (int i = 0; i < 60; i++) {
        char z[40];
        snprintf(z, sizeof z, "src/d.py:%d:", 100 * i);
        assert_true(stays(z));
    }
    assert_true(out.kept < 80);
}

static void a_note_of_very_many_gaps_is_not_written(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char path[40];
        snprintf(path, sizeof path, "src/module_%d.py", i);
        usual(path, i % 5 ? 3 : 12);
    }
    assert_int_equal(select_for(""), 1);
    hr_str lines = kept_lines(), note = hr_str_make(out.text.p, out.text.n);
    size_t ranges = 1;
    assert_true(lines.n > 0);
    for (size_t i = hr_str_find(note, HR_STR("[_headroom"), 0); i < note.n; i++)
        ranges += note.p[i] == ',';
    assert_true(ranges <= HR_MAX_NOTE_RANGES + 1); /* one comma stands behind "omitted" */
}

static void random_results_keep_what_was_planted(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        char needle[4][120], question[40];
        text.len = 0;
        for (int i = 0; i < 4; i++) {
            char path[40];
            static const char *const forms[] = {"FIXME %d: timeout is wrong", "panic(\"timeout %d\")",
                                                "timeout=None, verify=False, n=%d", "askedFor%d = timeout"};
            snprintf(path, sizeof path, "src/d%d/file_%d.py", rand() % 3, rand() % 100);
            usual(path, 10 + rand() % 60);
            int n = snprintf(needle[i], sizeof needle[i], "%s:%d:    ", path, 900 + i);
            snprintf(needle[i] + n, sizeof needle[i] - (size_t)n, forms[i], 1000 + round);
            add("%s\n", needle[i]);
            usual(path, rand() % 20);
        }
        snprintf(question, sizeof question, "what is askedFor%d?", 1000 + round);
        assert_int_equal(select_for(question), 1);
        for (int i = 0; i < 4; i++)
            assert_true(stays(needle[i]));
    }
}

static void any_text_gives_a_true_note_or_none(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "src/a/parser.c", "src/b/lexer.c", "Makefile", ":12:", "-13-",     ":", "--", "\n", "\\",
        " text ",         "int f(void);",  "\r",       "TODO", "10:11:12", "\t"};
    size_t selected = 0;
    for (int round = 0; round < 3000; round++) {
        text.len = 0;
        for (int n = 40 + rand() % 60; n > 0; n--) {
            if (rand() % 24)
                add("%s%c%d%c%s %d\n", pieces[n / 20 % 3], rand() % 5 ? ':' : '-', n, rand() % 5 ? ':' : '-',
                    "return lookup(table, key)", rand() % 3);
            else
                for (int k = rand() % 6; k > 0; k--)
                    add("%s", pieces[rand() % 15]);
        }
        int r = select_for(rand() & 1 ? "lookup in lexer.c" : "");
        assert_true(r == 0 || r == 1);
        if (r == 1)
            kept_lines();
        selected += r == 1;
    }
    assert_true(selected > 300);
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    int r = HR_ENOMEM;
    usual("src/net/http.py", 30);
    usual("src/net/tls.py", 30);
    for (long n = 1; r != 1; n++) {
        assert_true(n < 500);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        hr_transform_in in = {.text = hr_buf_view(&text), .allow_lossy = true, .max_items = 15, .id = ID};
        in.query = hr_query_new(arena, HR_STR("what of tls.py?"));
        r = in.query ? hr_search_select(arena, &in, &out) : HR_ENOMEM;
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 1 || r == 0 || r == HR_ENOMEM); /* 0: without the memory to read the form back */
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_and_the_last_match_of_each_file_stay),
        TEST(what_is_asked_for_stays),
        TEST(what_is_worth_a_remark_stays_but_for_the_word_that_was_searched),
        TEST(rare_shapes_rare_values_and_far_numbers_stay),
        TEST(context_stays_with_its_match),
        TEST(lines_of_no_file_stay),
        TEST(what_is_no_search_result_is_left_alone),
        TEST(where_all_lines_differ_all_stay),
        TEST(texts_that_share_little_but_punctuation_all_stay),
        TEST(a_note_of_very_many_gaps_is_not_written),
        TEST(random_results_keep_what_was_planted),
        TEST(any_text_gives_a_true_note_or_none),
        TEST(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
