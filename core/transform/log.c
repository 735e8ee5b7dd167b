/* log.c - see log.h.

     text -> patterns -> records (a line and those that continue it) -> a JSON table of them -> select.c -> kept_lines.c */
#include "transform/log.h"

#include <string.h>

#include "transform/kept_lines.h"
#include "transform/line_words.h"
#include "transform/lines.h"
#include "transform/patterns.h"
#include "transform/select.h"
#include "json/json.h"

enum {
    LEAST_LINES = 20,
    LEAST_PATTERN = 3,  /* lines of a pattern; those of fewer are rare */
    LEAST_PERCENT = 50, /* of the lines must be of such a pattern */
    SHARED_WORDS = 3,   /* at the beginning of a line: time, level, source: columns of all patterns */
    MOST_UNIT = 3       /* bytes behind a number: ms, s, %, KiB */
};

struct log {
    hr_arena *scratch;
    const hr_transform_in *in;
    hr_patterns patterns;
    hr_str *line;
    uint32_t *record; /* first line of each record, and the number of lines behind the last one */
    uint32_t n;       /* records */
    hr_watch watch;
};

/* ------------------------------------------------------------------ records */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "10:00" with no digit on either side that would make it something else than hours and minutes. */
static bool holds_time(hr_str word)
{
    for (size_t i = 2; i + 2 < word.n; i++)
        if (word.p[i] == ':' && is_digit(word.p[i - 1]) && is_digit(word.p[i - 2]) &&
            is_digit(word.p[i + 1]) && is_digit(word.p[i + 2]))
            return true;
    return false;
}

/* A line of a log tells its time among its first words; one that does not continues the line before it: a stack trace, the rest of a
   message. */
static bool begins_record(hr_str line)
{
    enum { TIME_WITHIN = 40 }; /* bytes: "Wed Nov 21 10:11:12.123456 2026", and a host or a level before it */

    return line.n > 0 && line.p[0] != ' ' && line.p[0] != '\t' &&
           holds_time(hr_str_make(line.p, line.n < TIME_WITHIN ? line.n : TIME_WITHIN));
}

static int read_records(struct log *l)
{
    hr_str rest = l->in->text;
    bool ended;
    uint32_t lines = l->patterns.lines;

    l->line = hr_arena_alloc(l->scratch, (lines + 1) * sizeof *l->line);
    l->record = hr_arena_alloc(l->scratch, (lines + 1) * sizeof *l->record);
    if (!l->line || !l->record)
        return HR_ENOMEM;
    for (uint32_t i = 0; hr_line_next(&rest, &l->line[i], &ended); i++)
        if (i == 0 || begins_record(l->line[i]))
            l->record[l->n++] = i;
    l->record[l->n] = lines;
    return 0;
}

static bool is_log(const struct log *l)
{
    uint32_t repeated = 0;

    for (uint32_t r = 0; r < l->n; r++) {
        uint32_t p = l->patterns.of_line[l->record[r]];
        repeated += p != HR_PATTERN_NONE && l->patterns.list[p].lines >= LEAST_PATTERN;
    }
    return l->n >= LEAST_LINES && (uint64_t)repeated * 100 >= (uint64_t)l->n * LEAST_PERCENT &&
           (uint64_t)l->n * 2 >
               l->patterns.lines; /* else the lines that tell no time are more than its traces */
}

/* ------------------------------------------------------------------ the table */
/* The length of a number as JSON has them, at the beginning of s; 0: none. */
static size_t number_length(hr_str s)
{
    size_t i = s.n > 0 && s.p[0] == '-', from = i;

    while (i < s.n && is_digit(s.p[i]))
        i++;
    if (i == from || (s.p[from] == '0' && i > from + 1))
        return 0;
    if (i + 1 < s.n && s.p[i] == '.' && is_digit(s.p[i + 1]))
        for (i++; i < s.n && is_digit(s.p[i]);)
            i++;
    return i;
}

static bool is_unit(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') || s.p[i] == '%'))
            return false;
    return s.n <= MOST_UNIT;
}

static void put_string(hr_buf *b, hr_str s)
{
    hr_buf_putc(b, '"');
    hr_string_encode(b, s);
    hr_buf_putc(b, '"');
}

