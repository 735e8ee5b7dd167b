/* layers.c - see layers.h. */
#include "transform/layers.h"

#include <string.h>

#include "limits.h"
#include "transform/inner.h"
#include "transform/kept_lines.h"
#include "transform/numbered.h"
#include "transform/sections.h"
#include "transform/terminal.h"
#include "transform/wrapper.h"

enum {
    LEAST_SECTION = HR_MIN_TOKENS * 2, /* bytes: fewer cannot be worth a note of their own */
    MOST_DEPTH = 2                     /* sections in sections */
};

#define TERMINAL "terminal output"

/* What hr_transform() does with one result. */
struct road {
    hr_arena *a;
    const hr_transform_in *in;
    struct leaf {
        hr_str text;
        struct leaf *next;
    } * selected, **end; /* leaves from which something was left out, in their order */
    bool layered;        /* something stands around a leaf */
};

/* ------------------------------------------------------------------ reading */
static int read_inside(hr_str text, int depth, hr_leaf_reader *leaf, void *context, hr_buf *out);

static int read_layers(hr_str text, int depth, hr_leaf_reader *leaf, void *context, hr_buf *out)
{
    const hr_wrapped w = hr_unwrap(text);
    hr_str shown;

    hr_buf_str(out, w.before);
    bool terminal = hr_note_sorts_of_text(w.inside, TERMINAL, &shown);
    if (terminal)
        shown.n -= shown.n > 0;
    int r = read_inside(terminal ? shown : w.inside, depth, leaf, context, out);
    if (terminal)
        hr_buf_str(out, hr_str_make(shown.p + shown.n, w.inside.n - shown.n));
    hr_buf_str(out, w.behind);
    return r;
}

static int read_sections(hr_str text, int depth, hr_leaf_reader *leaf, void *context, hr_buf *out)
{
    hr_arena *scratch = hr_arena_new();
    hr_section *s;
    size_t n = 0;
    int r = scratch ? hr_sections(scratch, text, &s, &n) : HR_ENOMEM, found = 0;

    if (r == 0 && n == 1 && s[0].head.n == 0)
        hr_buf_str(out, text);
    else
        for (size_t i = 0; r >= 0 && i < n; i++) {
            hr_buf_str(out, s[i].head);
            r = read_layers(s[i].body, depth + 1, leaf, context, out);
            found += r > 0 ? r : 0;
            hr_buf_str(out, s[i].gap);
        }
    hr_arena_free(scratch);
    return r < 0 ? r : found;
}

static int read_inside(hr_str text, int depth, hr_leaf_reader *leaf, void *context, hr_buf *out)
{
    int r = text.n ? leaf(context, text, out) : 0;

    if (r != 0)
        return r;
    if (depth < MOST_DEPTH)
        return read_sections(text, depth, leaf, context, out);
    hr_buf_str(out, text);
    return 0;
}

int hr_layers_read(hr_str text, hr_leaf_reader *leaf, void *context, hr_buf *out)
{
    int r = read_layers(text, 0, leaf, context, out);

    return r >= 0 && out->err ? HR_ENOMEM : r;
}

static int decode_leaf(void *context, hr_str text, hr_buf *out)
{
    const unsigned *level = context;
    return hr_inner_decode(out, text, *level);
}

int hr_layers_decode(hr_buf *out, hr_str text, unsigned level)
{
    const size_t before = out->len;
    int r = hr_layers_read(text, decode_leaf, &level, out);

    if (r == 0)
        out->len = before;
    return r > 0 ? 1 : r;
}

/* ------------------------------------------------------------------ checking */
struct check {
    hr_arena *scratch;
    const struct leaf *next; /* that must be found */
};

static int check_leaf(void *context, hr_str text, hr_buf *out)
{
    struct check *c = context;
    hr_note note;
    hr_buf plain = {0};
    hr_str lines;

    (void)out;
    if (c->next && hr_str_eq(text, c->next->text)) {
        c->next = c->next->next;
        return 1;
    }
    int r = hr_kept_lines_read(c->scratch, text, &note, &plain, &lines); /* a reader would take it for one */
    hr_buf_free(&plain);
    return r == 1 ? HR_ESHAPE : r;
}

/* Does a reader of `out` find what was done, and nothing else? 1, 0, HR_ENOMEM. */
static int reads_back(const struct road *d, hr_str original, const hr_transform_out *out)
{
    hr_buf b = {0};
    int r;

    if (out->lossless && strcmp(out->transform, "minify") == 0) {
        r = hr_layers_decode(&b, out->text, 0); /* white space has no form to be read back */
        r = r < 0 ? r : r == 0;
    } else if (out->lossless) {
        r = hr_layers_decode(&b, out->text, 0);
        if (r == 1)
            r = hr_str_eq(hr_buf_view(&b), original);
    } else {
        struct check c = {hr_arena_new(), d->selected};
        r = c.scratch ? hr_layers_read(out->text, check_leaf, &c, &b) : HR_ENOMEM;
        r = r == HR_ESHAPE ? 0 : r < 0 ? r : c.next == NULL;
        hr_arena_free(c.scratch);
    }
    hr_buf_free(&b);
    return r;
}

