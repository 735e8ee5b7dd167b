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
    int64_t input, cached, cache_written, output;
    const char *raw;
};
static const struct expected unknown = {-1, -1, -1, -1, NULL};

static inline void check(hr_usage *u, const struct expected *e)
{
    hr_usage_counts c;
    assert_non_null(u);
    hr_usage_end(u, &c);
    assert_int_equal(c.input, e->input);
    assert_int_equal(c.cached, e->cached);
    assert_int_equal(c.cache_written, e->cache_written);
    assert_int_equal(c.output, e->output);
    if (e->raw) {
        assert_non_null(c.raw);
        assert_string_equal(c.raw, e->raw);
    } else {
        assert_null(c.raw);
    }
    hr_usage_free(u);
}

static inline void feed(hr_usage *u, const char *z)
{
    hr_usage_add(u, z, strlen(z));
}

/* The text whole, at every split point, and byte by byte; each piece in memory of its own. */
static inline void every_way(const char *dialect, bool sse, const char *text, size_t n,
                             const struct expected *e)
{
    for (size_t at = 0; at <= n; at++) {
        hr_usage *u = hr_usage_new(dialect, sse);
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
    hr_usage *u = hr_usage_new(dialect, sse);
    assert_non_null(u);
    for (size_t i = 0; i < n; i++)
        hr_usage_add(u, text + i, 1);
    check(u, e);
}

#define EVERY_WAY(dialect, sse, text, ...)                                                                   \
    every_way(dialect, sse, text, sizeof(text) - 1, &(struct expected){__VA_ARGS__})
#define UNKNOWN(dialect, sse, text) every_way(dialect, sse, text, sizeof(text) - 1, &unknown)

#endif
