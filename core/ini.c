/* ini.c - see ini.h. */
#include "ini.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

hr_str hr_ini_trim(hr_str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* A semicolon in first place or behind white space begins a comment. */
static hr_str without_comment(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ';' && (i == 0 || is_space(s.p[i - 1])))
            s.n = i;
    return hr_ini_trim(s);
}

void hr_ini_begin(hr_ini *ini, hr_str text)
{
    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
        text = hr_str_make(text.p + 3, text.n - 3);
    *ini = (hr_ini){.rest = text};
}

static hr_str next_line(hr_ini *ini)
{
    const char *end = memchr(ini->rest.p, '\n', ini->rest.n);
    hr_str line = {ini->rest.p, end ? (size_t)(end - ini->rest.p) : ini->rest.n};
    size_t step = line.n + (end != NULL);

    ini->rest = hr_str_make(ini->rest.p + step, ini->rest.n - step);
    ini->line++;
    return line;
}

/* "[section]"; what stands behind the bracket says nothing. */
static int read_section(hr_ini *ini, hr_str line)
{
    const char *end = memchr(line.p, ']', line.n);

    ini->name = (hr_str){0};
    if (!end)
        return HR_ESHAPE;
    ini->section = hr_ini_trim(hr_str_make(line.p + 1, (size_t)(end - line.p) - 1));
    return 0;
}

/* 1: an entry; 0: no entry, read on. */
static int read_line(hr_ini *ini, hr_str raw, hr_ini_entry *out)
{
    hr_str line = hr_ini_trim(raw);
    size_t mark = 0;

    if (line.n == 0 || line.p[0] == ';' || line.p[0] == '#')
        return 0;
    if (line.p > raw.p && ini->name.n > 0) {
        *out = (hr_ini_entry){ini->section, ini->name, without_comment(line), true};
        return 1;
    }
    if (line.p[0] == '[')
        return read_section(ini, line);
    while (mark < line.n && line.p[mark] != '=' && line.p[mark] != ':')
        mark++;
    hr_str name = hr_ini_trim(hr_str_make(line.p, mark));
    if (mark == line.n || name.n == 0) {
        ini->name = (hr_str){0}; /* it is not to be continued */
        return HR_ESHAPE;
    }
    hr_str value = without_comment(hr_str_make(line.p + mark + 1, line.n - mark - 1));
    ini->name = name;
    *out = (hr_ini_entry){ini->section, name, value, false};
    return 1;
}

int hr_ini_next(hr_ini *ini, hr_ini_entry *out)
{
    while (ini->rest.n > 0) {
        int r = read_line(ini, next_line(ini), out);

        if (r != 0)
            return r;
    }
    return 0;
}
