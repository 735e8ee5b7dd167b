/* ledger.c - decisions in memory, in front of the store. See ledger.h. */
#include "ledger.h"

#include <pthread.h>
#include <string.h>

#include "fork.h"
#include "limits.h"
#include "store/store.h"

enum { BY_KEY, BY_IDKEY, BY_SENTKEY, BY_PRINT, INDEXES };

enum { FIRST_BUCKETS = 256, TEXTS = 6 };

/* A decision replayed from memory is marked as used in the store this often, as its look-ups on disk would
 * be. */
#define TOUCH_EVERY_US (UINT64_C(86400) * 1000000u)

struct entry {
    struct entry *chain[INDEXES];
    struct entry *older, *newer; /* by last use */
    uint64_t touched_us;
    size_t size;
    bool printed;
    uint8_t print[16];
    size_t raw_len;
    hr_decision d; /* its strings lie behind it */
};

struct hr_ledger {
    struct hr_store *store;
    hr_fork_guard guard;
    pthread_mutex_t lock;
    bool changing; /* the table is being written: a fork now leaves a broken one in the child */
    struct entry **buckets[INDEXES];
    size_t bucket_n, entries, bytes;
    struct entry *oldest, *newest;
};

hr_ledger *hr_ledger_new(struct hr_store *store)
{
    hr_ledger *l = hr_calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->store = store;
    pthread_mutex_init(&l->lock, NULL);
    hr_fork_arm(&l->guard);
    return l;
}

void hr_ledger_free(hr_ledger *l)
{
    if (!l)
        return;
    for (struct entry *e = l->oldest, *next; e; e = next) {
        next = e->newer;
        hr_free(e);
    }
    for (int i = 0; i < INDEXES; i++)
        hr_free(l->buckets[i]);
    pthread_mutex_destroy(&l->lock);
    hr_free(l);
}

void hr_ledger_check_fork(hr_ledger *l)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

    if (!hr_fork_in_child(&l->guard))
        return;
    memcpy(&l->lock, &fresh, sizeof fresh);
    if (l->changing) {
        /* Left behind unfreed: nothing in it can be trusted. The store has it all. */
        memset(l->buckets, 0, sizeof l->buckets);
        l->oldest = l->newest = NULL;
        l->bucket_n = l->entries = l->bytes = 0;
        l->changing = false;
    }
    hr_fork_arm(&l->guard);
}

static void lock(hr_ledger *l)
{
    hr_ledger_check_fork(l);
    pthread_mutex_lock(&l->lock);
    __atomic_store_n(&l->changing, true, __ATOMIC_SEQ_CST);
}

static void unlock(hr_ledger *l)
{
    __atomic_store_n(&l->changing, false, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&l->lock);
}

/* ------------------------------------------------------------------ table */
static const uint8_t *key_of(const struct entry *e, int index)
{
    const uint8_t *const keys[INDEXES] = {e->d.key, e->d.idkey, e->d.sentkey, e->print};
    return keys[index];
}

/* Keys are keyed hashes already: any of their bits will do. */
static size_t bucket_of(const hr_ledger *l, const uint8_t key[16])
{
    uint64_t h;

    memcpy(&h, key, sizeof h);
    return (size_t)h & (l->bucket_n - 1);
}

/* A verbatim decision sent nothing of ours: it is not found by what was sent. */
static bool is_indexed(const struct entry *e, int index)
{
    return index == BY_SENTKEY ? !e->d.verbatim : index != BY_PRINT || e->printed;
}

static void link_chain(hr_ledger *l, struct entry *e, int index)
{
    if (!is_indexed(e, index))
        return;
    size_t b = bucket_of(l, key_of(e, index));
    e->chain[index] = l->buckets[index][b];
    l->buckets[index][b] = e;
}

static void unlink_chain(hr_ledger *l, const struct entry *e, int index)
{
    if (!is_indexed(e, index))
        return;
    struct entry **at = &l->buckets[index][bucket_of(l, key_of(e, index))];
    while (*at != e)
        at = &(*at)->chain[index];
    *at = e->chain[index];
}

