/* window_elements.h - the messages of a body as the rolling window sees them: where each lies, whose it is, what must stay together.

   dialect.h's events say where texts are and forgive what they do not know; to leave out a whole message one must know all of it. So
   this is a second, strict reading, done only where the window has something to do: an element whose content holds anything that is not
   known here is `fixed`.

   Reading belongs to one thread at a time; all memory is the arena's. */
#ifndef HR_WINDOW_ELEMENTS_H
#define HR_WINDOW_ELEMENTS_H

#include "dialect/dialect.h"
#include "siphash.h"

enum hr_element_kind {
    HR_EL_SYSTEM, /* system or developer text, offered tools: never goes */
    HR_EL_HUMAN,  /* a user's message without tool results */
    HR_EL_MODEL,  /* an assistant's message, or an item that the model made */
    HR_EL_RESULT  /* tool results, with human text behind them perhaps */
};

/* One element of the array of messages (items, contents). */
typedef struct hr_element {
    enum hr_element_kind kind;
    bool human;  /* HUMAN, RESULT: says more than reminder segments */
    bool fixed;  /* must stay: of an unknown kind, with content of one, or half of a pair that is no unit */
    bool sealed; /* MODEL: signed, encrypted or opaque reasoning */
    uint32_t calls, results; /* how many tools it calls, or answers for */
    size_t off, len;
} hr_element;

/* Bytes inside of an element that are no text to the model: images, signatures. */
typedef struct hr_hole {
    size_t off, len;
    uint32_t tokens; /* what stands for them in a count */
} hr_hole;

typedef struct hr_elements {
    hr_element *list; /* in the body's order; n 0: there is no list of messages, or more than one */
    size_t n;
    hr_hole *holes; /* in the body's order */
    size_t n_holes;
    uint64_t max_tokens; /* the request's own bound of the answer; 0: none */
    bool managed; /* the provider is asked to make room by itself, or holds a summary of what came before */
} hr_elements;

/* Read the body of a conversation that its dialect has read. 0; HR_ENOMEM; HR_ESHAPE and others: nothing may be cut. */
int hr_elements_read(hr_elements *out, const hr_conversation *c, const hr_dialect *d);

/* Add what an element says to a hash that names it again later: each string, number and literal in order. Left out are the marks of
   prompt caches, which move with each turn, the names of members, and types: one client writes a text now as a string and now as a list
   of one block. 0, HR_EJSON. */
int hr_element_hash(const hr_conversation *c, const hr_element *e, hr_siphash *h);

#endif
