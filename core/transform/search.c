/* search.c - see search.h.

     text -> hits -> what is rare among them (odd_hits.c) -> lines that stay, and their context -> form and note -> check */
#include "transform/search.h"

#include <string.h>

#include "transform/gaps.h"
#include "transform/hits.h"
#include "transform/kept_lines.h"
#include "transform/lines.h"
#include "transform/odd_hits.h"

enum {
    LEAST_LINES = 20,
    LEAST_PERCENT = 60,    /* of all lines are of a file, and tell their number */
    MANY_MATCHES = 8,      /* of a file: its last one stays beside its first */
    MOST_KEPT_PERCENT = 70 /* beyond it the lossless form is as good */
};

struct search {
    const hr_transform_in *in;
    hr_arena *scratch;
    hr_hit *hit; /* per line */
    uint32_t n;
    bool *keep, *asked;
};

/* ------------------------------------------------------------------ is it one? */
/* 0; HR_ELIMIT: it is none. HR_ENOMEM, HR_ETIME. */
static int read_hits(struct search *s, hr_watch *watch)
{
    hr_hits reader = {.rest = s->in->text, .headings = true};
    hr_hit hit;
    const size_t n = hr_lines_count(s->in->text);
    size_t others = 0;

    s->hit = hr_arena_alloc(s->scratch, (n + 1) * sizeof *s->hit);
    s->keep = hr_arena_zalloc(s->scratch, n + 1);
    s->asked = hr_arena_zalloc(s->scratch, n + 1);
    if (!s->hit || !s->keep || !s->asked)
        return HR_ENOMEM;
    while (s->n < n && hr_hits_next(&reader, &hit)) {
        s->hit[s->n++] = hit;
        others += hit.number.n == 0;
        if (others * 100 > n * (100 - LEAST_PERCENT))
            return HR_ELIMIT; /* however many are still to come: no search */
        if (hr_watch_spend(watch, hit.line.n) < 0)
            return HR_ETIME;
    }
    return 0;
}

/* "src/a.c:12:5: warning: unused": what a compiler or a linter says has a blank before it, and each of its lines counts. */
static bool is_finding(const hr_hit *h)
{
    hr_str t = hr_hit_words(h);

    return h->number.n && t.n > 1 && t.p[0] == ' ' && (t.p[1] | 0x20) >= 'a' && (t.p[1] | 0x20) <= 'z';
}

/* A match on the line behind that of the match before: one may stand there, but a file that is shown has no others. */
static bool is_next_line(const hr_hit *a, const hr_hit *b)
{
    uint64_t x = 0, y = 0;

    if (!hr_hit_is_match(a) || !hr_hit_is_match(b) || !hr_str_eq(a->path, b->path))
        return false;
    for (size_t i = 0; i < a->number.n; i++)
        x = x * 10 + (uint64_t)(a->number.p[i] - '0');
    for (size_t i = 0; i < b->number.n; i++)
        y = y * 10 + (uint64_t)(b->number.p[i] - '0');
    return y == x + 1;
}

static bool is_search(const struct search *s)
{
    uint64_t hits = 0, findings = 0, next = 0;

    for (uint32_t i = 0; i < s->n; i++) {
        hits += s->hit[i].number.n > 0;
        findings += !s->hit[i].headed && is_finding(&s->hit[i]);
        next += i > 0 && s->hit[i].headed && is_next_line(&s->hit[i - 1], &s->hit[i]);
    }
    return s->n >= LEAST_LINES && next * 2 < hits && hits * 100 >= (uint64_t)s->n * LEAST_PERCENT &&
           findings * 2 < hits;
}

/* ------------------------------------------------------------------ what stays */
/* "--" and empty lines only part what stands around them. */
static bool is_separator(const hr_hit *h)
{
    return h->line.n == 0 || hr_str_is(h->line, "--");
}

