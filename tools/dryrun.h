/* dryrun.h - would this system let a program's code be patched? Tried in a child of this command, on a private copy of the page that
   the patch would change; see shim/patch.h for what is done in the program itself. */
#ifndef DRYRUN_H
#define DRYRUN_H

#include "../core/headroom.h"

/* Map the page that holds a function of a file as the loader maps code, and do to it what a patch does: memory beside it that becomes
   executable, the page writable for one store of the byte that stands there. What forbids this to the child (a seccomp filter, SELinux,
   a limit of this shell) forbids it to a program that this shell starts. NULL: it is permitted; else static text, one clause. */
const char *dryrun_patch(const char *file, const headroom_function *f);
/* The same on a page of this command, where no program is at hand. */
const char *dryrun_own(void);

#endif
