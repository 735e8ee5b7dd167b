/* fault.h - the one seam for forced failures. In ordinary builds it is nothing. In builds with -DHR_FAULT the test sets
   hr_fault_after(kind, n): the n-th call of that kind from now (1 = the next) fails, and so do all later ones when
   `sticky`. hr_fault_count(kind) tells how many calls there were, so that a test can try each in turn. */
#ifndef HR_FAULT_H
#define HR_FAULT_H
#include <stdbool.h>

enum hr_fault_kind { HR_FAULT_ALLOC, HR_FAULT_SQL, HR_FAULT_KINDS };

#ifdef HR_FAULT
bool hr_fault(enum hr_fault_kind kind); /* true: fail now */
void hr_fault_after(enum hr_fault_kind kind, long n, bool sticky);
long hr_fault_count(enum hr_fault_kind kind);
#else
static inline bool hr_fault(enum hr_fault_kind kind)
{
    (void)kind;
    return false;
}
#endif
#endif
