/* named.h - which loaded objects are linked with a libssl, and so call it by name? A library counts as one by its own name, libssl*.

   Any thread; each look waits for the dynamic linker's lock of its list of objects. errno may change. */
#ifndef HR_NAMED_H
#define HR_NAMED_H

#include "../shim/shim.h"

/* The libraries that no loaded object is linked with: an address inside of each, at most `most`. Returns how many. */
size_t named_by_nobody(const void **inside, size_t most) HR_HIDDEN;
/* Is the code at this return address in an object that is linked with one? Cheap when asked again. */
bool named_by_caller(const void *caller) HR_HIDDEN;

#endif
