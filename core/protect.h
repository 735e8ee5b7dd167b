/* protect.h - what the user does not want to be touched: lists of globs (glob.h), divided by spaces or commas.

   protected_tools   names of tools; the first HR_MAX_TOOL_NAME bytes of a name count
   protected_paths   files, found in the arguments of a call: in each string of them, as the whole string, or as a word of it (a path
                     inside of a command). A pattern is tried at the beginning of each component of a path: `.env` is any file of that
                     name, `secrets/?*` all that lies in any directory secrets, `/etc/?*` only what is absolute. One that ends in a
                     slash and a star is the directory itself, too. Behind = : and @ a path begins (--file=.env, host:/etc/x); a colon
                     may follow (a.c:12).

   This compares text: links, variables, `..` and `cat .e*` are not followed, and what a command prints of a file that it does not
   name is not known. Pure functions; any thread. */
#ifndef HR_PROTECT_H
#define HR_PROTECT_H

#include "base.h"

/* Next glob of a list; *list moves behind it. False: none is left. */
bool hr_glob_next(hr_str *list, hr_str *glob);

/* Is this tool one of the list? */
bool hr_protects_tool(hr_str globs, hr_str tool);

/* Do the arguments (JSON, or text) name one of these paths? 1, 0, HR_ENOMEM. Only the first HR_MAX_ARGUMENT bytes of a string
   are searched for words. */
int hr_protects_path(hr_arena *scratch, hr_str globs, hr_str arguments);

#endif
