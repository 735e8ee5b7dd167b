/* form_rig.h - what the tests of the lossless forms share: drawn texts, what is read back, forms with changed bytes, missing memory. */
#ifndef HR_TEST_FORM_RIG_H
#define HR_TEST_FORM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/form.h"
#include "transform/form_table.h"

#include <string.h>

static inline hr_str view(const char *z)
{
    return hr_str_make(z, strlen(z));
}

/* ------------------------------------------------------------------ what is drawn is the same in each run */
static __attribute__((unused)) uint32_t seed = 1;

static inline uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* ------------------------------------------------------------------ with the form's head */
static inline void expect_back(hr_str form, hr_str text)
{
    hr_buf b = {0};
    assert_int_equal(hr_form_decode(&b, form), 1);
    assert_int_equal(b.len, text.n);
    assert_memory_equal(b.data, text.p, text.n);
    hr_buf_free(&b);
}

/* The form that is expected, and that it reads back. */
static inline void expect_encoded(enum hr_form form, const char *head, const char *text, const char *body,
                                  const bool *pinned)
{
    hr_buf b = {0};
    assert_int_equal(hr_form_encode(&b, form, view(text), pinned, &(hr_watch){0}), 1);
    assert_int_equal(b.len, strlen(head) + strlen(body));
    assert_memory_equal(b.data, head, strlen(head));
    assert_memory_equal(b.data + strlen(head), body, strlen(body));
    expect_back(hr_buf_view(&b), view(text));
    hr_buf_free(&b);
}

static inline void expect_not_encoded(enum hr_form form, const char *text)
{
    hr_buf b = {0};
    assert_int_equal(hr_form_encode(&b, form, view(text), NULL, &(hr_watch){0}), 0);
    assert_int_equal(b.len, 0);
    hr_buf_free(&b);
}

/* A body that the decoder reads, and what it stands for. */
static inline void expect_decoded_below(const char *head, const char *body, const char *text)
{
    hr_buf form = {0};
    hr_buf_puts(&form, head);
    hr_buf_puts(&form, body);
    expect_back(hr_buf_view(&form), view(text));
    hr_buf_free(&form);
}

static inline void expect_refused_below(const char *head, const char *body)
{
    hr_buf form = {0}, b = {0};
    hr_buf_puts(&form, head);
    hr_buf_puts(&form, body);
    assert_int_equal(hr_form_decode(&b, hr_buf_view(&form)), 0);
    assert_int_equal(b.len, 0);
    hr_buf_free(&form);
    hr_buf_free(&b);
}

/* Each allocation fails in turn: the text is encoded, or it is told why not. */
static inline void expect_missing_memory_is_told(enum hr_form form, const char *text, long most)
{
    int r = HR_ENOMEM;
    for (long n = 1; r != 1; n++) {
        hr_buf b = {0};
        assert_true(n < most);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = hr_form_encode(&b, form, view(text), NULL, &(hr_watch){0});
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 1 || r == HR_ENOMEM || r == 0);
        hr_buf_free(&b);
    }
}

/* ------------------------------------------------------------------ one form's encoder and decoder alone, whether or not it pays */
struct codec {
    int (*encode)(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
    int (*decode)(hr_buf *b, hr_str body);
};

static inline void expect_body_decoded(struct codec c, const char *body, const char *text)
{
    hr_buf b = {0};
    assert_int_equal(c.decode(&b, view(body)), 1);
    hr_buf_putc(&b, 0);
    assert_string_equal(b.data, text);
    hr_buf_free(&b);
}

static inline void expect_body_encoded(struct codec c, const char *text, const bool *pinned, const char *body)
{
    hr_buf b = {0};
    assert_int_equal(c.encode(&b, view(text), pinned, &(hr_watch){0}), 1);
    hr_buf_putc(&b, 0);
    assert_string_equal(b.data, body);
    expect_body_decoded(c, body, text);
    hr_buf_free(&b);
}

static inline void expect_body_left_alone(struct codec c, const char *text)
{
    hr_buf b = {0};
    assert_int_equal(c.encode(&b, view(text), NULL, &(hr_watch){0}), 0);
    hr_buf_free(&b);
}

/* Whether the text was encoded; what was comes back, and stays in *body, which the caller frees. */
static inline bool comes_back(struct codec c, hr_str text, const bool *pinned, hr_buf *body)
{
    hr_buf back = {0};
    const int r = c.encode(body, text, pinned, &(hr_watch){0});
    assert_true(r == 0 || r == 1);
    if (r == 1) {
        assert_int_equal(c.decode(&back, hr_buf_view(body)), 1);
        assert_int_equal(back.len, text.n);
        assert_memory_equal(back.data, text.p, text.n);
    }
    hr_buf_free(&back);
    return r == 1;
}

/* A true body with some bytes changed to one of `bytes`, or cut off, is read or refused. */
static inline void expect_any_bytes_are_read(struct codec c, hr_str text, const char *bytes)
{
    hr_buf body = {0}, back = {.max = 100000};
    if (c.encode(&body, text, NULL, &(hr_watch){0}) == 1) {
        for (uint32_t k = 1 + draw(3); k > 0; k--)
            body.data[draw((uint32_t)body.len)] = bytes[draw((uint32_t)strlen(bytes))];
        if (draw(4) == 0)
            body.len -= draw((uint32_t)body.len);
        const int r = c.decode(&back, hr_buf_view(&body));
        assert_true(r == 0 || r == 1 || r == HR_ENOMEM);
    }
    hr_buf_free(&body);
    hr_buf_free(&back);
}

#endif
