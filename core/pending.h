/* pending.h - requests that have left and whose rows are not written yet: their responses are still read. A program that exits leaves
   some behind (clients stop reading at the last event of a stream), and those rows are written at its exit, with what was seen.

   Thread rule: any thread. Work on the response of a request is done between take and give back; once the exit has taken a
   request nobody gets it again. Ownership: requests are their users'; those that the exit took are freed by hr_pending_free. */
#ifndef HR_PENDING_H
#define HR_PENDING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "fork.h"

struct headroom_request;

/* Place of a request in the list; all zero before. */
typedef struct hr_pending_link {
    struct headroom_request *older, *newer;
    bool listed;
    atomic_bool taken;
} hr_pending_link;

typedef struct hr_pending {
    hr_fork_guard guard;
    pthread_mutex_t lock; /* the list, not the requests */
    struct headroom_request *newest;
} hr_pending;

void hr_pending_init(hr_pending *p);
/* The requests that hr_pending_end took are freed. No other thread may use p. */
void hr_pending_free(hr_pending *p);
/* In the child of a fork: what the parent waits for is the parent's. */
void hr_pending_check_fork(hr_pending *p);

/* r has left. A second call does nothing. */
void hr_pending_add(hr_pending *p, struct headroom_request *r);
/* r's row is written, or will not be. */
void hr_pending_remove(hr_pending *p, struct headroom_request *r);

/* May r's response be worked on? False: r is not to be touched any more. */
bool hr_pending_take(struct headroom_request *r);
void hr_pending_give_back(struct headroom_request *r);

/* The process exits: write_row for each request that no thread works on. Waits for nobody long. */
void hr_pending_end(hr_pending *p, void (*write_row)(struct headroom_request *r));

#endif
