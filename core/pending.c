/* pending.c - see pending.h. */
#include "pending.h"

#include <string.h>

#include "context.h"

void hr_pending_init(hr_pending *p)
{
    pthread_mutex_init(&p->lock, NULL);
    p->newest = NULL;
    hr_fork_arm(&p->guard);
}

void hr_pending_free(hr_pending *p)
{
    for (headroom_request *r = p->newest, *older; r; r = older) {
        older = r->pending.older;
        r->pending.listed = false;
        if (atomic_load(&r->pending.taken))
            headroom_request_drop(r);
    }
    pthread_mutex_destroy(&p->lock);
}

void hr_pending_check_fork(hr_pending *p)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

    if (!hr_fork_in_child(&p->guard))
        return;
    memcpy(&p->lock, &fresh, sizeof fresh);
    p->newest = NULL;
    hr_fork_arm(&p->guard);
}

/* Was r made by this process? A child of fork has copies of its parent's requests, which lead into its parent's list. */
static bool is_own(const headroom_request *r)
{
    return r->row.pid == getpid();
}

void hr_pending_add(hr_pending *p, headroom_request *r)
{
    if (r->pending.listed || !is_own(r))
        return;
    hr_pending_check_fork(p);
    pthread_mutex_lock(&p->lock);
    r->pending.older = p->newest;
    if (p->newest)
        p->newest->pending.newer = r;
    p->newest = r;
    r->pending.listed = true;
    pthread_mutex_unlock(&p->lock);
}

void hr_pending_remove(hr_pending *p, headroom_request *r)
{
    if (!r->pending.listed || !is_own(r))
        return;
    hr_pending_check_fork(p);
    pthread_mutex_lock(&p->lock);
    if (r->pending.older)
        r->pending.older->pending.newer = r->pending.newer;
    if (r->pending.newer)
        r->pending.newer->pending.older = r->pending.older;
    else
        p->newest = r->pending.older;
    r->pending.listed = false;
    pthread_mutex_unlock(&p->lock);
}

bool hr_pending_take(headroom_request *r)
{
    return !atomic_exchange_explicit(&r->pending.taken, true, memory_order_acquire);
}

void hr_pending_give_back(headroom_request *r)
{
    atomic_store_explicit(&r->pending.taken, false, memory_order_release);
}

void hr_pending_end(hr_pending *p, void (*write_row)(headroom_request *))
{
    enum {
        TRIES = 1000
    }; /* the holder needs nanoseconds, unless a signal handler that exits interrupted it */
    int tries = 0;

    hr_pending_check_fork(p);
    while (pthread_mutex_trylock(&p->lock) != 0) {
        if (++tries == TRIES)
            return;
        sched_yield();
    }
    for (headroom_request *r = p->newest; r; r = r->pending.older)
        if (hr_pending_take(r))
            write_row(r);
    pthread_mutex_unlock(&p->lock);
}
