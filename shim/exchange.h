/* exchange.h - the requests of one connection as core and the tee see them: announced before they leave,
   given to core when their body is complete, handed to the tee, ended exactly once.

   Part of a shim_stream and written by its write side, but for exchange_read and exchange_eof, which may run
   in the thread that reads. exchange_drop only when neither runs. Nothing here fails visibly. */
#ifndef HR_EXCHANGE_H
#define HR_EXCHANGE_H

#include <stdatomic.h>

#include "gate.h"
#include "tee.h"

struct exchange {
    const struct shim_core *core; /* NULL until a request line said yes */
    bool announced;               /* the tee knows of the current request, or never will */
    bool had_request;             /* one was sent before on this connection */
    bool crowded;                 /* older requests may be unanswered: responses cannot be told apart */
    uint64_t ticket;              /* of the current request in the tee */
    headroom_request *unfollowed; /* no tee for it: to be ended when all is out */
    _Atomic(shim_tee *) tee;      /* made by the write side, used by both */
    atomic_bool read_since;       /* the program has read something since the last request was complete */
};

/* All zero but for the atomics. */
void exchange_init(struct exchange *e) HR_HIDDEN;
/* Everything ends: waiting requests as incomplete. */
void exchange_drop(struct exchange *e) HR_HIDDEN;

/* A new request begins. */
void exchange_begin(struct exchange *e) HR_HIDDEN;
/* The end of its head is about to leave. bodyless: as shim_tee_expect. candidate: it may be an LLM request.
   Calls after the first one for a request do nothing. */
void exchange_announce(struct exchange *e, bool bodyless, bool candidate) HR_HIDDEN;
/* Must this request, whose head is complete, not be sent (headroom_refuses)? Never one that libcurl's hook may have judged already. e->core is set. */
bool exchange_refuses(const struct exchange *e, const struct gate_head *g) HR_HIDDEN;
/* Give a complete request to core; e->core is set. skip: a reason of the caller's own, or NULL. *out: the new
   body, valid until exchange_hand_over, or NULL. Returns the request, or NULL: core cannot take it, or a hook
   above has dealt with this body (known.h). */
headroom_request *exchange_ask(struct exchange *e, const char *head, size_t head_len, const char *body,
                               size_t body_len, const char *skip, const void **out,
                               size_t *out_len) HR_HIDDEN;
/* The new body is copied, or there is none: from here on the request is the tee's, which may live in another
   thread, and nothing of the write side touches it again. r may be NULL. */
void exchange_hand_over(struct exchange *e, headroom_request *r) HR_HIDDEN;
/* The last byte of the current request has left. */
void exchange_over(struct exchange *e) HR_HIDDEN;

void exchange_read(struct exchange *e, const void *buf, size_t n) HR_HIDDEN;
void exchange_eof(struct exchange *e) HR_HIDDEN;

#endif
