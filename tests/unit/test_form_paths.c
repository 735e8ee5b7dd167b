/* test_form_paths.c - claims of lists of paths under their directories (core/transform/form.h): read back byte for byte, whatever stands in the text. */
#include "form_rig.h"

#include <stdlib.h>

#define HEAD                                                                                                 \
    "[headroom paths: a directory ends in / (in /. where it is listed itself), behind it the names in it; "  \
    "\\ stands before a whole path]\n"
#define D "src/a/long/way/down/in/the/tree"

static void expect_form(const char *text, const char *body, const bool *pinned)
{
    expect_encoded(HR_FORM_PATHS, HEAD, text, body, pinned);
}

static void expect_none(const char *text)
{
    expect_not_encoded(HR_FORM_PATHS, text);
}

#define SIX(d) d "/1\n" d "/2\n" d "/3\n" d "/4\n" d "/5\n" d "/6\n"
#define NAMES  "1\n2\n3\n4\n5\n6\n"

static void names_stand_below_their_directory(void **state)
{
    (void)state;
    expect_form("README\n" SIX(D) SIX(D "/b") SIX(D), "README\n" D "/\n" NAMES D "/b/\n" NAMES D "/\n" NAMES,
                NULL);
    /* the last line without its end */
    expect_form(SIX(D) SIX(D "/b") D "/b/7", D "/\n" NAMES D "/b/\n" NAMES "7", NULL);
}

static void a_directory_that_is_listed_opens_itself(void **state)
{
    (void)state;
    expect_form(D "\n" SIX(D) D "/b\n" SIX(D "/b") D "/empty\n" D "/c\n" D "/c/x\n" D "/c/y\n",
                D "/.\n" NAMES D "/b/.\n" NAMES D "/\nempty\n" D "/c/.\nx\ny\n", NULL);
}

static void a_path_alone_in_its_directory_stays_whole(void **state)
{
    (void)state;
    expect_form(SIX(D) "lib/x.c\n" D "/7\nMakefile\n" SIX(D),
                D "/\n" NAMES "\\lib/x.c\n7\n\\Makefile\n" NAMES, NULL);
}

static void pinned_paths_stay_whole(void **state)
{
    (void)state;
    bool pinned[12] = {[1] = true, [9] = true};
    expect_form(SIX(D) SIX(D "/b"), D "/\n1\n\\" D "/2\n3\n4\n5\n6\n" D "/b/\n1\n2\n3\n\\" D "/b/4\n5\n6\n",
                pinned);
}

static void what_would_be_misread_stands_behind_a_backslash(void **state)
{
    (void)state;
    expect_form(SIX(D) D "/\n" D "/.\n" D "/\\x\n\\" D "/y\n\n" SIX(D),
                D "/\n" NAMES "\\" D "/\n.\n\\" D "/\\x\n\\\\" D "/y\n\\\n" NAMES, NULL);
}

static void what_is_no_list_of_paths_is_left_alone(void **state)
{
    (void)state;
    expect_none("");
    expect_none(D "/1\n" D "/2\n" D "/3\n" D "/4\n" D "/5\n" D "/6\n" D "/7\n"); /* too few */
    expect_none("a/1\na/2\na/3\na/4\na/5\na/6\na/7\na/8\na/9\na/0\n"); /* not shorter with its head */
    expect_none(HEAD SIX(D) SIX(D "/b"));
    hr_buf prose = {0};
    for (int i = 0; i < 20; i++)
        hr_buf_puts(&prose, "copied " D "/file and " D "/other\nhttp://" D "/x\n");
    hr_buf_putc(&prose, 0);
    expect_none(prose.data);
    hr_buf_free(&prose);
}

static void every_text_comes_back(void **state)
{
    (void)state;
    static const char *const directories[] = {D, D, D, D "/b", D "/b/c", ".", "", "./" D, "\\x", D "/."};
    static const char *const names[] = {"/a.c", "/b.c", "/b",   "/c",   "/",   "",
                                        "/.",   "//",   "/\\x", "/d e", "a\r", "/..."};
    size_t encoded = 0;
    for (int i = 0; i < 20000; i++) {
        hr_buf text = {0}, form = {0};
        bool pinned[60];
        for (size_t k = 0; k < sizeof pinned; k++)
            pinned[k] = draw(8) == 0;
        const uint32_t usual = 4 + draw(9);
        for (uint32_t n = 10 + draw(40); n > 0; n--) {
            hr_buf_puts(&text, directories[draw(draw(6) ? 5 : 10)]);
            hr_buf_puts(&text, names[draw(usual)]);
            if (n > 1 || draw(2))
                hr_buf_putc(&text, '\n');
        }
        int r =
            hr_form_encode(&form, HR_FORM_PATHS, hr_buf_view(&text), draw(2) ? pinned : NULL, &(hr_watch){0});
        assert_true(r == 0 || r == 1);
        if (r == 1)
            expect_back(hr_buf_view(&form), hr_buf_view(&text));
        encoded += r == 1;
        hr_buf_free(&form);

        /* the same without the check that form.c makes */
        comes_back((struct codec){hr_paths_encode, hr_paths_decode}, hr_buf_view(&text), pinned, &form);
        hr_buf_free(&text);
        hr_buf_free(&form);
    }
    assert_true(encoded > 5000);
}

/* Without what it costs to keep and to read back what is written. */
static void whether_a_text_takes_a_form_is_known_beforehand(void **state)
{
    static const char *const texts[] = {"",
                                        "\n\n\n",
                                        SIX(D),
                                        SIX(D) SIX(D "/b"),
                                        "a.c:1:x\na.c:2:y\na.c:3:z\na.c:4:z\na.c:5:z\na.c:6:x\n",
                                        "[headroom paths: x]\n" SIX(D),
                                        SIX(D) "\\x\n" SIX(D),
                                        "10:01 up\n10:02 up\n10:03 up\n10:04 up\n",
                                        D " says\n" D " says\n" D " says\n" D " says\n" D " says\n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int form = 0; form < HR_FORMS; form++) {
            hr_buf b = {0};
            const int r = hr_form_encode(&b, (enum hr_form)form, view(texts[i]), NULL, &(hr_watch){0});
            assert_int_equal(hr_form_takes((enum hr_form)form, view(texts[i]), &(hr_watch){0}), r);
            hr_buf_free(&b);
        }
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    expect_missing_memory_is_told(HR_FORM_PATHS, SIX(D) SIX(D "/b"), 100);
    for (long n = 1, t = HR_ENOMEM; t != 1; n++) {
        assert_true(n < 100);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        t = hr_form_takes(HR_FORM_REPEATS, view(SIX(D) SIX(D) SIX(D) SIX(D)), &(hr_watch){0});
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(t == 1 || t == HR_ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_below_their_directory),
        cmocka_unit_test(a_directory_that_is_listed_opens_itself),
        cmocka_unit_test(a_path_alone_in_its_directory_stays_whole),
        cmocka_unit_test(pinned_paths_stay_whole),
        cmocka_unit_test(what_would_be_misread_stands_behind_a_backslash),
        cmocka_unit_test(what_is_no_list_of_paths_is_left_alone),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(whether_a_text_takes_a_form_is_known_beforehand),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
