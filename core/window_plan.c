/* window_plan.c - see window_plan.h. */
#include "window_plan.h"

#include <string.h>

enum {
    /* Where roles must take turns, this many cuts that come out wrong are tried to be made longer. */
    MAX_TRIES = 64
};

/* A stretch of elements. */
struct span {
    size_t from, to;
};

struct work {
    const hr_window_task *t;
    bool *cut, *stuck;
    struct span *units, *turns;
    size_t n_units, n_turns;
    uint32_t *unit;                /* of an element: index in units + 1, 0: none */
    size_t unit_bound, turn_bound; /* nothing from here on goes */
    uint64_t gone;                 /* tokens of what is cut */
    unsigned tries;
};

size_t hr_window_first(const hr_element *list, size_t n)
{
    size_t i = 0;

    while (i < n && list[i].kind == HR_EL_SYSTEM)
        i++;
    return i;
}

/* ------------------------------------------------------------------ units and turns */
/* From a run of the model's elements on: the results behind it, up to one with human text. */
static size_t unit_end(const hr_window_task *t, size_t from, uint32_t *calls, uint32_t *results)
{
    size_t i = from;

    *calls = *results = 0;
    for (; i < t->n && t->list[i].kind == HR_EL_MODEL; i++)
        *calls += t->list[i].calls;
    while (i < t->n && t->list[i].kind == HR_EL_RESULT) {
        *results += t->list[i].results;
        if (t->list[i++].human)
            break;
    }
    return i;
}

static void find_units(struct work *w)
{
    const hr_window_task *t = w->t;
    uint32_t calls, results;

    for (size_t i = 0, end; i < t->n; i = end) {
        end = i + 1;
        w->stuck[i] |= t->list[i].fixed || t->list[i].kind == HR_EL_RESULT;
        if (t->list[i].kind != HR_EL_MODEL)
            continue;
        end = unit_end(t, i, &calls, &results);
        for (size_t k = i; k < end; k++)
            w->stuck[k] = t->list[k].fixed || calls != results;
        if (calls == 0 || calls != results)
            continue;
        for (size_t k = i; k < end; k++)
            w->unit[k] = (uint32_t)w->n_units + 1;
        w->units[w->n_units++] = (struct span){i, end};
    }
}

/* Where the turn of a human message begins: one that is also a result belongs to a call before it. */
static size_t start_of(const struct work *w, size_t i)
{
    return w->t->list[i].kind == HR_EL_RESULT && w->unit[i] ? w->units[w->unit[i] - 1].from : i;
}

static void find_turns(struct work *w)
{
    const hr_window_task *t = w->t;
    size_t start = hr_window_first(t->list, t->n);

    for (size_t i = start, run = start; i < t->n; i++) {
        if (i == 0 || t->list[i - 1].kind != HR_EL_HUMAN)
            run = i; /* messages of the user in a row are one turn's */
        if (!t->list[i].human)
            continue;
        const size_t at = t->list[i].kind == HR_EL_HUMAN ? run : start_of(w, i);
        if (at <= start)
            continue;
        w->turns[w->n_turns++] = (struct span){start, at};
        start = at;
    }
    w->turns[w->n_turns++] = (struct span){start, t->n};
}

/* Where the last `keep` human messages begin; without so many, everything is among them. */
static size_t kept_from(const struct work *w, int64_t keep)
{
    for (size_t i = w->t->n; i-- > 0;)
        if (w->t->list[i].human && --keep <= 0)
            return start_of(w, i);
    return 0;
}

static void find_bounds(struct work *w)
{
    w->turn_bound = w->unit_bound = kept_from(w, w->t->keep_turns);
    if (w->t->keep_turns == 0 && w->n_units)
        w->unit_bound = w->units[w->n_units - 1].from;
}

/* ------------------------------------------------------------------ cutting */
static void cut(struct work *w, size_t i)
{
    if (w->cut[i] || w->t->list[i].kind == HR_EL_SYSTEM)
        return;
    w->cut[i] = true;
    w->gone += w->t->tokens[i];
}

static void cut_span(struct work *w, struct span s)
{
    for (size_t i = s.from; i < s.to; i++)
        cut(w, i);
}

static bool fits(const struct work *w, uint64_t most)
{
    return w->t->total - w->gone + w->t->marker <= most;
}

static bool may_go(const struct work *w, struct span s, size_t bound, bool human)
{
    if (s.to > bound)
        return false;
    for (size_t i = s.from; i < s.to; i++)
        if (w->stuck[i] || (!human && w->t->list[i].human))
            return false;
    return true;
}

/* The first element from i on that is left and no system text. */
static size_t first_left(const struct work *w, size_t i)
{
    while (i < w->t->n && (w->cut[i] || w->t->list[i].kind == HR_EL_SYSTEM))
        i++;
    return i;
}

