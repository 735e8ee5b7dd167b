/* bench_string.c - decoding, encoding and counting one string of 100 KB, against a loop over the bytes, and simdjson for
   information.

   The loops are what one writes first: a switch on each byte, room for the longest output. The decoder checks less than ours (no
   UTF-8), which is in its favour. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bodies.h"
#include "measure.h"
#include "simdjson_peer.h"
#include "token/token.h"
#include "json/json.h"

struct text {
    hr_buf plain, coded; /* coded: with both quotes */
    hr_arena *arena;     /* of our last run */
    char *naive;         /* of the loop's last run */
    hr_str ours, theirs;
    hr_buf encoded;
    size_t tokens;
};

static int hex4(const char *p, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16)
            return -1;
        *out = *out * 16 + digit;
    }
    return 0;
}

static char *put_utf8(char *q, unsigned u)
{
    if (u < 0x80) {
        *q++ = (char)u;
    } else if (u < 0x800) {
        *q++ = (char)(0xc0 | u >> 6);
        *q++ = (char)(0x80 | (u & 63));
    } else {
        *q++ = (char)(0xe0 | u >> 12);
        *q++ = (char)(0x80 | (u >> 6 & 63));
        *q++ = (char)(0x80 | (u & 63));
    }
    return q;
}

/* The texts of this bench hold no surrogate pairs: they are an error here. */
static size_t naive_decode(const char *p, size_t len, char *out)
{
    const char *end = p + len - 1;
    char *q = out;
    unsigned u;
    for (p++; p < end; p++) {
        if ((unsigned char)*p < 0x20)
            return 0;
        if (*p != '\\') {
            *q++ = *p;
            continue;
        }
        switch (*++p) {
        case 'n':
            *q++ = '\n';
            break;
        case 't':
            *q++ = '\t';
            break;
        case 'r':
            *q++ = '\r';
            break;
        case 'b':
            *q++ = '\b';
            break;
        case 'f':
            *q++ = '\f';
            break;
        case '"':
        case '\\':
        case '/':
            *q++ = *p;
            break;
        case 'u':
            if (end - p < 5 || hex4(p + 1, &u) < 0 || (u >= 0xd800 && u < 0xe000))
                return 0;
            q = put_utf8(q, u);
            p += 4;
            break;
        default:
            return 0;
        }
    }
    return (size_t)(q - out);
}

static size_t naive_encode(const char *p, size_t len, char *out)
{
    static const char hex[] = "0123456789abcdef";
    char *q = out;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '"' || c == '\\') {
            *q++ = '\\';
            *q++ = (char)c;
        } else if (c >= 0x20) {
            *q++ = (char)c;
        } else {
            const char *shortest = c ? memchr("\bb\tt\nn\ff\rr", c, 10) : NULL;
            *q++ = '\\';
            if (shortest) {
                *q++ = shortest[1];
            } else {
                memcpy(q, "u00", 3);
                q[3] = hex[c >> 4];
                q[4] = hex[c & 15];
                q += 5;
            }
        }
    }
    return (size_t)(q - out);
}

/* ------------------------------------------------------------------ contestants */
static void fresh_arena(void *arg)
{
    struct text *t = arg;
    hr_arena_free(t->arena);
    t->arena = hr_arena_new();
}

static void decode_ours(void *arg)
{
    struct text *t = arg;
    if (hr_string_decode(t->arena, t->coded.data, t->coded.len, &t->ours) < 0)
        t->ours = (hr_str){0};
}

static void drop_naive(void *arg)
{
    struct text *t = arg;
    free(t->naive);
}

static void decode_naive(void *arg)
{
    struct text *t = arg;
    t->naive = malloc(t->coded.len);
    t->theirs = hr_str_make(t->naive, naive_decode(t->coded.data, t->coded.len, t->naive));
}

static void decode_simdjson(void *arg)
{
    struct text *t = arg;
    t->theirs.p = simdjson_peer_decode(t->coded.data, t->coded.len, &t->theirs.n);
}

static void drop_encoded(void *arg)
{
    struct text *t = arg;
    hr_buf_free(&t->encoded);
}

static void encode_ours(void *arg)
{
    struct text *t = arg;
    hr_string_encode(&t->encoded, hr_buf_view(&t->plain));
}

static void encode_naive(void *arg)
{
    struct text *t = arg;
    t->naive = malloc(t->plain.len * 6);
    t->theirs = hr_str_make(t->naive, naive_encode(t->plain.data, t->plain.len, t->naive));
}

static void decode(const char *kind, struct text *t)
{
    struct text loop = *t, fast = *t;
    struct contestant list[] = {{.prepare = fresh_arena, .run = decode_ours, .arg = t},
                                {.prepare = drop_naive, .run = decode_naive, .arg = &loop},
                                {.run = decode_simdjson, .arg = &fast}};
    char row[32];
    measure_rounds(MEASURE_CPU, list, 3, 300);
    measure_check(hr_str_eq(t->ours, hr_buf_view(&t->plain)), "we decode to the text that was encoded");
    measure_check(hr_str_eq(loop.theirs, t->ours) && hr_str_eq(fast.theirs, t->ours), "so do the others");
    snprintf(row, sizeof row, "decode.%s", kind);
    measure_say(row, &list[0], &list[1]);
    snprintf(row, sizeof row, "decode-simdjson.%s", kind);
    measure_say(row, &list[0], &list[2]);
}

static void encode(const char *kind, struct text *t)
{
    struct text loop = *t;
    struct contestant list[] = {{.prepare = drop_encoded, .run = encode_ours, .arg = t},
                                {.prepare = drop_naive, .run = encode_naive, .arg = &loop}};
    char row[32];
    loop.naive = NULL;
    measure_rounds(MEASURE_CPU, list, 2, 300);
    measure_check(t->encoded.len == t->coded.len - 2 &&
                      !memcmp(t->encoded.data, t->coded.data + 1, t->encoded.len),
                  "we encode to the literal that was decoded");
    measure_check(hr_str_eq(loop.theirs, hr_buf_view(&t->encoded)), "so does the loop");
    snprintf(row, sizeof row, "encode.%s", kind);
    measure_say(row, &list[0], &list[1]);
}

static void count_ours(void *arg)
{
    struct text *t = arg;
    t->tokens = hr_tokens(t->plain.data, t->plain.len);
}

static void count(const char *kind, struct text *t)
{
    struct contestant one = {.run = count_ours, .arg = t};
    char row[32];
    measure_rounds(MEASURE_CPU, &one, 1, 100);
    measure_check(t->tokens > t->plain.len / 10 && t->tokens < t->plain.len, "tokens are counted");
    snprintf(row, sizeof row, "count.%s", kind);
    measure_say_limit(row, one.p50);
}

int main(void)
{
    for (int kind = 0; kind < TEXT_KINDS; kind++) {
        struct text t = {0};
        text_add(&t.plain, (enum text_kind)kind, 100 << 10, 7);
        hr_buf_putc(&t.coded, '"');
        hr_string_encode(&t.coded, hr_buf_view(&t.plain));
        hr_buf_putc(&t.coded, '"');
        measure_check(hr_buf_reserve(&t.coded, SIMDJSON_PEER_PADDING) == 0, "memory for the padding");
        decode(text_names[kind], &t);
        encode(text_names[kind], &t);
        count(text_names[kind], &t);
        hr_buf_free(&t.plain);
        hr_buf_free(&t.coded);
    }
    return 0;
}
