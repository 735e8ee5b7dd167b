/* identity.c - see identity.h. */
#include "identity.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "peek.h"

enum {
    RUN = 8,      /* words of the two random numbers */
    OBJECT = 64,  /* words of an SSL that are looked at: OpenSSL 3.5 has them in word 45, s3 stands before */
    BEHIND = 34,  /* words behind a pointer: OpenSSL 1.1 has them in word 19, BoringSSL in word 2 */
    DIRECT = 255, /* no pointer: in the object itself */
    MOST_SCANS = 32
};

struct place {
    uint8_t pointer, at; /* words: of the object, and behind it */
    bool alive, trusted;
    uint64_t seen; /* at the last request that it stayed through */
    const void *seen_on;
};

static atomic_flag busy = ATOMIC_FLAG_INIT; /* guards all below */
static struct place places[IDENTITY_PLACES];
static unsigned generation;

/* A thread that a fork() left behind never leaves: so there is an end to the waiting. */
static bool enter(void)
{
    enum { MOST_YIELDS = 64 };

    for (int i = 0; i < MOST_YIELDS; i++) {
        if (!atomic_flag_test_and_set(&busy))
            return true;
        sched_yield();
    }
    return false;
}

static void leave(void)
{
    atomic_flag_clear(&busy);
}

static uint64_t word_at(const void *ssl, unsigned word)
{
    return (uint64_t)(uintptr_t)ssl + word * sizeof(uint64_t);
}

/* Neither a number nor an address: one of 2^15 random words is taken for one of them. */
static bool is_random(uint64_t word)
{
    return word >> 48 != 0 && word >> 48 != 0xffff;
}

static bool all_random(const uint64_t *word)
{
    for (int i = 0; i < RUN; i++)
        if (!is_random(word[i]))
            return false;
    return true;
}

/* What lies at a trusted place is in every object of this library: the program has just named this one, so it is there. */
static bool read_place(const void *ssl, const struct place *p, uint64_t word[RUN])
{
    uint64_t base = (uint64_t)(uintptr_t)ssl;

    if (p->trusted && p->pointer == DIRECT) {
        memcpy(word, (const uint64_t *)ssl + p->at, RUN * sizeof *word);
        return true;
    }
    if (p->trusted)
        memcpy(&base, (const uint64_t *)ssl + p->pointer, sizeof base);
    else if (p->pointer != DIRECT && peek(word_at(ssl, p->pointer), &base, sizeof base) != sizeof base)
        return false;
    return peek(base + p->at * sizeof *word, word, RUN * sizeof *word) == RUN * sizeof *word;
}

/* 0: not random numbers, or not readable. changed: what lies there need not look random any more. */
static uint64_t print_of(const void *ssl, const struct place *p, bool changed)
{
    uint64_t word[RUN], h = 0;

    if (!read_place(ssl, p, word) || (!changed && !all_random(word)))
        return 0;
    for (int i = 0; i < RUN; i++) {
        h = (h ^ word[i]) * 0x9e3779b97f4a7c15; /* as in connections.c */
        h ^= h >> 32;
    }
    return h | 1;
}

/* ------------------------------------------------------------------ candidates */
static size_t add_runs(size_t n, const uint64_t *word, size_t words, uint8_t pointer)
{
    for (size_t i = 1; i + RUN < words && n < IDENTITY_PLACES; i++)
        if (!is_random(word[i - 1]) && all_random(word + i) && !is_random(word[i + RUN]))
            places[n++] = (struct place){.pointer = pointer, .at = (uint8_t)i, .alive = true};
    return n;
}

static void scan(const void *ssl)
{
    static uint64_t object[OBJECT], behind[BEHIND]; /* guarded, too */
    size_t words = peek((uint64_t)(uintptr_t)ssl, object, sizeof object) / sizeof *object;

    memset(places, 0, sizeof places);
    generation++;
    size_t n = add_runs(0, object, words, DIRECT);
    for (size_t i = 0; i < words; i++) {
        if (object[i] % sizeof(uint64_t) != 0 || object[i] >> 12 == 0 || is_random(object[i]))
            continue;
        size_t there = peek(object[i], behind, sizeof behind) / sizeof *behind;
        n = add_runs(n, behind, there, (uint8_t)i);
    }
}

static bool any_alive(void)
{
    for (int i = 0; i < IDENTITY_PLACES; i++)
        if (places[i].alive)
            return true;
    return false;
}

/* ------------------------------------------------------------------ what connections.c asks */
void identity_take(struct identity *id, const void *ssl)
{
    bool anew = id->generation == 0;

    *id = (struct identity){0};
    if (!enter())
        return;
    if (anew && !any_alive() && generation < MOST_SCANS)
        scan(ssl);
    for (int i = 0; i < IDENTITY_PLACES; i++)
        if (places[i].alive)
            id->print[i] = print_of(ssl, &places[i], false);
    id->generation = generation;
    leave();
}

enum identity_verdict identity_compare(const struct identity *id, const void *ssl)
{
    int same = 0, trusted_same = 0, trusted_other = 0;

    if (id->generation == 0 || !enter())
        return IDENTITY_UNKNOWN;
    for (int i = 0; i < IDENTITY_PLACES && id->generation == generation; i++) {
        if (!places[i].alive || id->print[i] == 0)
            continue;
        bool stayed = print_of(ssl, &places[i], true) == id->print[i];
        same += stayed;
        trusted_same += stayed && places[i].trusted;
        trusted_other += !stayed && places[i].trusted;
    }
    leave();
    if (trusted_same > 0 && trusted_other == 0)
        return IDENTITY_SAME;
    /* A candidate that stayed may be the one that counts. Nor may it be a sandbox that has closed since: the object itself is there,
       the program has just named it. */
    uint64_t word;
    return same == 0 && trusted_other > 0 && peek(word_at(ssl, 0), &word, sizeof word) == sizeof word
               ? IDENTITY_OTHER
               : IDENTITY_UNKNOWN;
}

static void learn_place(struct place *p, uint64_t print, const void *ssl)
{
    if (print == 0 && p->trusted)
        return; /* random numbers that look like something else */
    if (print == 0 || print_of(ssl, p, true) != print) {
        p->alive = false;
        return;
    }
    if (p->seen != 0 && p->seen != print)
        p->trusted = true;
    else if (p->seen == print && p->seen_on != ssl)
        p->alive = false; /* what two connections share */
    p->seen = print;
    p->seen_on = ssl;
}

void identity_learn(const struct identity *id, const void *ssl)
{
    if (id->generation == 0 || !enter())
        return;
    for (int i = 0; i < IDENTITY_PLACES && id->generation == generation; i++)
        if (places[i].alive)
            learn_place(&places[i], id->print[i], ssl);
    leave();
}
