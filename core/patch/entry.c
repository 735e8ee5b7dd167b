/* entry.c - what a patch must know about the beginning of a function (headroom_read_entry).

   A patch moves one instruction away, and only one that the table below names: what it names computes the same wherever it
   stands, once a displacement that counts from it is corrected. All else is refused.

   The first instruction may leave a jump nowhere to lead (shim/jump.h), so the next ones are offered, too, as long as what stands before
   them is undone by little: pushes of registers, the mov that makes rbp the frame pointer behind the push of rbp, and room of less
   than 128 bytes on the stack. */
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
static const char *judge(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *op,
                         headroom_entry_point *out)
{
    if (!is_movable(in->mnemonic) || (in->attributes & ZYDIS_ATTRIB_HAS_LOCK))
        return "its first instruction is one that cannot be moved";
    for (unsigned i = 0; i < in->operand_count; i++) {
        if (op[i].type == ZYDIS_OPERAND_TYPE_MEMORY && op[i].mem.base == ZYDIS_REGISTER_RIP &&
            in->raw.disp.size == 32)
            out->relative = in->raw.disp.offset;
    }
    if ((in->attributes & ZYDIS_ATTRIB_IS_RELATIVE) && out->relative == 0)
        return "its first instruction has an address of an unknown form";
    out->length = in->length;
    return NULL;
}

/* One more instruction that takes something back, before those for what was done earlier: n bytes and a last one. False: no room. */
static bool put_in_front(headroom_entry_point *p, const uint8_t *bytes, unsigned n, unsigned last)
{
    if (p->undo_length + n + 1 > HEADROOM_ENTRY_UNDO)
        return false;
    memmove(p->undo + n + 1, p->undo, p->undo_length);
    memcpy(p->undo, bytes, n);
    p->undo[n] = (uint8_t)last;
    p->undo_length = (uint8_t)(p->undo_length + n + 1);
    return true;
}

/* What is to be done at a place behind this instruction to take it back, too; false: that is not known. */
static bool add_undo(const uint8_t *code, unsigned length, headroom_entry_point *p)
{
    enum {
        PUSH = 0x50,
        REGISTERS = 8,
        REX_B = 0x41,
        RSP = 4,
        POP = 8 /* behind the push of the same register */
    };
    static const uint8_t pop_rbp = 0x5d, frame[2][3] = {{0x48, 0x89, 0xe5}, {0x48, 0x8b, 0xec}};
    static const uint8_t sub_rsp[] = {0x48, 0x83, 0xec},
                         lea_rsp[] = {0x48, 0x8d, 0x64, 0x24}; /* and a byte */
    unsigned rex = length == 2 && code[0] == REX_B;
    uint8_t opcode = code[rex];

    if (length == 3 && (memcmp(code, frame[0], 3) == 0 || memcmp(code, frame[1], 3) == 0))
        return p->undo_length == 1 && p->undo[0] == pop_rbp;
    if (length == 4 && memcmp(code, sub_rsp, sizeof(sub_rsp)) == 0 && code[3] < 0x80)
        return put_in_front(p, lea_rsp, sizeof(lea_rsp), code[3]);
    if (length != rex + 1 || opcode < PUSH || opcode >= PUSH + REGISTERS || (!rex && opcode == PUSH + RSP))
        return false;
    return put_in_front(p, code, rex, opcode + POP);
}

static const char *read_entry(const uint8_t *code, size_t n, headroom_entry *out)
{
    static const uint8_t endbr64[ENDBR_LENGTH] = {0xf3, 0x0f, 0x1e, 0xfa};
    const hr_zydis *z = hr_zydis_get();
    ZydisDecoder decoder;
    headroom_entry_point p = {0};

    if (!z)
        return "libZydis.so.4.0 is not installed";
    if (n >= ENDBR_LENGTH && memcmp(code, endbr64, ENDBR_LENGTH) == 0)
        out->pad = p.offset = ENDBR_LENGTH;
    if (!ZYAN_SUCCESS(z->init(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)))
        return "its first instruction is not known";
    while (out->n < HEADROOM_ENTRY_POINTS) {
        ZydisDecodedInstruction in;
        ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
        const char *why = "its first instruction is not known";

        p.length = p.relative = 0;
        if (!ZYAN_SUCCESS(z->decode(&decoder, code + p.offset, n - p.offset, &in, op)) ||
            (why = judge(&in, op, &p)))
            return out->n ? NULL : why;
        out->point[out->n++] = p;
        if (!add_undo(code + p.offset, p.length, &p))
            break;
        p.offset = (uint8_t)(p.offset + p.length);
    }
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
