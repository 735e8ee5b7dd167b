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

static const bool between[256] = {
    ['\t'] = true, ['\n'] = true, ['\v'] = true, ['\f'] = true, ['\r'] = true, [' '] = true, ['"'] = true,
    ['\''] = true, ['('] = true,  [')'] = true,  [','] = true,  [';'] = true,  ['<'] = true, ['='] = true,
    ['>'] = true,  ['['] = true,  [']'] = true,  ['`'] = true,  ['{'] = true,  ['|'] = true, ['}'] = true};

/* What stands between two words, up to the next word: as a number that tells it apart. */
static uint64_t gap_of(const char *from, const char *to)
{
    uint64_t v = (uint64_t)(to - from);

    if (v == 1)
        return (unsigned char)*from;
    return hr_word_bits(hr_str_make(from, (size_t)v));
}

void hr_line_split(hr_str line, hr_line_words *out)
{
    const char *p = line.p, *end = line.p + line.n, *from;

    out->n = 0;
    out->shape = 0;
    for (;;) {
        for (from = p; p < end && between[(unsigned char)*p]; p++)
            ;
        out->shape = hr_mix(out->shape, gap_of(from, p));
        if (p == end)
            return;
        for (from = p; p < end && !between[(unsigned char)*p]; p++)
            ;
        if (out->n >= HR_LINE_WORDS) {
            out->n = HR_LINE_WORDS + 1;
            return;
        }
        out->word[out->n++] = hr_str_make(from, (size_t)(p - from));
    }
}

hr_str hr_first_word(hr_str line)
{
    const char *p = line.p, *end = line.p + line.n, *from;

    while (p < end && between[(unsigned char)*p])
        p++;
    for (from = p; p < end && !between[(unsigned char)*p]; p++)
        ;
    return hr_str_make(from, (size_t)(p - from));
}
