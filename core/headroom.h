/* headroom.h - the public C API of libheadroom.so.

   Three users: the preload library (one request at a time per connection, in a host program), the CLI, and programs that
   link it themselves. Strings are UTF-8. Nothing here prints, exits, changes signals, locale, environment or errno
   (functions may clobber errno; the preload library saves it).

   Thread rule: a `headroom` may be used from any thread; a `headroom_request` belongs to one thread at a time.
   After fork() both may be used in the child: the library notices the new pid and opens its own database handle. */
#ifndef HEADROOM_H
#define HEADROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define HEADROOM_VERSION   "0.1.0"
#define HEADROOM_ABI_MAJOR 5u
#define HEADROOM_ABI_MINOR 0u

/* major << 16 | minor of the library that is loaded. Callers refuse another major. */
uint32_t headroom_abi(void);

enum headroom_mode { HEADROOM_OFF, HEADROOM_AUDIT, HEADROOM_SIMULATE, HEADROOM_OPTIMIZE };

typedef struct headroom headroom;
typedef struct headroom_request headroom_request;

/* ------------------------------------------------------------------ opening */
enum headroom_open_flags {
    HEADROOM_NO_STATE = 1,   /* touch no file but the configuration: `simulate` without --state */
    HEADROOM_READ_ONLY = 2,  /* CLI that only looks: never creates a database */
    HEADROOM_NO_DEADLINE = 4 /* `simulate`: the answer does not depend on how fast the machine is */
};
/* Reads configuration and environment (secure_getenv); the database is opened at first need. NULL: no memory. */
headroom *headroom_open(unsigned flags);
/* For the CLI and tests. Inside a host never called: nothing is freed at exit. */
void headroom_close(headroom *h);
enum headroom_mode headroom_get_mode(const headroom *h);
/* Write rows that waited, and those of requests whose responses were not read to their end (nothing is done for these any more);
   checkpoint a long log. The preload library calls it from its destructor. */
void headroom_at_exit(headroom *h);

/* ------------------------------------------------------------------ the road of one request */
/* What a request says for itself, in a line X-Headroom-.. of its head. Values stand here as they came; core judges them, and one that
   cannot be used is ignored (headroom_row.ignored). MODE is the caller's to obey, by the mode it gives headroom_request_new. */
enum headroom_override {
    HEADROOM_OVERRIDE_MODE,
    HEADROOM_OVERRIDE_LEVEL,         /* as the setting */
    HEADROOM_OVERRIDE_OUTPUT_BUFFER, /* -Output-Buffer-Tokens: as the setting */
    HEADROOM_OVERRIDE_KEEP_TURNS,    /* as the setting */
    HEADROOM_OVERRIDE_TOOL_PROFILES, /* as the setting; goes before it */
    HEADROOM_OVERRIDE_BYPASS,        /* 1, true, yes, on: nothing new is decided; 0, false, no, off */
    HEADROOM_OVERRIDE_UNKNOWN,       /* the name of a line X-Headroom-.. that is none of these */
    HEADROOM_OVERRIDES
};
typedef struct headroom_span {
    const char *p; /* not NUL-terminated; NULL: not said */
    size_t n;
} headroom_span;

typedef struct headroom_head {
    const char *host; /* Host header, not NUL-terminated; length below */
    size_t host_len;
    const char *path; /* request target with its query */
    size_t path_len;
    const char
        *dialect; /* name of a row of core/dialect/dialect.c: "anthropic", ..; NULL: find out from the body */
    const char *skip; /* why the body must not be touched ("signed", "encoding", ...), or NULL */
    bool count_only;  /* a count_tokens request: replay and compute, store nothing */
    /* Content-Encoding of the body, not NUL-terminated; length 0: none. "gzip", "x-gzip" and "zstd" are decoded and encoded again;
       any other goes out as it is. */
    const char *encoding;
    size_t encoding_len;
    headroom_span override[HEADROOM_OVERRIDES];
} headroom_head;

/* A request begins. mode: what this request gets; HEADROOM_OPTIMIZE only where the caller holds the body. The head is copied.
   NULL: no memory; the caller passes the bytes on. */
headroom_request *headroom_request_new(headroom *h, const headroom_head *head, enum headroom_mode mode);

