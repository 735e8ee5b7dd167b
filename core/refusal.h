/* refusal.h - does a provider that refuses a request name what we rewrote in it?

   Looked for in the text of its answer (WIRE.md 1, the lists of 400s):

     the id of a call whose result was rewritten            tool_use ids were found without tool_result blocks: toolu_01
     a path to a rewritten literal, or to its message        messages.3.content.1: .., messages[3], input[7].output, contents[2].parts[0]
     a path behind one, where a signature is said to be      messages.5.content.0: Invalid `signature` in `thinking` block: signed
     wrong                                                   reasoning is bound to what stands before it
     the system text, where it was aligned                   system.0: ..
     calls and results at all, where the window left         its pairs are our choice then, and paths count other messages
     messages out

   Nothing else is a fault of ours: an error that names other parts, or none. Of the text only the place is kept, in our spelling. Pure. */
#ifndef HR_REFUSAL_H
#define HR_REFUSAL_H

#include "base.h"

enum {
    HR_REFUSAL_BYTES = 16 << 10, /* errors are a sentence or two; more of one is not looked at */
    HR_PLACE = 96
};

typedef struct hr_touched {
    bool system;
    uint32_t message, block; /* as of hr_event */
    const char *call_id;     /* "" or NULL: none */
} hr_touched;

/* Is this status one of a refused body? */
bool hr_refusal_status(int status);
/* true: place says what is named. cut: the window left messages out. */
bool hr_refusal_names(hr_str said, const hr_touched *list, size_t n, bool cut, char place[HR_PLACE]);

#endif
