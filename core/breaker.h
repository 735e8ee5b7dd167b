/* breaker.h - a program and dialect whose requests our rewrites have hurt gets no new ones until its user says so.

   A fault is an event that we caused: a conversation lost the provider's cache although its client had changed nothing (health.h), or a
   provider refused a request and named what we had rewritten (refusal.h). One refusal opens the breaker: the provider itself says what
   was wrong, and the client will send the same again. Of lost caches it takes two within an hour: the first can be an accident (decisions were
   purged, a question was asked anew), and costs money, not answers.

   Open means level replay: what was decided goes on as before, nothing new is decided. `headroom breaker reset` closes it, in running
   processes too, within HR_BREAKER_LOOK_US. Stored in the database; a trip that could not be stored holds for its process. Any thread. */
#ifndef HR_BREAKER_H
#define HR_BREAKER_H

#include <stdatomic.h>

#include "headroom.h"

enum { HR_BREAKER_LOOK_US = 5000000, HR_FAULTS_KEPT = 1000 };

enum hr_fault_of { HR_FAULT_CACHE, HR_FAULT_REFUSED };

typedef struct hr_breaker {
    _Atomic uint64_t look_at;   /* monotonic: when the database is asked again */
    _Atomic uint32_t open, own; /* bit per dialect: as stored; tripped here, and not stored */
} hr_breaker;

/* Is it open for this process and dialect? */
bool hr_breaker_is_open(headroom *h, const char *dialect);
/* r was at fault. place: what a refusal names; held, cached: tokens of a lost cache. */
void hr_breaker_fault(headroom_request *r, enum hr_fault_of kind, const char *place, int64_t held,
                      int64_t cached);

#endif
