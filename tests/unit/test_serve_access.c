/* Unit tests of tools/serve_access.c: whose requests are answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/serve_access.c"

#define TOKEN "correct-horse-battery"

static void local_names_are_localhost_loopback_and_the_host_given(void **state)
{
    static const char *const good[] = {"localhost",   "LOCALHOST:8787", "127.0.0.1",
                                       "127.0.0.1:1", "127.9.9.9",      "[::1]:8787",
                                       "[::1]",       "my.box:8787",    "localhost:"};
    static const char *const bad[] = {"",
                                      "evil.example",
                                      "evil.example:8787",
                                      "127.0.0.1.evil.example",
                                      "localhost.evil.example",
                                      "localhost:8787.evil.example",
                                      "10.0.0.1",
                                      "0.0.0.0",
                                      "[::1",
                                      "[::2]",
                                      "[::1]evil",
                                      "[::1]:80x",
                                      "::1",
                                      ":8787",
                                      "user@localhost",
                                      "localhost ",
                                      "2130706433"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(serve_host_is_local(good[i], "my.box"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(serve_host_is_local(bad[i], "my.box"));
    assert_false(serve_host_is_local(NULL, "my.box"));
}

static void long_hosts_are_refused(void **state)
{
    char name[1000];

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_false(serve_host_is_local(name, "localhost"));
    assert_false(serve_host_is_local(name, name));
}

static void only_the_token_itself_is_the_token(void **state)
{
    char wrong[sizeof(TOKEN)];

    (void)state;
    assert_true(serve_token_is(TOKEN, TOKEN, strlen(TOKEN)));
    assert_false(serve_token_is(TOKEN, "", 0));
    assert_false(serve_token_is(TOKEN, TOKEN, strlen(TOKEN) - 1));
    assert_false(serve_token_is(TOKEN, TOKEN TOKEN, 2 * strlen(TOKEN)));
    for (size_t i = 0; i < strlen(TOKEN); i++) {
        strcpy(wrong, TOKEN);
        wrong[i] ^= 1;
        assert_false(serve_token_is(TOKEN, wrong, strlen(TOKEN)));
    }
}

static void it_comes_as_bearer_or_as_a_password(void **state)
{
    static const char *const good[] = {"Bearer " TOKEN, "bearer " TOKEN,
                                       "Basic dXNlcjpjb3JyZWN0LWhvcnNlLWJhdHRlcnk=", /* user:TOKEN */
                                       "basic OmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ=="};    /* :TOKEN */
    static const char *const bad[] = {"",
                                      TOKEN,
                                      "Bearer",
                                      "Bearer ",
                                      "Bearer  " TOKEN,
                                      "Bearer " TOKEN " ",
                                      "Digest " TOKEN,
                                      "Basic " TOKEN,
                                      "Basic ",
                                      "Basic Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", /* TOKEN without a colon */
                                      "Basic dXNlcjpjb3JyZWN0LWhvcnNlLWJhdHRlcg=="};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(serve_authorized(TOKEN, good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(serve_authorized(TOKEN, bad[i]));
    assert_false(serve_authorized(TOKEN, NULL));
}

static void long_passwords_are_refused_within_bounds(void **state)
{
    char value[8000] = "Basic ";

    (void)state;
    memset(value + 6, 'Q', sizeof(value) - 7);
    assert_false(serve_authorized(TOKEN, value));
}

static void tokens_are_long_enough_and_visible(void **state)
{
    char longest[SERVE_TOKEN_MOST + 2];

    (void)state;
    assert_true(serve_token_fits("0123456789abcdef"));
    assert_false(serve_token_fits("0123456789abcde"));
    assert_false(serve_token_fits(""));
    assert_false(serve_token_fits("0123456789abcdef gh"));
    assert_false(serve_token_fits("0123456789abcdef\x7f"));
    assert_false(serve_token_fits("0123456789abcdef\xC3\xA4"));
    memset(longest, 'a', sizeof(longest));
    longest[SERVE_TOKEN_MOST + 1] = '\0';
    assert_false(serve_token_fits(longest));
    longest[SERVE_TOKEN_MOST] = '\0';
    assert_true(serve_token_fits(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_names_are_localhost_loopback_and_the_host_given),
        cmocka_unit_test(long_hosts_are_refused),
        cmocka_unit_test(only_the_token_itself_is_the_token),
        cmocka_unit_test(it_comes_as_bearer_or_as_a_password),
        cmocka_unit_test(long_passwords_are_refused_within_bounds),
        cmocka_unit_test(tokens_are_long_enough_and_visible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
