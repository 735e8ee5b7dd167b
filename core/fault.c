/* fault.c - forced failures for tests; empty unless built with -DHR_FAULT. See fault.h. */
#include "fault.h"

#ifdef HR_FAULT
static long calls[HR_FAULT_KINDS], left[HR_FAULT_KINDS];
static bool stays[HR_FAULT_KINDS];

bool hr_fault(enum hr_fault_kind kind)
{
    __atomic_add_fetch(&calls[kind], 1, __ATOMIC_RELAXED);
    if (left[kind] <= 0)
        return false;
    if (left[kind] > 1) {
        left[kind]--;
        return false;
    }
    if (!stays[kind])
        left[kind] = 0;
    return true;
}

void hr_fault_after(enum hr_fault_kind kind, long n, bool sticky)
{
    calls[kind] = 0;
    left[kind] = n;
    stays[kind] = sticky;
}

long hr_fault_count(enum hr_fault_kind kind)
{
    return calls[kind];
}
#else
typedef int hr_fault_is_off; /* ISO C wants a declaration in every translation unit */
#endif
