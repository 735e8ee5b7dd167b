/* directories.h - making a directory with its parents. */
#ifndef DIRECTORIES_H
#define DIRECTORIES_H

#include <stdbool.h>

/* An absolute path; each directory that is missing is made, for this user alone. False: errno says why, or a parent is another
   user's. */
bool directories_make(const char *path);

#endif
