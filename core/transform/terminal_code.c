/* terminal_code.c - see terminal_code.h. */
#include "transform/terminal_code.h"

#include <string.h>

enum { ESC = 0x1b, BEL = 7, MOST_STRING = 4096 /* a title, a link */, MOST_NUMBER = 9999 };

static bool is_text(char c)
{
    return (unsigned char)c >= 0x20 ? c != 0x7f : c == '\t';
}

/* Where the text that begins at p ends: eight bytes at a time, as long as none of them is below blank or 0x7f. */
static const char *text_end(const char *p, const char *end)
{
    const uint64_t ones = UINT64_MAX / 255, high = ones * 0x80;

    while (p < end) {
        uint64_t v;
        while (end - p >= 8) {
            memcpy(&v, p, 8);
            const uint64_t del = v ^ ones * 0x7f;
            if (((v - ones * 0x20) & ~v & high) | ((del - ones) & ~del & high))
                break;
            p += 8;
        }
        for (int i = 0; i < 8; i++, p++)
            if (p == end || !is_text(*p))
                return p;
    }
    return p;
}

/* ------------------------------------------------------------------ ESC [ */
/* What the sequences with one number mean. Zero counts as one but where something is erased. */
static const struct {
    char final;
    enum hr_code_what what;
} sequences[] = {
    {'A', HR_CODE_UP},          {'B', HR_CODE_DOWN},   {'C', HR_CODE_FORWARD},    {'D', HR_CODE_BACK},
    {'F', HR_CODE_UP_TO_START}, {'G', HR_CODE_COLUMN}, {'K', HR_CODE_ERASE_LINE}, {'n', HR_CODE_STYLE},
    {'c', HR_CODE_STYLE},       {'q', HR_CODE_STYLE},  {'t', HR_CODE_STYLE},
};

static hr_code read_sequence(hr_str parameters, char final)
{
    hr_code c = {HR_CODE_UNKNOWN, 0};
    size_t i = parameters.n > 0 && parameters.p[0] == '?';
    bool private = i > 0;

    if (final == 'm') /* most of them */
        return (hr_code){HR_CODE_STYLE, 0};
    for (; i < parameters.n && parameters.p[i] >= '0' && parameters.p[i] <= '9' && c.n < MOST_NUMBER; i++)
        c.n = c.n * 10 + (uint32_t)(parameters.p[i] - '0');
    if (private && (final == 'h' || final == 'l'))
        c.what = c.n == 1049 || c.n == 1047 || c.n == 47 ? HR_CODE_ANEW : HR_CODE_STYLE;
    else if (final == 'J')
        c.what = c.n == 0 ? HR_CODE_ERASE_BELOW : c.n == 2 || c.n == 3 ? HR_CODE_ANEW : HR_CODE_UNKNOWN;
    else if (final == 'H' &&
             (parameters.n == 0 || hr_str_is(parameters, "1;1") || hr_str_is(parameters, "1")))
        c.what = HR_CODE_ANEW;
    for (size_t k = 0; k < sizeof sequences / sizeof *sequences; k++)
        if (sequences[k].final == final)
            c.what = sequences[k].what;
    if (c.what != HR_CODE_STYLE && c.what != HR_CODE_ANEW && i < parameters.n)
        c.what = HR_CODE_UNKNOWN; /* a second number, or what is no number */
    if (c.n == 0 && c.what != HR_CODE_ERASE_LINE)
        c.n = 1;
    return c;
}

/* Bytes of the sequence whose ESC [ stands before p; SIZE_MAX: it is cut off. */
static size_t sequence(const char *p, const char *end, hr_code *c)
{
    const char *q = p;

    while (q < end && *q >= 0x20 && *q < 0x40)
        q++;
    if (q == end)
        return SIZE_MAX;
    *c = *q >= 0x40 && *q < 0x7f ? read_sequence(hr_str_make(p, (size_t)(q - p)), *q)
                                 : (hr_code){HR_CODE_UNKNOWN, 0};
    return (size_t)(q + 1 - p);
}

/* ------------------------------------------------------------------ ESC and others */
/* A title, a link: up to BEL or ESC \. */
static size_t string(const char *p, const char *end, hr_code *c)
{
    c->what = HR_CODE_STYLE;
    for (const char *q = p; q < end && q - p < MOST_STRING && *q != '\n'; q++) {
        if (*q == BEL)
            return (size_t)(q + 1 - p);
        if (*q == ESC && q + 1 < end && q[1] == '\\')
            return (size_t)(q + 2 - p);
    }
    c->what = HR_CODE_UNKNOWN;
    return 0;
}

/* What stands behind ESC; bytes, SIZE_MAX: it is cut off. */
static size_t escape(const char *p, const char *end, hr_code *c)
{
    size_t n = 0;

    if (p == end)
        return SIZE_MAX;
    *c = (hr_code){HR_CODE_STYLE, 0};
    switch (*p) {
    case '[':
        n = sequence(p + 1, end, c);
        break;
    case ']':
    case 'P':
    case '_':
    case '^':
        n = string(p + 1, end, c);
        break;
    case '(': /* letters; '0' would turn them into lines */
        if (end - p < 2)
            return SIZE_MAX;
        c->what = p[1] == 'B' ? HR_CODE_STYLE : HR_CODE_UNKNOWN;
        n = 1;
        break;
    case 'c':
        c->what = HR_CODE_ANEW;
        break;
    case '=':
    case '>':
    case '\\':
        break;
    default:
        c->what = HR_CODE_UNKNOWN;
    }
    return n == SIZE_MAX ? n : n + 1;
}

static hr_code control(char c)
{
    switch (c) {
    case '\n':
        return (hr_code){HR_CODE_FEED, 1};
    case '\r':
        return (hr_code){HR_CODE_RETURN, 1};
    case '\b':
        return (hr_code){HR_CODE_BACK, 1};
    case BEL:
    case 0x0f: /* ordinary letters again */
        return (hr_code){HR_CODE_STYLE, 0};
    default:
        return (hr_code){HR_CODE_UNKNOWN, 0};
    }
}

bool hr_code_next(hr_str *rest, hr_str *text, hr_code *code)
{
    const char *p = rest->p, *end = p + rest->n;

    if (rest->n == 0)
        return false;
    p = text_end(p, end);
    *text = hr_str_make(rest->p, (size_t)(p - rest->p));
    *code = (hr_code){HR_CODE_NONE, 0};
    if (p < end && *p == ESC) {
        size_t n = escape(p + 1, end, code);
        if (n == SIZE_MAX) { /* the text was cut off inside of a code */
            code->what = HR_CODE_STYLE;
            n = (size_t)(end - p) - 1;
        }
        p += 1 + n;
    } else if (p < end) {
        p += *p == '\r' && p + 1 < end && p[1] == '\n';
        *code = control(*p++);
    }
    *rest = hr_str_make(p, (size_t)(end - p));
    return true;
}

bool hr_code_goes_up(hr_str text)
{
    const char *p = text.p, *end = p + text.n;

    while (p < end && (p = memchr(p, ESC, (size_t)(end - p)))) {
        if (end - ++p < 2 || *p != '[')
            continue;
        const char *final = p + 1;
        while (final < end && (*final == ';' || (*final >= '0' && *final <= '9')))
            final++;
        if (final < end && (*final == 'A' || *final == 'F'))
            return true;
    }
    return false;
}
