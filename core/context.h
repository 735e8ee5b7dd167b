/* context.h - what one `headroom` and one `headroom_request` hold. For the files of the road only. */
#ifndef HR_CONTEXT_H
#define HR_CONTEXT_H

#include <stdatomic.h>
#include <sys/types.h>

#include "breaker.h"
#include "budget.h"
#include "capture.h"
#include "coding.h"
#include "config.h"
#include "counts.h"
#include "decode.h"
#include "dialect/dialect.h"
#include "factors.h"
#include "headroom.h"
#include "health.h"
#include "ledger.h"
#include "log.h"
#include "pending.h"
#include "prices.h"
#include "print.h"
#include "refusal.h"
#include "store/store.h"
#include "token/token.h"
#include "transform/watch.h"
#include "usage.h"
#include "window_cuts.h"

/* Fingerprints of system texts, each in its conversation, of which the ledger knows nothing and which are past their first request: nothing
   will be decided for them any more, and they need not be looked up with every turn. 0: empty. A slot lost costs a look-up. */
typedef struct hr_unaligned {
    _Atomic uint64_t slots[64];
} hr_unaligned;

struct headroom {
    hr_config config; /* constant after opening */
    unsigned flags;
    hr_store *store; /* NULL: HEADROOM_NO_STATE */
    hr_ledger *ledger;
    hr_log log;
    char program[256]; /* name of the executable */
    _Atomic pid_t pid;
    _Atomic int key_state; /* 0: not read, 1: being written, 2: key is valid and constant */
    uint8_t key[32];
    hr_print_key print; /* valid with key */
    hr_counts counts;
    _Atomic bool attests; /* the last request of this process that asks for an answer was attested */
    hr_unaligned unaligned;
    hr_cuts cuts;
    hr_prices prices;
    hr_budget budget;
    hr_factors factors;
    hr_marks marks;
    hr_breaker breaker;
    _Atomic bool errors_told; /* of the configuration, in the log */
    _Atomic unsigned
        ignored; /* bit per enum headroom_override: the log has said that such a line was ignored */
    hr_capture_switch capture;
    hr_pending pending;
    _Atomic uint64_t lost_told; /* rows of which the log has said that they are lost */
    hr_arena *shown;            /* strings that headroom_get_original handed out; CLI only */
};

/* One text literal of a tool result on its way through the road. */
typedef struct hr_item {
    size_t event; /* index of its RESULT event */
    hr_str
        content; /* decoded, without trailing white space and reminder segments; only while the item is worked on */
    size_t raw_off,
        raw_len; /* the bytes of the body that stand for content; raw_len 0: none, or it could not be read */
    bool late;   /* an assistant turn stands behind it */
    bool sealed; /* one with signed, encrypted or opaque reasoning does */
    bool postponed; /* a late one that may be adopted: decided after the others */
    bool printed;
    uint8_t print[16]; /* fingerprint of the literal and of what its keys are made from */
    enum { HR_ITEM_OPEN, HR_ITEM_FOUND, HR_ITEM_NEW } state;
    hr_decision decision; /* FOUND, NEW */
    uint32_t tokens;      /* OPEN: of content, by the counter of the request */
    const char *reason;   /* static: why it stays as it is, or NULL */
    bool cut;             /* its message goes: the rolling window */
} hr_item;

struct headroom_request {
    headroom *h;
    enum headroom_mode mode;
    enum hr_level level;
    bool count_only;
    unsigned ignored; /* bit per enum headroom_override: such a line could not be used */
    bool bypass;      /* no new decision of any kind is taken; stored ones are replayed */
    bool broken;      /* the same, because the breaker of this program and dialect is open */
    bool new_cut;     /* the window leaves out what it did not leave out before */
    enum hr_switch aligner, window;
    int64_t keep_turns, output_buffer; /* of the window: turns, tokens */
    hr_profile *profiles;              /* those of the request, then those of the settings; read only */
    hr_splice *edits;                  /* what changes besides results; in work */
    size_t n_edits;
    uint32_t cut_messages; /* that the window left out */
    int64_t edit_tokens;   /* that they add to what goes out, results apart; less than 0: they take away */
    size_t cut_at;         /* where in the body a new cut begins, + 1; 0: there is none */
    int64_t broken_tokens, adopted_tokens; /* B and A of money.h */
    hr_arena *keep;                        /* until the end: names, the record */
    hr_arena *work;                        /* until the bytes have left */
    hr_buf body;                           /* the new body */
    headroom_row row;
    headroom_result *results;
    size_t n_results;
    hr_touched
        *touched; /* of each result that was rewritten, and of the system text: where it stands; in keep */
    size_t n_touched;
    hr_health health;
    hr_buf refusal; /* what a provider says that refuses this request; owned */
    hr_usage *usage;
    hr_decode *decode;   /* feeds usage; NULL: nothing more is read */
    hr_capture *capture; /* NULL: it is not captured */
    hr_pending_link pending;
    const hr_dialect *dialect; /* NULL until the body was read */
    const char *dialect_name;
    hr_counter counter; /* of the figures below; by the model, once the body was read */
    hr_coding coding;   /* of the body as it comes and as it goes out */
    uint64_t begun_us;  /* monotonic, as row.time_us is wall clock */
};

