/* odd_hits.h - which matches of a search stand out among the others:

   - what they say: error, panic, deprecated, TODO and their kin (a table), where not one in ten of the matches says it: the word that was searched
     for stands in all of them and says nothing;
   - their shape (patterns.h), where fewer than three have it;
   - their text, where the shape is little but punctuation (prose, messages) and no line before had that text;
   - a value that hardly any other line of the shape has where the rest agree, or a number far from the others'.

   Linear. One thread; scratch in the arena. */
#ifndef HR_ODD_HITS_H
#define HR_ODD_HITS_H

#include "transform/hits.h"
#include "transform/watch.h"

/* odd[line] is set, never cleared. 0, HR_ENOMEM, HR_ETIME, HR_ELIMIT (more lines than patterns.h takes). */
int hr_odd_hits(const hr_hit *hit, uint32_t n, hr_arena *scratch, hr_watch *watch, bool *odd);

#endif