/* Judge the complete body. 1: *out and *out_len are the new body, owned by the request until headroom_request_sent. 0: the body
   goes out as it is (mode, reason or nothing to gain; recorded either way). Never fails. */
int headroom_request_body(headroom_request *r, const void *body, size_t len, const void **out,
                          size_t *out_len);

/* The bytes have left (or were given up): memory of the body work is freed; the record stays until headroom_request_end. */
void headroom_request_sent(headroom_request *r);

/* May such a request not be sent, because the day's budget is spent and budget.refuse is on? true: the row is written (skipped "budget",
   status 0), and the caller lets nothing of it leave and makes the program's write fail as on a broken connection. To be asked when the head
   is complete, in every mode but off. Errors refuse nothing. Any thread. */
bool headroom_refuses(headroom *h, const headroom_head *head);

/* Response side, all optional. Pieces of the de-chunked body in order, still in their content coding: gzip, deflate, br, zstd and lists of
   two are undone here, in a copy. */
void headroom_response_head(headroom_request *r, int status, const char *content_type, size_t type_len,
                            const char *content_encoding, size_t encoding_len);
/* The head names the error (Amazon's x-amzn-errortype), behind headroom_response_head. */
void headroom_response_error(headroom_request *r, const char *name, size_t len);
void headroom_response_body(headroom_request *r, const void *data, size_t len);

/* The response ended, or never will (complete = false): the row is written, r is freed. */
void headroom_request_end(headroom_request *r, bool complete);
/* Free without recording anything (`simulate`). */
void headroom_request_drop(headroom_request *r);

/* ------------------------------------------------------------------ what was done */
typedef struct headroom_result {
    const char *call_id, *tool, *kind, *transform,
        *reason; /* NUL-terminated; transform NULL: verbatim; reason may be NULL */
    char id[21]; /* 20 hex digits, "" where there is none */
    bool lossless, replayed;
    uint32_t tokens_before, tokens_after;
    uint32_t kept, of; /* 0, 0: nothing was selected */
    const char *
        counted; /* tokens are the exact counts of this encoding ("o200k_base"); NULL: estimates. Static text */
} headroom_result;

typedef struct headroom_row {
    int64_t id;      /* number of the request in the database; 0 before */
    int64_t time_us; /* wall clock at the first byte */
    int64_t pid;
    /* path "": not a request but a connection to such a host that spoke HTTP/2, which is only watched; nothing else is known */
    const char *program, *host, *path, *dialect, *model, *mode;
    const char *skipped; /* NULL: the body was worked on */
    bool stream;
    int status;    /* HTTP status, 0: no response seen */
    bool complete; /* the response was seen to its end */
    /* Of the JSON as the program made it and as it was sent, whatever it is wrapped in: chunks and a content coding taken away. Where
       the coding could not be undone: tokens 0, bytes as they came. A body that was not looked at: all 0. */
    int64_t tokens_before, tokens_after, bytes_before, bytes_after;
    bool exact; /* tokens were counted by the model's own encoding; else estimated (core/token/token.h) */
    const char *usage; /* JSON object as the provider sent it, or NULL */
    int64_t input_tokens, output_tokens,
        cached_tokens;      /* from usage; -1 unknown. input: all prompt tokens, cached included */
    int64_t elapsed_us;     /* spent by us */
    const char *transforms; /* comma separated, each name once, "" for none */
    uint32_t results, rewritten,
        replayed; /* tool results in the body and a system text that was aligned, of them rewritten, of those replayed */
    const char *results_json; /* array of objects for `show N`, or NULL */
    /* What the rolling window did, or why not, as a JSON object: action ("cut", "replayed", "none"), reason, messages, calls, tokens (that
       were left out), limit. NULL: nothing was to do. */
    const char *window;
    /* How the provider names its error ("rate_limit_error", "context_length_exceeded"), or NULL. */
    const char *error;
    int64_t
        cache_written_tokens; /* from usage, part of input_tokens: written to the provider's cache; -1 unknown */
    int64_t conversation; /* 64 bits of a keyed hash, the same in each request of a conversation; 0 unknown */
    /* Tokens of the results that were rewritten here for the first time: what is replayed later is saved again, but no new saving. */
    int64_t unique_before, unique_after;
    /* Billionths of a dollar at the model's prices of that day: what the provider's usage cost, and what is saved net of cache effects (less
       than 0: a loss). HEADROOM_UNPRICED: no price of the model is known, or no usage came. */
    int64_t cost, saved;
    int64_t
        duration_us; /* from the request's first byte to the last one seen of its response; -1: there was none */
    /* An estimate was multiplied by this, in millionths, because requests of this family of models had told it (headroom_each_family); and
       by how much those lay off, in millionths. 0, 0: nothing was known, or it is exact. */
    int64_t factor, factor_off;
    const char
        *ignored; /* what its lines X-Headroom-.. said that cannot be used, in words; or NULL. Not stored */
} headroom_row;

