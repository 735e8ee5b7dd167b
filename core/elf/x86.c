/* x86.c - lengths and operands, from the opcode maps of the processor manuals. */
#include "elf/x86.h"

#include <string.h>

/* What follows the opcode:
     . nothing            m ModRM              p prefix            x not in 64-bit mode, or not known
     b imm8               B ModRM, imm8        j branch, 8 bits    J branch, 32 bits
     z imm16 or 32        Z ModRM, imm16/32    v imm to 64 bits    o address of 64 bits
     w imm16              e imm16, imm8        t ModRM, imm8 for test (F6)      T the same, imm16/32 (F7) */
static const char one_byte[257] = "mmmmbzxx"
                                  "mmmmbzxx"
                                  "mmmmbzxx"
                                  "mmmmbzxx"
                                  "mmmmbzpx"
                                  "mmmmbzpx"
                                  "mmmmbzpx"
                                  "mmmmbzpx"
                                  "pppppppp"
                                  "pppppppp"
                                  "........"
                                  "........"
                                  "xxxmpppx"
                                  "zZbB...."
                                  "jjjjjjjj"
                                  "jjjjjjjj"
                                  "BZxBmmmm"
                                  "mmmmmmmm"
                                  "........"
                                  "..x....."
                                  "oooo...."
                                  "bz......"
                                  "bbbbbbbb"
                                  "vvvvvvvv"
                                  "BBw.xxBZ"
                                  "e.w..bx."
                                  "mmmmxxx."
                                  "mmmmmmmm"
                                  "jjjjbbbb"
                                  "JJxj...."
                                  "p.pp..tT"
                                  "......mm";
static const char two_byte[257] = "mmmmx.x."
                                  "..x.xmxx"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "xxxxxxxx"
                                  "mmmmmmmm"
                                  "xxxxxxxx"
                                  "xxxxxxxx"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "BBBBmmm."
                                  "xxxxmmmm"
                                  "JJJJJJJJ"
                                  "JJJJJJJJ"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "...mBmxx"
                                  "..xmBmmm"
                                  "mmmmmmmm"
                                  "mxBmmmmm"
                                  "mmBmBBBm"
                                  "........"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "mmmmmmmm"
                                  "mmmmmmmx";

typedef struct cursor {
    const uint8_t *p;
    size_t n, at;
    bool cut;
    uint8_t rex;
    bool rex_seen;
} cursor;

static uint8_t next(cursor *c)
{
    if (c->at >= c->n) {
        c->cut = true;
        return 0;
    }
    return c->p[c->at++];
}

static int64_t next_signed(cursor *c, size_t size)
{
    uint64_t v = 0;

    for (size_t i = 0; i < size; i++)
        v |= (uint64_t)next(c) << (8 * i);
    if (size < 8 && v >> (8 * size - 1))
        v |= ~0ull << (8 * size);
    return (int64_t)v;
}

static uint8_t with(bool high, unsigned low)
{
    return (uint8_t)(low | (high ? 8u : 0u));
}

static void read_modrm(cursor *c, hr_x86 *out)
{
    uint8_t byte = next(c), sib;
    unsigned rm = byte & 7;

    out->modrm = true;
    out->mod = byte >> 6;
    out->reg = with((c->rex & 4) != 0, (byte >> 3) & 7);
    out->rm = with((c->rex & 1) != 0, rm);
    out->base = out->index = HR_X86_NOTHING;
    if (out->mod == 3)
        return;
    if (rm == 4) {
        sib = next(c);
        if (((sib >> 3) & 7) != 4 || (c->rex & 2))
            out->index = with((c->rex & 2) != 0, (sib >> 3) & 7);
        rm = sib & 7;
        if (rm != 5 || out->mod != 0)
            out->base = with((c->rex & 1) != 0, rm);
        else
            out->disp = next_signed(c, 4);
    } else if (rm == 5 && out->mod == 0) {
        out->rip = true;
        out->disp = next_signed(c, 4);
    } else {
        out->base = out->rm;
    }
    if (out->mod == 1)
        out->disp = next_signed(c, 1);
    else if (out->mod == 2)
        out->disp = next_signed(c, 4);
}

