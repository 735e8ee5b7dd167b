/* testrun.c - see testrun.h.

     lines -> what each says (testrun_line.c) -> which could go, which of them must stay (testrun_keep.c)
           -> what findings and traces say again (findings.c, traces.c) -> kept_lines.c */
#include "transform/testrun.h"

#include "transform/feeds.h"
#include "transform/findings.h"
#include "transform/frames.h"
#include "transform/gaps.h"
#include "transform/kept_lines.h"
#include "transform/lines.h"
#include "transform/testrun_run.h"
#include "transform/testrun_step.h"
#include "transform/testrun_text.h"
#include "transform/traces.h"

enum {
    LEAST_LINES = 10,   /* that could go */
    LEAST_SHARE = 10,   /* one line in so many is a result, in a test run */
    LEAST_FOUND = 8,    /* findings, frames: of fewer nothing is gained */
    LEAST_RUN = 2,      /* lines that go together: a position in the note costs as much as a short line */
    LEAST_PERCENT = 20, /* of the bytes are left out, else the lossless forms do better */
    MOST_ERRORS_PERCENT = 25, /* of what stays: so few are spelled out */
    MOST_BLOCK = 8,           /* lines of what TAP tells below a result */
    MOST_LINES = 1 << 24,
    ALL_LOOKED_AT = 256, /* lines; of those behind them one in sixteen: enough to know what a text is */
    LOOK_EVERY = 16,
    LOOKED_AT = 1024 /* bytes of a line, for that */
};

/* What the text is, before anything is stored. */
struct sight {
    uint32_t results, findings, frames, timed, looked;
    bool colours, stamps;
};

/* ------------------------------------------------------------------ lines, and what each says */
/* The length of "2026-11-21T13:45:00.041Z " at the beginning: what a CI service writes before each line. */
static size_t stamp(hr_str s)
{
    static const char form[] = "0000-00-00T00:00:00";
    size_t i = 0;

    if (s.n < sizeof form + 1 || s.p[4] != '-' || s.p[10] != 'T')
        return 0;
    for (; i < sizeof form - 1; i++)
        if (form[i] == '0' ? !hr_is_digit(s.p[i]) : s.p[i] != form[i])
            return 0;
    if (s.p[i] == '.')
        for (i++; i < s.n && hr_is_digit(s.p[i]); i++)
            ;
    if (i == s.n || s.p[i] != 'Z')
        return 0;
    return i + 1 + (i + 1 < s.n && s.p[i + 1] == ' ');
}

/* GitHub's stamps have seven digits behind the second; what follows is no log's record. Other services, and programs, write fewer or more. */
static bool is_ci_stamp(hr_str s, size_t length)
{
    enum { Z_AT = 27 };

    return length > Z_AT && s.p[Z_AT] == 'Z';
}

/* Behind the sequence of escape at s[i]: colours and the clearing of a line. */
static size_t behind_escape(hr_str s, size_t i)
{
    if (i + 1 >= s.n || s.p[i + 1] != '[')
        return i;
    for (i += 2; i < s.n && (hr_is_digit(s.p[i]) || s.p[i] == ';'); i++)
        ;
    return i < s.n && (s.p[i] == 'm' || s.p[i] == 'K') ? i + 1 : i;
}

/* Without colours; the length written to `to`, which has room for the line. */
static size_t uncolour(char *to, hr_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n;) {
        size_t behind = s.p[i] == '\x1b' ? behind_escape(s, i) : i;
        if (behind > i)
            i = behind;
        else
            to[n++] = s.p[i++];
    }
    return n;
}

/* "10:11" among the first bytes of a line that is not indented. */
static bool tells_time(hr_str s)
{
    enum { WITHIN = 40 };
    size_t n = s.n < WITHIN ? s.n : WITHIN;

    if (n == 0 || hr_is_blank(s.p[0]))
        return false;
    for (size_t i = 2; i + 2 < n; i++)
        if (s.p[i] == ':' && hr_is_digit(s.p[i - 1]) && hr_is_digit(s.p[i - 2]) && hr_is_digit(s.p[i + 1]) &&
            hr_is_digit(s.p[i + 2]))
            return true;
    return false;
}

