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

void hr_line_split(hr_str line, hr_line_words *out)
{
    hr_runs words = hr_runs_of(line, HR_RUN_UNGAPPED);
    hr_str word;

    for (out->n = 0; hr_runs_next(&words, HR_RUN_UNGAPPED, &word); out->n++) {
        if (out->n == HR_LINE_WORDS) {
            out->n++;
            break;
        }
        out->word[out->n] = word;
    }
}

hr_str hr_first_word(hr_str line)
{
    hr_runs words = hr_runs_of(line, HR_RUN_UNGAPPED);
    hr_str word;

    return hr_runs_next(&words, HR_RUN_UNGAPPED, &word) ? word : hr_str_make(line.p + line.n, 0);
}
