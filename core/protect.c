/* protect.c - see protect.h. */
#include "protect.h"

#include <stdio.h>
#include <string.h>

#include "glob.h"
#include "limits.h"
#include "json/json.h"

static bool is_one_of(char c, const char *z)
{
    return c != 0 && strchr(z, c) != NULL;
}

/* Next run of bytes that are none of `stops`. */
static bool next_word(hr_str *rest, const char *stops, hr_str *word)
{
    size_t at = 0, n = 0;

    while (at < rest->n && is_one_of(rest->p[at], stops))
        at++;
    while (at + n < rest->n && !is_one_of(rest->p[at + n], stops))
        n++;
    *word = hr_str_make(rest->p + at, n);
    *rest = hr_str_make(rest->p + at + n, rest->n - at - n);
    return n > 0;
}

bool hr_glob_next(hr_str *list, hr_str *glob)
{
    return next_word(list, " \t,", glob);
}

bool hr_protects_tool(hr_str globs, hr_str tool)
{
    hr_str glob;

    if (tool.n > HR_MAX_TOOL_NAME)
        tool.n = HR_MAX_TOOL_NAME;
    while (hr_glob_next(&globs, &glob))
        if (hr_glob_match(glob, tool))
            return true;
    return false;
}

/* The matcher's own stars try each place where a path can begin and end, so the cost stays that of one match. */
static bool matches(hr_str glob, hr_str path)
{
    static const char *const before[] = {"", "*[/\\=:@]"}, *const behind[] = {"", ":*"};
    char whole[HR_MAX_GLOB + 16];

    if (glob.n > HR_MAX_GLOB)
        return false;
    for (int i = 0; i < 4; i++) {
        int n = snprintf(whole, sizeof whole, "%s%.*s%s", before[i & 1], (int)glob.n, glob.p, behind[i >> 1]);

        if (hr_glob_match(hr_str_make(whole, (size_t)n), path))
            return true;
    }
    return false;
}

static bool names(hr_str glob, hr_str path)
{
    if (path.n > HR_MAX_PATH)
        return false;
    if (matches(glob, path))
        return true;
    return hr_str_ends(glob, "/*") && glob.n > 2 && matches(hr_str_make(glob.p, glob.n - 2), path);
}

static bool names_one(hr_str globs, hr_str path)
{
    hr_str glob;

    while (hr_glob_next(&globs, &glob))
        if (names(glob, path))
            return true;
    return false;
}

static bool string_names(hr_str globs, hr_str text)
{
    hr_str word;

    if (names_one(globs, text))
        return true;
    if (text.n > HR_MAX_ARGUMENT)
        text.n = HR_MAX_ARGUMENT;
    while (next_word(&text, " \t\r\n\"'`;|&<>(){},", &word))
        if (names_one(globs, word))
            return true;
    return false;
}

int hr_protects_path(hr_arena *scratch, hr_str globs, hr_str arguments)
{
    hr_tree t;
    hr_str list = globs, glob;

    if (arguments.n == 0 || !hr_glob_next(&list, &glob))
        return 0;
    int r = hr_tree_parse(&t, scratch, arguments.p, arguments.n, NULL);
    if (r == HR_ENOMEM)
        return r;
    if (r < 0)
        return string_names(globs, arguments);
    for (uint32_t i = 1; i < t.n; i++) {
        hr_str text;

        if (t.nodes[i].type != HR_JSON_STRING)
            continue;
        r = hr_string_decode(scratch, t.text + t.nodes[i].off, t.nodes[i].len, &text);
        if (r == HR_ENOMEM)
            return r;
        if (string_names(globs, r < 0 ? hr_str_make(t.text + t.nodes[i].off, t.nodes[i].len) : text))
            return 1;
    }
    return 0;
}
