/* testrun.c - see testrun.h.

     lines -> what each says (testrun_line.c) -> which could go -> what of them must stay -> kept_lines.c */
#include "transform/testrun.h"

#include "transform/gaps.h"
#include "transform/kept_lines.h"
#include "transform/lines.h"
#include "transform/testrun_slow.h"
#include "transform/testrun_step.h"
#include "transform/testrun_text.h"
#include "transform/watch.h"

enum {
    LEAST_LINES = 10,   /* that could go */
    LEAST_FORM = 4,     /* lines of one form: fewer are an event, not a habit */
    LEAST_RUN = 2,      /* lines that go together: a position in the note costs as much as a short line */
    LEAST_PERCENT = 20, /* of the bytes are left out, else the lossless forms do better */
    FIRST = 3,
    LAST = 2,
    SKIPPED_SHARE = 10, /* skipped units are told one by one up to a tenth of the results */
    SLOWEST = 5,        /* where the question asks for the slowest, but not how many */
    MOST_ASKED = 50,
    FORMS = 4096,     /* told apart; lines of further ones stay */
    TIMED_FORMS = 16, /* whose durations are looked at; lines of further ones stay */
    MOST_BLOCK = 8,   /* lines of what TAP tells below a result */
    MOST_NESTED = 16, /* directories that make goes into */
    MOST_LINES = 1 << 24
};

struct said {
    uint64_t form, name; /* hashes; 0: none */
    double seconds;
    uint8_t kind;
    bool part; /* goes with the line before */
};

/* From a hash to a number. */
struct table {
    struct entry {
        uint64_t key; /* 0: free */
        uint32_t value;
    } * entries;
    uint64_t mask;
};

enum { PASSED = 1, FAILED = 2 };

struct run {
    hr_arena *scratch;
    const hr_transform_in *in;
    hr_watch watch;
    uint32_t n;
    hr_str *line;
    struct said *said;
    bool *keep;
    bool *must; /* of those, the lines that a failure or the question holds */
    struct table names, forms;
};

/* ------------------------------------------------------------------ lines, and what each says */
static bool could_go(enum hr_run_kind kind)
{
    return kind == HR_RUN_PASS || kind == HR_RUN_SKIP || kind == HR_RUN_STEP || kind == HR_RUN_BEGIN ||
           kind == HR_RUN_NAME || kind == HR_RUN_ENTER || kind == HR_RUN_LEAVE;
}

/* Enough to be a test run? Nothing is stored before this is known. */
static int count_lines(struct run *r)
{
    hr_str rest = r->in->text, line;
    hr_run_line said;
    uint32_t found = 0;
    bool ended;

    while (hr_line_next(&rest, &line, &ended)) {
        if (++r->n > MOST_LINES)
            return 0;
        if (hr_begins(line, "@@ ")) /* a diff: its readers need it as it is */
            return 0;
        if (found < LEAST_LINES) {
            hr_run_line_read(line, &said);
            found += said.kind == HR_RUN_PASS || said.kind == HR_RUN_STEP || said.kind == HR_RUN_SKIP;
        }
        if (hr_watch_spend(&r->watch, line.n) < 0)
            return HR_ETIME;
    }
    return found >= LEAST_LINES;
}

static int read_lines(struct run *r)
{
    hr_str rest = r->in->text;
    hr_run_line said;
    bool ended;

    r->line = hr_arena_alloc(r->scratch, (r->n + 1) * sizeof *r->line);
    r->said = hr_arena_alloc(r->scratch, (r->n + 1) * sizeof *r->said);
    r->keep = hr_arena_zalloc(r->scratch, r->n + 1);
    r->must = hr_arena_zalloc(r->scratch, r->n + 1);
    if (!r->line || !r->said || !r->keep || !r->must)
        return HR_ENOMEM;
    for (uint32_t i = 0; hr_line_next(&rest, &r->line[i], &ended); i++) {
        hr_run_line_read(r->line[i], &said);
        r->said[i] = (struct said){said.form, said.name.n ? hr_word_bits(said.name) | 1 : 0, said.seconds,
                                   (uint8_t)said.kind, false};
        r->keep[i] = !could_go(said.kind);
        if (hr_watch_spend(&r->watch, r->line[i].n) < 0)
            return HR_ETIME;
    }
    return 0;
}

