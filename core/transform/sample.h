/* sample.h - what a few lines of a long text tell of all of it, so that the router need not ask every transform for all of a book.

   Pure but for the arena, where the sample lives. One thread. Linear. */
#ifndef HR_SAMPLE_H
#define HR_SAMPLE_H

#include "base.h"

enum {
    HR_SAMPLE_FROM = 128 << 10, /* bytes of a text that is sampled: what is shorter costs little as it is */
    HR_SAMPLE_PARTS = 32,
    HR_SAMPLE_PART =
        512 /* bytes; shares of lines that transforms ask for are wide of what some 200 lines could get wrong */
};

/* Whole lines from all over the text, in their order: *sample, n 0 where there are none. 0, HR_ENOMEM. */
int hr_sample_lines(hr_arena *a, hr_str text, hr_str *sample);

/* Do lines stand again, more than one byte in two hundred of them? A guess by their hashes: 1, 0, HR_ENOMEM. */
int hr_lines_repeat(hr_arena *scratch, hr_str text);

/* Of the first lines, is every fourth one that stood before? Where it is, the text is likely to be one whose lines repeat. */
bool hr_lines_repeat_early(hr_str text);

#endif
