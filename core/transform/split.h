/* split.h - a text cut into lines and their words (line_words.h), once for all who look at them: patterns.c, form_rows.c, log.c.

   A line has its words here where it has two to HR_LINE_WORDS of them and is shorter than 64 KB; else none. Some 5 bytes a word and 16 a
   line. The text is borrowed and must live as long; the caller frees the split. One thread. */
#ifndef HR_SPLIT_H
#define HR_SPLIT_H

#include "transform/line_words.h"
#include "transform/watch.h"

/* A word of a line: where it begins, from the line's beginning, and how long it is. */
typedef struct hr_place {
    uint16_t off, len;
} hr_place;

typedef struct hr_split {
    hr_str text;
    uint32_t lines;
    uint32_t
        *begin; /* of each line, and of one behind the last, as if a line feed stood at the end of the text */
    uint32_t *first; /* its first word in place[], and that of one line behind the last */
    uint64_t *
        shape; /* hash of the number of words and of what stands around them; of lines that have words here */
    hr_place *place;
} hr_split;

/* 0; HR_ENOMEM, HR_ETIME, HR_ELIMIT (a text above 1 GiB, more than 2^24 lines): *s needs no freeing. */
int hr_split_read(hr_split *s, hr_str text, hr_watch *watch);
void hr_split_free(hr_split *s);

static inline hr_str hr_split_line(const hr_split *s, uint32_t line)
{
    return hr_str_make(s->text.p + s->begin[line], s->begin[line + 1] - s->begin[line] - 1);
}

static inline uint32_t hr_split_words(const hr_split *s, uint32_t line)
{
    return s->first[line + 1] - s->first[line];
}

static inline hr_str hr_split_word(const hr_split *s, uint32_t line, uint32_t word)
{
    const hr_place at = s->place[s->first[line] + word];
    return hr_str_make(s->text.p + s->begin[line] + at.off, at.len);
}

#endif
