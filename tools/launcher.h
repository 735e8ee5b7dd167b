/* launcher.h - scripts of npm packages that only start a program of their platform's package (codex).

   package.json beside or above the script names such packages as optional dependencies: "NAME-linux-x64". Nothing is run. */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include <linux/limits.h>
#include <stdbool.h>

/* Is it small, and does it speak of child_process? */
bool launcher_is(const char *script);
/* The one executable called `name` in the package of this platform that belongs to a script; false: there is none, or there are
   several. */
bool launcher_program(const char *script, const char *name, char out[PATH_MAX]);

#endif