static void read_operands(cursor *c, hr_x86 *out, char form)
{
    size_t z = out->narrow && !out->wide ? 2 : 4;

    if (form == 't')
        form = (c->at < c->n && (c->p[c->at] & 0x30)) ? 'm' : 'B';
    if (form == 'T')
        form = (c->at < c->n && (c->p[c->at] & 0x30)) ? 'm' : 'Z';
    if (form == 'm' || form == 'B' || form == 'Z')
        read_modrm(c, out);
    switch (form) {
    case 'b':
    case 'B':
    case 'j':
        out->imm = next_signed(c, 1);
        break;
    case 'z':
    case 'Z':
        out->imm = next_signed(c, z);
        break;
    case 'J':
        out->imm = next_signed(c, 4);
        break;
    case 'v':
        out->imm = next_signed(c, out->wide ? 8 : z);
        break;
    case 'o':
        next_signed(c, 8);
        break;
    case 'w':
        out->imm = next_signed(c, 2);
        break;
    case 'e':
        next_signed(c, 3);
        break;
    default:
        break;
    }
}

/* VEX (C4, C5) and EVEX (62): the map decides about an immediate; all but vzeroupper have ModRM. */
static bool read_vector(cursor *c, hr_x86 *out, uint8_t first)
{
    uint8_t a = next(c), b = a;
    unsigned map = 1;
    bool immediate;

    out->map = HR_X86_VECTOR;
    c->rex = a & 0x80 ? 0 : 4;
    if (first != 0xc5) {
        map = a & (first == 0x62 ? 7 : 31);
        c->rex |= (uint8_t)((a & 0x40 ? 0 : 2) | (a & 0x20 ? 0 : 1));
        b = next(c);
        out->wide = b >> 7;
    }
    out->vector_reg = (uint8_t)(~(b >> 3) & 15);
    if (first == 0x62) {
        if ((a & 8) || !(b & 4))
            return false;
        next(c);
    }
    if (map == 0 || map > 6 || map == 4 || (first != 0x62 && map > 3))
        return false;
    out->op = next(c);
    immediate = map == 3;
    if (map == 1) {
        if (first != 0x62 && out->op == 0x77)
            return !c->cut;
        if (first != 0x62 && out->op >= 0x80 && out->op <= 0x8f)
            return false; /* branches of a processor that was never sold widely, with another length */
        immediate =
            (out->op >= 0x70 && out->op <= 0x73) || out->op == 0xc2 || (out->op >= 0xc4 && out->op <= 0xc6);
    }
    read_operands(c, out, immediate ? 'B' : 'm');
    return true;
}

static bool read_opcode(cursor *c, hr_x86 *out, uint8_t op)
{
    char form = one_byte[op];

    out->map = HR_X86_ONE;
    if (op == 0x0f) {
        out->map = HR_X86_0F;
        op = next(c);
        form = two_byte[op];
        if (op == 0x38 || op == 0x3a) {
            out->map = op == 0x38 ? HR_X86_0F38 : HR_X86_0F3A;
            form = op == 0x38 ? 'm' : 'B';
            op = next(c);
        }
        /* The manuals call these lengths after a 66 or F2 prefix something else, or disagree. */
        if (out->map == HR_X86_0F && (op == 0x78 || op == 0x79) && (out->narrow || out->repeat))
            return false;
    } else if (op == 0x8f && c->at < c->n && (c->p[c->at] & 0x38)) {
        return false; /* XOP */
    }
    if (form == 'x' || form == 'p' || ((form == 'J' || op == 0xe8) && out->narrow))
        return false;
    out->op = op;
    read_operands(c, out, form);
    return true;
}

size_t hr_x86_decode(const uint8_t *p, size_t n, hr_x86 *out)
{
    cursor c = {p, n < 15 ? n : 15, 0, false, 0, false};
    bool ok, address32 = false;
    uint8_t op;

    memset(out, 0, sizeof(*out));
    out->base = out->index = HR_X86_NOTHING;
    for (;;) {
        op = next(&c);
        if (op == 0x66)
            out->narrow = true;
        else if (op == 0xf2 || op == 0xf3)
            out->repeat = true;
        else if (op == 0x67)
            address32 = true;
        else if (op == 0x64 || op == 0x65)
            out->segment = true;
        else if (op != 0xf0 && op != 0x2e && op != 0x36 && op != 0x3e && op != 0x26)
            break;
    }
    if ((op & 0xf0) == 0x40) {
        c.rex = op & 15;
        c.rex_seen = true;
        out->wide = (op & 8) != 0;
        op = next(&c);
    }
    if (op == 0xc4 || op == 0xc5 || op == 0x62)
        ok = !c.rex_seen && !out->narrow && !out->repeat && read_vector(&c, out, op);
    else
        ok = read_opcode(&c, out, op);
    if (!ok || c.cut || (address32 && out->map == HR_X86_ONE && op >= 0xa0 && op <= 0xa3))
        return 0;
    /* The register in the opcode's low bits. */
    if (!out->modrm)
        out->rm = with((c.rex & 1) != 0, out->op & 7);
    out->length = (uint8_t)c.at;
    return c.at;
}