#define HEADROOM_UNPRICED INT64_MIN

/* Valid after headroom_request_body until headroom_request_end. */
void headroom_request_row(const headroom_request *r, headroom_row *out);
size_t headroom_request_results(const headroom_request *r);
int headroom_request_result(const headroom_request *r, size_t i, headroom_result *out);

/* ------------------------------------------------------------------ looking back (CLI) */
typedef struct headroom_stats {
    int64_t requests, failed;            /* failed: status >= 400, or no response */
    int64_t tokens_before, tokens_after; /* estimated tokens of what programs made, and of what was sent */
    int64_t output_tokens;               /* as the provider reported */
    int64_t cache_entries, cache_hits;   /* stored decisions; replays */
    int64_t session_requests, session_tokens_before,
        session_tokens_after; /* of the last process that made a request */
    int64_t session_pid;
    char session_program[256];
} headroom_stats;

/* 0 or a negative code; headroom_strerror names it. A missing database is not an error: everything 0. */
int headroom_get_stats(headroom *h, headroom_stats *out);
/* Oldest first, ids above after_id. A non-zero return of cb stops and is returned. */
int headroom_each_request(headroom *h, int64_t after_id, int (*cb)(void *, const headroom_row *), void *arg);
/* Which requests: those that fit all of it. Zeroed, it fits every one. */
typedef struct headroom_filter {
    int64_t after_id;       /* only ids above */
    int64_t from_us, to_us; /* that began in [from, to), wall clock; to 0: no end */
    /* The whole name, or a glob of * ? [..]; NULL: any. */
    const char *program, *model, *host, *dialect;
    const char *skipped; /* this reason, or "" for any; NULL: also those that were worked on */
    int status_low,
        status_high; /* HTTP status, both included; high 0: any, or none where unanswered is set */
    bool unanswered; /* those without a response too */
    size_t last;     /* of all these only the last so many; 0: all */
} headroom_filter;
/* As headroom_each_request; the database does the choosing. */
int headroom_each_request_where(headroom *h, const headroom_filter *filter,
                                int (*cb)(void *, const headroom_row *), void *arg);
/* Sums over requests; connections that are only watched (path "") apart. */
typedef struct headroom_totals {
    int64_t requests;
    int64_t failed;  /* status >= 400, or no response */
    int64_t touched; /* something in them was rewritten */
    int64_t tokens_before,
        tokens_after; /* as programs made them and as they were sent; a history counts each time it is sent */
    int64_t unique_before, unique_after; /* of results that were rewritten, each once */
    int64_t replayed;                    /* results */
    int64_t elapsed_us;                  /* spent by us */
    int64_t reported; /* requests whose usage the provider reported; the next four are of these */
    int64_t input, output, cached, cache_written;
    int64_t priced; /* requests with a price; the next two, billionths of a dollar, are of these */
    int64_t cost, saved;
    /* Our estimate against the provider's count: requests in which both are known; what the provider counted as their input, what we had
       estimated that went out, and by how much the estimate was off, each by itself. */
    int64_t compared, compared_input, estimated, estimate_off;
    int64_t counted; /* requests whose tokens were counted */
    int64_t exact;   /* of them those counted by the model's own encoding; the others are estimates */
} headroom_totals;

enum headroom_by {
    HEADROOM_BY_NOTHING, /* one group, "" */
    HEADROOM_BY_DAY,     /* "2026-11-21", of local time */
    HEADROOM_BY_PROGRAM,
    HEADROOM_BY_MODEL,
    HEADROOM_BY_DIALECT,
    HEADROOM_BY_HOST,
    HEADROOM_BY_TOOL,        /* requests counts results; only touched, tokens and replayed are filled */
    HEADROOM_BY_CONVERSATION /* 16 hex digits of headroom_row.conversation; from the requests that are stored, each of which is looked at */
};
/* Sums of requests that began in [from_us, to_us), wall clock; in the order of names. A non-zero return of cb stops and is returned. A missing
   database has no groups. Of times more than 90 days ago only whole days of UTC count; HEADROOM_BY_DAY names these. */