/* ------------------------------------------------------------------ one leaf, and sections */
static int road(struct road *d, hr_str text, bool file, int depth, hr_transform_out *out);

static int remember(struct road *d, hr_str text)
{
    struct leaf *l = hr_arena_alloc(d->a, sizeof *l);

    if (!l)
        return HR_ENOMEM;
    *l = (struct leaf){text, NULL};
    *d->end = l;
    d->end = &l->next;
    return 1;
}

static int leaf(struct road *d, hr_str text, bool file, hr_transform_out *out)
{
    hr_transform_in in = *d->in;

    in.text = text;
    int r = hr_route(d->a, &in, file, out);
    return r == 1 && !out->lossless ? remember(d, out->text) : r;
}

/* The text with its sections transformed, in the arena. 1, 0, <0. */
static int join(struct road *d, hr_str text, const hr_section *s, size_t n, bool file, int depth,
                hr_transform_out *out)
{
    hr_buf b = {0};
    int r = 0, changed = 0;

    *out = (hr_transform_out){.lossless = true};
    for (size_t i = 0; r >= 0 && i < n; i++) {
        hr_transform_out part = {.lossless = true};
        r = s[i].body.n < LEAST_SECTION ? 0 : road(d, s[i].body, file, depth + 1, &part);
        hr_buf_str(&b, s[i].head);
        hr_buf_str(&b, r == 1 ? part.text : s[i].body);
        hr_buf_str(&b, s[i].gap);
        if (r != 1)
            continue;
        out->kind = changed && strcmp(out->kind, part.kind) != 0 ? "mixed" : part.kind;
        out->transform = changed && strcmp(out->transform, part.transform) != 0 ? "sections" : part.transform;
        out->strategy = part.strategy;
        out->lossless = out->lossless && part.lossless;
        out->kept += part.kept;
        out->of += part.of;
        changed++;
    }
    if (r >= 0)
        r = b.err ? b.err : changed > 0 && b.len < text.n;
    if (r == 1) {
        out->text = hr_str_make(hr_arena_dup(d->a, b.data, b.len), b.len);
        r = out->text.p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    return r;
}

/* Is what became of the sections to be taken, and not what became of the whole? A note stands best in the section that it is about, so
   it may cost a little. */
static bool are_better(const hr_transform_out *parts, const hr_transform_out *whole)
{
    size_t most = whole->text.n;

    if (parts->lossless == whole->lossless)
        most += most / 8 + 200;
    return parts->text.n <= most;
}

/* What is one thing from its first byte to its last. A test run is told as a whole: its headings part nothing that could stand alone. */
static bool is_one(const char *kind)
{
    return strcmp(kind, "test") == 0 || strcmp(kind, "json") == 0 || strcmp(kind, "html") == 0;
}

/* The whole text, or its sections. */
static int divided(struct road *d, hr_str text, bool file, int depth, hr_transform_out *out)
{
    struct leaf **before = d->end, **mine;
    hr_transform_out parts;
    hr_section *s;
    size_t n = 1;
    int whole = leaf(d, text, file, out);

    if (whole < 0 || is_one(out->kind) || depth >= MOST_DEPTH)
        return whole;
    int r = hr_sections(d->a, text, &s, &n);
    if (r < 0 || (n == 1 && s[0].head.n == 0))
        return r < 0 ? r : whole;
    mine = d->end;
    r = join(d, text, s, n, file, depth, &parts);
    if (r == 1 && (whole == 0 || are_better(&parts, out))) {
        const struct road check = {.selected = *mine}; /* of these sections alone */
        r = reads_back(&check, text, &parts);
        if (r == 1) {
            if (mine != before) { /* not that of the whole */
                *before = *mine;
                d->end = d->end == mine ? before : d->end;
            }
            d->layered = true;
            *out = parts;
            return 1;
        }
    }
    *mine = NULL;
    d->end = mine;
    return r < 0 ? r : whole;
}

/* ------------------------------------------------------------------ a terminal's output */
static int terminal(struct road *d, hr_str text, bool file, int depth, hr_transform_out *out)
{
    static const char *const sorts[] = {"code", "overwritten state"};
    hr_terminal_counts counts;
    hr_watch watch = {.deadline_cpu_us = d->in->deadline_cpu_us};
    hr_buf b = {0};
    int r = hr_terminal_show(&b, text, &counts, &watch);
    hr_str shown = hr_buf_view(&b);

    if (r == 1) {
        shown.p = hr_arena_dup(d->a, b.data, b.len);
        r = shown.p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    /* A note could be written with codes between its letters. */
    if (r != 1 || shown.n == 0 || hr_text_has_note(shown))
        return r < 0 ? r : divided(d, text, file, depth, out);
    r = divided(d, shown, file, depth, out);
    if (r < 0)
        return r;
    if (r == 0)
        *out = (hr_transform_out){.text = shown, .transform = "terminal", .kind = out->kind};
    hr_buf_str(&b, out->text);
    hr_buf_putc(&b, '\n');
    hr_note_write_sorts(&b, TERMINAL, sorts, (const uint32_t[]){counts.codes, counts.states}, 2, d->in->id,
                        d->in->offers_command);
    r = b.err ? b.err : b.len < text.n;
    if (r == 1) {
        out->lossless = false;
        out->text = hr_str_make(hr_arena_dup(d->a, b.data, b.len), b.len);
        r = out->text.p ? 1 : HR_ENOMEM;
        d->layered = true;
    }
    hr_buf_free(&b);
    return r;
}

/* ------------------------------------------------------------------ a file with line numbers */
/* The lines that a selection from the inside keeps, those that the question asks for by their numbers, and an empty last one. */
static int keep_numbered(struct road *d, const hr_numbered *f, hr_str text, const hr_note *note,
                         hr_transform_out *out)
{
    bool *keep = hr_arena_zalloc(d->a, f->n + 1);
    uint32_t *kept = hr_arena_alloc(d->a, (f->n + 1) * sizeof *kept), n = 0;
    hr_transform_in in = *d->in;

    if (!keep || !kept)
        return HR_ENOMEM;
    int r = hr_query_pick(in.query, d->a, f->line, f->n, in.deadline_cpu_us, keep);
    for (uint32_t i = 0; i < note->of - note->omitted; i++)
        keep[note->kept[i]] = true;
    for (uint32_t i = note->of; i < f->n; i++)
        keep[i] = true;
    for (uint32_t i = 0; i < f->n; i++)
        if (keep[i])
            kept[n++] = i;
    in.text = text;
    return r < 0 ? r : n == f->n ? 0 : hr_kept_lines_write(d->a, &in, f->line, f->n, kept, n, NULL, out);
}

static int numbered(struct road *d, const hr_numbered *f, hr_str text, hr_transform_out *out)
{
    hr_transform_in in = *d->in;
    hr_note note;
    hr_str lines;

    in.text = f->inside;
    int r = hr_route(d->a, &in, true, out);
    if (r != 1)
        return r;
    r = out->lossless ? 0 : hr_note_of_text(d->a, out->text, &note, &lines);
    if (r == 1)
        r = keep_numbered(d, f, text, &note, out);
    return r == 1 ? remember(d, out->text) : r;
}

/* ------------------------------------------------------------------ the road */
/* The wrapper around the new inside. 1 or HR_ENOMEM. */
static int wrap_again(hr_arena *a, const hr_wrapped *w, hr_str *text)
{
    char *p = hr_arena_alloc(a, w->before.n + text->n + w->behind.n + 1);
    if (!p)
        return HR_ENOMEM;
    char *end =
        mempcpy(mempcpy(mempcpy(p, w->before.p, w->before.n), text->p, text->n), w->behind.p, w->behind.n);
    *end = 0;
    *text = hr_str_make(p, (size_t)(end - p));
    return 1;
}

static int road(struct road *d, hr_str text, bool file, int depth, hr_transform_out *out)
{
    const hr_wrapped w = hr_unwrap(text);
    const bool lossy = d->in->allow_lossy;
    hr_numbered f;
    int r = hr_numbered_read(&f, d->a, w.inside);

    file = file || w.file;
    if (r == 1)
        r = numbered(d, &f, w.inside, out);
    else if (r == 0)
        r = (lossy && hr_terminal_is(w.inside) ? terminal : divided)(d, w.inside, file, depth, out);
    if (r == 1 && w.inside.n < text.n) {
        d->layered = true;
        r = wrap_again(d->a, &w, &out->text);
    }
    return r;
}

int hr_transform(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    hr_transform_in mine = *in;
    struct road d = {.a = a, .in = &mine};

    d.end = &d.selected;
    mine.allow_lossy = in->allow_lossy && !hr_text_has_note(in->text);
    *out = (hr_transform_out){.kind = "text", .lossless = true};
    int r = road(&d, in->text, false, 0, out);
    return r == 1 && (d.layered || !out->lossless) ? reads_back(&d, in->text, out) : r;
}
