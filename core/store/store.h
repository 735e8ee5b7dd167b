/* store.h - the per-user SQLite file: key, decisions, originals, requests. The only file that knows SQL.

   $XDG_STATE_HOME/headroom/headroom.db (default $HOME/.local/state), WAL, 0600 in a 0700 directory that is ours. DESIGN.md
   "Database", "Descriptors", "State directory", "Caps" are the specification; SPEED.md 3 has the figures behind it.

   - No thread, no checkpoint on the host's thread (wal_autocheckpoint=0), no fsync but where full_sync asks for it.
   - Every descriptor is O_CLOEXEC and >= HR_FD_FLOOR where RLIMIT_NOFILE allows (vfs.h). Before each transaction the
     identity of all of them is compared with what it was at open; on a difference the handle is abandoned, never closed.
   - A forked child never uses or closes what it inherited: hr_store_check_fork makes it open its own on next use; its inode
     identities differ for SQLite (vfs.h), else it would share the parent's lock state.
   - A database of a newer version is read (decisions, originals, key), never written.
   Thread rule: one mutex inside; every function may be called from any thread. Functions are safe with a store that could
   not be opened: they return HR_ESTORE. */
#ifndef HR_STORE_H
#define HR_STORE_H

#include "base.h"
#include "headroom.h"
#include "ledger.h"

typedef struct hr_store hr_store;
struct hr_cut;

typedef struct hr_store_options {
    const char *directory; /* absolute state directory ("…/headroom"); NULL: no store, reason "no_home" */
    bool create;           /* false (CLI reading): HR_ENOENT where there is no database */
    unsigned originals_days, originals_mb, replacements_days;
    unsigned requests_days, requests_max; /* 0: HR_REQUEST_DAYS, HR_MAX_REQUESTS */
} hr_store_options;

/* Never touches the disk; the file is opened at first use and then kept. NULL: no memory. options are copied. */
hr_store *hr_store_new(const hr_store_options *options);
/* CLI and tests only; a host never closes. Checkpoints (PASSIVE) and closes unless the handle was abandoned or forked. */
void hr_store_close(hr_store *s);

/* Why the store cannot be used: a static word ("no_home", "directory", "foreign_directory", "network_file_system",
   "newer_version", "corrupt", "read_only", "disk_full", "no_descriptor", "descriptors_replaced", "locked", "memory", "io") or
   NULL while it works. */
const char *hr_store_reason(hr_store *s);

/* The per-user random key (32 bytes: 16 for decisions, 16 for conversations), made at first use. 0 or HR_ESTORE/HR_EBUSY. */
int hr_store_key(hr_store *s, uint8_t key[32]);

/* ---- decisions (ledger.h uses these; nobody else). id is the first ten bytes of key everywhere. ---- */
/* By whole key. 1 found (strings in the arena), 0 none, <0 error. Touches last_used at most once a day per row. */
int hr_store_decision(hr_store *s, hr_arena *a, const uint8_t key[16], hr_decision *out);
/* By (id, content): 1 if exactly one row exists, 0 if none or several. */
int hr_store_decision_by_idkey(hr_store *s, hr_arena *a, const uint8_t idkey[16], hr_decision *out);
/* By what was sent: is this (id, replacement text) one of ours? 1/0/<0. out may be NULL. */
int hr_store_decision_by_sentkey(hr_store *s, hr_arena *a, const uint8_t sentkey[16], hr_decision *out);

/* This decision was replayed from memory: mark it as used. No SQL here; written with the next request row. */
void hr_store_touch(hr_store *s, const uint8_t key[16]);

/* An original to be stored with its decision: the bytes of the string literal's inside as they stood in the body. */
typedef struct hr_original {
    uint8_t id[10];
    hr_str raw;
} hr_original;

/* One transaction, BEGIN IMMEDIATE: each decision INSERT .. ON CONFLICT DO NOTHING, then read back; where another process
   was first, list[i] becomes its decision (strings in the arena) and the original is not inserted. originals[i].raw.n == 0:
   none. full_sync: synchronous=FULL for this commit. Nothing is stored unless everything is.
   0; HR_EFULL: the originals would exceed their cap (nothing stored: decide losslessly and try again);
   HR_EBUSY: deadline_us (monotonic, 0 = HR_BUSY_US from now) passed; HR_ESTORE. */
int hr_store_commit(hr_store *s, hr_arena *a, hr_decision *list, const hr_original *originals, size_t n,
                    bool full_sync, uint64_t deadline_us);

/* Room left under the cap of originals, in bytes (compressed size is not known before: compare with the plain size / 3).
   <0 as int64: store unusable. */
int64_t hr_store_originals_room(hr_store *s);
/* Read an original back. 0, HR_ENOENT, HR_ESTORE. */
int hr_store_original(hr_store *s, hr_arena *a, const uint8_t id[10], hr_str *raw);

/* ---- requests ---- */
/* Insert one finished request; with one of sixteen, some requests, originals and decisions that are older than their caps go (expire.c). If the database is busy or unusable the row waits in a ring of HR_RING_ROWS, tried again at the next call and
   by hr_store_flush. A full ring drops nothing: the row that does not fit waits for a busy database, up to HR_RING_WAIT_US. Only where
   that was in vain (then nobody waits again for HR_RING_PAUSE_US, so that a lock that is never given back cannot hold up a host), and where
   the database is not busy but cannot be used, it is lost: counted here, in the log, and in the database as soon as that can be written
   (headroom_store_facts.rows_lost, doctor). Never fails the caller. */