int headroom_each_total(headroom *h, int64_t from_us, int64_t to_us, enum headroom_by by,
                        int (*cb)(void *, const char *name, const headroom_totals *), void *arg);

/* What our estimates of tokens are to the provider's counts, for each family of models of which at least 20 requests tell it: estimate times
   factor is what the provider counts, off by error_percent on average over the last 128 requests, newer ones weighing more. Figures of requests that
   are made from then on are multiplied by it (headroom_row.factor); what is stored stays. An estimate still: never called exact. Families
   whose models are counted exactly are named too: there the factor is what the provider adds to the texts, and is not used. */
int headroom_each_family(headroom *h,
                         int (*cb)(void *, const char *name, double factor, double error_percent,
                                   int64_t requests),
                         void *arg);
/* The family of a model ("claude", "gpt", "other"); static text. */
const char *headroom_family_of(const char *model);

/* How requests were treated, and by how much each became smaller. Of all time: requests that are no longer stored count. Connections that are
   only watched do not. */
#define HEADROOM_RATIOS 10
typedef struct headroom_tally {
    int64_t newest_id; /* of the rows that are stored, those not counted too; 0: there is none */
    int64_t audit, simulate, optimize; /* requests by their mode */
    int64_t counted;                   /* requests whose tokens were counted; the rest is of these */
    int64_t at_most[HEADROOM_RATIOS];  /* [i]: of whose tokens at most (i + 1) tenths were sent */
    int64_t ratio_millionths;          /* sum of the parts that were sent */
} headroom_tally;
/* 0 or a negative code; a missing database is all 0. */
int headroom_get_tally(headroom *h, headroom_tally *out);

/* Requests that an older version stored are in no sum (headroom_each_total, headroom_get_stats, headroom_get_tally) until this has put
   them there: up to `most` of them, the newest first; 0: none, only look. *left: how many there still are at most. A step of 1,000 takes
   some 30 ms, in which no other process can write; the last one makes indexes and takes longer (1 s for a million). May be
   killed, and done by several at once. 0 or a negative code. */
int headroom_sum_older(headroom *h, int64_t most, int64_t *left);

/* What programs have cost today, of local time, against what they may. */
typedef struct headroom_budget {
    const char *program;  /* pattern of budget.programs; "": all programs together */
    int64_t limit, spent; /* billionths of a dollar */
    int64_t unpriced;     /* answered requests without a price: they count as nothing */
    bool warned;          /* budget.warn_percent is reached */
    bool refused;         /* the limit is, and budget.refuse is on */
} headroom_budget;
/* The budgets that are set, the one of all programs first; nothing where there is none. A non-zero return of cb stops and is returned. */
int headroom_each_budget(headroom *h, int (*cb)(void *, const headroom_budget *), void *arg);

/* Events that a rewrite of ours caused, newest first, at most limit. */
typedef struct headroom_fault {
    int64_t time_us;
    const char *program, *dialect, *model;
    int64_t conversation; /* as in headroom_row */
    const char *
        kind; /* "cache": a conversation lost the provider's cache; "refused": a provider refused what we rewrote */
    const char *place; /* refused: "messages.3.content.1", "call toolu_01", "system", "window"; else "" */
    int64_t held_tokens, cached_tokens; /* cache: what the provider held, and what it then read */
    bool settled;                       /* before a reset */
} headroom_fault;
int headroom_each_fault(headroom *h, size_t limit, int (*cb)(void *, const headroom_fault *), void *arg);

/* Circuit breakers that are open: this program and dialect takes no new decisions. In the order of names. */
typedef struct headroom_breaker {
    const char *program, *dialect, *kind; /* kind: of the fault that opened it */
    int64_t since_us;
} headroom_breaker;
int headroom_each_breaker(headroom *h, int (*cb)(void *, const headroom_breaker *), void *arg);
/* Close those of a program, NULL: all. How many were open, or a negative code. Processes that run follow within seconds. */
int headroom_reset_breaker(headroom *h, const char *program);

