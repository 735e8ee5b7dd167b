/* findings.h - what compilers and linters say of places in files, and what may go where they say the same again.

     src/a.c:6:11: warning: unused variable 'p' [-Wunused-variable]      the finding: stays
         6 |     char *p = a;                                              an excerpt of the file
           |           ^                                                   a mark below it

     warning: unused variable: `m`                                       the finding
      --> src/lib.rs:4:38                                                its place: both stay

   Findings are of one class where they say the same of other names and numbers. Of a class the first is left whole (of errors the first three);
   of a further one its words, its place and what is said of it for the first time stay, and the excerpt of the file and the marks may go.
   A warning or a note that stands a second time with the same place, word for word (a header that many files include), may go as a whole,
   and with it the lines that say from where the file was included, if all findings that they belong to go. An error never goes.

   A warning needs no line around it to be understood: its lines are routine, those of an error are not.

   Linear. One thread; scratch in the arena. */
#ifndef HR_FINDINGS_H
#define HR_FINDINGS_H

#include "base.h"
#include "transform/watch.h"

/* May this line, without sequences of escape, be a finding or its place? */
bool hr_finding_is(hr_str line);

/* Does this line tell of an error, with its place? */
bool hr_finding_is_error(hr_str line);

/* Are most lines of the text findings, each whole on its line ("a.py:10:15: E501 line too long")? Looks at some hundred lines. */
bool hr_findings_are_lines(hr_str text);

/* may_go[line] is set for what may go, routine[line] for what belongs to a warning; never cleared. line[]: the n lines, without sequences
   of escape. The number of findings; HR_ENOMEM, HR_ETIME. */
int64_t hr_findings_mark(const hr_str *line, uint32_t n, hr_arena *scratch, hr_watch *watch, bool *may_go,
                         bool *routine);

#endif
