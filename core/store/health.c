/* health.c - marks of conversations, faults, and the breakers that they open. See store.h. */
#include <string.h>

#include "breaker.h"
#include "health.h"
#include "store/handle.h"

/* ------------------------------------------------------------------ marks */
int hr_store_mark(hr_store *s, int64_t conversation, hr_cache_mark *out)
{
    int rc = hr_store_enter(s, 0, false);

    if (rc != 0)
        return rc;
    hr_query q = hr_query_start(s, HR_Q_MARK);
    hr_query_int(&q, conversation);
    rc = hr_query_step(&q);
    if (rc == 1)
        *out = (hr_cache_mark){.conversation = conversation,
                               .time_us = hr_query_col_int(&q, 0),
                               .results = hr_query_col_int(&q, 1),
                               .made = hr_query_col_int(&q, 2),
                               .sent = hr_query_col_int(&q, 3),
                               .input = hr_query_col_int(&q, 4),
                               .cached = hr_query_col_int(&q, 5),
                               .held = hr_query_col_int(&q, 6),
                               .optimize = hr_query_col_int(&q, 7) != 0};
    hr_query_end(&q);
    hr_store_leave(s);
    return rc;
}

void hr_store_mark_later(hr_store *s, const hr_cache_mark *mark)
{
    size_t i = 0;

    hr_store_check_fork(s);
    pthread_mutex_lock(&s->quick);
    while (i < s->marks_n && s->marks[i].conversation != mark->conversation)
        i++;
    if (i < HR_MARKS) {
        s->marks[i] = *mark;
        s->marks_n += i == s->marks_n;
    }
    pthread_mutex_unlock(&s->quick);
}

static int put_mark(hr_store *s, const hr_cache_mark *m)
{
    const int64_t values[] = {m->conversation, m->time_us, m->results, m->made,    m->sent,
                              m->input,        m->cached,  m->held,    m->optimize};
    hr_query q = hr_query_start(s, HR_Q_MARK_SET);

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        hr_query_int(&q, values[i]);
    return hr_query_run(&q);
}

int hr_marks_write(hr_store *s)
{
    hr_cache_mark marks[HR_MARKS];
    int rc = 0;

    pthread_mutex_lock(&s->quick);
    const size_t n = s->marks_n;
    memcpy(marks, s->marks, n * sizeof *marks);
    s->marks_n = 0;
    pthread_mutex_unlock(&s->quick);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = put_mark(s, &marks[i]);
    return rc;
}

int hr_marks_expire(hr_store *s, int64_t now)
{
    hr_query q = hr_query_start(s, HR_Q_MARK_EXPIRE);

    hr_query_int(&q, now - HR_MARK_LIVES_US);
    return hr_query_run(&q);
}

/* ------------------------------------------------------------------ faults */
static int count(hr_store *s, const headroom_fault *f, int64_t since, int64_t *out)
{
    hr_query q = hr_query_start(s, HR_Q_FAULT_COUNT);

    hr_query_text(&q, f->program);
    hr_query_text(&q, f->dialect);
    hr_query_text(&q, f->kind);
    hr_query_int(&q, since);
    const int rc = hr_query_step(&q);
    *out = rc == 1 ? hr_query_col_int(&q, 0) : 0;
    hr_query_end(&q);
    return rc < 0 ? rc : 0;
}

/* 1: the breaker was closed, and is open now. */
static int open_breaker(hr_store *s, const headroom_fault *f)
{
    hr_query q = hr_query_start(s, HR_Q_BREAKER_SET);

    hr_query_text(&q, f->program);
    hr_query_text(&q, f->dialect);
    hr_query_int(&q, f->time_us);
    hr_query_text(&q, f->kind);
    const int rc = hr_query_run(&q);
    return rc < 0 ? rc : sqlite3_changes(s->db) > 0;
}

static int add_fault(hr_store *s, const headroom_fault *f, unsigned limit, int64_t since)
{
    int64_t faults = 0;
    hr_query q = hr_query_start(s, HR_Q_FAULT_INSERT);

    hr_query_int(&q, f->time_us);
    hr_query_text(&q, f->program);
    hr_query_text(&q, f->dialect);
    hr_query_text(&q, f->model);
    hr_query_int(&q, f->conversation);
    hr_query_text(&q, f->kind);
    hr_query_text(&q, f->place);
    hr_query_int(&q, f->held_tokens);
    hr_query_int(&q, f->cached_tokens);
    int rc = hr_query_run(&q);
    if (rc == 0) {
        q = hr_query_start(s, HR_Q_FAULT_EXPIRE);
        hr_query_int(&q, HR_FAULTS_KEPT);
        rc = hr_query_run(&q);
    }
    if (rc == 0)
        rc = count(s, f, since, &faults);
    return rc == 0 && faults >= limit ? open_breaker(s, f) : rc;
}

