/* chunked.c - chunks to a body and back. See chunked.h. */
#include "chunked.h"

#include <string.h>

#include "fields.h"

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Read "HEX CRLF" at *at. False: anything else; an extension is somebody's message to the server, and not ours to drop. */
static bool size_line(const char *raw, size_t n, size_t *at, size_t *size)
{
    size_t i = *at, v = 0;

    for (; i < n && hex(raw[i]) >= 0; i++) {
        if (v > SHIM_MAX_BODY)
            return false;
        v = v * 16 + (size_t)hex(raw[i]);
    }
    if (i == *at || n - i < 2 || raw[i] != '\r' || raw[i + 1] != '\n')
        return false;
    *at = i + 2;
    *size = v;
    return true;
}

const char *chunked_decode(const char *raw, size_t n, char *out, size_t *len, size_t *last)
{
    size_t at = 0, size;

    *len = 0;
    for (;;) {
        *last = at;
        if (!size_line(raw, n, &at, &size))
            return "chunked";
        if (size == 0)
            return fields_judge_trailers(raw + at, n - at);
        if (n - at < size + CHUNKED_END || memcmp(raw + at + size, "\r\n", CHUNKED_END) != 0)
            return "chunked";
        memcpy(out + *len, raw + at, size);
        *len += size;
        at += size + CHUNKED_END;
    }
}

size_t chunked_line(char line[CHUNKED_LINE], size_t n)
{
    size_t digits = 1, at;

    for (size_t v = n; v > 15; v /= 16)
        digits++;
    for (at = digits; at > 0; n /= 16)
        line[--at] = "0123456789abcdef"[n % 16];
    memcpy(line + digits, "\r\n", 2);
    return digits + 2;
}
