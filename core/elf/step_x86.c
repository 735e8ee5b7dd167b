/* step_x86.c - x86-64: what an instruction does to the general registers, as far as constants, arguments and
   fields pass through them. Everything that is not described here makes its registers unknown. */
#include "elf/step.h"
#include "elf/x86.h"

#include <string.h>

enum { RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7, R11 = 11 };

static void lose(hr_state *s, unsigned reg)
{
    s->r[reg & 15] = (hr_value){0};
}

/* The stack pointer stays one, whatever is done to it. */
static void moved_stack(hr_state *s)
{
    s->r[RSP] = (hr_value){HR_VALUE_STACK, 0, 0};
    s->pushes = 0;
}

static void lose_all(hr_state *s)
{
    memset(s->r, 0, sizeof(s->r));
    moved_stack(s);
}

/* A result of 32 bits has zeros above; one of 8 or 16 bits keeps what was there. */
static void set(hr_state *s, unsigned reg, hr_value v, const hr_x86 *in)
{
    if (in->narrow && !in->wide)
        v = (hr_value){0};
    else if (!in->wide && v.kind == HR_VALUE_CONSTANT)
        v.v = (uint32_t)v.v;
    s->r[reg & 15] = v;
    if (reg == RSP)
        moved_stack(s);
}

static unsigned size_of(const hr_x86 *in)
{
    return in->wide ? 8 : in->narrow ? 2 : 4;
}

static bool plain_memory(const hr_x86 *in)
{
    return in->modrm && in->mod != 3 && !in->rip && !in->segment && in->base < 16 &&
           in->index == HR_X86_NOTHING;
}

static void store(const hr_x86 *in, const hr_state *s, hr_step *out, unsigned size)
{
    if (plain_memory(in))
        hr_step_store(out, s->r[in->base], in->disp, size);
}

/* The operand that ModRM's rm names, loaded. */
static hr_value load(const hr_x86 *in, const hr_state *s)
{
    if (in->mod == 3)
        return s->r[in->rm];
    return in->wide && plain_memory(in) ? hr_value_load(s->r[in->base], in->disp) : (hr_value){0};
}

static hr_value address_of(const hr_x86 *in, const hr_state *s, uint64_t next)
{
    if (in->rip)
        return hr_value_constant(next + (uint64_t)in->disp);
    if (in->index != HR_X86_NOTHING || in->mod == 3)
        return (hr_value){0};
    if (in->base == HR_X86_NOTHING)
        return hr_value_constant((uint64_t)in->disp);
    return hr_value_plus(s->r[in->base], in->disp);
}

static void use(const hr_state *s, unsigned reg, hr_step *out)
{
    const hr_value *v = &s->r[reg & 15];

    if (v->kind == HR_VALUE_ARGUMENT)
        out->uses |= 1u << v->v;
}

/* Which arguments does it read, as far as compilers begin to use one: by copying or comparing it, or as a pointer? A push
   may only make room. */
static void note_uses(const hr_x86 *in, const hr_state *s, hr_step *out)
{
    bool one = in->map == HR_X86_ONE, between = one && (in->op == 0x85 || (in->op & 0xfc) == 0x38);

    if (!in->modrm)
        return;
    if (in->mod != 3 && in->base < 16)
        use(s, in->base, out);
    if (in->mod != 3 && in->index < 16)
        use(s, in->index, out);
    if (between || (one && in->op == 0x89))
        use(s, in->reg, out);
    if (in->mod == 3 && (between || (one && (in->op == 0x8b || in->op == 0x63 || in->op == 0x83))))
        use(s, in->rm, out);
}

static void push(hr_state *s, hr_value v)
{
    if (s->pushes == HR_STATE_PUSHES) {
        memmove(s->pushed, s->pushed + 1, sizeof(s->pushed) - sizeof(s->pushed[0]));
        s->pushes--;
    }
    s->pushed[s->pushes++] = v;
}

static hr_value pop(hr_state *s)
{
    return s->pushes ? s->pushed[--s->pushes] : (hr_value){0};
}

/* add, or, adc, sbb, and, sub, xor, cmp with an immediate: 80, 81, 83. */
static void arithmetic(const hr_x86 *in, hr_state *s, hr_step *out)
{
    unsigned what = in->reg & 7;
    hr_value v = {0};

    if (what == 7)
        return;
    if (in->mod != 3) {
        store(in, s, out, in->op == 0x80 ? 1 : size_of(in));
        return;
    }
    if (in->op != 0x80) {
        if (what == 1 && in->imm == -1)
            v = hr_value_constant(UINT64_MAX);
        else if (what == 4 && in->imm == 0)
            v = hr_value_constant(0);
        else if (what == 0 && in->wide)
            v = hr_value_plus(s->r[in->rm], in->imm);
        else if (what == 5 && in->wide)
            v = hr_value_plus(s->r[in->rm], -in->imm);
    }
    set(s, in->rm, v, in);
}