int hr_store_fault(hr_store *s, const headroom_fault *f, unsigned limit, int64_t since_us)
{
    int opened = 0, rc = hr_store_enter(s, 0, true);

    if (rc != 0)
        return rc;
    rc = hr_store_begin(s);
    if (rc == 0) {
        opened = add_fault(s, f, limit, since_us);
        rc = hr_store_end(s, opened < 0 ? opened : 0);
    }
    hr_store_leave(s);
    return rc < 0 ? rc : opened;
}

/* ------------------------------------------------------------------ looking back */
/* Rows of one answer, read before the caller sees the first: no lock is held in its callback. */
struct row {
    struct row *next;
    headroom_fault fault;
};

static const char *text(const hr_query *q, int i, hr_arena *a)
{
    hr_str out;
    return hr_query_col_dup(q, i, a, &out) < 0 ? NULL : out.p;
}

static int read_faults(hr_query *q, hr_arena *a, struct row **end)
{
    int rc;

    while ((rc = hr_query_step(q)) == 1) {
        struct row *r = hr_arena_alloc(a, sizeof *r);
        if (!r)
            return HR_ENOMEM;
        *r = (struct row){.fault = {.time_us = hr_query_col_int(q, 0),
                                    .program = text(q, 1, a),
                                    .dialect = text(q, 2, a),
                                    .model = text(q, 3, a),
                                    .conversation = hr_query_col_int(q, 4),
                                    .kind = text(q, 5, a),
                                    .place = text(q, 6, a),
                                    .held_tokens = hr_query_col_int(q, 7),
                                    .cached_tokens = hr_query_col_int(q, 8),
                                    .settled = hr_query_col_int(q, 9) != 0}};
        const headroom_fault *f = &r->fault;
        if (!f->program || !f->dialect || !f->model || !f->kind || !f->place)
            return HR_ENOMEM;
        *end = r;
        end = &r->next;
    }
    return rc;
}

int hr_store_each_fault(hr_store *s, size_t limit, int (*cb)(void *, const headroom_fault *), void *arg)
{
    struct row *first = NULL;
    hr_arena *a = hr_arena_new();
    int rc = a ? hr_store_enter(s, 0, false) : HR_ENOMEM;

    if (rc == 0) {
        hr_query q = hr_query_start(s, HR_Q_FAULT_EACH);
        hr_query_int(&q, (int64_t)limit);
        rc = read_faults(&q, a, &first);
        hr_query_end(&q);
        hr_store_leave(s);
    }
    for (const struct row *r = first; r && rc == 0; r = r->next)
        rc = cb(arg, &r->fault);
    hr_arena_free(a);
    return rc;
}

struct open {
    struct open *next;
    headroom_breaker breaker;
};

static int read_breakers(hr_query *q, hr_arena *a, struct open **end)
{
    int rc;

    while ((rc = hr_query_step(q)) == 1) {
        struct open *o = hr_arena_alloc(a, sizeof *o);
        if (!o)
            return HR_ENOMEM;
        *o = (struct open){.breaker = {.program = text(q, 0, a),
                                       .dialect = text(q, 1, a),
                                       .since_us = hr_query_col_int(q, 2),
                                       .kind = text(q, 3, a)}};
        if (!o->breaker.program || !o->breaker.dialect || !o->breaker.kind)
            return HR_ENOMEM;
        *end = o;
        end = &o->next;
    }
    return rc;
}

int hr_store_each_breaker(hr_store *s, const char *program, int (*cb)(void *, const headroom_breaker *),
                          void *arg)
{
    struct open *first = NULL;
    hr_arena *a = hr_arena_new();
    int rc = a ? hr_store_enter(s, 0, false) : HR_ENOMEM;

    if (rc == 0) {
        hr_query q = hr_query_start(s, HR_Q_BREAKER_EACH);
        hr_query_text(&q, program);
        rc = read_breakers(&q, a, &first);
        hr_query_end(&q);
        hr_store_leave(s);
    }
    for (const struct open *o = first; o && rc == 0; o = o->next)
        rc = cb(arg, &o->breaker);
    hr_arena_free(a);
    return rc;
}

static int reset(hr_store *s, const char *program)
{
    hr_query q = hr_query_start(s, HR_Q_FAULT_SETTLE);
    hr_query_text(&q, program);
    int rc = hr_query_run(&q);

    if (rc < 0)
        return rc;
    q = hr_query_start(s, HR_Q_BREAKER_RESET);
    hr_query_text(&q, program);
    rc = hr_query_run(&q);
    return rc < 0 ? rc : sqlite3_changes(s->db);
}

int hr_store_breaker_reset(hr_store *s, const char *program)
{
    int closed = 0, rc = hr_store_enter(s, 0, true);

    if (rc != 0)
        return rc;
    rc = hr_store_begin(s);
    if (rc == 0) {
        closed = reset(s, program);
        rc = hr_store_end(s, closed < 0 ? closed : 0);
    }
    hr_store_leave(s);
    return rc < 0 ? rc : closed;
}
