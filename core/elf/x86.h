/* x86.h - one x86-64 instruction: its length, and its parts as far as the locator follows them.

   The locator reads functions that it will never change, so a decoder of a page is enough: what it does not
   know it refuses, and a refusal costs a search its certainty, never a program its life. (Patching is another
   matter and has a real decoder.) Pure functions. */
#ifndef HR_ELF_X86_H
#define HR_ELF_X86_H

#include "base.h"

enum hr_x86_map { HR_X86_ONE, HR_X86_0F, HR_X86_0F38, HR_X86_0F3A, HR_X86_VECTOR /* VEX, EVEX */ };

typedef struct hr_x86 {
    uint8_t length;
    uint8_t map;  /* enum hr_x86_map */
    uint8_t op;   /* opcode byte in that map */
    bool wide;    /* REX.W */
    bool narrow;  /* operand size prefix 66 */
    bool repeat;  /* F2 or F3 */
    bool segment; /* fs: or gs: */
    bool modrm;
    uint8_t mod, reg, rm; /* reg and rm with REX; rm is a register where mod is 3 */
    bool rip;             /* memory operand is rip + disp */
    uint8_t base, index;  /* of a memory operand; HR_X86_NOTHING: none */
    uint8_t vector_reg;   /* vvvv of a vector prefix */
    int64_t disp, imm;    /* sign-extended; imm is the target's distance for branches */
} hr_x86;

enum { HR_X86_NOTHING = 255 };

/* Decode at p, of which n bytes may be read. 0: not known, or cut off. Else the length. */
size_t hr_x86_decode(const uint8_t *p, size_t n, hr_x86 *out);

#endif
