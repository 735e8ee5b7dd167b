/* json_rows.h - JSON as tools print it, made from the bytes of a fuzzer: lists, maps and lines of records with a few odd values among them, bare or
   in an envelope. Mutated bytes alone are hardly ever a list that anything would be left out of. */
#ifndef HR_FUZZ_JSON_ROWS_H
#define HR_FUZZ_JSON_ROWS_H

#include "json/json.h"

struct source {
    const uint8_t *p, *end;
    uint64_t state; /* goes on where the bytes end */
};

static uint32_t draw(struct source *s, uint32_t below)
{
    if (s->p < s->end)
        s->state = (s->state ^ *s->p++) * 0x100000001b3u;
    s->state ^= s->state << 13;
    s->state ^= s->state >> 7;
    s->state ^= s->state << 17;
    return (uint32_t)(s->state >> 33) % below;
}

static void put_value(struct source *s, hr_buf *b, uint32_t kind, uint32_t i)
{
    static const char *const words[] = {"ok",   "active", "failed", "the lease was lost",
                                        "null", "a,b",    "é ü",    "x\\\"y",
                                        "INFO", "ERROR",  "",       "]",
                                        "0",    "@1",     "-",      "\\u00e9"};
    static const char *const odd[] = {"null",     "true",        "[]", "{}", "-0.5e3", "[1,[2,{\"k\":[]}]]",
                                      "\"\\\"\"", "{\"a\":null}"};
    if (draw(s, 64) == 0) {
        hr_buf_puts(b, odd[draw(s, 8)]);
        return;
    }
    switch (kind % 8) {
    case 0:
        hr_buf_u64(b, i * 3u);
        break;
    case 1:
        hr_buf_u64(b, 1000 + draw(s, 100));
        break;
    case 2:
        hr_buf_u64(b, draw(s, 9));
        hr_buf_puts(b, ".5");
        break;
    case 3:
        hr_buf_puts(b, "\"2025-01-07T10:00:");
        hr_buf_u64(b, 10 + i % 50);
        hr_buf_puts(b, "Z\"");
        break;
    case 4:
        hr_buf_putc(b, '"');
        hr_buf_puts(b, words[kind & 8 ? draw(s, 16) : 0]);
        hr_buf_putc(b, '"');
        break;
    case 5:
        hr_buf_puts(b, "\"request ");
        hr_buf_u64(b, draw(s, 1000));
        hr_buf_puts(b, " was served by node-");
        hr_buf_u64(b, draw(s, 4));
        hr_buf_putc(b, '"');
        break;
    case 6:
        hr_buf_puts(b, "{\"n\":");
        hr_buf_u64(b, draw(s, 5));
        hr_buf_puts(b, ",\"m\":\"k\"}");
        break;
    default:
        hr_buf_puts(b, "[{\"q\":");
        hr_buf_u64(b, draw(s, 3));
        hr_buf_puts(b, "},{\"q\":7}]");
    }
}

static void put_record(struct source *s, hr_buf *b, uint32_t fields, uint32_t kinds, uint32_t i)
{
    static const char *const keys[] = {"id", "status", "score", "time", "message", "error", "count", "name"};
    bool first = true;
    hr_buf_putc(b, '{');
    for (uint32_t k = 0; k < fields; k++) {
        if (draw(s, 48) == 0)
            continue;
        hr_buf_puts(b, first ? "\"" : ",\"");
        hr_buf_puts(b, keys[(kinds + k) % 8]);
        hr_buf_puts(b, "\":");
        put_value(s, b, kinds >> k, i);
        first = false;
    }
    hr_buf_putc(b, '}');
}

/* Append a text made from the bytes. */
static void put_json(struct source *s, hr_buf *b)
{
    const uint32_t shape = draw(s, 6), n = 10 + draw(s, 60), fields = 1 + draw(s, 6),
                   kinds = draw(s, 1 << 16);
    const uint32_t around = draw(s, 4);
    hr_buf text = {0};
    hr_buf_puts(&text, shape == 0 ? "{" : shape == 1 ? "" : "[");
    for (uint32_t i = 0; i < n; i++) {
        hr_buf_puts(&text, i == 0 ? "" : shape == 1 ? "\n" : ",");
        if (shape == 0) {
            hr_buf_puts(&text, "\"key-");
            hr_buf_u64(&text, i);
            hr_buf_puts(&text, "\":");
        }
        if (shape < 4) {
            put_record(s, &text, fields, kinds, i);
        } else if (shape == 4) {
            put_value(s, &text, kinds, i);
        } else {
            hr_buf_puts(&text, "[");
            put_value(s, &text, 0, i);
            hr_buf_puts(&text, ",");
            put_value(s, &text, kinds, i);
            hr_buf_puts(&text, "]");
        }
    }
    hr_buf_puts(&text, shape == 0 ? "}" : shape == 1 ? "" : "]");
    if (around == 0 && shape != 1) {
        hr_buf_puts(b, "{\"ok\":true,\"data\":");
        hr_buf_str(b, hr_buf_view(&text));
        hr_buf_puts(b, "}");
    } else if (around == 1) {
        hr_buf_puts(b, "{\"code\":0,\"stdout\":\"");
        hr_string_encode(b, hr_buf_view(&text));
        hr_buf_puts(b, "\\n\"}");
    } else {
        hr_buf_str(b, hr_buf_view(&text));
    }
    hr_buf_free(&text);
}

#endif
