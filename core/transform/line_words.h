/* line_words.h - the words of a line of a log, a listing, a build's output: runs of other bytes than white space and
   , ; = ( ) [ ] { } < > | ' " and the backquote.
   Pure; the line is borrowed. */
#ifndef HR_LINE_WORDS_H
#define HR_LINE_WORDS_H

#include "base.h"
#include "transform/eight.h"

enum { HR_LINE_WORDS = 40 }; /* of longer lines only so many are known */

typedef struct hr_line_words {
    hr_str word[HR_LINE_WORDS];
    uint32_t n; /* HR_LINE_WORDS + 1: there are more */
} hr_line_words;

void hr_line_split(hr_str line, hr_line_words *out);
/* The first word alone; n 0: there is none. */
hr_str hr_first_word(hr_str line);

/* 64 bits that tell words apart. Not keyed: who makes them collide gets a pattern that is not used. */
uint64_t hr_word_bits(hr_str word);

/* The same word? */
static inline bool hr_word_is(hr_str a, hr_str b)
{
    if (a.n != b.n)
        return false;
    return a.n <= 8 ? hr_eight(a.p, a.n) == hr_eight(b.p, b.n) : memcmp(a.p, b.p, a.n) == 0;
}

#endif
