/* profiles.c - reading and asking profiles of tools. See profiles.h. */
#include "profiles.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "glob.h"
#include "ini.h"
#include "limits.h"
#include "json/json.h"

/* One text on its way into a list; the first problem is told. */
struct reading {
    hr_arena *arena;
    hr_profile *first, **end;
    size_t n;
    char *problem;
    size_t room;
};

static const struct {
    const char *name, *other;
    enum hr_setting setting; /* whose values it takes; HR_SETTINGS: true, false */
} keys[HR_PROFILE_KEYS] = {
    [HR_PROFILE_SKIP] = {"skip", "skip_compression", HR_SETTINGS},
    [HR_PROFILE_LEVEL] = {"level", "level", HR_SET_LEVEL},
    [HR_PROFILE_MIN_TOKENS] = {"min_tokens", "min_tokens_to_crush", HR_SET_MIN_TOKENS},
    [HR_PROFILE_MAX_ITEMS] = {"max_items", "max_items_after_crush", HR_SET_MAX_ITEMS},
};

static const hr_str NONE = {NULL, 0};

static int shown(hr_str s)
{
    return s.n < 80 ? (int)s.n : 80;
}

/* tool n 0: it is not about one. */
static bool wrong(struct reading *r, hr_str tool, hr_str where, const char *what, const char *detail)
{
    if (r->room > 0 && !*r->problem)
        snprintf(r->problem, r->room, "%.*s%s\"%.*s\" %s%s", shown(tool), tool.n ? tool.p : "",
                 tool.n ? ": " : "", shown(where), where.n ? where.p : "", what, detail);
    return false;
}

static bool say(struct reading *r, hr_profile *p, hr_str key, hr_str value)
{
    char allowed[128] = "true or false";

    for (int k = 0; k < HR_PROFILE_KEYS; k++) {
        enum hr_setting s = keys[k].setting;

        if (!hr_str_is(key, keys[k].name) && !hr_str_is(key, keys[k].other))
            continue;
        if (s == HR_SETTINGS)
            p->said[k] = hr_str_is(value, "true") ? 1 : hr_str_is(value, "false") ? 0 : -1;
        else
            p->said[k] = hr_setting_value(s, value);
        if (p->said[k] >= 0)
            return true;
        if (s != HR_SETTINGS)
            hr_setting_allowed(s, allowed, sizeof allowed);
        return wrong(r, p->glob, value, "is not ", allowed);
    }
    return wrong(r, p->glob, key, "is no key of a profile; known are skip, level, min_tokens, max_items", "");
}

static hr_profile *begin(struct reading *r, hr_str glob)
{
    hr_profile *p = hr_arena_zalloc(r->arena, sizeof *p);

    for (int k = 0; p && k < HR_PROFILE_KEYS; k++)
        p->said[k] = -1;
    if (p)
        p->glob = glob;
    return p;
}

/* good: what was said of it could be read. */
static void end(struct reading *r, hr_profile *p, bool good)
{
    if (!good)
        return;
    if (!hr_glob_valid(p->glob)) {
        wrong(r, NONE, p->glob, "is no pattern: a [ needs its ], and a range runs upwards", "");
    } else if (++r->n > HR_MAX_PROFILES) {
        wrong(r, NONE, p->glob, "is one profile too many", "");
    } else {
        *r->end = p;
        r->end = &p->next;
    }
}

/* ------------------------------------------------------------------ name = words; .. */
/* Length up to the first of two bytes, or all. */
static size_t until(hr_str s, char a, char b)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != a && s.p[n] != b)
        n++;
    return n;
}

static bool words(struct reading *r, hr_profile *p, hr_str text)
{
    if (text.n == 0)
        return wrong(r, NONE, p->glob, "says nothing; known are skip, level, min_tokens, max_items", "");
    while (text.n > 0) {
        hr_str word = {text.p, until(text, ' ', '\t')};
        size_t mark = until(word, ':', '=');
        hr_str value = mark < word.n ? hr_str_make(word.p + mark + 1, word.n - mark - 1) : HR_STR("true");

        if (mark == word.n && !hr_str_is(word, keys[HR_PROFILE_SKIP].name))
            return wrong(r, p->glob, word,
                         "is no word of a profile; known are skip, level:.., min_tokens:.., max_items:..",
                         "");
        if (!say(r, p, hr_str_make(word.p, mark), value))
            return false;
        text = hr_ini_trim(hr_str_make(text.p + word.n, text.n - word.n));
    }
    return true;
}

