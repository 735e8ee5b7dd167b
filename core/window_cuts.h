/* window_cuts.h - cuts of conversations: taken once, replayed for ever (law 4).

   A cut is on disk before the shortened body leaves, and found again by the conversation and by what was cut: `print` is a keyed hash
   of the messages that went, so a history that was rewound, edited or summarised by its client is told from one that went on. A
   conversation can have several, of its branches and as it grew; the caller takes the one that meets most of the messages.

   Cuts that this process has met stay in memory, so that they are replayed even if the database fails later. Thread rule: any thread;
   one mutex, held for copies only. After a fork hr_cuts_check_fork makes the lock anew and keeps what is remembered. */
#ifndef HR_WINDOW_CUTS_H
#define HR_WINDOW_CUTS_H

#include <pthread.h>

#include "base.h"

struct hr_store;

enum {
    HR_CUTS_MEMORY =
        64, /* cuts that a process remembers: conversations at their limit, and earlier cuts of theirs */
    HR_CUTS_FOUND = 8,    /* cuts of one conversation that are looked at, the newest first */
    HR_CUT_MAX = 64 << 10 /* bytes of `ranges`; a cut in more pieces is not taken */
};

typedef struct hr_cut {
    uint8_t conversation[16]; /* conversation_key.h */
    uint8_t print[16];
    uint32_t messages, calls;
    hr_str ranges; /* what goes: "3+2 9+4", first element and how many, in order */
    hr_str marker; /* the message that says so, as it stands in the body */
} hr_cut;

typedef struct hr_cuts {
    pthread_mutex_t lock;
    hr_cut *kept[HR_CUTS_MEMORY]; /* one allocation each; NULL: free */
    size_t next;                  /* the place that is used next */
} hr_cuts;

void hr_cuts_init(hr_cuts *m);
void hr_cuts_free(hr_cuts *m); /* tests and CLI only */
void hr_cuts_check_fork(hr_cuts *m);

/* Cuts of a conversation, the newest first; strings live in the arena. store may be NULL. How many (0 to HR_CUTS_FOUND), or HR_ENOMEM.
   A database that cannot be read gives what memory has. */
int hr_cuts_find(hr_cuts *m, struct hr_store *store, hr_arena *a, const uint8_t conversation[16],
                 hr_cut out[HR_CUTS_FOUND]);
/* Store a new cut before its body leaves; where another process stored one of the same messages, *cut becomes that one. 0, HR_ESTORE,
   HR_EBUSY, HR_ENOMEM: nothing was cut. store NULL (simulate): nothing is stored, 0. */
int hr_cuts_commit(hr_cuts *m, struct hr_store *store, hr_arena *a, hr_cut *cut);

#endif
