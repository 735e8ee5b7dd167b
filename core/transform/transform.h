/* transform.h - from the text of one tool result to a shorter one.

   The router looks at the structure of the text and asks the transforms of one table in turn; the first that gives an
   acceptable result wins. Transforms are pure: the same input (text, query terms, options) gives the same bytes in any
   process, thread and locale. They own nothing: input is borrowed, output lives in the arena.

   Rules that every transform keeps (DESIGN.md laws 5 and 6):
   - lossy output carries a note (note.h) that says n of m and the positions left out, valid inside its format;
   - every error, anomaly and queried item stays, byte for byte as it stood;
   - text that already holds our note key or looks like our note is never selected from (lossless or nothing);
   - never larger, never empty: the caller checks tokens, the transform must not return an empty text. */
#ifndef HR_TRANSFORM_H
#define HR_TRANSFORM_H

#include "../base.h"
#include "query.h"

typedef struct hr_transform_in {
    hr_str text;           /* decoded, valid UTF-8, without trailing reminder segments */
    const hr_query *query; /* never NULL; may hold no terms */
    bool allow_lossy;      /* false: level lossless, errors, no store, forged notes, source and diffs */
    bool
        offers_command; /* the request offers the model a tool that can run a command: the note names the CLI */
    unsigned max_items;       /* target of items kept in one array (mandatory ones may exceed it) */
    const char *id;           /* 20 hex digits of this result, NUL-terminated; for the note */
    uint64_t deadline_cpu_us; /* hr_cpu_us() after which to give up with HR_ETIME; 0: none */
    unsigned level;           /* strings of JSON that stand around the text (inner.h); 0: none */
    bool
        forged; /* set by hr_transform: the text holds something that reads like a note of ours, and takes no form: a reader of what is
                    sent could not tell it from a selection in that form */
} hr_transform_in;

/* One array from which items were left out. */
typedef struct hr_selection {
    uint32_t of, kept;
} hr_selection;

typedef struct hr_transform_out {
    hr_str text;           /* in the arena */
    const char *transform; /* static name: "smart_crusher", "minify" */
    const char *strategy;  /* static: "top_n", "smart_sample", ... or NULL; goes to the log */
    const char *kind;      /* static, what the router saw: "json", "text"; set even when nothing was done */
    bool lossless;
    size_t kept, of; /* sums over all selections; 0 when lossless */
} hr_transform_out;

/* 1: *out is filled. 0: nothing to gain (out->kind is set). <0: HR_ENOMEM, HR_ETIME; the text goes out as it was. */
int hr_transform(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

/* Does the text hold something that reads like a note of ours (the JSON key HR_NOTE_KEY at any depth, in strings too)?
   Attackers write tool output: such text is never selected from. */
bool hr_text_has_note(hr_str text);

#endif
