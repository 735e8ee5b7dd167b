/* json_lines.c - see json_lines.h. */
#include "transform/json_lines.h"

#include "transform/crush.h"
#include "transform/lines.h"
#include "transform/note.h"

#include <string.h>

/* ------------------------------------------------------------------ reading */
/* Lines as if they were one array. */
static hr_str join(hr_arena *a, hr_str text)
{
    char *p = hr_arena_alloc(a, text.n + 3);

    if (!p)
        return (hr_str){0};
    p[0] = '[';
    memcpy(p + 1, text.p, text.n);
    p[text.n + 1] = ']';
    for (char *at = p; (at = memchr(at, '\n', (size_t)(p + text.n + 1 - at)));)
        *at = ',';
    return hr_str_make(p, text.n + 2);
}

/* Were all the line feeds between the elements, and nothing else? */
static bool are_lines(const hr_tree *t, hr_str text)
{
    size_t feeds = 0;

    for (uint32_t e = t->nodes[1].child; e && t->nodes[e].next; e = t->nodes[e].next, feeds++)
        if (text.p[t->nodes[e].off + t->nodes[e].len - 1] != '\n')
            return false;
    for (const char *p = text.p, *end = p + text.n; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        if (feeds-- == 0)
            return false;
    return true;
}

int hr_json_lines_parse(hr_tree *t, hr_arena *a, hr_str text)
{
    const char *feed = text.n && text.p[0] == '{' ? memchr(text.p, '\n', text.n) : NULL;

    if (!feed || feed[-1] != '}')
        return 0;
    hr_str json = join(a, text);
    int r = json.p ? hr_tree_parse(t, a, json.p, json.n, NULL) : HR_ENOMEM;
    return r == HR_ENOMEM ? r : r == 0 && are_lines(t, text);
}

/* ------------------------------------------------------------------ writing */
/* The note, with a blank behind its colon where the lines have one: lines of one style can be a table. */
static int write_note(hr_buf *b, const hr_transform_in *in, uint32_t of, const hr_plan *plan)
{
    static const char key[] = "{\"" HR_NOTE_KEY "\":";
    const char *colon = memchr(in->text.p, ':', in->text.n);
    const bool spaced = colon && colon + 1 < in->text.p + in->text.n && colon[1] == ' ';
    hr_buf note = {0};
    int r = hr_note_write_alike(&note, HR_NOTE_ITEMS, of, plan->kept, plan->nkept, plan->alike, plan->nalike,
                                in->id, in->offers_command);
    if (r == 0) {
        hr_buf_puts(b, key);
        hr_buf_puts(b, spaced ? " " : "");
        hr_buf_add(b, note.data + sizeof key - 1, note.len - (sizeof key - 1));
        r = b->err;
    }
    hr_buf_free(&note);
    return r;
}

static int write_lines(hr_buf *b, const hr_transform_in *in, uint32_t of, const hr_plan *plan)
{
    hr_str rest = in->text, line;
    bool ended;
    for (uint32_t i = 0, k = 0; k < plan->nkept && hr_line_next(&rest, &line, &ended); i++) {
        if (i != plan->kept[k])
            continue;
        hr_buf_str(b, line);
        hr_buf_putc(b, '\n');
        k++;
    }
    return write_note(b, in, of, plan);
}

/* Does the last line name what is not there, and is the rest of the text the original's lines? 1, 0, HR_ENOMEM. */
static int is_true(hr_arena *a, hr_str after, hr_str before, const hr_plan *plan)
{
    hr_tree t;
    hr_note note;
    hr_str value, was, is;
    bool ended;
    uint32_t i = 0, k = 0;
    const char *feed = memrchr(after.p, '\n', after.n);
    if (!feed)
        return 0;
    int r = hr_tree_parse(&t, a, feed + 1, (size_t)(after.p + after.n - feed - 1), NULL);
    if (r == 0 && t.nodes[1].count == 1)
        r = hr_string_decode(a, t.text + t.nodes[2].off, t.nodes[2].len, &value);
    if (r == 0)
        r = hr_note_read(a, value, &note);
    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    if (note.nalike != plan->nalike ||
        memcmp(note.alike, plan->alike, plan->nalike * sizeof *plan->alike) != 0)
        return 0;
    after.n = (size_t)(feed + 1 - after.p);
    for (; hr_line_next(&before, &was, &ended); i++) {
        if (k == note.of - note.omitted || note.kept[k] != i)
            continue;
        if (!hr_line_next(&after, &is, &ended) || !hr_str_eq(was, is))
            return 0;
        k++;
    }
    return i == note.of && k == note.of - note.omitted && after.n == 0;
}

/* The rows of the tree become the plan, the plan the text. */
static int select_lines(hr_arena *a, hr_arena *scratch, const hr_transform_in *in, const hr_tree *t,
                        hr_transform_out *out)
{
    const uint32_t n = t->nodes[1].count;
    uint32_t *row = hr_arena_alloc(scratch, n * sizeof *row), k = 0;
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    hr_buf b = {0};
    hr_plan plan;
    if (!row)
        return HR_ENOMEM;
    for (uint32_t e = t->nodes[1].child; e; e = t->nodes[e].next)
        row[k++] = e;
    const hr_rows rows = {t, row, n, t->n, false};
    int r = hr_select(&plan, scratch, in, &rows, &watch);
    if (r != 1)
        return r;
    r = write_lines(&b, in, n, &plan);
    if (r == 0 && (uint64_t)b.len * 100 <= (uint64_t)in->text.n * HR_CRUSH_WORTH)
        r = is_true(scratch, hr_buf_view(&b), in->text, &plan);
    if (r == 1) {
        *out = (hr_transform_out){.text = {hr_arena_dup(a, b.data, b.len), b.len},
                                  .strategy = plan.strategy,
                                  .kind = out->kind,
                                  .kept = plan.nkept,
                                  .of = n};
        r = out->text.p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    return r == HR_ELIMIT ? 0 : r;
}

int hr_json_lines_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    hr_tree t;
    hr_arena *scratch = hr_arena_new();
    int r = scratch ? hr_json_lines_parse(&t, scratch, in->text) : HR_ENOMEM;
    if (r == 1)
        r = select_lines(a, scratch, in, &t, out);
    hr_arena_free(scratch);
    return r;
}