void hr_store_request(hr_store *s, const headroom_row *row);
/* At exit: the ring, for which it waits as above, then once a day a bounded part of hr_store_expire, then checkpoint if the log is above
   HR_WAL_AT_EXIT. Does nothing where this process never opened the database. */
void hr_store_flush(hr_store *s);
/* Rows of this process that were lost. */
uint64_t hr_store_lost(hr_store *s);

/* ---- executables that were searched for TLS functions (elf/locate.h); the answer is opaque here ---- */
/* 1: answer is filled with exactly size bytes; 0: none of this size is known; <0. */
int hr_store_binary(hr_store *s, const void *build_id, size_t len, void *answer, size_t size);
/* Keep an answer, and the newest HR_BINARIES of all. Best effort: a busy database keeps none. */
void hr_store_binary_put(hr_store *s, const void *build_id, size_t len, const void *answer, size_t size);

/* ---- cuts of the rolling window (window_cuts.h uses these; nobody else) ---- */
/* Cuts of a conversation, the newest first, at most limit; strings in the arena. How many, or <0. Marks them as used once a day. */
int hr_store_cuts(hr_store *s, hr_arena *a, const uint8_t conversation[16], struct hr_cut *out, int limit);
/* Store a cut in a transaction of its own; where there is one of the same conversation and print, *cut becomes that one. 0 or <0. */
int hr_store_cut_put(hr_store *s, hr_arena *a, struct hr_cut *cut);

/* ---- health of the provider's cache, faults and breakers (health.h and breaker.h use these; nobody else) ---- */
struct hr_cache_mark;
/* The mark of a conversation: 1, 0: none, <0. */
int hr_store_mark(hr_store *s, int64_t conversation, struct hr_cache_mark *out);
/* Written with the next request row, unless too many wait; a later one of the same conversation stays. No SQL here. */
void hr_store_mark_later(hr_store *s, const struct hr_cache_mark *mark);
/* Store a fault; where so many of its program, dialect and kind that are not settled happened since then, open the breaker. 1: it was
   closed; 0; <0. */
int hr_store_fault(hr_store *s, const headroom_fault *f, unsigned limit, int64_t since_us);
int hr_store_each_fault(hr_store *s, size_t limit, int (*cb)(void *, const headroom_fault *), void *arg);
/* program NULL: all. cb runs without a lock. HR_ENOENT: no database. */
int hr_store_each_breaker(hr_store *s, const char *program, int (*cb)(void *, const headroom_breaker *),
                          void *arg);
int hr_store_breaker_reset(hr_store *s, const char *program);

/* ---- budgets (budget.h uses this; nobody else) ---- */
/* Is this the first time that `what` is said on this day or later, by any process? true once, and remembered; false also where the
   database cannot be written. */
bool hr_store_first_today(hr_store *s, const char *what, int64_t day);

/* ---- for the CLI (headroom.h wraps these) ---- */
int hr_store_each_request(hr_store *s, int64_t after_id, int (*cb)(void *, const headroom_row *), void *arg);
/* headroom_each_request_where; cb runs without a lock. HR_ENOENT: no database. */
int hr_store_each_request_where(hr_store *s, const headroom_filter *filter,
                                int (*cb)(void *, const headroom_row *), void *arg);
int hr_store_stats(hr_store *s, headroom_stats *out);
/* headroom_get_tally, headroom_sum_older. HR_ENOENT: no database. */
int hr_store_tally(hr_store *s, headroom_tally *out);
int hr_store_sum_older(hr_store *s, int64_t most, int64_t *left);

/* headroom_each_total; cb runs without a lock. HR_ENOENT: no database. */
int hr_store_each_total(hr_store *s, int64_t from_us, int64_t to_us, enum headroom_by by,
                        int (*cb)(void *, const char *name, const headroom_totals *), void *arg);
/* The factor of a family of models, and how far its samples lie off, in millionths: 1; 0: none is known; <0. Waits no longer than a row does. */
int hr_store_factor(hr_store *s, const char *family, int64_t *factor, int64_t *off);
/* headroom_each_family; cb runs without a lock. HR_ENOENT: no database. */
int hr_store_each_family(hr_store *s,
                         int (*cb)(void *, const char *name, double factor, double error_percent,
                                   int64_t requests),
                         void *arg);
/* Recent rewritten results, newest first, at most limit (headroom show without id). */
int hr_store_each_decision(hr_store *s, size_t limit,
                           int (*cb)(void *, const headroom_result *, int64_t created_us), void *arg);
/* One decision by the 10 bytes of its original's id, with what was sent. 0/HR_ENOENT/HR_ESTORE */
int hr_store_decision_by_id(hr_store *s, hr_arena *a, const uint8_t id[10], hr_decision *out);

/* Delete what the caps say: originals older than originals_days, decisions and cuts not used for replacements_days, requests older
   than requests_days or beyond requests_max. In small transactions; CLI only. 0 or <0. */
int hr_store_expire(hr_store *s);

/* headroom_get_store_facts, headroom_purge_count and the two halves of a purge; HR_ENOENT where there is no database. */
int hr_store_facts(hr_store *s, headroom_store_facts *out);
int hr_store_purge_count(hr_store *s, const headroom_purge_scope *scope, headroom_purge_counts *out);
int hr_store_purge(hr_store *s, const headroom_purge_scope *scope, int64_t wait_us,
                   headroom_purge_counts *out);
int hr_store_erase(hr_store *s, int64_t wait_us);

/* Called by core at entry in a child of fork (pid changed): abandon the handle, reset the lock. */
void hr_store_check_fork(hr_store *s);

#endif
