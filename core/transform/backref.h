/* backref.h - a text that repeats an earlier one, whole or in runs of lines, said by naming the earlier one.

     [headroom again: the same as the result above of call toolu_01, Read]

   or, where other lines stand between:

     [headroom again: a line [A-B] stands for lines A-B, counted from 1, of the result above of call toolu_01, Read]
     import os
     [2-118]
     print(os.getcwd())

   Lines that are not repeated stand as they are, byte for byte. Unlike the forms of form.h this one needs the earlier text to be read back;
   who writes it makes sure that it stands in the same request, as it is (core/again.c). Reading needs no trust in the text.

   Thread rule: any; texts are borrowed, the buffers belong to the caller. */
#ifndef HR_BACKREF_H
#define HR_BACKREF_H

#include "base.h"
#include "transform/watch.h"

enum {
    HR_BACKREF_LINES = 3,   /* a run has at least so many lines ... */
    HR_BACKREF_TOKENS = 50, /* ... and so many tokens: below, naming it costs more attention than it saves */
    HR_BACKREF_ID = 128     /* bytes of a call's id */
};

/* The lines of a text that earlier ones are looked for in. */
typedef struct hr_repeats hr_repeats;

/* NULL: no memory. Lives in the arena, as does the list of lines; the text is borrowed. */
hr_repeats *hr_repeats_new(hr_arena *a, hr_str text);
/* How many bytes of the text stand in `earlier` too, in runs that are worth a reference. HR_ENOMEM, HR_ETIME. */
int64_t hr_repeats_count(hr_repeats *r, hr_arena *a, hr_str earlier, hr_watch *watch);

/* Can this be the id of a call in a reference? The tool's name is told if it can stand there too. */
bool hr_backref_takes(hr_str id);
/* Append the text with references to `earlier`, the result of call `id`: 1. 0: nothing to gain, or the text holds a line that looks like a
   reference; nothing was appended. HR_ENOMEM, HR_ETIME. What is written was read back. */
int hr_backref_write(hr_buf *b, hr_repeats *r, hr_arena *a, hr_str earlier, hr_str id, hr_str tool,
                     hr_watch *watch);

/* The id of the call that a text of this form names; n 0: it is none. */
hr_str hr_backref_id(hr_str text);
/* Append what the text stands for: 1. 0: it is none of this form, or names lines that are not there; nothing was appended. HR_ENOMEM. */
int hr_backref_read(hr_buf *b, hr_str text, hr_str earlier);

#endif
