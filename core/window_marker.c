/* window_marker.c - see window_marker.h. */
#include "window_marker.h"

#include <string.h>

#include "window_shapes.h"

#define OPEN  "[headroom: "
#define CALLS " earlier messages, with "
#define CLOSE                                                                                                \
    " tool calls and their results among them, are left out of this conversation to fit the model's limit]"

int hr_window_marker_write(hr_arena *a, const hr_dialect *d, size_t messages, size_t calls, hr_str *out)
{
    const hr_shape *shape = hr_shape_of(d);
    hr_buf b = {0};

    hr_buf_puts(&b, shape->before);
    hr_buf_puts(&b, OPEN);
    hr_buf_u64(&b, messages);
    hr_buf_puts(&b, CALLS);
    hr_buf_u64(&b, calls);
    hr_buf_puts(&b, CLOSE);
    hr_buf_puts(&b, shape->after);
    *out = hr_str_make(b.err ? NULL : hr_arena_dup(a, b.data, b.len), b.len);
    hr_buf_free(&b);
    return out->p ? 0 : HR_ENOMEM;
}

static bool skip(hr_str *s, hr_str what)
{
    if (s->n < what.n || memcmp(s->p, what.p, what.n) != 0)
        return false;
    *s = hr_str_make(s->p + what.n, s->n - what.n);
    return true;
}

static uint64_t read_number(hr_str *s)
{
    uint64_t v = 0;

    for (; s->n && *s->p >= '0' && *s->p <= '9' && v < UINT32_MAX; s->p++, s->n--)
        v = v * 10 + (uint64_t)(*s->p - '0');
    return v;
}

uint64_t hr_window_marker_read(hr_str text)
{
    if (!skip(&text, HR_STR(OPEN)))
        return 0;
    const uint64_t messages = read_number(&text);
    if (!skip(&text, HR_STR(CALLS)))
        return 0;
    read_number(&text);
    return hr_str_is(text, CLOSE) ? messages : 0;
}