/* What TAP tells below a result: "---", how long it took, of what type it is, "...". Anything else in there stays. */
static void read_blocks(struct run *r)
{
    for (uint32_t i = 0; i + 1 < r->n; i++) {
        double ms = -1;
        uint32_t k = i + 1;
        if (r->said[i].kind != HR_RUN_PASS || !hr_str_is(hr_trim(r->line[k]), "---"))
            continue;
        for (k++; k < r->n && k < i + MOST_BLOCK; k++) {
            hr_str s = hr_trim(r->line[k]);
            if (hr_take(&s, "duration_ms: "))
                ms = hr_run_take_number(&s);
            else if (!hr_begins(s, "type: "))
                break;
        }
        if (k == r->n || !hr_str_is(hr_trim(r->line[k]), "..."))
            continue;
        r->said[i].seconds = ms < 0 ? ms : ms / 1000;
        for (uint32_t j = i + 1; j <= k; j++) {
            r->said[j].part = true;
            r->keep[j] = false;
        }
    }
}

/* ------------------------------------------------------------------ tables */
static int table_make(struct table *t, hr_arena *a, uint32_t keys)
{
    uint64_t size = 16;

    while (size < 2 * (uint64_t)keys)
        size *= 2;
    t->mask = size - 1;
    t->entries = hr_arena_zalloc(a, size * sizeof *t->entries);
    return t->entries ? 0 : HR_ENOMEM;
}

/* NULL: too many others are in its way. Who makes hashes collide loses savings: such a line stays. */
static struct entry *table_at(struct table *t, uint64_t key)
{
    enum { PROBES = 32 };
    uint64_t at = hr_mix(key, HR_GOLDEN);

    for (uint64_t i = at; i < at + PROBES; i++) {
        struct entry *e = &t->entries[i & t->mask];
        if (e->key == key || e->key == 0) {
            e->key = key;
            return e;
        }
    }
    return NULL;
}

/* Which units passed and which failed; how many lines share a form. */
static int read_tables(struct run *r)
{
    uint32_t keys = 0;

    for (uint32_t i = 0; i < r->n; i++)
        keys += r->said[i].kind != HR_RUN_OTHER;
    if (table_make(&r->names, r->scratch, keys) < 0 ||
        table_make(&r->forms, r->scratch, keys < FORMS ? keys : FORMS) < 0)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < r->n; i++) {
        const struct said *s = &r->said[i];
        bool result = s->name && (s->kind == HR_RUN_PASS || s->kind == HR_RUN_FAIL);
        struct entry *e = result ? table_at(&r->names, s->name) : NULL;
        if (e)
            e->value |= s->kind == HR_RUN_PASS ? PASSED : FAILED;
    }
    return 0;
}

static bool passed_everywhere(struct run *r, uint32_t i)
{
    const struct entry *e = r->said[i].name ? table_at(&r->names, r->said[i].name) : NULL;

    return e && e->value == PASSED;
}

/* ------------------------------------------------------------------ what stays */
static bool is_rule(hr_str line)
{
    enum { LEAST = 20 };
    hr_str s = hr_trim(line);

    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '=')
            return false;
    return s.n >= LEAST;
}

/* A failure's own output may hold lines that look like results: where one is told, all stays. */
static void keep_failures(struct run *r)
{
    enum { NOT, UNIT, DETAILS, REST } within = NOT;

    for (uint32_t i = 0; i < r->n; i++) {
        enum hr_run_kind kind = r->said[i].kind;
        bool unittest = is_rule(r->line[i]) && i + 1 < r->n && r->said[i + 1].kind == HR_RUN_FAIL;
        if (kind == HR_RUN_FAILURES || unittest)
            within = REST;
        else if (within != REST && kind == HR_RUN_DETAILS)
            within = DETAILS;
        else if (within == DETAILS && (hr_begins(r->line[i], "PASS ") || hr_begins(r->line[i], "FAIL ")))
            within = NOT;
        else if (within <= UNIT && kind == HR_RUN_BEGIN)
            within = passed_everywhere(r, i) ? NOT : UNIT;
        r->must[i] = within != NOT;
        r->keep[i] = r->keep[i] || r->must[i];
    }
}

static bool is_marked(const struct run *r, uint32_t i)
{
    return (r->said[i].kind == HR_RUN_PASS || r->said[i].kind == HR_RUN_SKIP) &&
           (unsigned char)hr_trim(r->line[i]).p[0] > 0x7f;
}

/* A check mark alone is also how people write lists. It is a result where the marks come with durations or with a summary. */
static void keep_lists(struct run *r)
{
    uint32_t marks = 0, timed = 0;
    bool summary = false;

    for (uint32_t i = 0; i < r->n; i++) {
        summary = summary || r->said[i].kind == HR_RUN_SUMMARY;
        marks += is_marked(r, i);
        timed += is_marked(r, i) && r->said[i].seconds >= 0;
    }
    for (uint32_t i = 0; !summary && timed * 2 < marks && i < r->n; i++)
        r->keep[i] = r->keep[i] || is_marked(r, i);
}

