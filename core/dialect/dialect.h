/* dialect.h - where tool results, calls and human text lie in a request body of one API.

   A dialect reads the body once with the pull scanner (twice only where a key that comes late says what a value is) and writes down events in the order of the conversation; everything
   behind it (query, tail, decisions, splices) is the same for all. Adding a dialect is one file and one row of the table in
   dialect.c. WIRE.md section 1 is the source of every shape here. */
#ifndef HR_DIALECT_H
#define HR_DIALECT_H

#include "base.h"
#include "print.h"
#include "json/json.h"

enum hr_event_kind {
    HR_EV_ASSISTANT, /* an assistant turn begins */
    HR_EV_CALL,      /* it calls a tool */
    HR_EV_RESULT,    /* one text literal of a tool result (a block list has several) */
    HR_EV_HUMAN,     /* one literal of human text */
    HR_EV_START      /* another conversation begins: a body can hold several (a batch) */
};

typedef struct hr_event {
    enum hr_event_kind kind;
    bool sealed;   /* ASSISTANT: holds signed, encrypted or opaque reasoning */
    bool is_error; /* RESULT: the client marked it as an error */
    bool for_code; /* CALL, RESULT: what comes back is read by a program on the server, not by the model */
    bool taken;    /* CALL: hr_call_take has given it a result */
    hr_value
        lit; /* RESULT, HUMAN: the string literal. CALL: the arguments (string literal or object); len 0: none */
    hr_str id;               /* CALL, RESULT: decoded call id; n 0: none */
    hr_str name;             /* CALL, and RESULT where the dialect repeats it: decoded tool name */
    uint32_t call;           /* RESULT: index + 1 of its CALL event, 0: not in this body */
    uint32_t message, block; /* as the reader stood (hr_conversation) */
} hr_event;

#define HR_NO_BLOCK UINT32_MAX

typedef struct hr_conversation {
    hr_arena *arena;   /* of the conversation itself */
    hr_arena *scratch; /* of the texts that are asked for, the same unless the caller sets it */
    const char *body;
    size_t len;
    hr_event *ev;
    size_t n, cap;
    size_t results, calls;
    size_t open; /* no call before this event waits for hr_call_take */
    /* Where the reader stands: element of the list of messages, and of its content, as errors of a provider name them. */
    uint32_t message,
        block;    /* block HR_NO_BLOCK: the content is no list, or its elements are no blocks of their own */
    hr_str model; /* decoded; n 0: none */
    bool stream;
    bool offers_command; /* one of the offered tools can run a command */
    bool server_state;   /* the provider holds the history: calls may be absent from the body */
    bool attested;       /* Claude Code's `cch=` in system[0] (law 7) */
    enum {
        HR_EDITED_UNKNOWN,
        HR_EDITED_NO,
        HR_EDITED_LATER
    } edited;      /* by the provider: again.c, at first need */
    bool unpaired; /* a result whose call is not in the body, without server_state */
    hr_value
        system; /* last literal of the system text before the first turn; len 0: none. In a batch the last body's */
    hr_str tools;        /* the offered tools as they stand in the body; n 0: none */
    hr_str owner;        /* decoded metadata.user_id, prompt_cache_key or session_id; n 0: none */
    bool resends;        /* every request holds the whole conversation, as far as the body can say */
    struct hr_gap *gaps; /* query_text.c: stretches between assistant turns, made at first need */
    size_t ngaps;
} hr_conversation;

typedef struct hr_dialect {
    const char *name;
    /* What keys are made with: the name, but for dialects whose bodies cannot always be told apart. */
    const char *family;
    /* Fill conv (arena, body, len are set). 0; HR_EJSON, HR_EDEPTH, HR_EDUP, HR_ESHAPE, HR_ELIMIT, HR_ENOMEM, HR_EUTF8 ... */
    int (*locate)(hr_conversation *conv);
} hr_dialect;

/* Number of a dialect, from 0 and below 32; -1: unknown. */
int hr_dialect_number(const char *name);
/* By name; NULL: unknown. */
const hr_dialect *hr_dialect_find(const char *name);

/* Read a body: by the dialect's name, or by what the body looks like (NULL). On success *dialect tells which it was.
   The conversation lives in the arena. Errors as locate. */
int hr_conversation_read(hr_conversation *conv, hr_arena *a, const char *body, size_t len, const char *name,
                         const hr_dialect **dialect);

/* What only the request's target says (without its query): the model, where the body has none, and that the answer is a stream.
   0 or HR_ENOMEM. */
int hr_conversation_target(hr_conversation *conv, hr_str path);

