/* query_words.h - the words of a text that may be terms of a query (terms.h), found 64 bytes at a time.

   Words are those of words.h where nothing is spelled as an escape: the caller gives text without backslashes. Nearly all words are passed
   over after their first two bytes. Pure; the text and the query are borrowed. One thread. */
#ifndef HR_QUERY_WORDS_H
#define HR_QUERY_WORDS_H

#include "transform/terms.h"

typedef struct hr_query_words {
    const hr_query *q;
    const uint8_t *begins;           /* those of the query, or what is left of them */
    const char *begin, *end, *block; /* of the text; of the 64 bytes that the bits below tell of */
    uint64_t words, left;            /* bytes of words; beginnings of words that were not looked at yet */
    size_t count;                    /* words that begin in the blocks that were looked at */
} hr_query_words;

hr_query_words hr_query_words_of(const hr_query *q, const uint8_t *begins, hr_str text);

/* The next word that may be a term; false: there is none, and count is the number of all words. */
bool hr_query_words_next(hr_query_words *w, hr_str *word);

/* Does no word begin between them? `next` begins a word behind the end of another. */
bool hr_query_words_are_beside(const char *end, const char *next);

/* How many words the text has. */
size_t hr_query_words_count(hr_str text);

#endif
