/* escaped.c - the estimate for text that still has its JSON escapes.

   Escapes are undone into a window on the stack, and each full window is estimated up to its last word's begin, so
   that nearly no piece is cut. No allocation, any bytes: what is no escape stands for itself. */
#include "token/model.h"
#include "token/token.h"

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
    *n = encode(out, (uint32_t)c);
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

size_t hr_tokens_json(const char *json, size_t n)
{
    char window[4096];
    const char *p = json, *end = p + n;
    size_t used = 0;
    uint64_t sum = 0;
    if (n == 0)
        return 0;
    while (p < end) {
        size_t left = (size_t)(end - p), room = sizeof window - used, plain = left < room ? left : room;
        const char *slash = memchr(p, '\\', plain);
        if (slash)
            plain = (size_t)(slash - p);
        memcpy(window + used, p, plain);
        used += plain;
        p += plain;
        if (slash && sizeof window - used >= 4) {
            size_t written;
            p += unescape(p, end, window + used, &written);
            used += written;
            continue;
        }
        if (p == end)
            break;
        size_t cut = last_cut(window, used);
        sum += hr_token_sum(window, cut);
        used -= cut;
        memmove(window, window + cut, used);
    }
    return hr_token_round(sum + hr_token_sum(window, used));
}
