/* testrun_keep.c - which lines of a test run or a build stay, of those that could go by their own words. From the top: what is known of
   each unit; failures; lists, units, forms, durations; the question; places and headings. */
#include "transform/testrun_run.h"
#include "transform/testrun_slow.h"
#include "transform/testrun_text.h"

enum {
    LEAST_FORM = 4, /* lines of one form: fewer are an event, not a habit */
    FIRST = 3,
    LAST = 2,
    SKIPPED_SHARE = 10, /* skipped units are told one by one up to a tenth of the results */
    SLOWEST = 5,        /* where the question asks for the slowest, but not how many */
    MOST_ASKED = 50,
    FORMS = 4096,     /* told apart; lines of further ones stay */
    TIMED_FORMS = 16, /* whose durations are looked at; lines of further ones stay */
    MOST_NESTED = 16  /* directories that make goes into */
};

enum { PASSED = 1, FAILED = 2 };

/* ------------------------------------------------------------------ what is known of each unit */
/* Which units passed and which failed; how many lines share a form. */
static int read_tables(hr_run *r)
{
    uint32_t keys = 0;

    for (uint32_t i = 0; i < r->n; i++)
        keys += r->said[i].kind != HR_RUN_OTHER;
    if (hr_hash_make(&r->names, r->scratch, keys) < 0 ||
        hr_hash_make(&r->forms, r->scratch, keys < FORMS ? keys : FORMS) < 0)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < r->n; i++) {
        const hr_run_said *s = &r->said[i];
        bool result = s->name && (s->kind == HR_RUN_PASS || s->kind == HR_RUN_FAIL);
        hr_hash_entry *e = result ? hr_hash_at(&r->names, s->name) : NULL;
        if (e)
            e->value |= s->kind == HR_RUN_PASS ? PASSED : FAILED;
    }
    return 0;
}

static bool passed_everywhere(hr_run *r, uint32_t i)
{
    const hr_hash_entry *e = r->said[i].name ? hr_hash_at(&r->names, r->said[i].name) : NULL;

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
static void keep_failures(hr_run *r)
{
    enum { NOT, UNIT, DETAILS, REST } within = NOT;

    for (uint32_t i = 0; i < r->n; i++) {
        enum hr_run_kind kind = r->said[i].kind;
        bool unittest = i + 1 < r->n && r->said[i + 1].kind == HR_RUN_FAIL && is_rule(r->seen[i]);
        if (kind == HR_RUN_FAILURES || unittest)
            within = REST;
        else if (within != REST && kind == HR_RUN_DETAILS)
            within = DETAILS;
        else if (within == DETAILS && (hr_begins(r->seen[i], "PASS ") || hr_begins(r->seen[i], "FAIL ")))
            within = NOT;
        else if (within <= UNIT && kind == HR_RUN_BEGIN)
            within = passed_everywhere(r, i) ? NOT : UNIT;
        r->must[i] = within != NOT;
        r->keep[i] = r->keep[i] || r->must[i];
    }
}

static bool is_marked(const hr_run *r, uint32_t i)
{
    return (r->said[i].kind == HR_RUN_PASS || r->said[i].kind == HR_RUN_SKIP) &&
           (unsigned char)hr_trim(r->seen[i]).p[0] > 0x7f;
}

/* A check mark alone is also how people write lists. It is a result where the marks come with durations or with a summary. */
static void keep_lists(hr_run *r)
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

static void keep_units(hr_run *r)
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

/* Lines whose form few others have, and the first of each. Mostly a form is that of the line before. */
static void keep_forms(hr_run *r)
{
    hr_hash_entry *e = NULL;
    uint64_t form = 0;

    for (uint32_t i = 0; i < r->n; i++) {
        if (!r->said[i].form || r->keep[i])
            continue;
        if (form != r->said[i].form)
            e = hr_hash_at(&r->forms, form = r->said[i].form);
        if (e)
            e->value++;
    }
    form = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        if (!r->said[i].form || r->keep[i])
            continue;
        if (form != r->said[i].form)
            e = hr_hash_at(&r->forms, form = r->said[i].form);
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

static int keep_slow_of(hr_run *r, uint64_t form, struct durations *d)
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

static int keep_slow(hr_run *r)
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

int hr_run_keep_asked(hr_run *r)
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
static bool says_more(const hr_run *r, uint32_t i)
{
    return !hr_run_could_go(r->said[i].kind) && !r->said[i].part && !r->routine[i] && !r->may_go[i] &&
           !is_blank(r->seen[i]);
}

/* The step and the directories in which something was said. */
static void keep_places(hr_run *r)
{
    uint32_t inside[MOST_NESTED], depth = 0;

    for (uint32_t i = 0; i < r->n; i++) {
        if (r->said[i].kind == HR_RUN_ENTER && depth < MOST_NESTED) {
            inside[depth++] = i;
        } else if (r->said[i].kind == HR_RUN_ENTER || (r->said[i].kind == HR_RUN_LEAVE && depth == 0)) {
            r->keep[i] = true;
        } else if (r->said[i].kind == HR_RUN_LEAVE) {
            depth--;
            r->keep[i] = r->must[i] || r->keep[inside[depth]];
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

/* Where headings stand: behind an empty line, or one step below the heading of the group around it. */
static bool begins_group(const hr_run *r, uint32_t i, uint32_t step)
{
    if (i == 0 || is_blank(r->seen[i - 1]))
        return true;
    return indent_of(r->seen[i - 1]) + step == indent_of(r->seen[i]) &&
           (r->said[i - 1].kind == HR_RUN_OTHER || r->said[i - 1].kind == HR_RUN_PASS);
}

/* The heading of a group goes with it: plain words, or what stands where headings do, indented, and one step below them nothing but units
   that go. */
static void drop_headings(hr_run *r)
{
    enum { STEP = 2, DEEPEST = 63 };
    uint64_t stays = 0; /* bit d: something stays below what is indented by d */
    uint32_t below = r->n, deeper = 0;

    for (uint32_t i = r->n; i-- > 0;) {
        uint32_t d = indent_of(r->seen[i]);
        if (is_blank(r->seen[i]))
            continue;
        d = d < DEEPEST ? d : DEEPEST;
        if (d >= STEP && below < r->n && deeper == d + STEP && !r->keep[below] && !r->said[below].part &&
            (r->said[below].kind == HR_RUN_PASS || r->said[below].kind == HR_RUN_OTHER) &&
            !(stays >> d & 1) && r->said[i].kind == HR_RUN_OTHER && !r->must[i] &&
            (is_plain(r->seen[i]) || (begins_group(r, i, STEP) && !hr_run_trouble(r->seen[i], false))))
            r->keep[i] = false;
        stays &= (UINT64_C(1) << d) - 1;
        if (r->keep[i])
            stays |= (UINT64_C(1) << d) - 1;
        below = i;
        deeper = d;
    }
}

int hr_run_keep(hr_run *r)
{
    int e = read_tables(r);

    if (e < 0)
        return e;
    keep_failures(r);
    keep_lists(r);
    keep_units(r);
    keep_forms(r);
    e = keep_slow(r);
    if (e == 0)
        e = hr_run_keep_asked(r);
    if (e < 0)
        return e;
    keep_places(r);
    drop_headings(r);
    return 0;
}
