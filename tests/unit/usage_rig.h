/* usage_rig.h - a response given to the reader of the provider's count in every way that it can come. */
#ifndef TEST_USAGE_RIG_H
#define TEST_USAGE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "limits.h"
#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expected {
    struct {
        int64_t input, cached, cache_written, output;
        const char *raw;
    } counts;
    const char *error;
};
static const struct expected unknown = {.counts = {-1, -1, -1, -1, NULL}};

static inline void check(hr_usage *u, const struct expected *e)
{
    hr_usage_counts c;
    assert_non_null(u);
    hr_usage_end(u, &c);
    assert_int_equal(c.input, e->counts.input);
    assert_int_equal(c.cached, e->counts.cached);
    assert_int_equal(c.cache_written, e->counts.cache_written);
    assert_int_equal(c.output, e->counts.output);
    if (e->counts.raw) {
        assert_non_null(c.raw);
        assert_string_equal(c.raw, e->counts.raw);
    } else {
        assert_null(c.raw);
    }
    if (e->error) {
        assert_non_null(c.error);
        assert_string_equal(c.error, e->error);
    } else {
        assert_null(c.error);
    }
    hr_usage_free(u);
}

static inline void feed(hr_usage *u, const char *z)
{
    hr_usage_add(u, z, strlen(z));
}

/* The text whole, at every split point, and byte by byte; each piece in memory of its own. */
static inline void every_way(const char *dialect, enum hr_usage_form form, const char *text, size_t n,
                             const struct expected *e)
{
    for (size_t at = 0; at <= n; at++) {
        hr_usage *u = hr_usage_new(dialect, form, false);
        char *a = malloc(at + 1), *b = malloc(n - at + 1);
        assert_true(u && a && b);
        memcpy(a, text, at);
        hr_usage_add(u, a, at);
        memset(a, 'x', at);
        memcpy(b, text + at, n - at);
        hr_usage_add(u, b, n - at);
        free(a);
        free(b);
        check(u, e);
    }
    hr_usage *u = hr_usage_new(dialect, form, false);
    assert_non_null(u);
    for (size_t i = 0; i < n; i++)
        hr_usage_add(u, text + i, 1);
    check(u, e);
}

#define EVERY_WAY(dialect, form, text, ...)                                                                  \
    every_way(dialect, form, text, sizeof(text) - 1, &(struct expected){.counts = {__VA_ARGS__}})
/* No counts, but this word. */
#define ERROR(dialect, form, text, word)                                                                     \
    every_way(dialect, form, text, sizeof(text) - 1,                                                         \
              &(struct expected){.counts = {-1, -1, -1, -1, NULL}, .error = word})
#define UNKNOWN(dialect, form, text) every_way(dialect, form, text, sizeof(text) - 1, &unknown)

#endif
