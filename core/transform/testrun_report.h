/* testrun_report.h - results of units in a form that is made for programs, a line each: the part of testrun_line.h that reads

     {"Time":"..","Action":"pass","Package":"p","Test":"TestA","Elapsed":0.01}     go test -json
     <testcase classname="a.B" name="c" time="0.01"/>                              JUnit's XML
     shop/mod0.py      25      0   100%                                            a coverage table: all of a file

   Pure; linear in the line. */
#ifndef HR_TESTRUN_REPORT_H
#define HR_TESTRUN_REPORT_H

#include "transform/testrun_line.h"

/* s: the line without blanks around it, not empty. true: it is one of these, and *out is filled. The name of a unit of go test -json is a piece
   of the line that no other unit has. */
bool hr_run_read_report(hr_str s, hr_run_line *out);

#endif
