/* lines.c - a text as the lines that a person compares. See lines.h. */
#include "lines.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_DEPTH = 200,
    MAX_NESTED_TEXTS = 4,
    INDENT = 2,
    MAX_INDENT = 40 /* deeper texts must not become many times longer by white space */
};

void lines_free(struct lines *l)
{
    free(l->text);
    free(l->line);
    *l = (struct lines){NULL, NULL, 0};
}

/* Takes text over. */
static bool cut(char *text, size_t len, struct lines *out)
{
    size_t n = 0;

    for (const char *p = text; p < text + len; n++) {
        const char *end = memchr(p, '\n', (size_t)(text + len - p));
        p = end == NULL ? text + len : end + 1;
    }
    *out = (struct lines){text, malloc((n + 1) * sizeof(*out->line)), n};
    if (out->line == NULL) {
        lines_free(out);
        return false;
    }
    n = 0;
    for (const char *p = text; p < text + len; n++) {
        const char *end = memchr(p, '\n', (size_t)(text + len - p));

        if (end == NULL)
            end = text + len;
        out->line[n] = (struct diff_line){p, (size_t)(end - p)};
        p = end + 1;
    }
    return true;
}

bool lines_of_text(const char *text, size_t len, struct lines *out)
{
    char *copy = malloc(len + 1);

    *out = (struct lines){NULL, NULL, 0};
    if (copy == NULL)
        return false;
    memcpy(copy, text, len);
    return cut(copy, len, out);
}

/* ------------------------------------------------------------------ reading JSON */
/* One value after the other; p moves behind what was read. Each function: false where it is no JSON. */
struct reader {
    const char *p, *end;
    FILE *copy;  /* tokens go here where it is not NULL */
    bool inside; /* strings are looked into */
};

static bool holds_document(const char *p, const char *end);

static void skip_space(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

static void take(struct reader *r, size_t n)
{
    if (r->copy != NULL)
        fwrite(r->p, 1, n, r->copy);
    r->p += n;
}

/* Skip white space; is the next token this mark? Then it is taken. */
static bool take_mark(struct reader *r, char mark)
{
    skip_space(r);
    if (r->p == r->end || *r->p != mark)
        return false;
    take(r, 1);
    return true;
}

static bool read_string(struct reader *r)
{
    const char *p = r->p + 1;

    if (r->p == r->end || *r->p != '"')
        return false;
    while (p < r->end && *p != '"') {
        if ((unsigned char)*p < 0x20)
            return false;
        p += *p == '\\' ? 2 : 1;
    }
    if (p >= r->end)
        return false;
    take(r, (size_t)(p + 1 - r->p));
    return true;
}

/* Numbers, true, false and null: the letters suffice to show them. */
static bool read_word(struct reader *r)
{
    static const char letters[] = "+-.0123456789Eaeflnrstu";
    size_t n = 0;

    while (r->p + n < r->end && r->p[n] != '\0' && strchr(letters, r->p[n]) != NULL)
        n++;
    take(r, n);
    return n > 0;
}

/* *table: an array with an array or object among its elements was met, or a string that holds JSON. */
static bool read_value(struct reader *r, unsigned depth, bool *table)
{
    char close, open;

    skip_space(r);
    if (r->p == r->end || depth > MAX_DEPTH)
        return false;
    open = *r->p;
    if (open == '"') {
        const char *from = r->p + 1;
        bool whole = read_string(r);

        *table |= whole && r->inside && holds_document(from, r->p - 1);
        return whole;
    }
    if (open != '{' && open != '[')
        return read_word(r);
    close = open == '{' ? '}' : ']';
    take(r, 1);
    if (take_mark(r, close))
        return true;
    do {
        skip_space(r);
        if (open == '{' && (!read_string(r) || !take_mark(r, ':')))
            return false;
        skip_space(r);
        *table |= open == '[' && r->p < r->end && (*r->p == '{' || *r->p == '[');
        if (!read_value(r, depth + 1, table))
            return false;
    } while (take_mark(r, ','));
    return take_mark(r, close);
}

static bool is_document(const char *text, size_t len)
{
    struct reader r = {text, text + len, NULL, false};
    bool table = false;

    skip_space(&r);
    if (r.p == r.end || (*r.p != '{' && *r.p != '[') || !read_value(&r, 0, &table))
        return false;
    skip_space(&r);
    return r.p == r.end;
}

/* ------------------------------------------------------------------ strings that hold JSON */
static int hex4(const char *p, const char *end)
{
    int v = 0;

    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *d = p + i < end && p[i] != '\0' ? strchr(digits, p[i]) : NULL;

        if (d == NULL)
            return -1;
        v = v * 16 + (int)((d - digits) % 16);
    }
    return v;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 63));
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    }
    return out;
}