static void keep_units(struct run *r)
{
    uint32_t results = 0, skipped = 0;

    for (uint32_t i = 0; i < r->n; i++) {
        skipped += r->said[i].kind == HR_RUN_SKIP;
        results += r->said[i].kind == HR_RUN_PASS || r->said[i].kind == HR_RUN_SKIP;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        enum hr_run_kind kind = r->said[i].kind;
        bool named = kind == HR_RUN_BEGIN || kind == HR_RUN_NAME || (kind == HR_RUN_PASS && r->said[i].name);
        if ((named && !passed_everywhere(r, i)) ||
            (kind == HR_RUN_SKIP && (uint64_t)skipped * SKIPPED_SHARE < results))
            r->keep[i] = true;
    }
}

/* Lines whose form few others have, and the first of each. */
static void keep_forms(struct run *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        struct entry *e = r->said[i].form && !r->keep[i] ? table_at(&r->forms, r->said[i].form) : NULL;
        if (e)
            e->value++;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        struct entry *e = r->said[i].form ? table_at(&r->forms, r->said[i].form) : NULL;
        if (!r->said[i].form || r->keep[i])
            continue;
        r->keep[i] = !e || e->value != UINT32_MAX;
        if (e && e->value >= LEAST_FORM)
            e->value = UINT32_MAX; /* its first line has been met */
    }
}

static uint32_t slowest_asked(const hr_query *q)
{
    unsigned count = hr_query_count(q);

    if (!(hr_query_hints(q) & HR_HINT_TOP))
        return 0;
    return count == 0 ? SLOWEST : count < MOST_ASKED ? count : MOST_ASKED;
}

struct durations {
    double *value;
    uint32_t *line;
    bool *out;
    uint32_t n;
};

static int keep_slow_of(struct run *r, uint64_t form, struct durations *d)
{
    uint32_t top = slowest_asked(r->in->query);

    d->n = 0;
    for (uint32_t i = 0; i < r->n; i++)
        if (r->said[i].form == form && r->said[i].seconds >= 0) {
            d->value[d->n] = r->said[i].seconds;
            d->out[d->n] = false;
            d->line[d->n++] = i;
        }
    int e = hr_run_outliers(r->scratch, d->value, d->n, d->out);
    if (e == 0 && top > 0)
        e = hr_run_slowest(r->scratch, d->value, d->n, top, d->out);
    for (uint32_t k = 0; e == 0 && k < d->n; k++)
        r->keep[d->line[k]] = r->keep[d->line[k]] || d->out[k];
    return e;
}

static int keep_slow(struct run *r)
{
    struct durations d = {hr_arena_alloc(r->scratch, r->n * sizeof *d.value),
                          hr_arena_alloc(r->scratch, r->n * sizeof *d.line),
                          hr_arena_alloc(r->scratch, r->n * sizeof *d.out), 0};
    uint64_t form[TIMED_FORMS];
    uint32_t n = 0;
    int e = d.value && d.line && d.out ? 0 : HR_ENOMEM;

    for (uint32_t i = 0; e == 0 && i < r->n; i++) {
        uint32_t k = 0;
        if (r->said[i].kind != HR_RUN_PASS || r->said[i].seconds < 0)
            continue;
        while (k < n && form[k] != r->said[i].form)
            k++;
        if (k == TIMED_FORMS)
            r->keep[i] = true;
        else if (k == n)
            e = keep_slow_of(r, form[n++] = r->said[i].form, &d);
    }
    return e;
}

static int keep_asked(struct run *r)
{
    bool *picked = hr_arena_alloc(r->scratch, r->n + 1);
    int e = picked ? hr_query_pick(r->in->query, r->scratch, r->line, r->n, r->in->deadline_cpu_us, picked)
                   : HR_ENOMEM;

    for (uint32_t i = 0; e == 0 && i < r->n; i++)
        if (picked[i] || i < FIRST || i + LAST >= r->n)
            r->keep[i] = r->must[i] = true;
    return e;
}

static bool is_blank(hr_str line)
{
    return hr_trim(line).n == 0;
}

/* Something was said that is neither a result nor a step. */
static bool says_more(const struct run *r, uint32_t i)
{
    return !could_go(r->said[i].kind) && !r->said[i].part && !is_blank(r->line[i]);
}

