/* escaped.c - see escaped.h.

   Escapes are undone into a window on the stack, and each full window is counted up to where no piece of it can go on in the next: by a
   vocabulary as far as that is sure, by the estimator to its last word's begin. A piece longer than the window is rare, and gets memory. */
#include "token/escaped.h"

#include "token/model.h"

#include <string.h>

/* Hex value of four digits at p, or -1. */
static int32_t hex4(const char *p)
{
    int32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int c = p[i], low = c | 0x20;
        if (c >= '0' && c <= '9')
            v = v << 4 | (c - '0');
        else if (low >= 'a' && low <= 'f')
            v = v << 4 | (low - 'a' + 10);
        else
            return -1;
    }
    return v;
}

static size_t encode(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* Decode the escape at p into at most 4 bytes of out. Returns the bytes read; *n are those written. What is
   no escape stands for itself. */
static size_t unescape(const char *p, const char *end, char *out, size_t *n)
{
    *n = 1;
    *out = '\\';
    if (end - p < 2)
        return 1;
    switch (p[1]) {
    case 'n':
        *out = '\n';
        return 2;
    case 't':
        *out = '\t';
        return 2;
    case 'r':
        *out = '\r';
        return 2;
    case 'b':
        *out = '\b';
        return 2;
    case 'f':
        *out = '\f';
        return 2;
    case '"':
    case '\\':
    case '/':
        *out = p[1];
        return 2;
    case 'u':
        break;
    default:
        return 1;
    }
    int32_t c = end - p >= 6 ? hex4(p + 2) : -1;
    if (c < 0)
        return 1;
    if (c >= 0xD800 && c < 0xDC00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
        int32_t low = hex4(p + 8);
        if (low >= 0xDC00 && low < 0xE000) {
            *n = encode(out, 0x10000 + ((uint32_t)(c - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
            return 12;
        }
    }
    *n = encode(out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : (uint32_t)c);
    return 6;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Where the last word of a full window begins, so that the rest can be carried over without cutting a piece.
 */
static size_t last_cut(const char *p, size_t n)
{
    for (size_t i = n - 1; i > n / 2; i--) {
        if (p[i] == ' ' && letter(p[i - 1]))
            return i;
    }
    return n;
}

/* A buffer that text with its escapes undone goes through. */
struct window {
    char *p;
    size_t n, room;
    uint64_t sum; /* tokens of what has gone through; estimated: costs */
};

/* Append what fits of [p, end). Returns behind the last byte read. */
static const char *fill(struct window *w, const char *p, const char *end)
{
    while (p < end && w->room - w->n >= 4) {
        size_t left = (size_t)(end - p), room = w->room - w->n, plain = left < room ? left : room;
        const char *slash = memchr(p, '\\', plain);
        if (slash)
            plain = (size_t)(slash - p);
        memcpy(w->p + w->n, p, plain);
        w->n += plain;
        p += plain;
        if (slash && w->room - w->n >= 4) {
            size_t written;
            p += unescape(p, end, w->p + w->n, &written);
            w->n += written;
        }
    }
    return p;
}

/* Count as much of a window as nothing behind it can change. */
static size_t count_begun(const hr_pieces *v, struct window *w)
{
    size_t used = 0;
    if (v) {
        w->sum += hr_pieces_begun(v, (const uint8_t *)w->p, w->n, &used);
    } else {
        used = last_cut(w->p, w->n);
        w->sum += hr_token_sum(w->p, used);
    }
    return used;
}

static void count_rest(const hr_pieces *v, struct window *w)
{
    w->sum += v ? hr_pieces_count(v, (const uint8_t *)w->p, w->n) : hr_token_sum(w->p, w->n);
    w->n = 0;
}

/* One piece fills the window, and goes on in [p, end): all of it at once, or where there is no memory in parts. */
static const char *count_large(const hr_pieces *v, struct window *w, const char *p, const char *end)
{
    /* undoing an escape never makes it longer */
    struct window all = {.room = w->n + (size_t)(end - p) + 4};
    all.p = hr_malloc(all.room);
    if (all.p) {
        memcpy(all.p, w->p, w->n);
        all.n = w->n;
        p = fill(&all, p, end);
        count_rest(v, &all);
        w->sum += all.sum;
        w->n = 0;
        hr_free(all.p);
    } else {
        count_rest(v, w);
    }
    return p;
}

size_t hr_escaped_count(const hr_pieces *v, const char *json, size_t n)
{
    char room[4096];
    struct window w = {.p = room, .room = sizeof room};
    const char *p = json, *end = json + n;

    if (n == 0)
        return 0;
    if (v && !memchr(json, '\\', n))
        return hr_pieces_count(v, (const uint8_t *)json, n);
    while ((p = fill(&w, p, end)) < end) {
        const size_t used = count_begun(v, &w);
        if (used == 0) {
            p = count_large(v, &w, p, end);
            continue;
        }
        w.n -= used;
        memmove(w.p, w.p + used, w.n);
    }
    count_rest(v, &w);
    return v ? w.sum : hr_token_round(w.sum);
}
