/* adopt.h - the net rule: is it worth it to rewrite results that the provider has in its cache? (DESIGN.md, first met late)

   Supposed is that the provider holds all that was sent before, and that ten turns follow, this one among them. From the first result
   that changes to the end of the prompt there are T tokens, of which a rewriting leaves S out. As it is they are read ten times from the
   cache; rewritten, what is left of them is written anew once and then read nine times:

     gain = 10 T read - (T - S) (new + 9 read)        new: the price of a cache write, which where writing is free is that of input

   It is worth it where gain > 0: S / T > 53.5 % at Claude's prices (0.1 and 1.25 of input), > 9.1 % at gpt-4o's (0.5 and 1). OpenAI's models
   whose cache writes cost extra match whole prompts only (WIRE.md 2.2): there the P tokens before the first change are written anew, too,
   and gain is smaller by P (new - read).

   The first result that changes is chosen so that gain is greatest; results before it stay as they are, of those behind it all that can
   be rewritten are. */
#ifndef HR_ADOPT_H
#define HR_ADOPT_H

#include "prices.h"

enum { HR_ADOPT_TURNS = 10 };

typedef struct hr_adopt_step {
    int64_t
        tokens; /* of this result as it is sent otherwise, and of all that stands between it and the next one */
    int64_t saved; /* that a rewriting would leave out; 0: it stays, or is rewritten anyhow */
} hr_adopt_step;

/* The first of n results that is to change, n: none. before: tokens before the first. whole: a change anywhere is one of the whole
   prompt. Pure. */
size_t hr_adopt_from(const hr_price *price, int64_t before, const hr_adopt_step *steps, size_t n, bool whole);

#endif
