/* step_a64.c - aarch64: the same for its fixed 32-bit instructions. Register 31 is the zero register or the
   stack pointer and is never followed. */
#include "elf/step.h"

#include <string.h>

enum { ZERO = 31, LINK = 30 };

static uint32_t bits(uint32_t w, unsigned from, unsigned count)
{
    return w >> from & ((1u << count) - 1);
}

static int64_t sign(uint32_t v, unsigned width)
{
    uint64_t high = 1ull << (width - 1);

    return (int64_t)((v ^ high) - high);
}

static void set(hr_state *s, uint32_t reg, hr_value v, bool wide)
{
    if (!wide && v.kind == HR_VALUE_CONSTANT)
        v.v = (uint32_t)v.v;
    if (reg != ZERO)
        s->r[reg] = v;
}

static hr_value get(const hr_state *s, uint32_t reg)
{
    return reg == ZERO ? hr_value_constant(0) : s->r[reg];
}

static void branches(uint32_t w, uint64_t pc, hr_step *out)
{
    if ((w & 0x7c000000) == 0x14000000) { /* b, bl */
        out->flow = w >> 31 ? HR_FLOW_CALL : HR_FLOW_JUMP;
        out->target = pc + (uint64_t)(sign(bits(w, 0, 26), 26) * 4);
    } else if ((w & 0xfe000000) == 0x54000000 || (w & 0x7e000000) == 0x34000000) { /* b.cond, cbz, cbnz */
        out->flow = HR_FLOW_BRANCH;
        out->target = pc + (uint64_t)(sign(bits(w, 5, 19), 19) * 4);
    } else if ((w & 0x7e000000) == 0x36000000) { /* tbz, tbnz */
        out->flow = HR_FLOW_BRANCH;
        out->target = pc + (uint64_t)(sign(bits(w, 5, 14), 14) * 4);
    } else if ((w & 0xfe000000) == 0xd6000000) { /* br, blr, ret, with and without authentication */
        uint32_t what = bits(w, 21, 4) & 7;

        out->flow = what == 0 ? HR_FLOW_JUMP : what == 1 ? HR_FLOW_CALL : HR_FLOW_RETURN;
    } else if ((w & 0xff000000) == 0xd4000000) {
        /* svc and hvc return; brk, hlt and udf do not */
        out->flow = (w & 0xffe0001f) == 0xd4000001 ? HR_FLOW_NEXT : HR_FLOW_TRAP;
    } else if (w == 0xd503201f) {
        out->flow = HR_FLOW_PADDING;
    }
}

/* Immediates: adr, adrp, add, sub, movz, movn, movk. */
static void immediates(uint32_t w, uint64_t pc, hr_state *s)
{
    bool wide = w >> 31;
    uint32_t rd = bits(w, 0, 5), rn = bits(w, 5, 5);
    hr_value v = {0};

    if ((w & 0x1f000000) == 0x10000000) {
        int64_t n = sign(bits(w, 5, 19) << 2 | bits(w, 29, 2), 21);

        v = hr_value_constant(wide ? (pc & ~0xfffull) + ((uint64_t)n << 12) : pc + (uint64_t)n);
        wide = true;
    } else if ((w & 0x1f800000) == 0x11000000) {
        int64_t n = (int64_t)bits(w, 10, 12) << (bits(w, 22, 1) ? 12 : 0);

        if (rn == ZERO) /* here it is the stack pointer */
            v.kind = HR_VALUE_STACK;
        else
            v = hr_value_plus(s->r[rn], bits(w, 30, 1) ? -n : n);
        if (w & 0x20000000 && rd == ZERO) /* cmp, cmn */
            return;
    } else if ((w & 0x1f800000) == 0x12800000) {
        unsigned shift = bits(w, 21, 2) * 16;
        uint64_t n = (uint64_t)bits(w, 5, 16) << shift;

        switch (bits(w, 29, 2)) {
        case 0:
            v = hr_value_constant(~n);
            break;
        case 2:
            v = hr_value_constant(n);
            break;
        case 3:
            v = get(s, rd);
            if (v.kind == HR_VALUE_CONSTANT)
                v.v = (v.v & ~(0xffffull << shift)) | n;
            else
                v = (hr_value){0};
            break;
        default:
            break;
        }
    } else if ((w & 0xfffffc00) == 0x93407c00) { /* sxtw */
        v = get(s, rn);
        if (v.kind == HR_VALUE_CONSTANT)
            v.v = (uint64_t)(int64_t)(int32_t)v.v;
    } else if ((w & 0x1f800000) == 0x12000000 && bits(w, 29, 2) == 3 && rd == ZERO) {
        return; /* tst */
    }
    set(s, rd, v, wide);
}