/* weight: how many lines it stands for. */
static void look_at(struct sight *sight, hr_str line, hr_str rest, uint32_t weight)
{
    char plain[LOOKED_AT];
    hr_str two[2];
    hr_run_line said;
    hr_frame frame;
    bool ended;

    sight->looked += weight;
    size_t from = stamp(line);
    sight->timed += tells_time(line) && !is_ci_stamp(line, from) ? weight : 0;
    line = hr_cut(line, from, line.n < LOOKED_AT ? line.n : LOOKED_AT);
    if (sight->colours && memchr(line.p, '\x1b', line.n))
        line = hr_str_make(plain, uncolour(plain, line));
    sight->stamps = sight->stamps || from > 0;
    hr_run_line_read(line, &said);
    if (said.kind == HR_RUN_PASS || said.kind == HR_RUN_STEP || said.kind == HR_RUN_SKIP)
        sight->results += weight;
    sight->findings += hr_finding_is(line) ? weight : 0;
    two[0] = line;
    if (hr_line_next(&rest, &two[1], &ended))
        sight->frames += hr_frame_read(two, 2, 0, &frame) ? weight : 0;
}

/* 1: it is worth it. */
static int look(hr_run *r, struct sight *sight)
{
    hr_str rest = r->in->text, line;
    hr_feeds feeds = {0};
    bool ended;

    sight->colours = rest.n > 0 && memchr(rest.p, '\x1b', rest.n) != NULL;
    while (hr_feeds_line(&feeds, &rest, &line, &ended)) {
        if (++r->n > MOST_LINES)
            return 0;
        if (hr_begins(line, "@@ ")) /* a diff: its readers need it as it is */
            return 0;
        if (r->n <= ALL_LOOKED_AT || r->n % LOOK_EVERY == 0)
            look_at(sight, line, rest, r->n <= ALL_LOOKED_AT ? 1 : LOOK_EVERY);
        if (hr_watch_spend(&r->watch, line.n) < 0)
            return HR_ETIME;
    }
    if (sight->timed * 2 > sight->looked) /* a log, whose traces belong to its records */
        sight->findings = sight->frames = 0;
    return sight->results >= LEAST_LINES || sight->findings >= LEAST_FOUND || sight->frames >= LEAST_FOUND;
}

bool hr_testrun_is(hr_str text)
{
    const hr_transform_in in = {.text = text};
    hr_run r = {.in = &in};
    struct sight sight = {0};

    return look(&r, &sight) == 1 && sight.results >= LEAST_LINES &&
           sight.results * LEAST_SHARE >= sight.looked;
}

/* What is judged: the line without its stamp and its colours. */
static int read_seen(hr_run *r, const struct sight *sight)
{
    r->seen = r->line;
    if (!sight->colours && !sight->stamps)
        return 0;
    r->seen = hr_arena_alloc(r->scratch, (r->n + 1) * sizeof *r->seen);
    char *plain = hr_arena_alloc(r->scratch, r->in->text.n + 1);
    if (!r->seen || !plain)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < r->n; i++) {
        hr_str s = hr_cut(r->line[i], stamp(r->line[i]), r->line[i].n);
        if (s.n > 0 && memchr(s.p, '\x1b', s.n)) {
            size_t n = uncolour(plain, s);
            s = hr_str_make(plain, n);
            plain += n;
        }
        r->seen[i] = s;
    }
    return 0;
}