/* The inside of a string literal decoded, never longer than it. NULL: not decodable, or no memory. */
static char *decode(const char *p, const char *end, size_t *len)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char *text = malloc((size_t)(end - p) + 1);
    char *out = text;

    while (text != NULL && p < end) {
        const char *name;
        int32_t c, low;

        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        name = p[1] == '\0' ? NULL : strchr(names, p[1]);
        if (name != NULL) {
            *out++ = values[name - names];
            p += 2;
            continue;
        }
        c = p[1] == 'u' ? hex4(p + 2, end) : -1;
        p += 6;
        if (c >= 0xD800 && c < 0xDC00 && p + 1 < end && p[0] == '\\' && p[1] == 'u') {
            low = hex4(p + 2, end);
            c = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00) : -1;
            p += 6;
        }
        if (c <= 0 || (c >= 0xD800 && c < 0xE000)) {
            free(text);
            return NULL;
        }
        out = put_utf8(out, (uint32_t)c);
    }
    if (text != NULL)
        *len = (size_t)(out - text);
    return text;
}

static bool holds_document(const char *p, const char *end)
{
    size_t len = 0;
    char *text = p < end && (*p == '{' || *p == '[') ? decode(p, end, &len) : NULL;
    bool found = text != NULL && is_document(text, len);

    free(text);
    return found;
}

/* ------------------------------------------------------------------ writing lines */
struct place {
    unsigned indent; /* in steps */
    unsigned texts;  /* strings around this text */
};

static void show_value(struct reader *r, FILE *f, struct place at, bool element);

static void begin_line(FILE *f, struct place at)
{
    int n = (int)at.indent * INDENT;

    fprintf(f, "%*s", n < MAX_INDENT ? n : MAX_INDENT, "");
}

static void show_document(const char *text, size_t len, FILE *f, struct place at)
{
    struct reader r = {text, text + len, f, false};

    show_value(&r, f, at, false);
}

/* A string member that holds JSON: its text under it. False: it holds none, nothing was written. */
static bool show_inner(struct reader *r, FILE *f, struct place at)
{
    struct reader probe = {r->p, r->end, NULL, false};
    size_t len = 0;
    char *text;
    bool shown;

    if (at.texts == MAX_NESTED_TEXTS || !read_string(&probe))
        return false;
    text = decode(r->p + 1, probe.p - 1, &len);
    shown = text != NULL && is_document(text, len);
    if (shown) {
        fputs("\"JSON\":\n", f);
        begin_line(f, (struct place){at.indent + 1, 0});
        show_document(text, len, f, (struct place){at.indent + 1, at.texts + 1});
        r->p = probe.p;
    }
    free(text);
    return shown;
}

/* The text is JSON: is_document said so. */
static void show_members(struct reader *r, FILE *f, struct place at)
{
    char open = *r->p, close = open == '{' ? '}' : ']';
    struct place inside = {at.indent + 1, at.texts};
    bool more;

    take(r, 1);
    skip_space(r);
    while (r->p < r->end && *r->p != close) {
        fputc('\n', f);
        begin_line(f, inside);
        if (open == '{') {
            read_string(r);
            take_mark(r, ':');
            fputc(' ', f);
        }
        show_value(r, f, inside, open == '[');
        skip_space(r);
        more = r->p < r->end && *r->p == ',';
        r->p += more;
        skip_space(r);
    }
    fputc('\n', f);
    begin_line(f, at);
    take(r, 1);
}

static void show_value(struct reader *r, FILE *f, struct place at, bool element)
{
    struct reader probe;
    bool table = false, empty;

    skip_space(r);
    if (r->p < r->end && *r->p == '"' && show_inner(r, f, at))
        return;
    probe = (struct reader){r->p, r->end, NULL, true};
    if (*r->p == '{' || *r->p == '[') {
        probe.p++;
        skip_space(&probe);
        empty = *probe.p == '}' || *probe.p == ']';
        probe.p = r->p;
        if (element)
            read_value(&probe, 0, &table);
        if (!empty && (!element || table)) {
            show_members(r, f, at);
            return;
        }
    }
    read_value(r, 0, &table);
}

int lines_of_json(const char *text, size_t len, struct lines *out)
{
    char *view = NULL;
    size_t size = 0;
    FILE *f;

    *out = (struct lines){NULL, NULL, 0};
    if (!is_document(text, len))
        return 0;
    f = open_memstream(&view, &size);
    if (f == NULL)
        return -1;
    show_document(text, len, f, (struct place){0, 0});
    fputc('\n', f);
    if (ferror(f) != 0) {
        fclose(f);
        free(view);
        return -1;
    }
    if (fclose(f) != 0 || view == NULL) {
        free(view);
        return -1;
    }
    return cut(view, size, out) ? 1 : -1;
}
