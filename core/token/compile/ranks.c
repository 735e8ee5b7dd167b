/* ranks.c - reads a rank file: lines of a token in base64, a blank, its rank. Ranks are 0, 1, 2, .. in order. */
#include "compile.h"

#include <stdio.h>
#include <string.h>

static int digit(int c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == 0 ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* Decode base64 up to the blank. Returns the length. */
static uint32_t decode(const char *p, uint8_t *out)
{
    uint32_t bits = 0, have = 0, n = 0;
    for (; *p != ' ' && *p != '='; p++) {
        int d = digit(*p);
        if (d < 0)
            fail("not base64");
        bits = bits << 6 | (uint32_t)d;
        if ((have += 6) >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return n;
}

static uint32_t place(const struct vocabulary *v, const uint8_t *p, size_t n)
{
    return (uint32_t)hr_table_sum(p, n) & (v->slots - 1);
}

uint32_t ranks_of(const struct vocabulary *v, const uint8_t *p, size_t n)
{
    for (uint32_t at = place(v, p, n); v->slot[at] != 0; at = (at + 1) & (v->slots - 1)) {
        const struct token *t = &v->token[v->slot[at] - 1];
        if (t->n == n && memcmp(t->p, p, n) == 0)
            return v->slot[at] - 1;
    }
    return UINT32_MAX;
}

void ranks_read(struct vocabulary *v, const char *path)
{
    char line[512];
    const uint32_t most = 1u << HR_TABLE_TOKEN_BITS;
    FILE *f = fopen(path, "r");

    if (f == NULL) {
        fail(path);
        return;
    }
    v->slots = most * 2;
    v->slot = take(v->slots * sizeof *v->slot);
    v->token = take(most * sizeof *v->token);
    while (fgets(line, sizeof line, f) != NULL) {
        uint8_t bytes[sizeof line];
        char *blank = strchr(line, ' ');
        unsigned rank;
        if (blank == NULL || sscanf(blank, " %u", &rank) != 1 || rank != v->n || v->n == most)
            fail("a line that is not TOKEN RANK, in order");
        uint32_t n = decode(line, bytes);
        if (n == 0 || n > HR_TABLE_TOKEN_LENGTH || ranks_of(v, bytes, n) != UINT32_MAX)
            fail("a token that is empty, too long, or there already");
        uint8_t *p = take(n);
        memcpy(p, bytes, n);
        v->token[v->n] = (struct token){.p = p, .n = n};
        uint32_t at = place(v, p, n);
        while (v->slot[at] != 0)
            at = (at + 1) & (v->slots - 1);
        v->slot[at] = ++v->n;
    }
    if (ferror(f) || v->n == 0)
        fail(path);
    fclose(f);
    for (int i = 0; i < 256; i++)
        if (ranks_of(v, &(uint8_t){(uint8_t)i}, 1) == UINT32_MAX)
            fail("a byte without a token");
}