/* Text that relevance is judged by, for the RESULT at index i (DESIGN.md "Query for relevance"): the arguments of its call and
   the human text around it, without reminder segments. Lives in scratch. 0, HR_ENOMEM, or why a text cannot be used. */
int hr_conversation_query(hr_conversation *conv, size_t i, hr_str *out);
/* Decoded arguments of the call of the RESULT at index i; n 0: none. */
int hr_conversation_arguments(hr_conversation *conv, size_t i, hr_str *out);

/* What the query of the RESULT at index i is made from, as a fingerprint: the bytes of the arguments, and the human text. 0, or the
   error that hr_conversation_query would give for the human text. */
int hr_conversation_print(hr_conversation *conv, size_t i, const hr_print_key *k, hr_siphash *h);

/* ---- for dialects ---- */
hr_event *hr_event_add(hr_conversation *c, enum hr_event_kind kind); /* zeroed; NULL: no memory or too many */
/* Reads an object member by member. Keys in `once` (a bit set over the caller's table) may stand only once. */
typedef struct hr_member {
    const char *const *names; /* NULL-terminated table of the keys that the dialect uses (at most 32) */
    uint32_t seen;
} hr_member;
/* Next member: 1 and *which = index in names or -1 (the caller must consume the value either way); 0: end; HR_EDUP ... */
int hr_member_next(hr_scan *s, hr_member *m, int *which);
/* Is the next value of this type? 0, and nothing is consumed; HR_ESHAPE: another type; HR_EJSON, HR_EDEPTH: no value. */
int hr_expect(hr_scan *s, hr_json_type type);
/* Scan one value of the body that was stepped over before. */
void hr_scan_within(hr_scan *s, const hr_conversation *c, const hr_value *v);
/* Add a literal. 0, HR_ENOMEM. */
int hr_literal_add(hr_conversation *c, enum hr_event_kind kind, hr_value lit);
/* Consume a content and add its text: a string, or the `text` of parts whose type is text, input_text or output_text. Content of
   another shape says nothing. */
int hr_scan_text(hr_conversation *c, hr_scan *s, enum hr_event_kind kind);
/* Consume system text, a string or parts, and note its last literal; typed: parts say that they are text. A value of another shape, or
   parts without text, leave *out as it was. */
int hr_scan_system(hr_conversation *c, hr_scan *s, bool typed, hr_value *out);
/* Consume an object and decode its member of that name into c->owner; a value of another shape is consumed. */
int hr_scan_owner(hr_conversation *c, hr_scan *s, const char *name);
/* Append human text without the segments between <system-reminder> marks, which change from turn to turn. */
void hr_human_add(hr_buf *b, hr_str text);
/* Consume a value and add each string inside of it, at any depth: the members of an object themselves, and what lies deeper from
   HR_MIN_INNER bytes on. What a member `error` of it holds is marked as such. */
int hr_scan_strings(hr_conversation *c, hr_scan *s, enum hr_event_kind kind);
/* Consume a list of offered tools, in any dialect's form, for offers_command. */
int hr_scan_tools(hr_conversation *c, hr_scan *s);
/* Consume a turn: an object with a role and, under `content`, what it says, in either order. What it says is handed to `read` once the role
   is known (n 0: there is none). required: a role must be there. 1; 0: the turn says nothing; HR_ESHAPE ... */
typedef int hr_turn_reader(hr_conversation *c, hr_scan *s, hr_str role);
int hr_scan_turn(hr_conversation *c, hr_scan *s, const char *content, bool required, hr_turn_reader *read);
/* Consume the `caller` of a call or result. *for_code becomes true where its type is not "direct": the call was made by code that runs
   on the server, and what comes back goes to that code. */
int hr_scan_caller(hr_conversation *c, hr_scan *s, bool *for_code);
/* Pairing where nothing but order and name says which call a result belongs to: the first call of the last turn that has no result
   yet, of that name unless n is 0, among the first HR_MAX_PARALLEL. Index + 1 of the event, for `call`; 0: none. */
uint32_t hr_call_take(hr_conversation *c, hr_str name);
/* Consume a string value and decode it; a value of another type is consumed and gives n 0 and HR_ESHAPE only if required. */
int hr_scan_string(hr_conversation *c, hr_scan *s, bool required, hr_str *out);
/* Name of a tool that can run a command (bash, shell, exec_command, ...)? */
bool hr_tool_runs_commands(hr_str name);
/* Remember calls by id, and give each RESULT with an id its call: run once behind locate. */
int hr_conversation_pair(hr_conversation *c);

extern const hr_dialect hr_dialect_anthropic, hr_dialect_openai_chat, hr_dialect_openai_responses,
    hr_dialect_gemini, hr_dialect_cohere, hr_dialect_ollama, hr_dialect_bedrock;

#endif
