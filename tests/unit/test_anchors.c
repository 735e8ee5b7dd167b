/* The gate before a search: strings of a linked-in TLS library, found wherever they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hooks/anchors.h"

/* Does a text of n bytes count, at each place in each of these lengths, on noise of near misses? Nothing behind the end is read:
   the address sanitizer sees it. */
static void check(const char *text, size_t n, bool expected)
{
    static const char noise[] = "ssl_Ssl_sSL_libSSL_writ/ssl/ssl_lib.h";

    for (size_t length = n; length < n + 70; length++) {
        char *p = malloc(length);

        assert_non_null(p);
        for (size_t at = 0; at + n <= length; at++) {
            for (size_t i = 0; i < length; i++)
                p[i] = noise[i % (sizeof noise - 1)];
            assert_false(anchors_in(p, length));
            memcpy(p + at, text, n);
            assert_int_equal(anchors_in(p, length), expected);
        }
        free(p);
    }
}

static void anchors_are_found_at_every_place(void **state)
{
    (void)state;
    check("ssl/ssl_lib.c", 13, true);
    check("../../ssl/ssl_lib.cc\0", 21, true);
    check("\0SSL_write\0", 11, true);
}

static void what_is_like_an_anchor_is_none(void **state)
{
    (void)state;
    check("\0SSL_writer\0", 12, false);
    check("\0ssl_write\0", 11, false);
    check("xSSL_write\0", 11, false);
    check("SSL/SSL_LIB.C", 13, false);
    check("tls/ssl_lib.c", 13, false);
}

static void an_anchor_that_is_cut_off_is_none(void **state)
{
    (void)state;
    check("ssl/ssl_lib.", 12, false);
    assert_false(anchors_in("sl/ssl_lib.c", 12));
    assert_false(anchors_in("SSL_write", 10));
    assert_false(anchors_in("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anchors_are_found_at_every_place),
        cmocka_unit_test(what_is_like_an_anchor_is_none),
        cmocka_unit_test(an_anchor_that_is_cut_off_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
