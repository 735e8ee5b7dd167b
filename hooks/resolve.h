/* resolve.h - which object's function would the caller have reached without us? (HOOKS.md fact 11)

   A preloaded name catches the calls of every module, but RTLD_NEXT searches only the global scope: Python's _ssl is opened
   RTLD_LOCAL, and one process can hold two libraries of one name. So the original is looked up through the caller's own module:

     caller in the executable     RTLD_NEXT
     else                         dlsym on the caller's module (RTLD_NOLOAD handle, kept for ever)
     NULL, or ourselves           RTLD_NEXT
     still nothing                the only object in the process that defines the name
     none, or several             no original: the hook returns the library's own error value

   A module that ends a function with a bare call (a tail call) is taken for its own caller: in a process with two libraries of one
   name that may be the wrong one.

   No lock is held across a call of the dynamic linker: a constructor that runs under the linker's lock may be inside a hook. */
#ifndef HR_RESOLVE_H
#define HR_RESOLVE_H

#include "../shim/shim.h"

/* The original of `name` for a caller at this return address; `ours` is our own function. NULL: none. errno may change. */
void *resolve_original(const void *return_address, const char *name, const void *ours) HR_HIDDEN;
/* Another name in the object (or what it needs) that holds `function`; NULL: not there. */
void *resolve_beside(const void *function, const char *name) HR_HIDDEN;
/* Start address of the module that holds address; NULL: none (generated code). */
const void *resolve_module(const void *address) HR_HIDDEN;
/* End of the module that starts there; NULL: its program headers are not mapped. */
const void *resolve_module_end(const void *module) HR_HIDDEN;

#endif
