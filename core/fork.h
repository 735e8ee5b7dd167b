/* fork.h - noticing that this process is the child of a fork.

   fork() copies one thread and everything that the other threads were in the middle of: a mutex may be held
   by a thread that does not exist here. Each module with a lock keeps one guard and asks it at entry; in a
   child exactly one caller is told to reset the module, the others wait until that is done. No
   pthread_atfork: a handler would make the host's fork wait for our transactions. */
#ifndef HR_FORK_H
#define HR_FORK_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

typedef struct hr_fork_guard {
    _Atomic int pid; /* the process for which the module is set up; negative while that process resets it */
} hr_fork_guard;

static inline void hr_fork_arm(hr_fork_guard *g)
{
    atomic_store(&g->pid, (int)getpid());
}

/* True: the caller must reset the module and then call hr_fork_arm. A reset that the fork cut short is taken
 * over. */
static inline bool hr_fork_in_child(hr_fork_guard *g)
{
    int self = (int)getpid();

    for (;;) {
        int seen = atomic_load(&g->pid);
        if (seen == self)
            return false;
        if (seen != -self && atomic_compare_exchange_strong(&g->pid, &seen, -self))
            return true;
        sched_yield();
    }
}

#endif
