/* numbered.h - a file of several lines that was read with line numbers, as agents' file tools and `cat -n` give it:

          1→text        1<TAB>text        1: text        00001| text

   Every line has its number, each one more than the one before, and all have the same sign behind it. What stands behind the signs is the
   file. A number tells where a line is, so lines that stay keep theirs. Thread rule: one. */
#ifndef HR_NUMBERED_H
#define HR_NUMBERED_H

#include "base.h"

typedef struct hr_numbered {
    hr_str inside; /* the lines without their numbers, in the arena */
    hr_str *line;  /* views into the text given, numbers included; in the arena */
    uint32_t n;    /* one more than the inside has where the file's last, empty line has its number too */
} hr_numbered;

/* 1; 0: no such text, or of less than two lines; HR_ENOMEM. Linear. */
int hr_numbered_read(hr_numbered *out, hr_arena *a, hr_str text);

#endif
