/* child.h - trying a program: run it to its end, or to a deadline, and read what it prints.

   Standard input is /dev/null. One thread. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stddef.h>

enum { CHILD_NOT_STARTED = -1, CHILD_TIMEOUT = -2 };

struct child {
    char *const *argv;   /* argv[0] is looked up in PATH */
    const char *preload; /* LD_PRELOAD for it; NULL: without one */
    bool errors;         /* standard error is read too; else it goes to /dev/null */
    unsigned seconds;    /* then it and what it started are killed */
};

/* Exit status, 128 + signal, or one of the above. out: the first size - 1 bytes of what it printed, and NUL. */
int child_run(const struct child *c, char *out, size_t size);

#endif
