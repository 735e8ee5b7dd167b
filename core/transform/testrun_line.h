/* testrun_line.h - what one line of a test run or a build says: which unit passed, failed, was skipped or begins, or which step of the
   work is being done. By its grammar, not by the program that wrote it:

     tests/a.py::test_x PASSED [ 12%]      the word of the result stands last: pytest, unittest, cargo, gradle, ctest, prove
     [gw0] [ 12%] PASSED tests/a.py::x     or first: xdist, jest, TAP, go test, googletest; or a mark: vitest, mocha, node --test
     === RUN   TestX                       a unit begins: go test, googletest, ctest, TAP, Maven
     Collecting x, gcc -c x.c              a step of a build: a word of the table in testrun_line.c

   A word of the result counts only in its place: a test whose name says "error" and that passed has passed, "3 passed" is a count, "2
   failed" and "(retry x1)" behind a check mark are no pass. What is not recognised to its end is HR_RUN_OTHER. Pure; linear in the line. */
#ifndef HR_TESTRUN_LINE_H
#define HR_TESTRUN_LINE_H

#include "base.h"

enum hr_run_kind {
    HR_RUN_OTHER,
    HR_RUN_PASS,     /* one unit passed, and nothing more is said of it than how long it took */
    HR_RUN_SKIP,     /* one unit was skipped, and no reason is given */
    HR_RUN_FAIL,     /* one unit failed */
    HR_RUN_BEGIN,    /* one unit begins; what it prints follows */
    HR_RUN_NAME,     /* one unit is named; its result stands elsewhere */
    HR_RUN_STEP,     /* a step of a build or an installation; no word of trouble in it */
    HR_RUN_ENTER,    /* make goes into a directory */
    HR_RUN_LEAVE,    /* ... and out of it */
    HR_RUN_SUMMARY,  /* how many units passed */
    HR_RUN_FAILURES, /* a heading below which failures are told */
    HR_RUN_DETAILS   /* a heading below which one failure is told, up to the next file's result: jest */
};

typedef struct hr_run_line {
    enum hr_run_kind kind;
    uint64_t
        form; /* lines of one grammar, one word or one set of compiler options share it; 0 where kind says it all */
    hr_str name;    /* of the unit; n 0: none */
    double seconds; /* that it took; below 0: not said */
} hr_run_line;

void hr_run_line_read(hr_str line, hr_run_line *out);

#endif