static int read_lines(hr_run *r, const struct sight *sight)
{
    hr_str rest = r->in->text;
    hr_feeds feeds = {0};
    bool ended;

    r->line = hr_arena_alloc(r->scratch, (r->n + 1) * sizeof *r->line);
    r->said = hr_arena_zalloc(r->scratch, (r->n + 1) * sizeof *r->said);
    r->keep = hr_arena_alloc(r->scratch, r->n + 1);
    r->must = hr_arena_zalloc(r->scratch, r->n + 1);
    r->may_go = hr_arena_zalloc(r->scratch, r->n + 1);
    r->routine = hr_arena_zalloc(r->scratch, r->n + 1);
    if (!r->line || !r->said || !r->keep || !r->must || !r->may_go || !r->routine)
        return HR_ENOMEM;
    memset(r->keep, true, r->n + 1);
    for (uint32_t i = 0; hr_feeds_line(&feeds, &rest, &r->line[i], &ended); i++)
        if (hr_watch_spend(&r->watch, r->line[i].n) < 0)
            return HR_ETIME;
    return read_seen(r, sight);
}

/* "test_a (module.Case.test_a)", and on the next line its description and its result: unittest. */
static bool is_title(hr_str s)
{
    const char *open = s.n > 8 && s.p[s.n - 1] == ')' ? memchr(s.p, '(', s.n) : NULL;
    size_t at = open ? (size_t)(open - s.p) : 0;

    if (!open || !hr_begins(s, "test") || at < 2 || s.p[at - 1] != ' ' || memchr(s.p, ' ', at - 1))
        return false;
    return memchr(open, '.', s.n - at) && !memchr(open, ' ', s.n - at);
}

static int read_results(hr_run *r)
{
    hr_run_line said;

    for (uint32_t i = 0; i < r->n; i++) {
        hr_run_line_read(r->seen[i], &said);
        if (said.kind == HR_RUN_OTHER && i > 0 && hr_str_ends(r->seen[i], " ... ok") &&
            is_title(r->seen[i - 1])) {
            said.kind = HR_RUN_PASS; /* whatever the description is */
            said.form = hr_run_form(HR_RUN_LAST_WORD, 0);
        }
        r->said[i] = (hr_run_said){said.form, said.name.n ? hr_word_bits(said.name) | 1 : 0, said.seconds,
                                   (uint8_t)said.kind, false};
        r->keep[i] = !hr_run_could_go(said.kind);
        if (said.kind == HR_RUN_PASS && i > 0 && r->said[i - 1].kind == HR_RUN_OTHER &&
            is_title(r->seen[i - 1])) {
            r->said[i - 1] = r->said[i];
            r->keep[i - 1] = false;
        }
        if (hr_watch_spend(&r->watch, r->line[i].n) < 0)
            return HR_ETIME;
    }
    return 0;
}

/* What TAP tells below a result: "---", how long it took, of what type it is, "...". Anything else in there stays. */
static void read_blocks(hr_run *r)
{
    for (uint32_t i = 0; i + 1 < r->n; i++) {
        double ms = -1;
        uint32_t k = i + 1;
        if (r->said[i].kind != HR_RUN_PASS || !hr_str_is(hr_trim(r->seen[k]), "---"))
            continue;
        for (k++; k < r->n && k < i + MOST_BLOCK; k++) {
            hr_str s = hr_trim(r->seen[k]);
            if (hr_take(&s, "duration_ms: "))
                ms = hr_run_take_number(&s);
            else if (!hr_begins(s, "type: "))
                break;
        }
        if (k == r->n || !hr_str_is(hr_trim(r->seen[k]), "..."))
            continue;
        r->said[i].seconds = ms < 0 ? ms : ms / 1000;
        for (uint32_t j = i + 1; j <= k; j++) {
            r->said[j].part = true;
            r->keep[j] = false;
        }
    }
}

