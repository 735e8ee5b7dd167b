/* patch.h - leads the callers of functions elsewhere, while other threads may be inside of them (HOOKS.md 3).

     caller --> function: jmp ──► stub: jmp ──► replacement ──original──► trampoline: first instruction, jmp ──► rest of function

   Where the stub lies and why nobody can be caught in the middle: jump.h. The pages of the stubs are writable first and executable
   then, never both. The page of the function is writable and executable for the length of one atomic store; its protection is
   what /proc/self/maps said, before and after. A patch is never taken back: a replacement that has nothing to do calls the original.

   x86-64; elsewhere everything is refused. One call at a time per process. No allocation is kept; errno may change. */
#ifndef HR_PATCH_H
#define HR_PATCH_H

#include "shim.h"

enum { PATCH_MOST = 8, PATCH_EXPECTED = 16 };

struct patch {
    uint64_t function;       /* its address in this process */
    const uint8_t *expected; /* its first PATCH_EXPECTED bytes in the file: memory must hold the same */
    headroom_entry entry;    /* what core says about them; its reason refuses */
    uint16_t clear;          /* of headroom_function; 0: not known */
    const void *replacement;
    void **original;     /* set before the first caller is led to replacement; left alone where refused */
    const char *refused; /* out: static text, one English clause; NULL: the patch stands */
};

/* Apply up to PATCH_MOST patches. All stubs stand before the first function is changed. Returns how many patches stand. */
size_t shim_patch(struct patch *list, size_t n) HR_HIDDEN;

#endif