/* The key of decisions; 0, or the store's error. */
int hr_context_key(headroom *h, uint8_t key[32]);
/* The key of fingerprints, once hr_context_key has given the key of a store; else NULL. */
const hr_print_key *hr_context_print(const headroom *h);
/* Say in the log what is wrong with the settings, once a process. Behind the work of a request: the first one of all makes the log's
   directory. */
void hr_context_tell_errors(headroom *h);
/* In a child of fork: own database handle, fresh locks. Called at every entry. */
void hr_context_check_fork(headroom *h);

/* response.c: the row of a request whose response nobody will read on. */
void hr_response_unfinished(headroom_request *r);

/* decide.c: fill items[i], but for event, for all results of the conversation. New decisions are on disk when it returns,
   unless the request is a simulation. 0, or HR_ENOMEM (then nothing may be rewritten that was not found before). */
int hr_decide(headroom_request *r, hr_conversation *conv, hr_item *items, size_t n);

/* again.c: results that repeat an earlier one of the same request (transform/backref.h). */
#define HR_AGAIN "again"
/* Append what stands for items[i], whose content is known, in terms of a verbatim result before it: 1. 0: none. HR_ENOMEM, HR_ETIME. */
int hr_again_choose(hr_conversation *c, const hr_item *items, size_t i, hr_buf *b, hr_watch *watch);
/* Behind hr_decide and all that edits the body: a reference that does not give its result in this very request is not sent. */
void hr_again_check(headroom_request *r, hr_conversation *c, hr_item *items, size_t n);
/* Append what the content of items[i] stands for, if it is such a reference: 1. 0: it is none. HR_ENOMEM. */
int hr_again_restore(hr_conversation *c, const hr_item *items, size_t i, hr_buf *b);

/* Models whose signed thinking is bound to the bytes before it (WIRE.md 0.1, November 2026). */
bool hr_model_is_bound(hr_str model);

/* keys of a result; query.n is part of key only. */
void hr_result_keys(const uint8_t secret[16], const hr_dialect *d, const hr_conversation *c,
                    const hr_event *e, hr_str arguments, hr_str content, hr_str query, uint8_t key[16],
                    uint8_t idkey[16]);
void hr_sent_key(const uint8_t secret[16], const hr_dialect *d, const hr_conversation *c, const hr_event *e,
                 hr_str arguments, hr_str text, uint8_t key[16]);

/* Is this a result that stood in the conversation before we did, and is rewritten now? */
static inline bool hr_item_adopted(const hr_item *it)
{
    return it->late && it->state == HR_ITEM_NEW && !it->decision.verbatim;
}

/* Split a decoded result into content and tail (trailing white space and <system-reminder> segments); length of content. */
size_t hr_content_length(hr_str text);
/* Decode the literal of a RESULT into c->scratch and find the bytes that stand for its content: sets event, content, raw_off and
   raw_len. 0 or why it cannot be used. */
int hr_item_read(hr_conversation *c, size_t event, hr_item *out);
/* The same for all results of a body that is left alone: each item gets its place and tokens, or the reason why it has none.
   0 or HR_ENOMEM. */
int hr_items_count(hr_conversation *c, const hr_counter *by, hr_item *items, size_t n);
/* Fill it->print: dialect, call, query and literal as they stand in the body. */
void hr_item_print(hr_conversation *c, const hr_print_key *k, const hr_dialect *d, hr_item *it);

#endif
