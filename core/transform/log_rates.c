/* log_rates.c - see log_marks.h. How often a message is to be expected in a stretch is told by how often it stands in the whole log. */
#include "transform/log_templates.h"
#include "transform/log_time.h"

enum {
    FEW = 10,          /* records of a message side by side, in a time in which one would be expected ... */
    MANY = 20,         /* ... or so many */
    MANY_TIMES = 4,    /* where 5 would be: chance does neither */
    MOST_BURSTS = 3,   /* of a message: what comes in bursts always does so by habit */
    SILENT = 20,       /* records that would be expected where none stands */
    MOST_PAUSES = 3,   /* the same of pauses */
    MOST_CHANGED = 16, /* messages; a log in which more change has phases, and each their own */
    STRENGTH = 49      /* marks.h: seven deviations, as a step in a series of numbers */
};

/* The records of one message, and when they came. */
struct message {
    const uint32_t *record;
    uint32_t n;
    const int64_t *time; /* of all records, ascending */
    int64_t begin, end;  /* of the log */
};

/* ------------------------------------------------------------------ the clock */
/* Seconds since the first record, counted from the end where the newest record stands first. Records may be a little out of order; where a clock
   goes back by more it begins again, at midnight or with another file, and no time is lost. */
static void read_times(const hr_log *l, int64_t *time)
{
    enum { OUT_OF_ORDER = 60 };
    uint32_t up = 0, down = 0;
    int64_t before = 0, back = 0, last = 0;

    for (uint32_t i = 0; i < l->n; i++) {
        const int64_t t = hr_log_clock_of(l->split, l->record[i]);
        time[i] = t < 0 ? before : t;
        up += time[i] > before;
        down += time[i] < before;
        before = time[i];
    }
    const bool falls = down > up;
    for (uint32_t k = 0; k < l->n; k++) {
        int64_t *t = &time[falls ? l->n - 1 - k : k];
        if (k == 0 || *t + back < last - OUT_OF_ORDER)
            back = last - *t;
        last = *t + back > last ? *t + back : last;
        *t = last;
    }
    for (uint32_t i = 0; falls && i < l->n; i++)
        time[i] = last - time[i];
}

/* ------------------------------------------------------------------ what changes */
static inline int64_t time_of(const struct message *p, uint32_t i)
{
    return p->time[p->record[i]];
}

/* Do so many records up to record i stand in a time in which no more than one in `times` of them would be expected? */
static bool is_dense(const struct message *p, uint32_t i, uint32_t records, uint32_t times)
{
    if (i + 1 < records)
        return false;
    const int64_t takes = time_of(p, i) - time_of(p, i + 1 - records) + 1, span = p->end - p->begin + 1;
    return takes * p->n * times <= span * records;
}

/* The first of so many records up to record i that belongs to their stretch: some before it may have come as seldom as ever. */
static uint32_t first_of(const struct message *p, uint32_t i, uint32_t records)
{
    const uint32_t sure = i - FEW / 2;
    const int64_t pause = 4 * (time_of(p, i) - time_of(p, sure)) / (FEW / 2) + 1;
    uint32_t first = i + 1 - records;

    for (uint32_t k = first; k < sure; k++)
        if (time_of(p, k + 1) - time_of(p, k) > pause)
            first = k + 1;
    return first;
}

/* The first records of the stretches in which they are frequent; their number, which may be more than MOST_BURSTS. */
static uint32_t find_bursts(const struct message *p, uint32_t burst[MOST_BURSTS])
{
    uint32_t found = 0;
    bool was = false;

    for (uint32_t i = FEW - 1; i < p->n && found <= MOST_BURSTS; i++) {
        const uint32_t records = is_dense(p, i, FEW, FEW) ? FEW : is_dense(p, i, MANY, MANY_TIMES) ? MANY : 0;
        if (records && !was) {
            if (found < MOST_BURSTS)
                burst[found] = first_of(p, i, records);
            found++;
        }
        was = records > 0;
    }
    return found;
}

/* The pauses in which many should stand and none does, each by the record behind it, or the number of all at the end; their number, which may
   be more than MOST_PAUSES. */
static uint32_t find_pauses(const struct message *p, uint32_t behind[MOST_PAUSES])
{
    const int64_t span = p->end - p->begin + 1;
    uint32_t found = 0;

    for (uint32_t i = 0; i <= p->n && found <= MOST_PAUSES; i++) {
        const int64_t from = i > 0 ? time_of(p, i - 1) : p->begin, to = i < p->n ? time_of(p, i) : p->end;
        if ((to - from) * p->n < SILENT * (span - (to - from)))
            continue;
        if (found < MOST_PAUSES)
            behind[found] = i;
        found++;
    }
    return found;
}

/* What changes in one message. *frequent: it has bursts. false: nothing. */
static bool mark_message(const struct message *p, bool *frequent, float *strength)
{
    uint32_t burst[MOST_BURSTS], behind[MOST_PAUSES], bursts, pauses;

    if (p->n < FEW || (bursts = find_bursts(p, burst)) > MOST_BURSTS ||
        (pauses = find_pauses(p, behind)) > MOST_PAUSES)
        return false;
    for (uint32_t i = 0; i < bursts; i++)
        hr_mark(strength, p->record[burst[i]], STRENGTH);
    for (uint32_t i = 0; i < pauses; i++) {
        if (behind[i] > 0)
            hr_mark(strength, p->record[behind[i] - 1], STRENGTH);
        if (behind[i] < p->n)
            hr_mark(strength, p->record[behind[i]], STRENGTH);
    }
    *frequent = bursts > 0;
    return bursts + pauses > 0;
}

int hr_log_mark_rates(const hr_log *l, const hr_log_templates *t, bool *frequent, float *strength)
{
    int64_t *time = hr_arena_alloc(l->scratch, (l->n + 1u) * sizeof *time);
    uint32_t changed = 0;

    if (!time)
        return HR_ENOMEM;
    read_times(l, time);
    for (uint32_t k = 0; k < t->n && changed < MOST_CHANGED; k++) {
        const struct message m = {t->order + t->begin[k], t->begin[k + 1] - t->begin[k], time, time[0],
                                  time[l->n - 1]};
        changed += mark_message(&m, &frequent[k], strength);
        if (hr_watch_spend(l->watch, (size_t)m.n * 16) < 0)
            return HR_ETIME;
    }
    return 0;
}
