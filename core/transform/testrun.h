/* testrun.h - the lines of a test run or a build that matter: a selection, told by a note (note.h).

   What is left out, in runs of two lines and more: lines that say that one unit passed and nothing else, in a form that others share;
   lines that only name or announce a unit that passed; steps of a build; units skipped without a reason, where a tenth was skipped; the
   heading, in plain words, of a group that goes whole; blank lines between them. testrun_line.h says which lines these are. Everything else stays, and of what could be left out:

   - the first line of each form, the first three and the last two of the text, what the question asks for;
   - what stands below a heading of failures, or between the beginning of a unit that did not pass and the next one;
   - a pass of a unit that failed elsewhere (a retry, an error at its end);
   - durations that stand out: beyond two standard deviations, and the slowest where the question asks for them;
   - the step, and the directory, in which something else was said.

   Every line that stays is the original's, byte for byte (kept_lines.h). Linear in the text. One thread. */
#ifndef HR_TESTRUN_H
#define HR_TESTRUN_H

#include "transform/transform.h"

/* 1: *out is filled but for its name. 0: not a test run, or too little to gain. HR_ENOMEM, HR_ETIME. */
int hr_testrun_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

#endif
