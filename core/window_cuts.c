/* window_cuts.c - see window_cuts.h. */
#include "window_cuts.h"

#include <string.h>

#include "store/store.h"

void hr_cuts_init(hr_cuts *m)
{
    *m = (hr_cuts){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void hr_cuts_free(hr_cuts *m)
{
    for (size_t i = 0; i < HR_CUTS_MEMORY; i++)
        hr_free(m->kept[i]);
    pthread_mutex_destroy(&m->lock);
}

void hr_cuts_check_fork(hr_cuts *m)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

    memcpy(&m->lock, &fresh, sizeof fresh);
}

static bool is_same(const hr_cut *a, const hr_cut *b)
{
    return memcmp(a->conversation, b->conversation, sizeof a->conversation) == 0 &&
           memcmp(a->print, b->print, sizeof a->print) == 0;
}

/* Without memory it is forgotten: it is on disk. */
static void remember(hr_cuts *m, const hr_cut *cut)
{
    hr_cut *copy = hr_malloc(sizeof *copy + cut->ranges.n + cut->marker.n), *old = NULL;

    if (!copy)
        return;
    char *at = (char *)(copy + 1);
    *copy = *cut;
    memcpy(at, cut->ranges.p, cut->ranges.n);
    copy->ranges.p = at;
    memcpy(at + cut->ranges.n, cut->marker.p, cut->marker.n);
    copy->marker.p = at + cut->ranges.n;
    pthread_mutex_lock(&m->lock);
    size_t i = 0;
    while (i < HR_CUTS_MEMORY && !(m->kept[i] && is_same(m->kept[i], cut)))
        i++;
    if (i == HR_CUTS_MEMORY) {
        old = m->kept[m->next];
        m->kept[m->next] = copy;
        m->next = (m->next + 1) % HR_CUTS_MEMORY;
        copy = NULL;
    }
    pthread_mutex_unlock(&m->lock);
    hr_free(old);
    hr_free(copy);
}

static int recall(hr_cuts *m, hr_arena *a, const uint8_t conversation[16], hr_cut out[HR_CUTS_FOUND])
{
    int n = 0, err = 0;

    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < HR_CUTS_MEMORY && n < HR_CUTS_FOUND && err == 0; i++) {
        const hr_cut *c = m->kept[(m->next + HR_CUTS_MEMORY - 1 - i) % HR_CUTS_MEMORY];
        if (!c || memcmp(c->conversation, conversation, sizeof c->conversation) != 0)
            continue;
        out[n] = *c;
        out[n].ranges.p = hr_arena_dup(a, c->ranges.p, c->ranges.n);
        out[n].marker.p = hr_arena_dup(a, c->marker.p, c->marker.n);
        if (!out[n].ranges.p || !out[n].marker.p)
            err = HR_ENOMEM;
        n++;
    }
    pthread_mutex_unlock(&m->lock);
    return err < 0 ? err : n;
}

int hr_cuts_find(hr_cuts *m, struct hr_store *store, hr_arena *a, const uint8_t conversation[16],
                 hr_cut out[HR_CUTS_FOUND])
{
    int n = store ? hr_store_cuts(store, a, conversation, out, HR_CUTS_FOUND) : 0;

    if (n < 0 && n != HR_ENOMEM)
        return recall(m, a, conversation, out);
    for (int i = n; i-- > 0;)
        remember(m, &out[i]);
    return n;
}

int hr_cuts_commit(hr_cuts *m, struct hr_store *store, hr_arena *a, hr_cut *cut)
{
    int r = store ? hr_store_cut_put(store, a, cut) : 0;

    if (r == 0 && store)
        remember(m, cut);
    return r;
}
