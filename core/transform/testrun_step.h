/* testrun_step.h - lines of a build, a configuration or an installation: the part of testrun_line.h that is no test's result. The words
   stand in tables in testrun_step.c and nowhere else. Pure; linear in the line. */
#ifndef HR_TESTRUN_STEP_H
#define HR_TESTRUN_STEP_H

#include "transform/line_words.h"
#include "transform/testrun_line.h"

/* What tells lines of one kind apart: each grammar numbers its words. */
enum hr_run_grammar {
    HR_RUN_MARK = 1,
    HR_RUN_FIRST_WORD,
    HR_RUN_LAST_WORD,
    HR_RUN_DOTS,
    HR_RUN_TAP,
    HR_RUN_GO,
    HR_RUN_BRACKET,
    HR_RUN_CMAKE,
    HR_RUN_CONFIGURE,
    HR_RUN_MAVEN,
    HR_RUN_STEPS,
    HR_RUN_COMMAND,
    HR_RUN_EVENT,
    HR_RUN_CASE,
    HR_RUN_COVERED,
    HR_RUN_CTEST
};

static inline uint64_t hr_run_form(enum hr_run_grammar grammar, size_t word)
{
    return hr_mix((uint64_t)grammar, word + 1) | 1;
}

/* s: the line without blanks around it. true: it is one of these, and *out is filled.
   Steps: a word of progress and what it is about (progress: "[ 12%]" stood before it, anything will do), a compiler's command (its form: what it is told but for the names of files), make's change of directory. */
bool hr_run_read_step(hr_str s, bool progress, hr_run_line *out);
/* What CMake and configure found: "-- Looking for poll.h - found", "checking for poll.h... yes". */
bool hr_run_read_probe(hr_str s, hr_run_line *out);
/* What ctest -V tells of each test before it runs: "12: Test command: /x", "test 12". */
bool hr_run_read_how(hr_str s, hr_run_line *out);

#endif