/* Recently rewritten results, newest first. */
int headroom_each_result(headroom *h, size_t limit,
                         int (*cb)(void *, const headroom_result *, int64_t created_us), void *arg);

/* Bytes that the library allocated for the caller; free with headroom_free. Always followed by a NUL. */
typedef struct headroom_bytes {
    char *data;
    size_t len;
} headroom_bytes;
void headroom_free(void *p);

/* The original, and what was sent in its place, of one result by its 20 hex digits: decoded text. info, original and
   sent may be NULL; the strings of info live until headroom_close. HR_ENOENT where the original is gone or was never stored.
   One thread at a time. */
int headroom_get_original(headroom *h, const char *id, headroom_result *info, headroom_bytes *original,
                          headroom_bytes *sent);
/* A body as sent -> as the program made it. Lossless forms that read back do so from the text alone; all else from the stored
   originals. *restored: literals put back; *missing: replacements whose original is gone (capped, aged). */
int headroom_restore(headroom *h, const void *body, size_t len, headroom_bytes *out, size_t *restored,
                     size_t *missing);
/* Selections found in a body by their notes alone, as a JSON array of {id, of, kept:[index], items:[slice]}. */
int headroom_restore_kept(headroom *h, const void *body, size_t len, headroom_bytes *json);

/* A replacement as headroom_get_original gives it, its lossless form read back; the note of a selection stays. 1: *out is filled; 0: it has no
   such form; HR_ENOMEM. */
int headroom_read_back(const char *text, size_t len, headroom_bytes *out);

/* How many messages the rolling window says that it left out of a body as sent; 0: none, or no body that is read. They are stored
   nowhere: the program sends them again with each request, and only it can. */
uint64_t headroom_left_out(const void *body, size_t len);

/* Effective settings, in the order of the table. origin: "default", "environment", or the path of the file. error: NULL, or what
   is wrong with a value that was given (it is not in force then). */
int headroom_each_setting(headroom *h,
                          int (*cb)(void *, const char *name, const char *value, const char *origin,
                                    const char *env, const char *error),
                          void *arg);
const char *headroom_state_directory(const headroom *h); /* NULL: none */
const char *headroom_config_path(const headroom *h);     /* NULL: none */
/* Change one setting in the text of a config.ini: value NULL takes it out. Comments, order and all other lines stay. 1: *out is the new
   text. 0: refused, and problem says why in a clause: no such setting, a value that it does not take, a file that cannot be changed
   safely. HR_ENOMEM. Pure: no file is read or written. */
int headroom_edit_config(const char *text, size_t len, const char *name, const char *value,
                         headroom_bytes *out, char *problem, size_t room);
/* What is wrong with the settings that were given, in the order of the file, then of the environment; of each what is right counts.
   file: of config.ini, else a variable; line 0: the file as a whole. name: of the setting or variable, else as it was written, "" for a
   line that is nothing. error says what would be right. */
int headroom_each_setting_error(
    headroom *h, int (*cb)(void *, bool file, unsigned line, const char *name, const char *error), void *arg);
/* Why the database cannot be used, or NULL. Opens it if it was not yet. */
const char *headroom_store_reason(headroom *h);
/* What an error code means and what to do, one English sentence. */
const char *headroom_strerror(int err);

/* ------------------------------------------------------------------ captured bodies (CLI) */
/* Is `capture` on? 0: no. 1: yes, until *until_us (wall clock; INT64_MAX: until it is switched off). */
int headroom_capturing(headroom *h, int64_t *until_us);

typedef struct headroom_capture {
    int64_t time_us, pid; /* as in the row of the request, which these two name */
    int64_t stored_bytes;
} headroom_capture;
/* Captures whose requests began in [from, to), oldest first. A non-zero return of cb stops and is returned. */
int headroom_each_capture(headroom *h, int64_t from_us, int64_t to_us,
                          int (*cb)(void *, const headroom_capture *), void *arg);