/* The first match of each file, the last one too where there are many or where it is the last of all, and what is of no file. */
static void keep_ends(struct search *s)
{
    uint32_t last = s->n, matches = 0;

    for (uint32_t i = 0; i < s->n; i++) {
        const hr_hit *h = &s->hit[i];
        if (h->path.n == 0 && !is_separator(h))
            s->keep[i] = true;
        if (!hr_hit_is_match(h))
            continue;
        if (last == s->n || !hr_str_eq(h->path, s->hit[last].path)) {
            s->keep[i] = true;
            if (matches >= MANY_MATCHES)
                s->keep[last] = true;
            matches = 0;
        }
        matches++;
        last = i;
    }
    if (last < s->n)
        s->keep[last] = true;
}

/* Lines that the question asks for, and files that it names. */
static int keep_asked(struct search *s)
{
    hr_str *row = hr_arena_alloc(s->scratch, (s->n + 1) * sizeof *row);
    uint32_t *file = hr_arena_alloc(s->scratch, (s->n + 1) * sizeof *file), files = 0;
    bool *named = hr_arena_zalloc(s->scratch, s->n + 1);

    if (!row || !file || !named)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < s->n; i++)
        row[i] = s->hit[i].line;
    int r = hr_query_pick(s->in->query, s->scratch, row, s->n, s->in->deadline_cpu_us, s->asked);
    for (uint32_t i = 0; i < s->n; i++) {
        hr_str path = s->hit[i].path;
        if (path.n && (files == 0 || !hr_str_eq(row[files - 1], path)))
            row[files++] = path;
        file[i] = files;
    }
    if (r == 0)
        r = hr_query_pick(s->in->query, s->scratch, row, files, s->in->deadline_cpu_us, named);
    for (uint32_t i = 0; r == 0 && i < s->n; i++) {
        s->asked[i] = s->asked[i] || (s->hit[i].path.n && named[file[i] - 1]);
        s->keep[i] = s->keep[i] || s->asked[i];
    }
    return r;
}

/* Does line i continue what stands at line i - 1? */
static bool is_beside(const struct search *s, uint32_t i)
{
    return s->hit[i].path.n && s->hit[i - 1].path.n && hr_str_eq(s->hit[i].path, s->hit[i - 1].path);
}

/* Context goes with its match: what stands between it and the matches before and behind it. */
static void keep_context(struct search *s)
{
    for (uint32_t i = 1; i < s->n; i++)
        if (s->keep[i - 1] && ((s->hit[i].context && is_beside(s, i)) || is_separator(&s->hit[i])))
            s->keep[i] = true;
    for (uint32_t i = s->n; i-- > 1;)
        if (s->keep[i] && s->hit[i - 1].context && is_beside(s, i))
            s->keep[i - 1] = true;
}

/* ------------------------------------------------------------------ what goes out */
static int write_selection(const struct search *s, hr_arena *a, hr_transform_out *out)
{
    uint32_t *kept = hr_arena_alloc(s->scratch, (s->n + 1) * sizeof *kept), nkept = 0;
    hr_str *line = hr_arena_alloc(s->scratch, (s->n + 1) * sizeof *line);

    if (!kept || !line)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < s->n; i++) {
        line[i] = s->hit[i].line;
        if (s->keep[i])
            kept[nkept++] = i;
    }
    if ((uint64_t)nkept * 100 > (uint64_t)s->n * MOST_KEPT_PERCENT)
        return 0;
    return hr_kept_lines_write(a, s->in, line, s->n, kept, nkept, s->asked, out);
}

int hr_search_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    struct search s = {.in = in, .scratch = hr_arena_new()};
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    int r = s.scratch ? read_hits(&s, &watch) : HR_ENOMEM;

    if (r == 0 && is_search(&s)) {
        r = hr_odd_hits(s.hit, s.n, s.scratch, &watch, s.keep);
        if (r == 0)
            r = keep_asked(&s);
        if (r == 0) {
            keep_ends(&s);
            keep_context(&s);
            int64_t closed = hr_close_gaps(s.scratch, s.keep, s.n);
            r = closed < 0 ? (int)closed : write_selection(&s, a, out);
        }
    }
    hr_arena_free(s.scratch);
    return r == HR_ELIMIT ? 0 : r;
}