/* ,"pK_I":"word", or ,"pK_Iunit":number */
static void put_value(hr_buf *b, uint32_t pattern, uint32_t i, hr_str word)
{
    size_t n = number_length(word);
    hr_str unit = hr_str_make(word.p + n, word.n - n);
    bool number = n > 0 && is_unit(unit);

    hr_buf_puts(b, ",\"p");
    hr_buf_u64(b, pattern);
    hr_buf_putc(b, '_');
    hr_buf_u64(b, i);
    if (number)
        hr_buf_str(b, unit);
    hr_buf_puts(b, "\":");
    if (number)
        hr_buf_add(b, word.p, n);
    else
        put_string(b, word);
}

static void put_record(const struct log *l, uint32_t record, hr_buf *b)
{
    uint32_t first = l->record[record], last = l->record[record + 1] - 1, p = l->patterns.of_line[first];
    bool rare = p == HR_PATTERN_NONE || l->patterns.list[p].lines < LEAST_PATTERN;
    hr_line_words w;

    hr_line_split(l->line[first], &w);
    hr_buf_puts(b, "{\"pattern\":\"");
    hr_buf_u64(b, rare ? l->patterns.n : p);
    hr_buf_putc(b, '"');
    for (uint32_t i = 0; i < w.n && i < SHARED_WORDS; i++) {
        hr_buf_puts(b, ",\"w");
        hr_buf_u64(b, i);
        hr_buf_puts(b, "\":");
        put_string(b, w.word[i]);
    }
    for (uint32_t i = SHARED_WORDS; !rare && i < w.n; i++)
        if (l->patterns.list[p].varies >> i & 1)
            put_value(b, p, i, w.word[i]);
    hr_buf_puts(b, ",\"message\":");
    put_string(b,
               hr_str_make(l->line[first].p, (size_t)(l->line[last].p + l->line[last].n - l->line[first].p)));
    hr_buf_putc(b, '}');
}

/* What stays of the records. 1, 0, <0. */
static int choose(struct log *l, hr_plan *plan)
{
    hr_buf b = {0};
    hr_tree tree;
    int r = 0;

    hr_buf_putc(&b, '[');
    for (uint32_t i = 0; r == 0 && i < l->n; i++) {
        if (i)
            hr_buf_putc(&b, ',');
        put_record(l, i, &b);
        r = hr_watch_spend(&l->watch, l->line[l->record[i]].n);
    }
    hr_buf_putc(&b, ']');
    if (r == 0)
        r = b.err ? HR_ENOMEM : hr_tree_parse(&tree, l->scratch, b.data, b.len, NULL);
    uint32_t *row = r == 0 ? hr_arena_alloc(l->scratch, l->n * sizeof *row) : NULL, n = 0;
    for (uint32_t k = row ? tree.nodes[1].child : 0; k; k = tree.nodes[k].next)
        row[n++] = k;
    if (r == 0 && !row)
        r = HR_ENOMEM;
    if (r == 0) {
        const hr_rows rows = {&tree, row, n, tree.n, false};
        r = hr_select(plan, l->scratch, l->in, &rows, &l->watch);
    }
    hr_buf_free(&b);
    return r;
}

/* The lines of the records that stay. */
static uint32_t *lines_of(const struct log *l, const hr_plan *plan, uint32_t *n)
{
    uint32_t *kept = hr_arena_alloc(l->scratch, (l->patterns.lines + 1) * sizeof *kept);

    *n = 0;
    for (uint32_t i = 0; kept && i < plan->nkept; i++)
        for (uint32_t line = l->record[plan->kept[i]]; line < l->record[plan->kept[i] + 1]; line++)
            kept[(*n)++] = line;
    return kept;
}

int hr_log_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    struct log l = {.in = in, .scratch = hr_arena_new(), .watch = {.deadline_cpu_us = in->deadline_cpu_us}};
    hr_plan plan;
    int r = l.scratch ? hr_patterns_find(&l.patterns, l.scratch, in->text, NULL, &l.watch) : HR_ENOMEM;

    if (r == 0)
        r = read_records(&l);
    if (r == 0)
        r = is_log(&l) ? choose(&l, &plan) : 0;
    uint32_t nkept = 0, *kept = r == 1 ? lines_of(&l, &plan, &nkept) : NULL;
    if (r == 1)
        r = kept ? hr_kept_lines_write(a, in, l.line, l.patterns.lines, kept, nkept, NULL, out) : HR_ENOMEM;
    if (r == 1)
        out->strategy = plan.strategy;
    hr_arena_free(l.scratch);
    return r == HR_ELIMIT ? 0 : r;
}
