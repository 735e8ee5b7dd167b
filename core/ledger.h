/* ledger.h - decide once, replay for ever (law 4).

   A decision is per tool result: "verbatim", or the exact bytes that stand for it. It is on disk before those bytes leave,
   and found again by key in any process. Decisions that this process has seen stay in a hash table (HR_MAX_MEMORY_LEDGER), so
   that they are replayed even if the database fails later.

   Keys are SipHash-2-4-128 (siphash.h) with the user's random key over length-prefixed fields:
     key      dialect, call id (none: tool name and arguments), content, query
     idkey    dialect, call id (none: tool name and arguments), content
     sentkey  dialect, call id (none: tool name and arguments), replacement text
   A process knows what it has met again by a fingerprint of the raw bytes, without these keys (print.h).
   content is the decoded text without trailing reminder segments.
   Thread rule: any thread; one mutex inside, held for look-ups only, never across a commit. */
#ifndef HR_LEDGER_H
#define HR_LEDGER_H

#include "base.h"
#include "token/token.h"

typedef struct hr_decision {
    uint8_t key[16], idkey[16], sentkey[16];
    uint8_t id[10]; /* 80 bits of key: the id that notes and `headroom show` use */
    bool verbatim;  /* the result goes out as it is; the fields below but tokens are empty */
    bool lossless;
    bool has_original; /* originals holds a row for id */
    hr_str sent;       /* inside of the JSON string literal, encoded; these bytes are spliced in */
    hr_str transform;  /* "smart_crusher" ... */
    hr_str kind, tool, call_id, reason;
    uint32_t tokens_before, tokens_after; /* of the decoded text */
    enum hr_encoding counted;             /* by what; NONE: estimated */
    uint32_t kept, of;                    /* selected items; 0 where lossless */
} hr_decision;

typedef struct hr_ledger hr_ledger;
struct hr_store;
struct hr_original;

/* store may be NULL (simulate without --state): then nothing is ever found or stored and commit keeps the list as it is. */
hr_ledger *hr_ledger_new(struct hr_store *store);
void hr_ledger_free(hr_ledger *l); /* tests and CLI only */

/* Look a result up. At the tail of the conversation only the whole key counts; further back also (id, content) where
   exactly one row exists. 1: *out filled, strings live in the arena. 0: no decision. <0: HR_ESTORE, HR_EBUSY (memory was
   searched; the caller must take no new decision). */
int hr_ledger_find(hr_ledger *l, hr_arena *a, const uint8_t key[16], const uint8_t idkey[16], bool tail,
                   hr_decision *out);
/* The fingerprint (print.h) under which this process met a decision that it remembers: the key in short. raw_len: how many bytes of
   the literal the decision is about. The last one counts; forgotten with the decision. */
void hr_ledger_met(hr_ledger *l, const uint8_t key[16], const uint8_t print[16], size_t raw_len);
/* Look up in memory alone, by fingerprint. 1: *out and *raw_len filled, strings live in the arena. 0: not known. HR_ENOMEM. */
int hr_ledger_recall(hr_ledger *l, hr_arena *a, const uint8_t print[16], hr_decision *out, size_t *raw_len);
/* Is this text one of our own replacements (idempotence by the ledger, law 6)? 1/0/<0. */
int hr_ledger_is_sent(hr_ledger *l, hr_arena *a, const uint8_t sentkey[16]);
/* Store new decisions before their bytes leave; racing first sends are settled here: list[i] is afterwards what must be sent.
   0, HR_EFULL, HR_EBUSY, HR_ESTORE as hr_store_commit; on failure nothing was decided. */
int hr_ledger_commit(hr_ledger *l, hr_arena *a, hr_decision *list, const struct hr_original *originals,
                     size_t n, bool full_sync, uint64_t deadline_us);
/* In the child of a fork: fresh lock, keep the memory. */
void hr_ledger_check_fork(hr_ledger *l);

#endif
