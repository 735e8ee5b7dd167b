/* entry.c - what a patch must know about the beginning of a function (headroom_read_entry).

   A patch moves one instruction away, and only one that is_movable or is_near_branch name: what they name computes the same wherever it
   stands, once a displacement that counts from it is corrected. (A call that is moved returns to the trampoline.) All else is refused.

   The first instruction may leave a jump nowhere to lead (shim/jump.h), so the next ones are offered, too, as long as what stands
   before them can be taken back: pushes by pops, room on the stack by giving it up. What only sets flags, registers that no caller
   counts on, or registers that the pops bring back, needs nothing; a compiler may let a loop begin behind it, which it never does in
   the middle of pushes: so such places are `behind`. */
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

/* call, jcc with a distance of 32 bits, in the only form that compilers make. A call of what follows it asks where it stands. */
static bool is_near_branch(const ZydisDecodedInstruction *in)
{
    enum { CALL = 0xe8, CALL_LENGTH = 5, JCC = 0x80, JCC_LENGTH = 6 };

    if (in->raw.imm[0].size != 32 || !in->raw.imm[0].is_relative)
        return false;
    if (in->length == CALL_LENGTH)
        return in->opcode == CALL && in->raw.imm[0].value.s != 0;
    return in->length == JCC_LENGTH && in->opcode_map == ZYDIS_OPCODE_MAP_0F && (in->opcode & 0xf0) == JCC;
}

/* Addresses that count from the instruction. One of 32 bits (an address-size prefix) has EIP as its base: refused below. */
static const char *judge(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *op, bool first,
                         headroom_entry_point *out)
{
    bool branch = !first && is_near_branch(in);

    if ((!branch && !is_movable(in->mnemonic)) || (in->attributes & ZYDIS_ATTRIB_HAS_LOCK))
        return "its first instruction is one that cannot be moved";
    if (branch)
        out->relative = in->raw.imm[0].offset;
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

/* What has been done before a place, and how it is taken back. */
struct before {
    const hr_zydis *z;
    ZydisRegister pushed[HEADROOM_ENTRY_POINTS];
    size_t n;
};

static bool add_undo(headroom_entry_point *p, const uint8_t *code, unsigned length)
{
    if (p->undo_length + length > HEADROOM_ENTRY_UNDO)
        return false;
    memmove(p->undo + length, p->undo, p->undo_length);
    memcpy(p->undo, code, length);
    p->undo_length = (uint8_t)(p->undo_length + length);
    return true;
}

static bool undo_push(struct before *b, const uint8_t *code, const ZydisDecodedInstruction *in,
                      const ZydisDecodedOperand *op, headroom_entry_point *p)
{
    enum {
        PUSH = 0x50,
        REGISTERS = 8,
        REX_B = 0x41,
        POP = 8 /* behind the push of the same register */
    };
    unsigned rex = in->length == 2 && code[0] == REX_B;
    uint8_t pop[2] = {REX_B, (uint8_t)(code[rex] + POP)};

    if (in->length != rex + 1 || code[rex] < PUSH || code[rex] >= PUSH + REGISTERS ||
        op[0].reg.value == ZYDIS_REGISTER_RSP)
        return false;
    b->pushed[b->n++] = op[0].reg.value;
    return add_undo(p, pop + !rex, in->length);
}

/* sub rsp, n: 48 83 ec or 48 81 ec; add rsp, n has c4 instead. */
static bool undo_room(const uint8_t *code, const ZydisDecodedInstruction *in, headroom_entry_point *p)
{
    static const uint8_t small[] = {0x48, 0x83, 0xec}, large[] = {0x48, 0x81, 0xec};
    uint8_t add[7];

    if ((in->length != 4 || memcmp(code, small, sizeof(small)) != 0) &&
        (in->length != 7 || memcmp(code, large, sizeof(large)) != 0))
        return false;
    memcpy(add, code, in->length);
    add[2] = 0xc4;
    return add_undo(p, add, in->length);
}

static bool is_free(const struct before *b, ZydisRegister reg)
{
    ZydisRegister whole = b->z->enclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

    for (size_t i = 0; i < b->n; i++) {
        if (b->pushed[i] == whole)
            return true;
    }
    return whole == ZYDIS_REGISTER_RAX || whole == ZYDIS_REGISTER_R10 || whole == ZYDIS_REGISTER_R11 ||
           reg == ZYDIS_REGISTER_RFLAGS;
}

/* Registers and constants alone, and nothing written that anybody else could want. */
static bool needs_no_undo(const struct before *b, const ZydisDecodedInstruction *in,
                          const ZydisDecodedOperand *op)
{
    for (unsigned i = 0; i < in->operand_count; i++) {
        if (op[i].type != ZYDIS_OPERAND_TYPE_REGISTER && op[i].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
            return false;
        if ((op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) && !is_free(b, op[i].reg.value))
            return false;
    }
    return is_movable(in->mnemonic);
}

/* Can a jump stand behind this instruction, too? */
static bool step_over(struct before *b, const uint8_t *code, const ZydisDecodedInstruction *in,
                      const ZydisDecodedOperand *op, headroom_entry_point *p)
{
    static const uint8_t pop_rbp = 0x5d, frame[2][3] = {{0x48, 0x89, 0xe5}, {0x48, 0x8b, 0xec}};

    if (in->mnemonic == ZYDIS_MNEMONIC_PUSH)
        return undo_push(b, code, in, op, p);
    if (p->undo_length == 1 && p->undo[0] == pop_rbp && in->length == 3 &&
        (memcmp(code, frame[0], 3) == 0 || memcmp(code, frame[1], 3) == 0))
        return true;
    p->behind = true;
    return undo_room(code, in, p) || needs_no_undo(b, in, op);
}

static const char *read_entry(const uint8_t *code, size_t n, headroom_entry *out)
{
    static const uint8_t endbr64[ENDBR_LENGTH] = {0xf3, 0x0f, 0x1e, 0xfa};
    const hr_zydis *z = hr_zydis_get();
    struct before b = {.z = z};
    ZydisDecoder decoder;
    headroom_entry_point p = {0};

    if (!z)
        return "libZydis.so.4.0 is not installed";
    if (n > HEADROOM_ENTRY_BYTES)
        n = HEADROOM_ENTRY_BYTES;
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
            (why = judge(&in, op, out->n == 0, &p)))
            return out->n ? NULL : why;
        out->point[out->n++] = p;
        if (!step_over(&b, code + p.offset, &in, op, &p))
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
