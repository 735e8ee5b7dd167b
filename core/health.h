/* health.h - did one of our rewrites cost a conversation the provider's prompt cache?

   A provider caches the beginning of a prompt as long as its bytes stay the same, and tells with each answer how much of the prompt came
   from its cache. Clients send a conversation again with every turn, longer each time, and what we rewrote once we rewrite alike each time
   (law 4): so no less should come from the cache than it held before. Where less does, something changed, or the provider forgot.

   What can be known: of each conversation and model (row.conversation) a mark says what the last answered request held up to its last tool
   result, twice, as keyed hashes in the order of the body: `made`, of what the client made (system text, tools, human texts, calls and results;
   not the assistant's own words, nor images), and `sent`, of what we sent in place of results and system text. The next request is
   compared up to the same place:

     made differs                    its client changed its history, or went back in it     not ours
     sent is the same                the provider forgot, or something unseen changed       not ours
     sent differs, as planned        an adopted result (adopt), a new cut of the window      ours, and priced beforehand
     sent differs, the mode too      the user switched to a mode that sends originals        the user's
     sent differs otherwise          a result went out in other bytes than before            OURS

   It is a fault (breaker.h) where bytes of ours differ so, the provider's cache was not yet due to expire (HR_CACHE_LIVES_US since the last request),
   and it gave at least a tenth and HR_COLLAPSE_TOKENS less than it held: read and written with the last answer, as reported.
   Providers that report neither are never judged.

   Marks are written with the request's row, so that the next process knows them, and go after an hour. Any thread; one mutex, held for copies
   only. A mark that is lost costs a judgement, nothing else. */
#ifndef HR_HEALTH_H
#define HR_HEALTH_H

#include <pthread.h>

#include "base.h"

struct headroom_request;
struct hr_item;
struct hr_conversation;

enum {
    HR_MARKS = 64, /* conversations that a process remembers, and that wait for the database */
    HR_CACHE_LIVES_US =
        300 * 1000000,        /* Anthropic's and OpenAI's shortest (WIRE.md 2): 5 minutes since last use */
    HR_COLLAPSE_TOKENS = 256, /* two of the steps in which OpenAI's caches grow */
    HR_COLLAPSE_PART = 10     /* a tenth of what was held */
};
#define HR_MARK_LIVES_US INT64_C(3600000000)

typedef struct hr_cache_mark {
    int64_t conversation;        /* of the conversation, model and dialect; 0: none */
    int64_t time_us;             /* of the request, wall clock */
    int64_t results;             /* how far it goes: tool results */
    int64_t made, sent;          /* 64 bits each */
    int64_t input, cached, held; /* tokens as reported: prompt, read from the cache, and then in it */
    bool optimize;
} hr_cache_mark;

typedef struct hr_marks {
    pthread_mutex_t lock;
    hr_cache_mark kept[HR_MARKS];
    size_t next;
} hr_marks;

/* What a request knows of its conversation's mark. */
typedef struct hr_health {
    enum { HR_UNWATCHED, HR_FIRST, HR_SAME, HR_CLIENTS, HR_PLANNED, HR_MODE, HR_OURS } change;
    hr_cache_mark before; /* but for FIRST */
    hr_cache_mark now;    /* without what the response tells */
} hr_health;

void hr_marks_init(hr_marks *m);
void hr_marks_free(hr_marks *m);
void hr_marks_check_fork(hr_marks *m);

/* The body is worked on, and this is what becomes of it: fill r->health and r->touched. */
void hr_health_look(struct headroom_request *r, struct hr_conversation *conv, const struct hr_item *items,
                    size_t n);
/* The response has ended, r->row is complete: judge, and keep the mark. Before the row is stored. */
void hr_health_end(struct headroom_request *r);

/* Is that a collapse, by the figures alone? cached: of the request behind `before`, at now_us. */
bool hr_health_collapsed(const hr_cache_mark *before, int64_t now_us, int64_t cached);

#endif