/* ------------------------------------------------------------------ what goes */
/* Blank lines go with what stands around them, parts with the line before; runs too short stay. */
static void close_runs(hr_run *r)
{
    for (uint32_t i = 1; i < r->n; i++)
        if (r->said[i].part)
            r->keep[i] = r->keep[i] || r->keep[i - 1];
    for (uint32_t i = 1, next; i < r->n; i = next + 1) {
        for (next = i; next < r->n && hr_trim(r->seen[next]).n == 0; next++)
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

/* What findings and traces say again goes where no failure and no question holds it. 0, HR_ENOMEM, HR_ETIME. */
static int mark_repeated(hr_run *r, const struct sight *sight)
{
    int64_t e = 0;

    if (sight->findings >= LEAST_FOUND)
        e = hr_findings_mark(r->seen, r->n, r->scratch, &r->watch, r->may_go, r->routine);
    if (e >= 0 && sight->frames >= LEAST_FOUND)
        e = hr_traces_mark(r->seen, r->n, r->scratch, &r->watch, r->may_go);
    for (uint32_t i = 0; e >= 0 && i < r->n;
         i++) { /* whatever it stands under: a line that tells of a failure stays */
        hr_run_line said;
        if (!r->may_go[i])
            continue;
        hr_run_line_read(r->seen[i], &said);
        if (said.kind == HR_RUN_FAIL || said.kind == HR_RUN_FAILURES || said.kind == HR_RUN_DETAILS ||
            (said.kind == HR_RUN_OTHER && hr_finding_is_error(r->seen[i])))
            r->may_go[i] = false;
    }
    return e < 0 ? (int)e : 0;
}

/* 1: *kept are the lines that stay. 0: too few go. */
static int choose(hr_run *r, const struct sight *sight, uint32_t **kept, uint32_t *nkept)
{
    size_t gone = 0;
    int e = mark_repeated(r, sight);

    if (e == 0 && sight->results >= LEAST_LINES) {
        e = read_results(r);
        read_blocks(r);
        e = e < 0 ? e : hr_run_keep(r);
    } else if (e == 0) {
        e = hr_run_keep_asked(r);
    }
    if (e < 0)
        return e;
    for (uint32_t i = 0; i < r->n; i++)
        r->keep[i] = r->keep[i] && (r->must[i] || !r->may_go[i]);
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
    return gone > 0 && (sight->findings >= LEAST_FOUND || gone * 100 >= r->in->text.n * LEAST_PERCENT);
}

/* What stays, in a form where findings or frames are among it. */
static int write_out(const hr_run *r, const struct sight *sight, hr_arena *a, const uint32_t *kept,
                     uint32_t nkept, hr_transform_out *out)
{
    uint32_t errors = 0;
    int e;

    if (sight->findings < LEAST_FOUND && sight->frames < LEAST_FOUND)
        return hr_kept_lines_write(a, r->in, r->line, r->n, kept, nkept, NULL, out);
    for (uint32_t i = 0; i < nkept; i++)
        errors += hr_finding_is_error(r->seen[kept[i]]);
    for (uint32_t i = 0; errors * 100 <= nkept * MOST_ERRORS_PERCENT && i < nkept; i++)
        r->must[kept[i]] = r->must[kept[i]] || hr_finding_is_error(r->seen[kept[i]]);
    e = hr_kept_lines_write_shortest(a, r->in, r->line, r->n, kept, nkept, r->must, out);
    if (e == 1)
        e = out->text.n * 100 <= r->in->text.n * (100 - LEAST_PERCENT / 2);
    return e;
}

int hr_testrun_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    hr_run r = {.in = in, .scratch = hr_arena_new(), .watch = {.deadline_cpu_us = in->deadline_cpu_us}};
    struct sight sight = {0};
    uint32_t *kept = NULL, nkept = 0;
    int e = r.scratch ? look(&r, &sight) : HR_ENOMEM;

    if (e == 1 && (e = read_lines(&r, &sight)) == 0)
        e = choose(&r, &sight, &kept, &nkept);
    const bool run = sight.results >= LEAST_LINES && sight.results * 2 >= sight.findings + sight.frames;
    const bool build = sight.findings >= sight.frames;
    if (e == 1)
        e = write_out(&r, &sight, a, kept, nkept, out);
    if (e == 1) {
        out->kind = run || build ? "test" : "trace";
        out->strategy = run ? "passed_units" : build ? "findings" : "frames";
    }
    hr_arena_free(r.scratch);
    return e;
}