/* Behind the message of ours the model's must come. false: it cannot be had. */
static bool make_room_for_marker(struct work *w)
{
    const hr_element *list = w->t->list;
    size_t i = first_left(w, 0), before = i;

    if (i == w->t->n || list[i].kind == HR_EL_MODEL)
        return i < w->t->n;
    while (before > 0 && list[before - 1].kind == HR_EL_SYSTEM)
        before--;
    if (before > 0 && list[before - 1].kind == HR_EL_MODEL && list[before - 1].calls == 0 &&
        w->unit[before - 1] == 0) { /* the answer to a question that went stays */
        w->cut[before - 1] = false;
        w->gone -= w->t->tokens[before - 1];
        return true;
    }
    for (; i < w->t->n && list[i].kind == HR_EL_HUMAN; i = first_left(w, i)) {
        if (i >= w->turn_bound || w->stuck[i])
            return false;
        cut(w, i);
    }
    return i < w->t->n && list[i].kind == HR_EL_MODEL;
}

/* Is this the cut? Where roles take turns it may have to become another one, or cannot be. */
static bool settled(struct work *w, uint64_t most)
{
    const uint64_t gone = w->gone;

    if (gone == 0 || !fits(w, most))
        return false;
    if (!w->t->alternate)
        return true;
    if (w->tries++ >= MAX_TRIES)
        return false;
    bool *kept = w->cut, *tried = w->stuck + w->t->n; /* room of the same size */
    memcpy(tried, kept, w->t->n * sizeof *tried);
    w->cut = tried;
    if (make_room_for_marker(w) && fits(w, w->t->allowed))
        return true;
    w->cut = kept;
    w->gone = gone;
    return false;
}

/* The sealed elements of a turn all lie in its units, and all of these may go: then they go together. */
static bool chain_may_go(const struct work *w, struct span turn, size_t first, size_t last)
{
    for (size_t i = turn.from; i < turn.to; i++)
        if (w->t->list[i].sealed && w->unit[i] == 0)
            return false;
    for (size_t u = first; u < last; u++)
        if (!may_go(w, w->units[u], w->unit_bound, false))
            return false;
    return true;
}

static bool is_sealed(const struct work *w, struct span turn)
{
    for (size_t i = turn.from; i < turn.to; i++)
        if (w->t->list[i].sealed)
            return true;
    return false;
}

static bool cut_units(struct work *w)
{
    size_t first = 0, last;

    for (size_t k = 0; k < w->n_turns; k++, first = last) {
        for (last = first; last < w->n_units && w->units[last].from < w->turns[k].to; last++)
            ;
        const bool together = is_sealed(w, w->turns[k]);
        if (together && !chain_may_go(w, w->turns[k], first, last))
            continue;
        for (size_t u = first; u < last; u++) {
            if (!may_go(w, w->units[u], w->unit_bound, false))
                continue;
            cut_span(w, w->units[u]);
            if ((!together || u + 1 == last) && settled(w, w->t->target))
                return true;
        }
    }
    return false;
}

static bool cut_turns(struct work *w)
{
    for (size_t k = 0; k < w->n_turns; k++) {
        if (may_go(w, w->turns[k], w->turn_bound, true)) {
            cut_span(w, w->turns[k]);
            if (settled(w, w->t->target))
                return true;
        } else if (w->t->alternate) {
            break; /* what lies behind it would stand beside it */
        }
    }
    return settled(w, w->t->allowed);
}

static void report(const struct work *w, hr_window_plan *out)
{
    *out = (hr_window_plan){.cut = w->cut, .tokens = w->gone};
    for (size_t i = 0; i < w->t->n; i++) {
        out->messages += w->cut[i];
        out->calls += w->cut[i] ? w->t->list[i].calls : 0;
    }
}

int hr_window_plan_make(hr_arena *a, const hr_window_task *task, hr_window_plan *out)
{
    const size_t n = task->n;
    struct work w = {.t = task,
                     .cut = hr_arena_zalloc(a, n + 1),
                     .stuck = hr_arena_zalloc(a, 2 * n + 1),
                     .units = hr_arena_alloc(a, (n + 1) * sizeof *w.units),
                     .turns = hr_arena_alloc(a, (n + 1) * sizeof *w.turns),
                     .unit = hr_arena_zalloc(a, (n + 1) * sizeof *w.unit)};

    if (!w.cut || !w.stuck || !w.units || !w.turns || !w.unit)
        return HR_ENOMEM;
    find_units(&w);
    find_turns(&w);
    find_bounds(&w);
    if (!cut_units(&w) && !cut_turns(&w))
        return 0;
    report(&w, out);
    return 1;
}
