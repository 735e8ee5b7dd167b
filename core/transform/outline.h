/* outline.h - what the ends and the indentation of its lines tell about a text: may a lossless form change how it stands there?

   Who edits a file needs its lines as they are. Indented text may be such a file; a log, a listing, a table and a trace are not. Pure. */
#ifndef HR_OUTLINE_H
#define HR_OUTLINE_H

#include "base.h"

/* Lines that stand for themselves: a log, a listing, a table below a ruler, or whose first column is of numbers. */
bool hr_outline_records(hr_str text);
/* What a program prints, and no source, configuration or diff: few lines end as those of sources do, or many name a place in a file. */
bool hr_outline_output(hr_str text);

/* Both, for one who asks for both. */
typedef struct hr_outline {
    bool records, output;
} hr_outline;
hr_outline hr_outline_of(hr_str text);

#endif