enum headroom_capture_part {
    HEADROOM_CAPTURE_ABOUT,   /* JSON: time_us pid program host path dialect model */
    HEADROOM_CAPTURE_MADE,    /* the body as the program made it, without its content coding */
    HEADROOM_CAPTURE_SENT,    /* as it was sent, without its content coding */
    HEADROOM_CAPTURE_RESPONSE /* its coding undone where that is possible; it may be cut short */
};
/* One body. *cut: it is not whole; may be NULL. 1: *out is filled. 0: that request or part was not captured, or is no longer kept. <0:
   damaged, or no memory. */
int headroom_get_capture(headroom *h, int64_t time_us, int64_t pid, enum headroom_capture_part part,
                         headroom_bytes *out, bool *cut);
/* The same from the bytes of such a file; <0: it is none. */
int headroom_read_capture(const void *file, size_t len, enum headroom_capture_part part, headroom_bytes *out,
                          bool *cut);
/* What a request body is made of, as far as tools go. */
enum headroom_part_kind { HEADROOM_PART_CALL, HEADROOM_PART_RESULT, HEADROOM_PART_HUMAN };
typedef struct headroom_part {
    enum headroom_part_kind kind;
    size_t offset, len;         /* of its literal, as it stands in the body */
    const char *tool, *call_id; /* of a call and of its results; "" unknown */
    const char *arguments;      /* CALL: JSON text; else NULL */
} headroom_part;
/* In the order of the conversation. dialect: its name, NULL: find out. A non-zero return of cb stops and is returned. <0: no such body. */
int headroom_each_part(const void *body, size_t len, const char *dialect,
                       int (*cb)(void *, const headroom_part *), void *arg);
/* Count captures older than this (INT64_MAX: all), or delete them. 0 or a negative code. */
int headroom_purge_captures(headroom *h, int64_t before_us, bool remove, int64_t *files, int64_t *bytes);

/* ------------------------------------------------------------------ what tokens cost (CLI) */
/* Millionths of a dollar for a million tokens; -1: not said, and billed as input (a 1 h write as any other). */
typedef struct headroom_price {
    const char *provider,
        *model;    /* as the price table calls them; of the user's own price "" and its pattern */
    int64_t above; /* for prompts of more tokens than this; of one model the lowest comes first */
    int64_t input, cache_read, cache_write, cache_write_1h, output; /* input -1: it has no price */
} headroom_price;

/* What a request would be billed at now: host and dialect may be NULL, for not known. Nothing: no price is known. model NULL: all of the
   user's prices, then the whole table. A non-zero return of cb stops and is returned. Strings live until cb returns. */
int headroom_each_price(headroom *h, const char *model, const char *host, const char *dialect,
                        int (*cb)(void *, const headroom_price *), void *arg);

typedef struct headroom_price_source {
    char source[128]; /* what it was made from: "genai-prices 0.2.3" */
    char day[11];     /* of its prices: "2026-11-04" */
    const char
        *path; /* of the file that it was read from; NULL: it is linked in. Lives until headroom_close */
    int64_t providers, models;
} headroom_price_source;
void headroom_get_price_source(headroom *h, headroom_price_source *out);

/* Make a price table from JSON of genai-prices (data.json), put it into the state directory, and use it from the next start of a process on.
   day: "2026-11-21". 0; HR_ESHAPE, HR_EIO: problem[room] says what is wrong, and nothing was changed; HR_ENOMEM. */
int headroom_prices_update(headroom *h, const void *json, size_t len, const char *day, char *problem,
                           size_t room);

/* ------------------------------------------------------------------ tokens (core/token/token.h) */
/* Tokens of a text as tiktoken's encode_ordinary counts them: special tokens are text, what is not UTF-8 is U+FFFD. encoding: "o200k_base",
   "cl100k_base". 0; HR_ENOENT: another name, or its vocabulary is not beside this library; HR_ESHAPE: the vocabulary is of another version, or
   damaged; HR_EIO. Any thread. */
int headroom_count_tokens(const char *encoding, const void *text, size_t len, size_t *count);
/* The tokens themselves; free *ids with headroom_free. Also HR_ENOMEM. */
int headroom_token_ids(const char *encoding, const void *text, size_t len, uint32_t **ids, size_t *count);
/* The encoding that OpenAI published for a model; NULL: none is known, its tokens can only be estimated. */
const char *headroom_encoding_of(const char *model);
/* Is the vocabulary there and whole? Reads all of it, 10 ms. As headroom_count_tokens; path: where it is, or should be. */
int headroom_check_encoding(const char *encoding, char *path, size_t room);