/* add..xor between register and operand: 00-3b, without cmp. */
static void arithmetic_registers(const hr_x86 *in, hr_state *s, hr_step *out)
{
    bool to_register = (in->op & 2) != 0, bytes = (in->op & 1) == 0;
    bool same = in->mod == 3 && in->reg == in->rm && ((in->op & 0x38) == 0x30 || (in->op & 0x38) == 0x28);

    if (same && !bytes)
        set(s, in->reg, hr_value_constant(0), in);
    else if (to_register)
        lose(s, in->reg);
    else if (in->mod == 3)
        lose(s, in->rm);
    else
        store(in, s, out, bytes ? 1 : size_of(in));
    if (bytes && in->mod == 3)
        lose(s, in->rm & 3); /* ah, ch, dh, bh lie in these */
    if (bytes)
        lose(s, in->reg & 3);
}

static void group5(const hr_x86 *in, hr_state *s, hr_step *out)
{
    switch (in->reg & 7) {
    case 2:
        out->flow = HR_FLOW_CALL;
        break;
    case 4:
        out->flow = HR_FLOW_JUMP;
        break;
    case 6:
        push(s, (hr_value){0});
        break;
    case 0:
    case 1:
        if (in->mod == 3)
            lose(s, in->rm);
        else
            store(in, s, out, size_of(in));
        break;
    default:
        out->flow = HR_FLOW_UNKNOWN;
        break;
    }
}

static void group3(const hr_x86 *in, hr_state *s)
{
    unsigned what = in->reg & 7;

    if (what >= 4) {
        lose(s, RAX);
        lose(s, RDX);
    } else if (what >= 2 && in->mod == 3) {
        lose(s, in->rm);
        lose(s, in->rm & 3);
    }
}

static void one_byte_op(const hr_x86 *in, uint64_t pc, hr_state *s, hr_step *out)
{
    uint64_t next = pc + in->length;
    uint8_t op = in->op;

    if (op < 0x40) {
        if ((op & 7) < 4 && (op & 0x38) != 0x38)
            arithmetic_registers(in, s, out);
        else if ((op & 7) >= 4 && (op & 0x38) != 0x38)
            lose(s, RAX);
    } else if (op >= 0x50 && op <= 0x57) {
        push(s, s->r[in->rm]);
    } else if (op >= 0x58 && op <= 0x5f) {
        s->r[in->rm] = pop(s);
    } else if (op >= 0x70 && op <= 0x7f) {
        out->flow = HR_FLOW_BRANCH;
        out->target = next + (uint64_t)in->imm;
    } else if (op >= 0xb8 && op <= 0xbf) {
        set(s, in->rm, hr_value_constant((uint64_t)in->imm), in);
    } else if (op >= 0x91 && op <= 0x97) {
        lose(s, RAX);
        lose(s, in->rm);
    } else if (op >= 0xb0 && op <= 0xb7) {
        lose(s, in->rm);
        lose(s, in->rm & 3);
    } else {
        switch (op) {
        case 0x63: { /* movsxd */
            hr_value v = in->mod == 3 ? s->r[in->rm] : (hr_value){0};

            if (v.kind == HR_VALUE_CONSTANT)
                v.v = (uint64_t)(int64_t)(int32_t)v.v;
            set(s, in->reg, v, in);
            break;
        }
        case 0x68:
        case 0x6a:
            push(s, hr_value_constant((uint64_t)in->imm));
            break;
        case 0x80:
        case 0x81:
        case 0x83:
            arithmetic(in, s, out);
            break;
        case 0x84:
        case 0x85:
        case 0xa8:
        case 0xa9:
        case 0xf8:
        case 0xf9:
        case 0xfc:
        case 0xfd:
        case 0x9b:
        case 0xf5:
            break;
        case 0x88:
            if (in->mod == 3)
                lose(s, in->rm), lose(s, in->rm & 3);
            else
                store(in, s, out, 1);
            break;
        case 0x89:
            if (in->mod == 3)
                set(s, in->rm, s->r[in->reg], in);
            else
                store(in, s, out, size_of(in));
            break;
        case 0x8b:
            set(s, in->reg, load(in, s), in);
            break;
        case 0x8d:
            set(s, in->reg, address_of(in, s, next), in);
            break;
        case 0x8f:
            pop(s);
            if (in->mod == 3)
                lose(s, in->rm);
            break;
        case 0x90:
            if (in->rm != 0) /* with REX.B it is xchg r8, rax */
                lose(s, RAX), lose(s, in->rm);
            else
                out->flow = HR_FLOW_PADDING;
            break;
        case 0xc2:
        case 0xc3:
            out->flow = HR_FLOW_RETURN;
            break;
        case 0xc6:
            if (in->mod == 3)
                lose(s, in->rm), lose(s, in->rm & 3);
            else
                store(in, s, out, 1);
            break;
        case 0xc7:
            if (in->mod == 3)
                set(s, in->rm, hr_value_constant((uint64_t)in->imm), in);
            else
                store(in, s, out, size_of(in));
            break;
        case 0xc9:
            lose(s, RBP);
            moved_stack(s);
            break;
        case 0xcc:
        case 0xf4:
            out->flow = HR_FLOW_TRAP;
            break;
        case 0xe3:
            out->flow = HR_FLOW_BRANCH;
            out->target = next + (uint64_t)in->imm;
            break;
        case 0xe8:
            out->flow = HR_FLOW_CALL;
            out->target = next + (uint64_t)in->imm;
            break;
        case 0xe9:
        case 0xeb:
            out->flow = HR_FLOW_JUMP;
            out->target = next + (uint64_t)in->imm;
            break;
        case 0xf6:
        case 0xf7:
            group3(in, s);
            break;
        case 0xfe:
            if (in->mod == 3)
                lose(s, in->rm), lose(s, in->rm & 3);
            break;
        case 0xff:
            group5(in, s, out);
            break;
        case 0x69:
        case 0x6b:
            lose(s, in->reg);
            break;
        case 0xc0:
        case 0xc1:
        case 0xd0:
        case 0xd1:
        case 0xd2:
        case 0xd3:
            if (in->mod == 3)
                lose(s, in->rm), lose(s, in->rm & 3);
            break;
        case 0x98:
            lose(s, RAX);
            break;
        case 0x99:
            lose(s, RDX);
            break;
        case 0x8a:
        case 0x86:
        case 0x87:
            lose(s, in->reg), lose(s, in->reg & 3);
            if (in->mod == 3)
                lose(s, in->rm), lose(s, in->rm & 3);
            break;
        case 0xa4:
        case 0xa5:
        case 0xaa:
        case 0xab:
            lose(s, RCX);
            lose(s, RSI);
            lose(s, RDI);
            break;
        default:
            lose_all(s);
            break;
        }
    }
}

