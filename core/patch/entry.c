/* entry.c - what a patch must know about the beginning of a function (headroom_read_entry).

   A patch moves one instruction away, and only one that the table below names: what it names computes the same wherever it
   stands, once a displacement that counts from it is corrected. All else is refused. */
#include "headroom.h"

#include <string.h>

#if defined(__x86_64__)
#include "patch/zydis.h"

enum { ENDBR_LENGTH = 4 };

static bool is_movable(ZydisMnemonic mnemonic)
{
    static const ZydisMnemonic movable[] = {
        ZYDIS_MNEMONIC_PUSH, ZYDIS_MNEMONIC_MOV,   ZYDIS_MNEMONIC_SUB,    ZYDIS_MNEMONIC_ADD,
        ZYDIS_MNEMONIC_LEA,  ZYDIS_MNEMONIC_XOR,   ZYDIS_MNEMONIC_AND,    ZYDIS_MNEMONIC_OR,
        ZYDIS_MNEMONIC_TEST, ZYDIS_MNEMONIC_CMP,   ZYDIS_MNEMONIC_MOVSXD, ZYDIS_MNEMONIC_MOVZX,
        ZYDIS_MNEMONIC_NOP,  ZYDIS_MNEMONIC_XORPS, ZYDIS_MNEMONIC_PXOR,   ZYDIS_MNEMONIC_MOVSX,
    };

    for (size_t i = 0; i < sizeof(movable) / sizeof(movable[0]); i++) {
        if (mnemonic == movable[i])
            return true;
    }
    return false;
}

/* Addresses that count from the instruction. One of 32 bits (an address-size prefix) has EIP as its base: refused below. */
static const char *judge_operands(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *op,
                                  headroom_entry *out)
{
    for (unsigned i = 0; i < in->operand_count; i++) {
        if (op[i].type != ZYDIS_OPERAND_TYPE_MEMORY || op[i].mem.base != ZYDIS_REGISTER_RIP)
            continue;
        if (in->raw.disp.size != 32 || in->raw.disp.offset == 0)
            return "its first instruction has an address of an unknown form";
        out->relative = in->raw.disp.offset;
    }
    return NULL;
}

static const char *read_entry(const uint8_t *code, size_t n, headroom_entry *out)
{
    static const uint8_t endbr64[ENDBR_LENGTH] = {0xf3, 0x0f, 0x1e, 0xfa};
    const hr_zydis *z = hr_zydis_get();
    ZydisDecoder decoder;
    ZydisDecodedInstruction in;
    ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
    const char *why;

    if (!z)
        return "libZydis.so.4.0 is not installed";
    if (n >= ENDBR_LENGTH && memcmp(code, endbr64, ENDBR_LENGTH) == 0)
        out->pad = ENDBR_LENGTH;
    if (!ZYAN_SUCCESS(z->init(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) ||
        !ZYAN_SUCCESS(z->decode(&decoder, code + out->pad, n - out->pad, &in, op)))
        return "its first instruction is not known";
    if (!is_movable(in.mnemonic) || (in.attributes & ZYDIS_ATTRIB_HAS_LOCK))
        return "its first instruction is one that cannot be moved";
    if ((why = judge_operands(&in, op, out)))
        return why;
    if ((in.attributes & ZYDIS_ATTRIB_IS_RELATIVE) && out->relative == 0)
        return "its first instruction has an address of an unknown form";
    out->length = in.length;
    return NULL;
}
#else
static const char *read_entry(const uint8_t *code, size_t n, headroom_entry *out)
{
    (void)code, (void)n, (void)out;
    return "code of this processor is not patched";
}
#endif

int headroom_read_entry(const void *code, size_t n, headroom_entry *out)
{
    memset(out, 0, sizeof(*out));
    out->reason = read_entry(code, n, out);
    return out->reason == NULL;
}
