/* line_words.c - see line_words.h. */
#include "transform/line_words.h"

#include "transform/runs.h"

uint64_t hr_word_bits(hr_str s)
{
    uint64_t h = s.n;
    size_t i = 0;

    for (; i + 8 <= s.n; i += 8)
        h = hr_mix(h, hr_eight(s.p + i, 8));
    return hr_mix(hr_mix(h, hr_eight(s.p + i, s.n - i)), HR_GOLDEN);
}

/* What stands between two words, up to the next word: as a number that tells it apart. */
static inline uint64_t gap_of(const char *from, const char *to)
{
    const size_t n = (size_t)(to - from);

    if (n <= 1)
        return n ? (unsigned char)*from : 0;
    return hr_word_bits(hr_str_make(from, n));
}

void hr_line_split(hr_str line, hr_line_words *out)
{
    hr_runs words = hr_runs_of(line, HR_RUN_UNGAPPED);
    const char *behind = line.p;
    uint64_t shape = 0;
    uint32_t n = 0;
    hr_str word;

    while (hr_runs_next(&words, HR_RUN_UNGAPPED, &word)) {
        shape = hr_mix(shape, gap_of(behind, word.p));
        behind = word.p + word.n;
        if (n == HR_LINE_WORDS) {
            n++;
            break;
        }
        out->word[n++] = word;
    }
    out->n = n;
    out->shape = hr_mix(shape, gap_of(behind, line.p + line.n));
}

hr_str hr_first_word(hr_str line)
{
    hr_runs words = hr_runs_of(line, HR_RUN_UNGAPPED);
    hr_str word;

    return hr_runs_next(&words, HR_RUN_UNGAPPED, &word) ? word : hr_str_make(line.p + line.n, 0);
}