/* ------------------------------------------------------------------ care of the database (CLI) */
/* HEADROOM_VERSION of the library that is loaded. */
const char *headroom_version(void);

/* Why nothing can be written to the database ("newer_version", "read_only", and all that headroom_store_reason says), or NULL.
   Reading, and with it replaying, may work all the same. Opens it if it was not yet. */
const char *headroom_write_reason(headroom *h);

typedef struct headroom_store_facts {
    bool exists;                        /* false: nothing else is filled */
    int64_t version, newest_version;    /* of the tables; the newest that this library knows */
    int64_t file_bytes, log_bytes;      /* headroom.db and its write-ahead log */
    int64_t free_bytes;                 /* pages of headroom.db that hold nothing */
    int64_t requests, decisions;        /* rows */
    int64_t originals, originals_bytes; /* rows, and their compressed size */
    int64_t originals_cap_bytes;        /* setting originals.mb */
    int64_t oldest_original_us;         /* wall clock; 0: there is none */
    int64_t rows_lost;   /* requests without a row: the database could not be written for too long */
    char journal[16];    /* "wal" */
    char integrity[256]; /* "ok", or the first finding of SQLite's quick check */
} headroom_store_facts;
/* Reads the whole file. 0 or a negative code; a missing database is not an error. */
int headroom_get_store_facts(headroom *h, headroom_store_facts *out);

/* What a purge is to delete: rows older than these times (wall clock, microseconds; 0: none, INT64_MAX: all). A decision is as
   old as its last use. */
typedef struct headroom_purge_scope {
    int64_t originals_before_us, requests_before_us, decisions_before_us;
} headroom_purge_scope;
/* bytes: as stored, the compressed size of originals, the text of the others. */
typedef struct headroom_purge_counts {
    int64_t originals, originals_bytes, requests, requests_bytes, decisions, decisions_bytes;
} headroom_purge_counts;

/* What headroom_purge would delete now. 0 or a negative code; a missing database counts as an empty one. */
int headroom_purge_count(headroom *h, const headroom_purge_scope *scope, headroom_purge_counts *out);
/* Delete it in one transaction, and say what it was: all, or after an error or a kill at any time nothing. Waits up to wait_us
   for other writers. The bytes stay in the files until headroom_purge_erase. */
int headroom_purge(headroom *h, const headroom_purge_scope *scope, int64_t wait_us,
                   headroom_purge_counts *out);
/* Take the bytes of everything that was ever deleted out of headroom.db and its log. May be killed and called again at any time.
   0; 1: they may still stand in the files, because another process was reading or writing for wait_us; a negative code.
   Needs as much memory, and for its time as much disk, as what is left takes. */
int headroom_purge_erase(headroom *h, int64_t wait_us);

/* ------------------------------------------------------------------ TLS that is linked into a program (docs/locator.md) */
enum headroom_tls { HEADROOM_TLS_NONE, HEADROOM_TLS_OPENSSL, HEADROOM_TLS_BORINGSSL /* and aws-lc */ };
/* What an answer rests on; the first certain one is taken. */
enum headroom_tier {
    HEADROOM_TIER_NONE,
    HEADROOM_TIER_DYNAMIC, /* a symbol that the file exports */
    HEADROOM_TIER_SYMTAB,  /* a symbol of its .symtab */
    HEADROOM_TIER_CACHE,   /* an earlier search of the same build id; the bytes were compared */
    HEADROOM_TIER_ANCHOR   /* the errors that its functions raise */
};
enum headroom_ssl_function {
    HEADROOM_SSL_WRITE,
    HEADROOM_SSL_WRITE_EX,
    HEADROOM_SSL_READ,
    HEADROOM_SSL_READ_EX,
    HEADROOM_SSL_FUNCTIONS
};
/* What confirms that a function begins at an address; an anchor answer has at least two. */
enum headroom_check {
    HEADROOM_CHECK_CALLED = 1,   /* direct calls go there */
    HEADROOM_CHECK_TAKEN = 2,    /* code takes its address */
    HEADROOM_CHECK_BOUNDARY = 4, /* what stands before it never continues */
    HEADROOM_CHECK_ALIGNED = 8,  /* to 16 bytes */
    HEADROOM_CHECK_FRAME = 16,   /* .eh_frame has a function that begins there */
    HEADROOM_CHECK_PROLOGUE = 32 /* it begins as compilers begin functions */
};
enum headroom_locate_flags {
    HEADROOM_LOCATE_ANCHORS_ONLY = 1, /* as if the file had no symbols and nothing were cached */
    HEADROOM_LOCATE_DESCRIBE = 2, /* fill version, needs and other, too: for people, costs as much again */
    HEADROOM_LOCATE_KNOWN = 4 /* only what symbols and earlier searches tell; nothing is searched or stored */
};