static void link_chains(hr_ledger *l, struct entry *e)
{
    for (int i = 0; i < INDEXES; i++)
        link_chain(l, e, i);
}

static void unlink_chains(hr_ledger *l, const struct entry *e)
{
    for (int i = 0; i < INDEXES; i++)
        unlink_chain(l, e, i);
}

static void link_newest(hr_ledger *l, struct entry *e)
{
    e->older = l->newest;
    e->newer = NULL;
    *(l->newest ? &l->newest->newer : &l->oldest) = e;
    l->newest = e;
}

static void unlink_age(hr_ledger *l, const struct entry *e)
{
    *(e->older ? &e->older->newer : &l->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &l->newest) = e->older;
}

static bool grow(hr_ledger *l)
{
    struct entry **fresh[INDEXES] = {NULL};
    size_t n = l->bucket_n ? l->bucket_n * 2 : FIRST_BUCKETS;

    for (int i = 0; i < INDEXES; i++) {
        fresh[i] = hr_calloc(n, sizeof *fresh[i]);
        if (fresh[i])
            continue;
        while (i-- > 0)
            hr_free(fresh[i]);
        return l->bucket_n != 0; /* longer chains will do */
    }
    for (int i = 0; i < INDEXES; i++) {
        hr_free(l->buckets[i]);
        l->buckets[i] = fresh[i];
    }
    l->bucket_n = n;
    for (struct entry *e = l->oldest; e; e = e->newer)
        link_chains(l, e);
    return true;
}

static struct entry *find(const hr_ledger *l, int index, const uint8_t key[16], const struct entry *after)
{
    struct entry *e;

    if (after)
        e = after->chain[index];
    else
        e = l->bucket_n ? l->buckets[index][bucket_of(l, key)] : NULL;
    while (e && memcmp(key_of(e, index), key, 16) != 0)
        e = e->chain[index];
    return e;
}

static void drop(hr_ledger *l, struct entry *e)
{
    unlink_chains(l, e);
    unlink_age(l, e);
    l->bytes -= e->size;
    l->entries--;
    hr_free(e);
}

/* ------------------------------------------------------------------ decisions in and out */
static void texts_of(hr_decision *d, hr_str *texts[TEXTS])
{
    hr_str *all[TEXTS] = {&d->sent, &d->transform, &d->kind, &d->tool, &d->call_id, &d->reason};
    memcpy(texts, all, sizeof all);
}

/* Move the strings of d to at, each with a NUL behind it. */
static void place_texts(hr_decision *d, char *at)
{
    hr_str *texts[TEXTS];

    texts_of(d, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i]->n)
            memcpy(at, texts[i]->p, texts[i]->n);
        at[texts[i]->n] = 0;
        texts[i]->p = at;
        at += texts[i]->n + 1;
    }
}

static size_t size_of_texts(hr_decision d)
{
    hr_str *texts[TEXTS];
    size_t n = 0;

    texts_of(&d, texts);
    for (size_t i = 0; i < TEXTS; i++)
        n += texts[i]->n + 1;
    return n;
}

/* Out of memory: not remembered, found on disk the next time. */
static void remember(hr_ledger *l, const hr_decision *d)
{
    size_t texts = size_of_texts(*d), size = sizeof(struct entry) + texts;

    if (size > HR_MAX_MEMORY_LEDGER)
        return;
    struct entry *e = hr_malloc(size);
    if (!e)
        return;
    *e = (struct entry){.size = size, .d = *d, .touched_us = hr_now_us()};
    place_texts(&e->d, (char *)(e + 1));

    lock(l);
    if (find(l, BY_KEY, d->key, NULL) || (l->entries >= l->bucket_n && !grow(l))) {
        hr_free(e);
    } else {
        link_chains(l, e);
        link_newest(l, e);
        l->entries++;
        l->bytes += size;
        while (l->bytes > HR_MAX_MEMORY_LEDGER)
            drop(l, l->oldest);
    }
    unlock(l);
}

