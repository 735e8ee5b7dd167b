/* zydis.h - the functions of Zydis that we use, bound at run time.

   Zydis is wanted only where a function is about to be patched, so it is no dependency of libheadroom.so: it is
   loaded from the system's library directories by absolute path, as libelf is (elf/libelf.h), and each
   must lie in that very library. Version 4.0, whose structures these headers describe. Bound once per process; any thread. */
#ifndef HR_PATCH_ZYDIS_H
#define HR_PATCH_ZYDIS_H

#include <Zydis/Zydis.h>

typedef struct hr_zydis {
    ZyanStatus (*init)(ZydisDecoder *, ZydisMachineMode, ZydisStackWidth);
    ZyanStatus (*decode)(const ZydisDecoder *, const void *, ZyanUSize, ZydisDecodedInstruction *,
                         ZydisDecodedOperand *);
    ZydisRegister (*enclosing)(ZydisMachineMode, ZydisRegister);
} hr_zydis;

/* NULL: it is not installed, or what answers to its path is not it. */
const hr_zydis *hr_zydis_get(void);

#endif
