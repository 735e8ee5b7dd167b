/* testrun.h - the lines of a test run, a build or a crash that matter: a selection, told by a note (note.h).

   What is left out, in runs of two lines and more: lines that say that one unit passed and nothing else, in a form that others share;
   lines that only name or announce a unit that passed; steps of a build; units skipped without a reason, where a tenth was skipped; the
   heading, in plain words, of a group that goes whole; blank lines between them. testrun_line.h says which lines these are. Everything else stays, and of what could be left out:

   - the first line of each form, the first three and the last two of the text, what the question asks for;
   - what stands below a heading of failures, or between the beginning of a unit that did not pass and the next one;
   - a pass of a unit that failed elsewhere (a retry, an error at its end);
   - durations that stand out: beyond two standard deviations, and the slowest where the question asks for them;
   - the step, and the directory, in which something else was said.

   Of what compilers and linters find, excerpts that say the same again go too (findings.h), of stack traces the library's frames, recursion and
   copies (traces.h): also where nothing was tested, but not in a log, whose traces belong to its records, and not in what a failing unit
   tells.

   Colours, and the time that a CI service writes before each line, are looked through. Every line that stays is the original's, byte for byte;
   where they are mostly findings they go out in a form (kept_lines.h). Linear in the text. One thread. */
#ifndef HR_TESTRUN_H
#define HR_TESTRUN_H

#include "transform/transform.h"

/* Is it the output of a test run? At least one line in ten is a result. What a unit that failed tells is then nothing that a log's rules may
   choose from. Looks at some hundred lines, and at one in sixteen behind them. */
bool hr_testrun_is(hr_str text);

/* 1: *out is filled but for its name. 0: none of these, or too little to gain. HR_ENOMEM, HR_ETIME. */
int hr_testrun_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

#endif
