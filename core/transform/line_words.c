/* line_words.c - see line_words.h. */
#include "transform/line_words.h"

#include <string.h>

uint64_t hr_word_bits(hr_str s)
{
    uint64_t h = s.n, last = 0;
    size_t i = 0;

    for (; i + 8 <= s.n; i += 8) {
        uint64_t v;
        memcpy(&v, s.p + i, 8);
        h = hr_mix(h, v);
    }
    if (i < s.n)
        memcpy(&last, s.p + i, s.n - i);
    return hr_mix(hr_mix(h, last), HR_GOLDEN);
}

static bool is_between(unsigned char c)
{
    static const uint64_t low = 1ull << ' ' | 1ull << '"' | 1ull << '\'' | 1ull << '(' | 1ull << ')' |
                                1ull << ',' | 1ull << ';' | 1ull << '<' | 1ull << '=' | 1ull << '>' | 0x3e00;
    static const uint64_t high = 1ull << ('[' - 64) | 1ull << (']' - 64) | 1ull << ('`' - 64) |
                                 1ull << ('{' - 64) | 1ull << ('|' - 64) | 1ull << ('}' - 64);
    return c < 64 ? low >> c & 1 : c < 128 && (high >> (c - 64) & 1);
}

void hr_line_split(hr_str line, hr_line_words *out)
{
    size_t i = 0;

    out->n = 0;
    out->shape = 0;
    for (;;) {
        size_t from = i;
        while (i < line.n && is_between((unsigned char)line.p[i]))
            out->shape = hr_mix(out->shape, (unsigned char)line.p[i++]);
        out->shape = hr_mix(out->shape, 256);
        if (i == line.n)
            return;
        from = i;
        while (i < line.n && !is_between((unsigned char)line.p[i]))
            i++;
        if (out->n >= HR_LINE_WORDS) {
            out->n = HR_LINE_WORDS + 1;
            return;
        }
        out->word[out->n++] = hr_str_make(line.p + from, i - from);
    }
}
