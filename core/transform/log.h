/* log.h - the lines of a log that matter: a selection, told by a note (note.h).

   Its records are lines that tell their time (log_time.h), each with the lines that continue it; what a pattern (patterns.h) leaves to vary in
   them are its columns. What stays is chosen as in a table (select.h), by log_marks.h: errors, what the question asks for, the first and the
   last, rare patterns and rare values, numbers far from the others, new words, and a few records evenly spread. Where errors are the rule, the
   first and the last of each pattern of them, and one for each value of words that have few.

   Every line that stays is the original's, byte for byte; the output is read back before it is used. */
#ifndef HR_LOG_H
#define HR_LOG_H

#include "transform/transform.h"

/* 1: *out is filled but for its name. 0: not a log, or nothing to gain. HR_ENOMEM, HR_ETIME. */
int hr_log_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

#endif