/* Instructions of the SSE kind that leave the general registers alone. */
static bool only_vectors(uint8_t op)
{
    return (op >= 0x10 && op <= 0x17) || op == 0x28 || op == 0x29 || op == 0x2e || op == 0x2f ||
           (op >= 0x51 && op <= 0x7f && op != 0x78 && op != 0x7e) || op == 0xc2 || op == 0xc4 || op == 0xc6 ||
           (op >= 0xd0 && op != 0xd7);
}

static void two_byte_op(const hr_x86 *in, uint64_t pc, hr_state *s, hr_step *out)
{
    uint8_t op = in->op;

    if (op >= 0x80 && op <= 0x8f) {
        out->flow = HR_FLOW_BRANCH;
        out->target = pc + in->length + (uint64_t)in->imm;
    } else if (op >= 0x18 && op <= 0x1f) {
        if (op == 0x1f) /* nop with an operand; the others are prefetches and endbr64 */
            out->flow = HR_FLOW_PADDING;
    } else if (only_vectors(op)) {
        if (op == 0x11 || op == 0x29 || op == 0x7f)
            store(in, s, out, in->repeat && op == 0x11 ? 8 : 16);
    } else if (op == 0x0b || op == 0xb9 || op == 0xff) {
        out->flow = HR_FLOW_TRAP;
    } else if (op >= 0x90 && op <= 0x9f) {
        if (in->mod == 3)
            lose(s, in->rm), lose(s, in->rm & 3);
    } else if (in->modrm && !(op >= 0xb0 && op <= 0xb1) && op != 0x01 && op != 0xc7) {
        lose(s, in->reg);
        if (in->mod == 3)
            lose(s, in->rm);
    } else {
        lose_all(s); /* cpuid, rdtsc, cmpxchg, syscall and their like */
    }
}

static void step_x86(const uint8_t *p, size_t n, uint64_t pc, hr_state *s, hr_step *out)
{
    hr_x86 in;
    size_t length = hr_x86_decode(p, n, &in);

    out->flow = HR_FLOW_UNKNOWN;
    if (length == 0)
        return;
    out->length = (uint8_t)length;
    out->flow = HR_FLOW_NEXT;
    note_uses(&in, s, out);
    if (length == 2 && p[0] == 0 && p[1] == 0) {
        out->flow =
            HR_FLOW_TRAP; /* add [rax], al: what zeros between functions decode to, and nothing else */
    } else if (in.map == HR_X86_ONE) {
        one_byte_op(&in, pc, s, out);
    } else if (in.map == HR_X86_0F) {
        two_byte_op(&in, pc, s, out);
    } else {
        /* Some of these write general registers; which, does not matter here. */
        lose(s, in.reg);
        if (in.modrm && in.mod == 3)
            lose(s, in.rm);
        if (in.map == HR_X86_VECTOR) {
            lose(s, in.vector_reg);
            if (in.op == 0x11 || in.op == 0x29 || in.op == 0x7f)
                store(&in, s, out, 16);
        }
    }
}

const hr_processor hr_processor_x86 = {
    16,
    {RDI, RSI, RDX, RCX, 8, 9},
    RAX,
    RSP,
    1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI | 1u << 8 | 1u << 9 | 1u << 10 | 1u << R11,
    1,
    step_x86,
};