static int read_lines(struct reading *r, hr_str text)
{
    while (text.n > 0) {
        hr_str one = {text.p, until(text, ';', '\n')}, entry = hr_ini_trim(one);
        size_t step = one.n + (one.n < text.n), mark = until(entry, '=', '=');

        text = hr_str_make(text.p + step, text.n - step);
        if (entry.n == 0)
            continue;
        hr_profile *p = begin(r, hr_ini_trim(hr_str_make(entry.p, mark)));
        if (!p)
            return HR_ENOMEM;
        if (mark == entry.n)
            wrong(r, NONE, entry, "is not \"TOOL = WORDS\"", "");
        else
            end(r, p, words(r, p, hr_ini_trim(hr_str_make(entry.p + mark + 1, entry.n - mark - 1))));
    }
    return 0;
}

/* ------------------------------------------------------------------ JSON */
/* A string decoded, anything else as it stands. */
static int text_of(struct reading *r, const hr_tree *t, uint32_t off, uint32_t len, hr_str *out)
{
    *out = hr_str_make(t->text + off, len);
    if (len == 0 || t->text[off] != '"')
        return 0;
    int err = hr_string_decode(r->arena, t->text + off, len, out);
    if (err == HR_ENOMEM)
        return err;
    if (err < 0)
        *out = (hr_str){0};
    return 0;
}

/* 1: all members could be read. 0: one could not. */
static int members(struct reading *r, const hr_tree *t, const hr_node *object, hr_profile *p)
{
    if (object->type != HR_JSON_OBJECT)
        return wrong(r, NONE, p->glob, "needs an object: {\"skip\": true}", "");
    if (object->count == 0)
        return wrong(r, NONE, p->glob, "says nothing; known are skip, level, min_tokens, max_items", "");
    for (uint32_t i = object->child; i; i = t->nodes[i].next) {
        const hr_node *m = &t->nodes[i];
        hr_str key, value;

        if (text_of(r, t, m->key_off, m->key_len, &key) < 0 || text_of(r, t, m->off, m->len, &value) < 0)
            return HR_ENOMEM;
        if (!say(r, p, key, value))
            return 0;
    }
    return 1;
}

static int read_json(struct reading *r, hr_str text)
{
    hr_tree t;
    size_t off = 0;
    int err = hr_tree_parse(&t, r->arena, text.p, text.n, &off);

    if (err == HR_ENOMEM)
        return err;
    if (err < 0) {
        size_t from = off < text.n ? off : text.n;
        wrong(r, NONE, hr_str_make(text.p + from, text.n - from < 20 ? text.n - from : 20),
              "is not how JSON goes on", "");
        return 0;
    }
    for (uint32_t i = t.nodes[1].child; i; i = t.nodes[i].next) {
        hr_str name;
        if ((err = text_of(r, &t, t.nodes[i].key_off, t.nodes[i].key_len, &name)) < 0)
            return err;
        hr_profile *p = begin(r, name);
        if (!p || (err = members(r, &t, &t.nodes[i], p)) < 0)
            return HR_ENOMEM;
        end(r, p, err == 1);
    }
    return 0;
}

int hr_profiles_read(hr_arena *a, hr_str text, hr_profile **list, char *problem, size_t room)
{
    struct reading r = {.arena = a, .problem = problem, .room = room};
    char *copy = hr_arena_dup(a, text.p, text.n);

    if (!copy)
        return HR_ENOMEM;
    r.end = &r.first;
    *problem = 0;
    text = hr_ini_trim(hr_str_make(copy, text.n));
    if (text.n > HR_MAX_PROFILES_TEXT) {
        snprintf(problem, room, "it is longer than %d bytes", HR_MAX_PROFILES_TEXT);
        return 1;
    }
    int err = text.n > 0 && text.p[0] == '{' ? read_json(&r, text) : read_lines(&r, text);
    if (err < 0)
        return err;
    *r.end = *list;
    *list = r.first;
    return *problem != 0;
}

void hr_profiles_apply(const hr_profile *list, hr_str tool, int64_t said[HR_PROFILE_KEYS])
{
    if (tool.n > HR_MAX_TOOL_NAME)
        tool.n = HR_MAX_TOOL_NAME;
    for (; list; list = list->next) {
        if (!hr_glob_match(list->glob, tool))
            continue;
        for (int k = 0; k < HR_PROFILE_KEYS; k++)
            if (said[k] < 0)
                said[k] = list->said[k];
    }
}
