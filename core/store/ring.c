/* ring.c - where rows of finished requests wait for a busy database. See hr_store_request in store.h.

     a finished request --> ring --(one transaction, rows stay until it is committed)--> requests
                              ^ full: wait

   A row leaves the ring when it is on disk and not before, so no failure loses one; a kill loses what is in it. */
#include <string.h>
#include <time.h>

#include "store/handle.h"

/* False: the ring is full. */
static bool push(hr_store *s, hr_waiting_row *w)
{
    pthread_mutex_lock(&s->quick);
    const bool room = s->ring_n < HR_RING_ROWS;
    if (room)
        s->ring[(s->ring_first + s->ring_n++) % HR_RING_ROWS] = w;
    pthread_mutex_unlock(&s->quick);
    return room;
}

bool hr_ring_is_empty(hr_store *s)
{
    pthread_mutex_lock(&s->quick);
    const bool empty = s->ring_n == 0;
    pthread_mutex_unlock(&s->quick);
    return empty;
}

static void drop_first(hr_store *s, size_t n)
{
    for (; n; n--) {
        hr_free(s->ring[s->ring_first]);
        s->ring_first = (s->ring_first + 1) % HR_RING_ROWS;
        s->ring_n--;
    }
}

void hr_ring_forget(hr_store *s)
{
    drop_first(s, s->ring_n);
}

/* ------------------------------------------------------------------ into the database */
struct waiting {
    hr_waiting_row *row[HR_RING_ROWS];
    uint8_t touched[HR_TOUCH_KEYS][16];
    size_t rows, marks;
    uint64_t lost;
};

/* What waits now. Marks are taken: those of a transaction that fails are set again at the next look-up. */
static void look(hr_store *s, struct waiting *w)
{
    pthread_mutex_lock(&s->quick);
    w->rows = s->ring_n;
    for (size_t i = 0; i < w->rows; i++)
        w->row[i] = s->ring[(s->ring_first + i) % HR_RING_ROWS];
    w->marks = s->touched_n;
    memcpy(w->touched, s->touched, w->marks * sizeof *w->touched);
    s->touched_n = 0;
    w->lost = s->lost - s->lost_told;
    pthread_mutex_unlock(&s->quick);
}

static int touch(hr_store *s, const uint8_t key[16], int64_t now)
{
    hr_query q = hr_query_start(s, HR_Q_DECISION_TOUCH);

    hr_query_int(&q, now);
    hr_query_blob(&q, key, 16);
    return hr_query_run(&q);
}

static int tell_lost(hr_store *s, uint64_t n)
{
    hr_query q = hr_query_start(s, HR_Q_META_LOST);

    hr_query_int(&q, (int64_t)n);
    return hr_query_run(&q);
}

static int write_all(hr_store *s, const struct waiting *w)
{
    const int64_t now = hr_wall_us();
    int rc = hr_store_begin(s);

    if (rc != 0)
        return rc;
    for (size_t i = 0; i < w->rows && rc == 0; i++)
        rc = hr_requests_insert(s, &w->row[i]->row);
    for (size_t i = 0; i < w->rows && rc == 0; i++)
        rc = hr_families_add(s, &w->row[i]->row);
    if (rc == 0)
        rc = hr_marks_write(s);
    for (size_t i = 0; i < w->marks && rc == 0; i++)
        rc = touch(s, w->touched[i], now);
    if (w->rows && rc == 0)
        rc = hr_expire_with(s, w->rows, now);
    if (w->lost && rc == 0)
        rc = tell_lost(s, w->lost);
    return hr_store_end(s, rc);
}

int hr_ring_drain(hr_store *s)
{
    struct waiting w;

    look(s, &w);
    if (w.rows == 0 && w.marks == 0 && w.lost == 0)
        return 0;
    int rc = write_all(s, &w);
    if (rc != 0)
        return rc;
    pthread_mutex_lock(&s->quick);
    drop_first(s, w.rows);
    s->lost_told += w.lost;
    s->ring_vain = 0;
    pthread_mutex_unlock(&s->quick);
    return 0;
}

static int try_once(hr_store *s)
{
    int rc = hr_store_enter(s, hr_now_us() + HR_REQUEST_WAIT_US, true);

    if (rc == 0) {
        rc = hr_ring_drain(s);
        hr_store_leave(s);
    }
    return rc;
}

int hr_ring_drain_until(hr_store *s, uint64_t deadline_us)
{
    const struct timespec step = {.tv_nsec = HR_RING_STEP_US * 1000L};
    int rc;

    while ((rc = try_once(s)) == HR_EBUSY && hr_now_us() < deadline_us)
        nanosleep(&step, NULL);
    return rc;
}

/* ------------------------------------------------------------------ a finished request */
/* The ring is full. False: no row left it in time. */
static bool wait_for_room(hr_store *s, hr_waiting_row *w)
{
    pthread_mutex_lock(&s->quick);
    const uint64_t vain = s->ring_vain;
    pthread_mutex_unlock(&s->quick);
    const uint64_t now = hr_now_us();
    const bool waits = vain == 0 || now > vain;
    int rc;

    /* Others fill the room that one has made. */
    const uint64_t end = waits ? now + HR_RING_WAIT_US : now;
    do {
        rc = hr_ring_drain_until(s, end);
        if (push(s, w))
            return true;
    } while (rc == 0 && hr_now_us() < end);
    pthread_mutex_lock(&s->quick);
    if (waits && rc == HR_EBUSY)
        s->ring_vain = hr_now_us() + HR_RING_PAUSE_US;
    pthread_mutex_unlock(&s->quick);
    return false;
}

static void lose(hr_store *s, hr_waiting_row *w)
{
    hr_free(w);
    pthread_mutex_lock(&s->quick);
    s->lost++;
    pthread_mutex_unlock(&s->quick);
}

void hr_store_request(hr_store *s, const headroom_row *row)
{
    hr_store_check_fork(s);
    hr_waiting_row *w = s->dead ? NULL : hr_requests_copy(row);

    if (w && push(s, w))
        try_once(s);
    else if (!w || !wait_for_room(s, w))
        lose(s, w);
}

uint64_t hr_store_lost(hr_store *s)
{
    hr_store_check_fork(s);
    pthread_mutex_lock(&s->quick);
    uint64_t n = s->lost;
    pthread_mutex_unlock(&s->quick);
    return n;
}
