/* note.h - the one grammar of what stands in place of left-out items.

   In an array of objects the note is one more object, behind the last kept item:

     {"_headroom":"482 of 500 items omitted: 3-340,342-481; headroom show 0123456789abcdef0123"}

   n of m, the zero-based positions left out as ascending ranges, and the id. "headroom show " stands before the id only
   where the request offers the model a tool that can run a command, else "id ". Only counts, positions and id: never a
   word from the data. Elsewhere (other formats, later) the same text stands in that format's own form. */
#ifndef HR_NOTE_H
#define HR_NOTE_H

#include "../base.h"

#define HR_NOTE_KEY "_headroom"

enum {
    HR_NOTE_MAX_ITEMS = 1 << 28, /* of: more items than the largest file can hold */
    HR_NOTE_MAX_KEPT = 1 << 20   /* a forged note must not make its reader allocate more than 4 MB */
};

/* Append the note object for an array of `of` items of which kept[] (ascending, nkept of them) stay.
   HR_ELIMIT: more than HR_MAX_NOTE_RANGES ranges, or beyond the limits above; nothing was appended. HR_ENOMEM. */
int hr_note_write(hr_buf *b, uint32_t of, const uint32_t *kept, uint32_t nkept, const char *id,
                  bool offers_command);

typedef struct hr_note {
    uint32_t omitted, of;
    char id[21];
    uint32_t *kept; /* ascending, of - omitted entries, in the arena */
} hr_note;
/* Read a note object's string value (decoded). 0; HR_ESHAPE: not one of ours to the letter; HR_ENOMEM. */
int hr_note_read(hr_arena *a, hr_str value, hr_note *out);

#endif