static int copy_out(hr_arena *a, const struct entry *e, hr_decision *out)
{
    char *texts = hr_arena_alloc(a, size_of_texts(e->d));

    if (!texts)
        return HR_ENOMEM;
    *out = e->d;
    place_texts(out, texts);
    return 1;
}

/* Under the lock. The entry becomes the newest. */
static int take(hr_ledger *l, hr_arena *a, struct entry *e, hr_decision *out, bool *touch)
{
    uint64_t now = hr_now_us();

    unlink_age(l, e);
    link_newest(l, e);
    *touch = now - e->touched_us > TOUCH_EVERY_US;
    if (*touch)
        e->touched_us = now;
    return copy_out(a, e, out);
}

/* 1 exactly one entry has this key, 0 none or several, <0 no memory. */
static int recall(hr_ledger *l, hr_arena *a, int index, const uint8_t key[16], hr_decision *out)
{
    bool touch = false;
    int rc = 0;

    lock(l);
    struct entry *e = find(l, index, key, NULL);
    if (e && !find(l, index, key, e))
        rc = take(l, a, e, out, &touch);
    unlock(l);
    if (touch)
        hr_store_touch(l->store, out->key);
    return rc;
}

/* ------------------------------------------------------------------ interface */
int hr_ledger_find(hr_ledger *l, hr_arena *a, const uint8_t key[16], const uint8_t idkey[16], bool tail,
                   hr_decision *out)
{
    if (!l->store)
        return 0;
    int rc = recall(l, a, BY_KEY, key, out);
    if (rc != 0)
        return rc;
    rc = hr_store_decision(l->store, a, key, out);
    if (rc == 0 && !tail)
        rc = hr_store_decision_by_idkey(l->store, a, idkey, out);
    if (rc == 1)
        remember(l, out);
    if (rc >= 0 || tail || rc == HR_ENOMEM)
        return rc;
    /* The store, which knows all rows, cannot be asked: what this process knows has to do. */
    int known = recall(l, a, BY_IDKEY, idkey, out);
    return known == 0 ? rc : known;
}

void hr_ledger_met(hr_ledger *l, const uint8_t key[16], const uint8_t print[16], size_t raw_len)
{
    if (!l->store)
        return;
    lock(l);
    struct entry *e = find(l, BY_KEY, key, NULL);
    if (e) {
        unlink_chain(l, e, BY_PRINT);
        memcpy(e->print, print, sizeof e->print);
        e->raw_len = raw_len;
        e->printed = true;
        link_chain(l, e, BY_PRINT);
    }
    unlock(l);
}

int hr_ledger_recall(hr_ledger *l, hr_arena *a, const uint8_t print[16], hr_decision *out, size_t *raw_len)
{
    bool touch = false;
    int rc = 0;

    if (!l->store)
        return 0;
    lock(l);
    struct entry *e = find(l, BY_PRINT, print, NULL);
    if (e) {
        *raw_len = e->raw_len;
        rc = take(l, a, e, out, &touch);
    }
    unlock(l);
    if (touch)
        hr_store_touch(l->store, out->key);
    return rc;
}

int hr_ledger_is_sent(hr_ledger *l, hr_arena *a, const uint8_t sentkey[16])
{
    hr_decision d;

    if (!l->store)
        return 0;
    lock(l);
    bool known = find(l, BY_SENTKEY, sentkey, NULL) != NULL;
    unlock(l);
    if (known)
        return 1;
    int rc = hr_store_decision_by_sentkey(l->store, a, sentkey, &d);
    if (rc == 1)
        remember(l, &d);
    return rc;
}

int hr_ledger_commit(hr_ledger *l, hr_arena *a, hr_decision *list, const struct hr_original *originals,
                     size_t n, bool full_sync, uint64_t deadline_us)
{
    if (!l->store || n == 0)
        return 0;
    int rc = hr_store_commit(l->store, a, list, originals, n, full_sync, deadline_us);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        remember(l, &list[i]);
    return 0;
}
