/* test_ini.c - claims of core/ini.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ini.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "line [section] name=value", one a line; '+' before a value that goes on, "line !" where there is nothing. The caller's. */
static char *reading(const char *text, size_t n)
{
    char *exact = malloc(n + !n), *out = NULL; /* of exactly its length: the sanitizer sees a byte too far */
    size_t size;
    FILE *f = open_memstream(&out, &size);
    hr_ini ini;
    hr_ini_entry e;
    int r;

    assert_non_null(exact);
    memcpy(exact, text, n);
    hr_ini_begin(&ini, hr_str_make(exact, n));
    while ((r = hr_ini_next(&ini, &e)) != 0) {
        if (r < 0) {
            assert_int_equal(r, HR_ESHAPE);
            fprintf(f, "%u !\n", ini.line);
            continue;
        }
        fprintf(f, "%u [%.*s] %.*s=%s%.*s\n", ini.line, (int)e.section.n, e.section.n ? e.section.p : "",
                (int)e.name.n, e.name.p, e.more ? "+" : "", (int)e.value.n, e.value.n ? e.value.p : "");
    }
    assert_int_equal(hr_ini_next(&ini, &e), 0);
    fclose(f);
    free(exact);
    return out;
}

static void each_kind_of_line_is_read_and_counted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *read;
    } cases[] = {
        {"", ""},
        {"\n\n", ""},
        {"a = b", "1 [] a=b\n"},
        {"a=b\r\nc: d\r\n", "1 [] a=b\n2 [] c=d\n"},
        {"\xef\xbb\xbf"
         "a = b\n",
         "1 [] a=b\n"},
        {"; a = b\n# a = b\n  ; c\na = 1\n", "4 [] a=1\n"},
        {"a = b ; comment\n", "1 [] a=b\n"},
        {"a = b;c # d\n", "1 [] a=b;c # d\n"},
        {"a = ; nothing\nb =\n", "1 [] a=\n2 [] b=\n"},
        {"[s]\na = b\n[ t u ] x\na: b = c\n", "2 [s] a=b\n4 [t u] a=b = c\n"},
        {"[s\na = b\n", "1 !\n2 [] a=b\n"},
        {"a = one\n  two ; x\n\n\tthree\nb = 1\n", "1 [] a=one\n2 [] a=+two\n4 [] a=+three\n5 [] b=1\n"},
        {"  a = b\n", "1 [] a=b\n"},                        /* nothing stands above that could go on */
        {"a = b\n[s]\n  c = d\n", "1 [] a=b\n3 [s] c=d\n"}, /* nor here */
        {"a = b\nnonsense\n  c = d\n", "1 [] a=b\n2 !\n3 [] c=d\n"},
        {"nonsense\n= b\n", "1 !\n2 !\n"},
        {"a\vb = c", "1 [] a\vb=c\n"},
        {"a = \xa0x\n", "1 [] a=\xa0x\n"}, /* no space in any locale of the host's */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *read = reading(cases[i].text, strlen(cases[i].text));
        assert_string_equal(read, cases[i].read);
        free(read);
    }
}

static void a_long_line_is_one_value(void **state)
{
    (void)state;
    enum { LONG = 20000 };
    char *text = malloc(LONG + 32), *want = malloc(LONG + 32);
    assert_non_null(text);
    assert_non_null(want);
    memset(text, 'x', LONG + 4);
    memcpy(text, "a = ", 4);
    strcpy(text + LONG + 4, "\nb = c");
    sprintf(want, "1 [] a=%.*s\n2 [] b=c\n", LONG, text + 4);
    char *read = reading(text, strlen(text));
    assert_string_equal(read, want);
    free(read);
    free(want);
    free(text);
}

static void no_bytes_are_read_behind_the_end_and_every_line_is_counted_once(void **state)
{
    (void)state;
    static const char letters[] = "a=:;[] \n#";
    uint32_t x = 1;
    for (int round = 0; round < 20000; round++) {
        char text[24];
        size_t n = 0, lines = 0;
        for (; n < sizeof text; n++) {
            x = x * 1664525 + 1013904223;
            text[n] = letters[(x >> 20) % (sizeof letters - 1)];
            lines += text[n] == '\n';
        }
        char *read = reading(text, n);
        unsigned last = 0;
        for (char *p = read; *p; p = strchr(p, '\n') + 1) {
            unsigned line = (unsigned)strtoul(p, NULL, 10);
            assert_true(line > last && line <= lines + 1);
            last = line;
        }
        free(read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_line_is_read_and_counted),
        cmocka_unit_test(a_long_line_is_one_value),
        cmocka_unit_test(no_bytes_are_read_behind_the_end_and_every_line_is_counted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
