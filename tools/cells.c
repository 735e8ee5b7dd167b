/* cells.c - foreign text as cells of a terminal. See cells.h. */
#include "cells.h"
#include "format.h"

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum { DEFAULT_COLUMNS = 80, LEAST_COLUMNS = 30, MOST_COLUMNS = 1000 };

/* wcwidth asks the locale of the thread, which is "C" in this program. Without such a locale each character counts as one. */
static int width_of(uint32_t c)
{
    static locale_t utf8;
    static bool tried;
    locale_t before;
    int width;

    if (!tried) {
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
        tried = true;
    }
    if (utf8 == (locale_t)0)
        return 1;
    before = uselocale(utf8);
    width = wcwidth((wchar_t)c);
    uselocale(before);
    return width;
}

/* The marks that order text from right to left, alone or by embedding, and those that break lines. */
static bool steers(uint32_t c)
{
    return c == 0x061C || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

static uint32_t decode(const char *p, size_t n)
{
    static const unsigned char first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t c = (unsigned char)p[0] & first[n];

    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3F);
    return c;
}

static void set(struct cell *out, unsigned width, const char *text, size_t len)
{
    memcpy(out->text, text, len);
    out->len = len;
    out->width = width;
}

static void set_ascii(struct cell *out, unsigned char c, unsigned column)
{
    char caret[2] = {'^', (char)(c ^ 0x40)};
    unsigned gap = CELLS_TAB - column % CELLS_TAB;

    if (c == '\t')
        set(out, gap, "        ", gap);
    else if (c < 0x20 || c == 0x7F)
        set(out, 2, caret, 2);
    else
        set(out, 1, (const char *)&c, 1);
}

size_t cells_next(const char *p, size_t n, unsigned column, struct cell *out)
{
    char ended[5] = {0}, shown[CELLS_TEXT];
    size_t len;
    uint32_t c;
    int width;

    if ((unsigned char)*p < 0x80) {
        set_ascii(out, (unsigned char)*p, column);
        return 1;
    }
    memcpy(ended, p, n < 4 ? n : 4);
    len = format_utf8_length(ended);
    if (len == 0) {
        snprintf(shown, sizeof(shown), "\\x%02X", (unsigned)(unsigned char)*p);
        set(out, 4, shown, 4);
        return 1;
    }
    c = decode(p, len);
    width = steers(c) ? -1 : width_of(c);
    if (c < 0xA0 || width < 0) {
        int size = snprintf(shown, sizeof(shown), "<U+%04X>", c);
        set(out, (unsigned)size, shown, (size_t)size);
    } else {
        set(out, (unsigned)width, p, len);
    }
    return len;
}

unsigned cells_columns(void)
{
    const char *variable = getenv("COLUMNS");
    struct winsize size;
    unsigned long columns = DEFAULT_COLUMNS;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    else if (variable != NULL && strtoul(variable, NULL, 10) > 0)
        columns = strtoul(variable, NULL, 10);
    return columns < LEAST_COLUMNS  ? LEAST_COLUMNS
           : columns > MOST_COLUMNS ? MOST_COLUMNS
                                    : (unsigned)columns;
}
