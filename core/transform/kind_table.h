/* kind_table.h - are these lines a table? Cells divided by the same sign as often in each (CSV, TSV, bars), or columns of blanks that go through
   all of them (docker ps, kubectl get, ps). Pure. */
#ifndef HR_KIND_TABLE_H
#define HR_KIND_TABLE_H

#include "base.h"

bool hr_lines_are_table(const hr_str *line, size_t n);

#endif
