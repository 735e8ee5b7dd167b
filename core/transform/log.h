/* log.h - the lines of a log that matter: a selection, told by a note (note.h).

   A log is a table: a line is a row, its pattern (patterns.h), its first words and what varies in it are columns. So what stays is
   chosen as in any other table (select.h): errors, what the question asks for, the first and the last, rare patterns and rare values,
   numbers far from the others, and a few lines evenly spread. Lines that continue another (a stack trace) go with it.

   Every line that stays is the original's, byte for byte; the output is read back before it is used. */
#ifndef HR_LOG_H
#define HR_LOG_H

#include "transform/transform.h"

/* 1: *out is filled but for its name. 0: not a log, or nothing to gain. HR_ENOMEM, HR_ETIME. */
int hr_log_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

#endif
