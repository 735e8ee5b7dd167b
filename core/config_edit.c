/* config_edit.c - one setting of a config.ini changed, everything else in it as it was. See headroom.h, headroom_edit_config.

     lines of the setting   those that hr_ini reads as its entries, with what goes on in the next lines; all go
     the new line           in the place of the first of them; else behind the last entry of its section; else of the top; else first

   What comes out is read by the same reader as before: unless the setting has the new value and every other one its old, nothing is
   changed. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ini.h"
#include "json/json.h"

enum { MAX_LINES = 256 }; /* that one setting may take; more are somebody's list, to be edited by hand */

struct edit {
    hr_str text;
    enum hr_setting setting;
    hr_str section, key; /* of the name a.b: a and b; without a dot the section is empty */
    hr_splice list[MAX_LINES + 1];
    size_t n;
    bool full;
    /* The first line of the setting that a new one may replace: its number in the list, and what stands around its value. */
    bool found;
    size_t first;
    hr_str before, behind;
    /* Behind the last entry of the top and of the section: offsets. */
    size_t top_end, section_end;
    bool in_section;
};

static size_t line_begin(hr_str text, const char *at)
{
    size_t off = (size_t)(at - text.p);
    while (off > 0 && text.p[off - 1] != '\n')
        off--;
    return off;
}

static size_t line_end(hr_str text, const char *at)
{
    const char *end = memchr(at, '\n', text.n - (size_t)(at - text.p));
    return end ? (size_t)(end - text.p) + 1 : text.n;
}

static void take_out(struct edit *e, size_t from, size_t to)
{
    if (e->n > MAX_LINES - 1)
        e->full = true;
    else
        e->list[e->n++] = (hr_splice){from, to - from, HR_STR("")};
}

/* Notes every line of the setting, and where a new one would stand. */
static void look(struct edit *e)
{
    bool mine = false, listed = false;
    hr_ini ini;
    hr_ini_entry in;
    int got;

    hr_ini_begin(&ini, e->text);
    e->top_end = (size_t)(ini.rest.p - e->text.p); /* behind a byte order mark */
    while ((got = hr_ini_next(&ini, &in)) != 0) {
        if (got < 0)
            continue;
        const char *at = in.more ? in.value.p : in.name.p;
        size_t from = line_begin(e->text, at), to = line_end(e->text, at);
        if (!in.more)
            mine = hr_config_entry(&in, &listed) == e->setting;
        if (mine && !in.more && !listed && !e->found) {
            e->found = true;
            e->first = e->n;
            e->before = hr_str_make(e->text.p + from, (size_t)(in.value.p - e->text.p) - from);
            e->behind =
                hr_str_make(in.value.p + in.value.n, to - (size_t)(in.value.p - e->text.p) - in.value.n);
        }
        if (mine)
            take_out(e, from, to);
        if (in.section.n == 0)
            e->top_end = to;
        if (e->section.n > 0 && hr_str_eq(in.section, e->section)) {
            e->in_section = true;
            e->section_end = to;
        }
    }
}

/* The line that says it, complete. */
static void write_line(const struct edit *e, const char *value, hr_buf *b)
{
    if (e->found) {
        hr_buf_str(b, e->before);
        if (e->before.n > 0 && e->before.p[e->before.n - 1] == '=')
            hr_buf_putc(b, ' ');
        hr_buf_puts(b, value);
        if (e->behind.n > 0 && e->behind.p[0] == ';')
            hr_buf_putc(b, ' ');
        hr_buf_str(b, e->behind);
        return;
    }
    if (!e->in_section && e->section.n > 0) {
        hr_buf_str(b, e->section);
        hr_buf_putc(b, '.');
    }
    hr_buf_str(b, e->key);
    hr_buf_puts(b, " = ");
    hr_buf_puts(b, value);
    hr_buf_putc(b, '\n');
}

