/* kept.h - what the notes in a text say was kept, for anyone who wants to hold a selection against its original.

   Notes are found at any depth of JSON, in lines of JSON, at the end of other text, in all of these inside strings of JSON, and where what was
   kept stands in a lossless form. Reads what anybody may have written; what is no note of ours, to the letter, is passed over.
   Thread rule: any; the buffer is the caller's, memory lives in the arena. */
#ifndef HR_KEPT_H
#define HR_KEPT_H

#include "base.h"

/* Append {"id":..,"of":..,"kept":[positions],"items":[what stands there]} for each note, with commas between them and before the first
   where *b holds more than a bracket. Items of JSON as they stand, members of an object as {key: value}, lines as strings. 0, HR_ENOMEM. */
int hr_kept_in_text(hr_arena *a, hr_str text, hr_buf *b);

#endif
