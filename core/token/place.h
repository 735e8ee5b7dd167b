/* place.h - the directory that this library was loaded from. */
#ifndef HR_TOKEN_PLACE_H
#define HR_TOKEN_PLACE_H

#include "base.h"

/* Absolute, ending in '/', NUL-terminated; out has room bytes. HR_ENOENT: not known, or too long. Never depends on the current directory: where
   the loader was given a relative name, the kernel is asked what is mapped here. Any thread. */
int hr_own_directory(char *out, size_t room);

#endif