typedef struct headroom_function {
    uint64_t address;     /* as linked: add the load address for a position-independent file; 0: not found */
    uint64_t offset;      /* in the file */
    uint8_t expected[16]; /* its first bytes: patch only where memory holds the same */
    unsigned checks;      /* enum headroom_check */
    uint16_t
        clear; /* bit i: no branch of the function leads to its byte i; 0: not all of its paths were followed */
} headroom_function;

typedef struct headroom_located {
    enum headroom_tls library;
    enum headroom_tier tier;
    bool arm;         /* aarch64 code; else x86-64 */
    bool relocatable; /* position independent: addresses are relative to where it is loaded */
    bool imports;     /* it calls SSL_write of a shared library: interposition reaches that */
    char version[96]; /* "OpenSSL 3.0.19 27 Jan 2026", or how the library is recognised, or "" */
    char needs
        [64]; /* the shared TLS library that it names as needed: "libssl.so.3", "libcurl.so.4", ..; or "" */
    const char *other;    /* another TLS implementation seen in it: "Go", "rustls" (static text); or NULL */
    uint8_t build_id[64]; /* of any length up to 64 */
    size_t build_id_len;
    headroom_function function[HEADROOM_SSL_FUNCTIONS];
    char reason
        [192]; /* one English clause: why SSL_write was not found, or why another function was not; or "" */
} headroom_located;

/* Where are the functions of the TLS library that is linked into an executable or shared object? Answers that are not
   certain are refused: a wrong one would crash the program that is patched. 1: SSL_write is certain. 0: it is not,
   out->reason says why. Negative: the file cannot be read (HR_EIO, errno), is no ELF file that can be searched
   (HR_ESHAPE, reason), or memory is short. h may be NULL: nothing is cached. Reads the file, runs nothing of it;
   an executable of 120 MB takes some 100 ms. Any thread. */
int headroom_locate(headroom *h, const char *path, unsigned flags, headroom_located *out);

/* How a function begins, for the patch that leads its callers elsewhere (shim/jump.h): the places where its first instructions may be
   replaced by a jump, in order of preference. Between the beginning and such a place registers are pushed and rbp is set to rsp;
   before those that are `behind` more, room on the stack is made, and what no caller counts on is set. */
enum { HEADROOM_ENTRY_POINTS = 6, HEADROOM_ENTRY_UNDO = 16, HEADROOM_ENTRY_BYTES = 16 };
typedef struct headroom_entry_point {
    uint8_t offset;      /* of the one instruction that is moved away */
    uint8_t length;      /* of it, in bytes */
    uint8_t relative;    /* where in it a 32-bit displacement lies that counts from its end; 0: nowhere */
    uint8_t undo_length; /* 0 at the beginning */
    bool behind; /* to be used only where headroom_function.clear says that no branch leads to `offset` */
    uint8_t undo[HEADROOM_ENTRY_UNDO]; /* instructions that take back what was done before this place */
} headroom_entry_point;
typedef struct headroom_entry {
    uint8_t pad; /* 4: an endbr64 stands in front, and stays; else 0 */
    uint8_t n;   /* of points */
    headroom_entry_point point[HEADROOM_ENTRY_POINTS];
    const char *reason; /* n is 0: static text, one English clause; else NULL */
} headroom_entry;

/* Read the first HEADROOM_ENTRY_BYTES of the n bytes of a function. 1: there is a place for a jump; 0: there is none, out->reason says why. Needs
   libZydis.so.4.0; x86-64 only. Any thread. */
int headroom_read_entry(const void *code, size_t n, headroom_entry *out);

/* Write one line into the log file, at level `warn`, with the name of the program: for what keeps the preload library from working.
   Never fails. Any thread. */
void headroom_warn(headroom *h, const char *text);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
