/* traces.c - see traces.h. */
#include "transform/traces.h"

#include "transform/frames.h"
#include "transform/hash_table.h"

enum {
    LEAST_LIBRARY = 3, /* frames in a run */
    LONGEST_CYCLE = 4, /* frames of a recursion */
    LEAST_COPY = 2,    /* frames of a trace that is a copy: one alone tells a place */
    ENDS = 2           /* frames that stay at each end of a trace that is all the library's */
};

struct traces {
    const hr_str *line;
    hr_frame *frame;
    uint32_t *at; /* the frame's first line */
    uint32_t n;
    bool any_program; /* one of all frames is the program's */
    bool copied;      /* the last trace is one that was met before */
    bool *gone;       /* frames */
    hr_hash_table seen;
};

/* The frames from .. to - 1 are one trace. Is it an earlier one? */
static bool is_copy(struct traces *t, uint32_t from, uint32_t to)
{
    uint64_t key = to - from;

    for (uint32_t k = from; k < to; k++)
        key = hr_mix(key, t->frame[k].all);
    hr_hash_entry *e = to - from >= LEAST_COPY ? hr_hash_at(&t->seen, key | 1) : NULL;
    if (!e || e->value == 0) {
        if (e)
            e->value = from + 1;
        return false;
    }
    const uint32_t first = e->value - 1;
    for (uint32_t k = 0; k < to - from; k++) {
        const hr_frame *a = &t->frame[first + k], *b = &t->frame[from + k];
        if (first + k >= from || a->lines != b->lines ||
            !hr_frame_same(t->line + t->at[first + k], t->line + t->at[from + k], a->lines))
            return false;
    }
    return true;
}

/* Frames that repeat those before them, in cycles of `period`; at least two of them. */
static void mark_recursion(struct traces *t, uint32_t from, uint32_t to, uint32_t period)
{
    for (uint32_t k = from + period, end; k < to; k = end + 1) {
        for (end = k; end < to && t->frame[end].where == t->frame[end - period].where; end++)
            ;
        if (end - k < period || end - k < 2)
            continue;
        for (uint32_t i = k; i < end; i++)
            t->gone[i] = true;
    }
}

/* A run of the library's frames: what the program called of it stays, and the ends of the trace. */
static void mark_library(struct traces *t, uint32_t from, uint32_t to)
{
    bool program = false;

    for (uint32_t k = from; k < to; k++)
        program = program || !t->frame[k].library;
    if (!program && !t->any_program)
        return;
    for (uint32_t k = from, end; k < to; k = end + (end == k)) {
        for (end = k; end < to && t->frame[end].library; end++)
            ;
        if (end - k < LEAST_LIBRARY)
            continue;
        const bool outermost = t->frame[k].outermost;
        uint32_t first = k + (k == from ? (program ? 1 : ENDS) : outermost);
        uint32_t last = end - (end == to ? (program ? 1 : ENDS) : !outermost);
        if (first + 2 > last)
            continue;
        for (uint32_t i = first; i < last; i++)
            t->gone[i] = true;
    }
}

static void mark_trace(struct traces *t, uint32_t from, uint32_t to)
{
    t->copied = is_copy(t, from, to);
    if (t->copied) {
        for (uint32_t k = from; k < to; k++)
            t->gone[k] = true;
        return;
    }
    for (uint32_t period = 1; period <= LONGEST_CYCLE; period++)
        mark_recursion(t, from, to, period);
    mark_library(t, from, to);
}

static int read_frames(struct traces *t, uint32_t lines, hr_arena *scratch, hr_watch *watch)
{
    hr_frame frame;
    uint32_t room = 0;

    for (uint32_t i = 0; i < lines; i++) {
        if (hr_watch_spend(watch, t->line[i].n) < 0)
            return HR_ETIME;
        if (!hr_frame_read(t->line, lines, i, &frame))
            continue;
        if (room == 0) { /* most texts have none */
            room = lines - i;
            t->frame = hr_arena_alloc(scratch, room * sizeof *t->frame);
            t->at = hr_arena_alloc(scratch, room * sizeof *t->at);
            t->gone = hr_arena_zalloc(scratch, room);
            if (!t->frame || !t->at || !t->gone)
                return HR_ENOMEM;
        }
        t->frame[t->n] = frame;
        t->at[t->n++] = i;
        t->any_program = t->any_program || !frame.library;
        i += frame.lines - 1;
    }
    return t->n > 0 ? hr_hash_make(&t->seen, scratch, t->n) : 0;
}

int64_t hr_traces_mark(const hr_str *line, uint32_t n, hr_arena *scratch, hr_watch *watch, bool *may_go)
{
    struct traces t = {.line = line};
    int r = read_frames(&t, n, scratch, watch);

    for (uint32_t from = 0, to; r == 0 && from < t.n; from = to) {
        for (to = from + 1; to < t.n && t.at[to] == t.at[to - 1] + t.frame[to - 1].lines; to++)
            ;
        mark_trace(&t, from, to);
        uint32_t behind = t.at[to - 1] + t.frame[to - 1].lines;
        if (t.copied && behind < n && line[behind].n == 0) /* Go parts its goroutines by empty lines */
            may_go[behind] = true;
    }
    for (uint32_t k = 0; r == 0 && k < t.n; k++)
        for (uint32_t i = 0; t.gone[k] && !t.frame[k].holds && i < t.frame[k].lines; i++)
            may_go[t.at[k] + i] = true;
    return r < 0 ? r : (int64_t)t.n;
}
