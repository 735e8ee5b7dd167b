/* jump.c - see jump.h. */
#include "jump.h"

#include <string.h>

enum { OPCODE = 1, DISTANCE = 4, JMP = 0xe9, INT3 = 0xcc };

/* No two of one group, and the REX prefix last, as it must be. */
static const uint8_t prefixes[JUMP_FORMS - 1] = {0xf2, 0x2e, 0x48};

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

bool jump_form(uint64_t function, const uint8_t *code, const headroom_entry *entry, unsigned point,
               unsigned form, struct jump *out)
{
    const uint64_t user_space = 1ull << 47;
    const headroom_entry_point *p = &entry->point[point];
    unsigned size = form + OPCODE + DISTANCE, in_block, free_bits;
    uint32_t fixed;

    *out = (struct jump){.point = *p, .at = function + p->offset, .pad = entry->pad, .prefix = form};
    in_block = JUMP_BLOCK - (unsigned)(out->at % JUMP_BLOCK);
    out->changed = least(least(p->length, size), in_block);
    if (out->changed < form + OPCODE || p->offset + size > JUMP_CODE)
        return false;
    memcpy(&fixed, code + p->offset + form + OPCODE, sizeof(fixed)); /* little-endian, as the code is */
    free_bits = 8 * (out->changed - form - OPCODE);
    if (free_bits == 32) {
        uint64_t end = out->at + size, reach = 1ull << 31;
        out->low = end > reach ? end - reach : 0;
        out->high = end + reach - 1;
    } else {
        fixed &= ~0u << free_bits;
        out->low = out->at + size + (uint64_t)(int64_t)(int32_t)fixed;
        out->high = out->low + ((1u << free_bits) - 1);
    }
    if (out->high >= user_space)
        out->high = user_space - 1;
    return out->low <= out->high; /* a distance below address 0 has wrapped around */
}

/* A displacement that counts from `from`; false: `to` is more than 2 GB away. */
static bool put_distance(uint8_t *out, uint64_t from, uint64_t to)
{
    int64_t d = (int64_t)(to - from);
    int32_t d32 = (int32_t)d;

    memcpy(out, &d32, sizeof(d32));
    return d == d32;
}

static size_t append(uint8_t *out, size_t n, const void *bytes, size_t len)
{
    memcpy(out + n, bytes, len);
    return n + len;
}

bool jump_stub(const struct jump *j, const uint8_t *code, uint64_t stub, uint64_t replacement,
               uint8_t out[JUMP_STUB], size_t *trampoline)
{
    static const uint8_t indirect[] = {0xff, 0x25, 0, 0, 0, 0}, endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa},
                         jmp = JMP;
    const headroom_entry_point *p = &j->point;
    const uint8_t *moved = code + p->offset;
    size_t n = 0;
    bool reached = true;

    memset(out, INT3, JUMP_STUB);
    n = append(out, n, p->undo, p->undo_length);
    n = append(out, n, indirect, sizeof(indirect));
    n = append(out, n, &replacement, sizeof(replacement));
    *trampoline = n;
    n = append(out, n, endbr64, sizeof(endbr64));
    n = append(out, n, code + j->pad, p->offset - j->pad);
    if (p->relative) {
        int32_t d;
        memcpy(&d, moved + p->relative, sizeof(d));
        memcpy(out + n, moved, p->length);
        reached = put_distance(out + n + p->relative, stub + n + p->length,
                               j->at + p->length + (uint64_t)(int64_t)d);
        n += p->length;
    } else {
        n = append(out, n, moved, p->length);
    }
    n = append(out, n, &jmp, sizeof(jmp));
    return put_distance(out + n, stub + n + DISTANCE, j->at + p->length) && reached;
}

void jump_write(const struct jump *j, uint64_t stub, uint8_t *bytes)
{
    uint8_t whole[JUMP_FORMS - 1 + OPCODE + DISTANCE];
    unsigned opcode_at = j->prefix;

    memcpy(whole, prefixes, opcode_at);
    whole[opcode_at] = JMP;
    put_distance(whole + opcode_at + OPCODE, j->at + opcode_at + OPCODE + DISTANCE, stub);
    memcpy(bytes, whole, j->changed);
}