static int apply(struct edit *e, const char *value, hr_buf *out)
{
    hr_buf line = {0};

    if (value && !e->found) {
        size_t at = e->in_section ? e->section_end : e->top_end;
        if (at > 0 && e->text.p[at - 1] != '\n' && at == e->text.n)
            hr_buf_putc(&line, '\n');
        write_line(e, value, &line);
        memmove(e->list + 1, e->list, e->n++ * sizeof *e->list);
        e->list[0] = (hr_splice){at, 0, hr_buf_view(&line)};
    } else if (value) {
        write_line(e, value, &line);
        e->list[e->first].with = hr_buf_view(&line);
    }
    int r = line.err ? line.err : hr_splice_apply(out, e->text.p, e->text.n, e->list, e->n);
    hr_buf_free(&line);
    return r;
}

/* What the file alone would put in force. */
static int read_whole(hr_str text, hr_config *c)
{
    int r = hr_config_defaults(c);
    return r == 0 ? hr_config_read_text(c, text) : r;
}

/* 1: the new text says what was asked for, and of everything else the same. */
static int prove(hr_str old, hr_str new, enum hr_setting setting, const char *wanted)
{
    hr_config a, b = {0};
    int r = read_whole(old, &a);

    if (r == 0)
        r = read_whole(new, &b);
    for (int s = 0; r >= 0 && s < HR_SETTINGS; s++) {
        const char *want = s == (int)setting ? wanted : a.text[s];
        r = (s == 0 || r == 1) && strcmp(b.text[s], want) == 0;
    }
    hr_config_free(&a);
    hr_config_free(&b);
    return r;
}

/* The value as it would be in force: in *c; 0 where it is refused. */
static int judge(hr_config *c, enum hr_setting s, const char *value, char *problem, size_t room)
{
    const hr_given given = {'f', 0, ""};
    int r = hr_config_defaults(c);

    if (r == 0 && value)
        r = hr_config_set(c, s, hr_str_make(value, strlen(value)), false, &given);
    if (r == 0 && c->n_errors > 0) {
        snprintf(problem, room, "%s", c->errors[0].text);
        return 0;
    }
    return r < 0 ? r : 1;
}

static int change(hr_str text, enum hr_setting s, const char *value, const char *wanted, hr_buf *out,
                  char *problem, size_t room)
{
    struct edit e = {.text = text, .setting = s};
    const char *name = hr_setting_name(s), *dot = strchr(name, '.');

    if (dot)
        e.section = hr_str_make(name, (size_t)(dot - name));
    e.key = hr_str_make(dot ? dot + 1 : name, strlen(dot ? dot + 1 : name));
    look(&e);
    int r = e.full ? 0 : apply(&e, value, out);
    if (r == 0 && !e.full)
        r = prove(text, out->len ? hr_buf_view(out) : HR_STR(""), s, wanted);
    if (r == 0)
        snprintf(
            problem, room, "%s",
            value && strpbrk(value, ";\n\r")
                ? "such a value cannot stand on one line of the file: a ; behind a space begins a comment"
                : "the file is written in a way that is only safe to change by hand");
    return r;
}

int headroom_edit_config(const char *text, size_t len, const char *name, const char *value,
                         headroom_bytes *out, char *problem, size_t room)
{
    enum hr_setting s = hr_setting_find(name);
    hr_config wanted;
    hr_buf b = {0};

    *out = (headroom_bytes){0};
    if (s == HR_SETTINGS) {
        snprintf(problem, room, "no setting has this name");
        return 0;
    }
    int r = judge(&wanted, s, value, problem, room);
    if (r == 1)
        r = change(hr_str_make(len ? text : "", len), s, value, wanted.text[s], &b, problem, room);
    hr_config_free(&wanted);
    hr_buf_putc(&b, 0);
    if (r == 1 && !b.err)
        *out = (headroom_bytes){b.data, b.len - 1};
    else
        hr_buf_free(&b);
    return r == 1 && b.err ? HR_ENOMEM : r;
}
