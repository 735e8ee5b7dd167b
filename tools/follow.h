/* follow.h - from the word of a command to the executable that runs in the end, through scripts that hand over to another program.

   target.h goes as far as the kernel does: to the interpreter. This goes on where a script's text says what it starts: a shell script
   with one plain `exec`, a launcher of an npm package. Nothing is run. */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "target.h"

/* *t: of the last file on the way. said (may be NULL) is told of each step. */
void follow(const char *name, struct target *t, void (*said)(void *arg, const char *script, const char *next),
            void *arg);
/* Is t a script, run by an interpreter? */
bool follow_is_script(const struct target *t);
/* Does a program decide that it starts, and that cannot be read from it: a shell, a script of one, a launcher? */
bool follow_ends_open(const struct target *t);

#endif