static void registers(uint32_t w, hr_state *s)
{
    uint32_t rd = bits(w, 0, 5);
    hr_value v = {0};

    if ((w & 0x7fe0ffe0) == 0x2a0003e0) /* mov: orr with the zero register */
        v = get(s, bits(w, 16, 5));
    else if ((w & 0x7f200000) == 0x6b000000 && rd == ZERO) /* cmp */
        return;
    set(s, rd, v, w >> 31);
}

static void loads_and_stores(uint32_t w, hr_state *s, hr_step *out)
{
    uint32_t rt = bits(w, 0, 5), rn = bits(w, 5, 5), rt2 = bits(w, 10, 5);
    bool vector = bits(w, 26, 1), load;
    hr_value v = {0}, base = rn == ZERO ? v : s->r[rn];

    if ((w & 0x3b000000) == 0x18000000) { /* literal */
        if (!vector)
            set(s, rt, v, true);
    } else if ((w & 0x3b000000) == 0x39000000) { /* one register, scaled offset */
        unsigned size = vector && bits(w, 23, 1) ? 16 : 1u << bits(w, 30, 2);
        int64_t disp = (int64_t)bits(w, 10, 12) * size;

        load = vector ? bits(w, 22, 1) : bits(w, 22, 2) != 0;
        if (!load)
            hr_step_store(out, base, disp, size);
        else if (!vector)
            set(s, rt, size == 8 ? hr_value_load(base, disp) : v, true);
    } else if ((w & 0x3b200000) == 0x38000000) { /* unscaled, before and after */
        unsigned size = vector && bits(w, 23, 1) ? 16 : 1u << bits(w, 30, 2);
        int64_t disp = sign(bits(w, 12, 9), 9);
        uint32_t mode = bits(w, 10, 2);

        load = vector ? bits(w, 22, 1) : bits(w, 22, 2) != 0;
        if (!load)
            hr_step_store(out, base, mode == 1 ? 0 : disp, size);
        if (mode & 1)
            set(s, rn, v, true);
        if (load && !vector)
            set(s, rt, size == 8 && mode == 0 ? hr_value_load(base, disp) : v, true);
    } else if ((w & 0x3a000000) == 0x28000000) { /* pairs */
        unsigned size = vector ? 4u << bits(w, 30, 2) : bits(w, 31, 1) ? 8 : 4;
        int64_t disp = sign(bits(w, 15, 7), 7) * (int64_t)size;
        uint32_t mode = bits(w, 23, 2);

        load = bits(w, 22, 1);
        if (!load && mode != 1) {
            hr_step_store(out, base, disp, 2 * size);
        }
        if (mode & 1)
            set(s, rn, v, true);
        if (load && !vector) {
            set(s, rt, size == 8 && mode == 2 ? hr_value_load(base, disp) : v, true);
            set(s, rt2, size == 8 && mode == 2 ? hr_value_load(base, disp + 8) : v, true);
        }
    } else if (!vector) { /* register offset, exclusive, atomic: all that they could write */
        set(s, rt, v, true);
        set(s, rt2, v, true);
        set(s, bits(w, 16, 5), v, true);
    }
}

static void step_a64(const uint8_t *p, size_t n, uint64_t pc, hr_state *s, hr_step *out)
{
    uint32_t w, group;

    out->flow = HR_FLOW_UNKNOWN;
    if (n < 4)
        return;
    memcpy(&w, p, 4);
    out->length = 4;
    out->flow = HR_FLOW_NEXT;
    group = bits(w, 25, 4);
    if (group == 0)
        out->flow = w == 0 ? HR_FLOW_TRAP : HR_FLOW_UNKNOWN;
    else if ((group & 14) == 8)
        immediates(w, pc, s);
    else if ((group & 14) == 10)
        branches(w, pc, out);
    else if ((group & 5) == 4)
        loads_and_stores(w, s, out);
    else if ((group & 7) == 5)
        registers(w, s);
    else if ((group & 7) == 7) /* vectors; a few move to a general register */
        set(s, bits(w, 0, 5), (hr_value){0}, true);
}

const hr_processor hr_processor_a64 = {
    HR_WALK_REGISTERS, {0, 1, 2, 3, 4, 5}, 0, HR_WALK_REGISTERS, 0x7ffffu | 1u << LINK, 4, step_a64};
