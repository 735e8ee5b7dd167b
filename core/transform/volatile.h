/* volatile.h - text whose volatile sentences stand at its end, so that what stands before them is the same tomorrow.

   A pure function of the text. Whole sentences and whole lines that say what day or time it is or which session this is, and nothing
   else (volatile_words.h), move to the end of the text, in order, each on a line of its own behind a blank one. They stay as they are
   written, but for "Today is DATE.", which becomes "Current date: DATE". No byte of any other sentence changes, is lost or moves; of the white
   space that a sentence leaves behind as much goes as it takes to join its neighbours.

   What looks volatile and stays, because it is an example, somebody's words, or would leave others hanging (volatile_context.c): text in code
   fences and code, in quotes, brackets, tables, numbered lists and headings; inside XML elements but for those that describe an
   environment; dialogues, and what an example is announced for; a sentence that runs over two lines; one that the next refers
   to ("Use this date .."); the only line under a heading or a colon. Nothing moves where the text speaks of a date "above", where the stable
   text is open at its end (a fence, a colon), or where all of it stands at the end already. A result is proved before it is given: the same
   bytes in another order, and nothing more to move in it.

   Linear in the text, some hundred MB/s where it says nothing volatile. Memory lives in the arena; any thread. */
#ifndef HR_VOLATILE_H
#define HR_VOLATILE_H

#include "base.h"

typedef struct hr_moved {
    hr_str text;   /* the whole text, rearranged */
    size_t from;   /* text.p[from .. stable) stood behind the first sentence that moved */
    size_t stable; /* length of what did not move */
} hr_moved;

/* text: valid UTF-8. 1: *out is filled; 0: nothing moves; HR_ENOMEM. */
int hr_volatile_move(hr_arena *a, hr_str text, hr_moved *out);

#endif
