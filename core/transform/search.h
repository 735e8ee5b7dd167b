/* search.h - the lines of a search result that matter: a selection, told by a note (note.h).

   What stays: what the question asks for, all of a file that it names; every line that is of no file ("Found 5 matches", "Binary file a.o matches");
   the first match of each file (of one with eight and more the last one too); lines that say error, deprecated, TODO and the like where few do; lines of a rare shape
   (patterns.h), with a rare value, or a number far from the others of their shape; and the context of all these. What is left out is alike
   to what stays: of a shape that many lines have.

   The lines that stay are the original's, byte for byte; they go out under their paths (form.h) where that is shorter. The output is read back before it
   is used. */
#ifndef HR_SEARCH_H
#define HR_SEARCH_H

#include "transform/transform.h"

/* 1: *out is filled but for its name. 0: no search result with line numbers, or nothing to gain. HR_ENOMEM, HR_ETIME. */
int hr_search_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

#endif
