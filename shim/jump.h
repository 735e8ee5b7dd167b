/* jump.h - the machine code of a patch: which jump may stand at the beginning of a function, where it may lead, and what lies
   there. x86-64.

   Only bytes of ONE instruction ever change, mostly the function's first. The bytes of the jump that would lie behind it are what stands
   there already: they become the high bytes of the jump's distance, and the stub lies where they say.

     push rbp; mov rbp,rsp; push r15          55 | 48 89 e5 | 41 57
     jmp stub                                 e9   48 89 e5   41       the stub lies 0x41e58948 behind the jump

   So a thread that stands between two of these instructions (it was interrupted there) goes on as if nothing had happened, a
   branch into them from elsewhere finds them, and the trampoline is one instruction. What changes is within one aligned block
   of 16 bytes, so one store changes it. A first instruction of five bytes and more leaves the whole distance free; one of two
   to four leaves room for as many prefixes less one that say nothing (bnd, cs, rex.w), which shift the bytes that become the
   distance: other forms, which lead elsewhere.

   Where all that leads to memory that is taken (V8 likes the same gigabytes), the jump stands behind the first instructions instead,
   and the stub begins by taking back what they did: entry.c in core/patch knows which can be.

   The stub, at most JUMP_STUB bytes:

     pops; jmp [rip]; .quad replacement                              the patched function leads here
     endbr64; first instructions; moved instruction; jmp back        the trampoline: the original, as our code calls it

   Pure functions. */
#ifndef HR_JUMP_H
#define HR_JUMP_H

#include "shim.h"

enum { JUMP_STUB = 64, JUMP_CODE = 32, JUMP_BLOCK = 16, JUMP_FORMS = 4 };

struct jump {
    headroom_entry_point point;
    uint64_t at;        /* address of the instruction that is moved away */
    unsigned pad;       /* of an endbr64 at the beginning */
    unsigned prefix;    /* bytes in front of the jump's e9 */
    unsigned changed;   /* bytes from `at` on that the patch may change */
    uint64_t low, high; /* the stub may begin anywhere in here */
};

/* function: its address; code: its first JUMP_CODE bytes; point: 0 .. entry->n - 1; form: 0 .. JUMP_FORMS - 1. False: there is no such
   jump. */
bool jump_form(uint64_t function, const uint8_t *code, const headroom_entry *entry, unsigned point,
               unsigned form, struct jump *out) HR_HIDDEN;
/* The stub for address `stub`, padded with int3. *trampoline: the offset of the trampoline in it. False: something that the moved
   instruction refers to is out of its reach from there. */
bool jump_stub(const struct jump *j, const uint8_t *code, uint64_t stub, uint64_t replacement,
               uint8_t out[JUMP_STUB], size_t *trampoline) HR_HIDDEN;
/* Write the jump over the bytes that stand at j->at: only j->changed of them are touched. */
void jump_write(const struct jump *j, uint64_t stub, uint8_t *bytes) HR_HIDDEN;

#endif
