/* html.c - see html.h.

     html_read.c: segments -> which of those that may go are asked for or tell of an error -> text and note -> html_check.c */
#include "transform/html.h"

#include <string.h>

#include "transform/html_page.h"
#include "transform/note.h"
#include "transform/signs.h"

enum {
    LEAST_SHOWN =
        160, /* bytes of text; a page of less is the shell of a program, and says what it says elsewhere */
    LONGEST_LINK =
        200 /* bytes of a navigation's link with its address; a longer one is a teaser, and may say something */
};

struct work {
    const hr_transform_in *in;
    hr_html_page page;
    hr_html_segment *segment;
    size_t n;
    hr_arena *scratch;
    hr_watch watch;
};

static hr_str bytes_of(const struct work *w, const hr_html_segment *s)
{
    return hr_str_make((s->sort >= HR_HTML_SCRIPT ? w->in->text.p : w->page.text.data) + s->off, s->len);
}

/* ------------------------------------------------------------------ what stays */
static bool asks_for_links(const hr_query *q)
{
    static const char *const words[] = {"link", "url",     "navigation", "nav",
                                        "menu", "sidebar", "footer",     "sitemap"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hr_query_has(q, hr_str_make(words[i], strlen(words[i]))))
            return true;
    return false;
}

static bool speaks_for_itself(const struct work *w, const hr_html_segment *s, bool links)
{
    bool strong;
    switch (s->sort) {
    case HR_HTML_SHOWN:
        return true;
    case HR_HTML_LINK:
        return links || s->len > LONGEST_LINK || hr_prose_says_error(bytes_of(w, s), &strong);
    case HR_HTML_UNSEEN:
    case HR_HTML_NOSCRIPT:
        return hr_prose_says_error(bytes_of(w, s), &strong);
    default:
        return false;
    }
}

/* Style sheets are no answer to a question that does not ask for the source. */
static bool may_answer(const hr_html_segment *s)
{
    return s->sort != HR_HTML_SHOWN && s->sort != HR_HTML_STYLE;
}

static int choose(struct work *w)
{
    hr_str *row = hr_arena_alloc(w->scratch, (w->n + 1) * sizeof *row);
    bool *picked = hr_arena_zalloc(w->scratch, w->n + 1), links = asks_for_links(w->in->query);
    size_t rows = 0, k = 0;

    if (!row || !picked)
        return HR_ENOMEM;
    for (size_t i = 0; i < w->n; i++)
        if (may_answer(&w->segment[i]))
            row[rows++] = bytes_of(w, &w->segment[i]);
    int r = hr_query_pick(w->in->query, w->scratch, row, rows, w->in->deadline_cpu_us, picked);
    for (size_t i = 0; r == 0 && i < w->n; i++) {
        hr_html_segment *s = &w->segment[i];
        bool asked = may_answer(s) && picked[k++];
        s->keep = s->keep || asked || speaks_for_itself(w, s, links);
    }
    return r;
}

/* ------------------------------------------------------------------ writing */
static const char *const said_before[HR_HTML_SORTS] = {
    [HR_HTML_UNSEEN] = "(hidden) ",           [HR_HTML_NOSCRIPT] = "(without scripts) ",
    [HR_HTML_SCRIPT] = "(part of a script) ", [HR_HTML_STYLE] = "(part of a style) ",
    [HR_HTML_REMARK] = "(comment) ",          [HR_HTML_FALLBACK] = "(without frames) ",
};
static const char *const sorts[HR_HTML_SORTS] = {
    "",      "navigation link", "hidden element", "noscript element", "script",
    "style", "comment",         "hidden field",   "frame text"};

/* How many links, scripts, elements are not whole. */
static size_t count(const struct work *w, uint32_t counts[HR_HTML_SORTS])
{
    uint32_t last[HR_HTML_SORTS] = {0};
    size_t kept = 0;

    for (size_t i = 0; i < w->n; i++) {
        const hr_html_segment *s = &w->segment[i];
        kept += s->keep;
        if (!s->keep && s->unit != last[s->sort]) {
            counts[s->sort]++;
            last[s->sort] = s->unit;
        }
    }
    return kept;
}

static void write_page(const struct work *w, hr_buf *b)
{
    enum hr_html_gap gap = HR_GAP_NONE;

    for (size_t i = 0; i < w->n; i++) {
        const hr_html_segment *s = &w->segment[i];
        bool of_source = s->sort >= HR_HTML_SCRIPT;
        if ((s->keep || !of_source) && s->gap > gap)
            gap = s->gap;
        if (!s->keep || s->len == 0)
            continue;
        if (b->len)
            hr_buf_puts(b, hr_html_gap_text(gap));
        if (said_before[s->sort])
            hr_buf_puts(b, said_before[s->sort]);
        hr_buf_str(b, bytes_of(w, s));
        gap = of_source ? HR_GAP_LINE : HR_GAP_NONE;
    }
    hr_buf_putc(b, '\n');
}

static int make(struct work *w, hr_arena *a, hr_transform_out *out)
{
    uint32_t counts[HR_HTML_SORTS] = {0};
    size_t kept = count(w, counts);
    hr_buf b = {0};
    int r;

    if (hr_buf_reserve(&b, w->page.text.len + w->page.text.len / 8) == 0)
        write_page(w, &b);
    r = b.err ? b.err : hr_text_has_note(hr_buf_view(&b)) ? HR_ESHAPE : 0; /* entities can spell one */
    if (r == 0)
        r = hr_html_check(&w->page, w->in->text, hr_buf_view(&b), &w->watch);
    if (r == 0) {
        hr_note_write_sorts(&b, "HTML", sorts, counts, HR_HTML_SORTS, w->in->id, w->in->offers_command);
        r = b.err;
    }
    if (r == 0 && b.len < w->in->text.n) {
        out->text = hr_str_make(hr_arena_dup(a, b.data, b.len), b.len);
        out->kept = kept;
        out->of = w->n;
        r = out->text.p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    return r == HR_ESHAPE ? 0 : r;
}

/* What stands before the page, and the text. 1, HR_ENOMEM. */
static int put_before(hr_arena *a, hr_str before, hr_transform_out *out)
{
    char *p = hr_arena_alloc(a, before.n + out->text.n + 1);

    if (!p)
        return HR_ENOMEM;
    *(char *)mempcpy(mempcpy(p, before.p, before.n), out->text.p, out->text.n) = 0;
    out->text = hr_str_make(p, before.n + out->text.n);
    return 1;
}

int hr_html_text(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    const size_t at = hr_html_begins(in->text);
    hr_transform_in page = *in;

    if (hr_html_source_asked(in->query))
        return 0;
    page.text = hr_str_make(in->text.p + at, in->text.n - at);
    struct work w = {
        .in = &page, .scratch = hr_arena_new(), .watch = {.deadline_cpu_us = in->deadline_cpu_us}};
    int r = w.scratch ? hr_html_read(&w.page, page.text, &w.watch) : HR_ENOMEM;

    if (r == 0 && !w.page.is_source && w.page.shown >= LEAST_SHOWN) {
        w.segment = hr_html_segments(&w.page, &w.n);
        r = choose(&w);
        if (r == 0)
            r = make(&w, a, out);
        if (r == 1 && at > 0)
            r = put_before(a, hr_str_make(in->text.p, at), out);
    }
    hr_buf_free(&w.page.text);
    hr_buf_free(&w.page.segments);
    hr_arena_free(w.scratch);
    return r == HR_ELIMIT ? 0 : r;
}