/* The step and the directories in which something was said. */
static void keep_places(struct run *r)
{
    uint32_t inside[MOST_NESTED], depth = 0;

    for (uint32_t i = 0; i < r->n; i++) {
        if (r->said[i].kind == HR_RUN_ENTER && depth < MOST_NESTED) {
            inside[depth++] = i;
        } else if (r->said[i].kind == HR_RUN_ENTER || (r->said[i].kind == HR_RUN_LEAVE && depth == 0)) {
            r->keep[i] = true;
        } else if (r->said[i].kind == HR_RUN_LEAVE) {
            r->keep[i] = r->keep[inside[--depth]];
        } else if (says_more(r, i)) {
            for (uint32_t d = 0; d < depth; d++)
                r->keep[inside[d]] = true;
            if (i > 0 && r->said[i - 1].kind == HR_RUN_STEP)
                r->keep[i - 1] = true;
        }
    }
}

static uint32_t indent_of(hr_str line)
{
    uint32_t i = 0;
    while (i < line.n && line.p[i] == ' ')
        i++;
    return i;
}

/* Words, and nothing that measures or names a place. */
static bool is_plain(hr_str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (hr_is_digit(line.p[i]) || strchr(":=/\"%", line.p[i]))
            return false;
    return !hr_run_trouble(line, false);
}

/* The heading of a group goes with it: plain words, indented, and one step below them nothing but units that go. */
static void drop_headings(struct run *r)
{
    enum { STEP = 2, DEEPEST = 63 };
    uint64_t stays = 0; /* bit d: something stays below what is indented by d */
    uint32_t below = r->n, deeper = 0;

    for (uint32_t i = r->n; i-- > 0;) {
        uint32_t d = indent_of(r->line[i]);
        if (is_blank(r->line[i]))
            continue;
        d = d < DEEPEST ? d : DEEPEST;
        if (d >= STEP && below < r->n && deeper == d + STEP && !r->keep[below] && !r->said[below].part &&
            (r->said[below].kind == HR_RUN_PASS || r->said[below].kind == HR_RUN_OTHER) &&
            !(stays >> d & 1) && r->said[i].kind == HR_RUN_OTHER && !r->must[i] && is_plain(r->line[i]))
            r->keep[i] = false;
        stays &= (UINT64_C(1) << d) - 1;
        if (r->keep[i])
            stays |= (UINT64_C(1) << d) - 1;
        below = i;
        deeper = d;
    }
}

/* Blank lines go with what stands around them, parts with the line before; runs too short stay. */
static void close_runs(struct run *r)
{
    for (uint32_t i = 1; i < r->n; i++)
        if (r->said[i].part)
            r->keep[i] = r->keep[i] || r->keep[i - 1];
    for (uint32_t i = 1, next; i < r->n; i = next + 1) {
        for (next = i; next < r->n && is_blank(r->line[next]); next++)
            ;
        for (bool gone = !r->keep[i - 1] && next < r->n && !r->keep[next]; i < next; i++)
            r->keep[i] = !gone && r->keep[i];
    }
    for (uint32_t i = 0, end; i < r->n; i = end) {
        for (end = i; end < r->n && !r->keep[end]; end++)
            ;
        if (end - i < LEAST_RUN)
            for (uint32_t k = i; k < end; k++)
                r->keep[k] = true;
        end += end == i;
    }
}

/* 1: *kept are the lines that stay. 0: too few go. */
static int choose(struct run *r, uint32_t **kept, uint32_t *nkept)
{
    size_t gone = 0;

    read_blocks(r);
    int e = read_tables(r);
    if (e < 0)
        return e;
    keep_failures(r);
    keep_lists(r);
    keep_units(r);
    keep_forms(r);
    e = keep_slow(r);
    if (e == 0)
        e = keep_asked(r);
    if (e < 0)
        return e;
    keep_places(r);
    drop_headings(r);
    close_runs(r);
    if (hr_close_gaps(r->scratch, r->keep, r->n) < 0 ||
        !(*kept = hr_arena_alloc(r->scratch, (r->n + 1) * sizeof **kept)))
        return HR_ENOMEM;
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->keep[i])
            (*kept)[(*nkept)++] = i;
        else
            gone += r->line[i].n + 1;
    }
    return gone * 100 >= r->in->text.n * LEAST_PERCENT;
}

int hr_testrun_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    struct run r = {.in = in, .scratch = hr_arena_new(), .watch = {.deadline_cpu_us = in->deadline_cpu_us}};
    uint32_t *kept = NULL, nkept = 0;
    int e = r.scratch ? count_lines(&r) : HR_ENOMEM;

    if (e == 1 && (e = read_lines(&r)) == 0)
        e = choose(&r, &kept, &nkept);
    if (e == 1)
        e = hr_kept_lines_write(a, in, r.line, r.n, kept, nkept, NULL, out);
    if (e == 1)
        out->strategy = "passed_units";
    hr_arena_free(r.scratch);
    return e;
}
