/* tee.h - the response side of one connection: which response belongs to which request, and what is in it.

   Made at the first LLM request of a connection; from then on the write side announces every request with
   shim_tee_expect, before its bytes leave, because responses may come early. The read side hands over what
   the program has read. Interim (1xx) responses belong to nobody.

   Thread rule: expect and attach on the thread that writes, read and eof on the thread that reads; free when
   neither runs. The only thing that both touch is the queue, under a lock of a few instructions that is never
   held across a call into core. Ownership: an attached request is the tee's and is ended by it, exactly once.
   No function fails visibly: when the responses cannot be followed any longer (garbage, 101, queue full) the
   waiting requests end as incomplete. */
#ifndef HR_TEE_H
#define HR_TEE_H

#include "shim.h"

typedef struct shim_tee shim_tee;

/* NULL: no memory. */
shim_tee *shim_tee_new(void) HR_HIDDEN;
/* Waiting requests end as incomplete. NULL is fine. */
void shim_tee_free(shim_tee *t) HR_HIDDEN;

/* A request is about to leave. bodyless: its response has no body whatever its head says (HEAD, CONNECT).
   Returns its ticket, or 0: its response will not be followed. */
uint64_t shim_tee_expect(shim_tee *t, bool bodyless) HR_HIDDEN;

/* Whose request a ticket is. True: the tee owns r. False: the response has begun already, or is not followed:
   r stays the caller's. */
bool shim_tee_attach(shim_tee *t, uint64_t ticket, const struct shim_core *core,
                     headroom_request *r) HR_HIDDEN;

/* Is a response still waited for? */
bool shim_tee_waits(shim_tee *t) HR_HIDDEN;

/* The program has read n > 0 bytes. */
void shim_tee_read(shim_tee *t, const void *buf, size_t n) HR_HIDDEN;
/* The peer closed. */
void shim_tee_eof(shim_tee *t) HR_HIDDEN;

#endif
