/* words.h - the words of a text, one after the other: runs of ASCII letters, digits, '_' and non-ASCII characters; a '.'
   between two digits belongs to the word (12.5, 10.42.7.19). Backslash escapes are read as JSON writes them, so that
   "\u0160koda" and "Skoda" with its letter in UTF-8 are the same word.

   A word is known by its hash: ASCII letters in lower case, a plural s of words of five letters and more left out. Two
   words with one hash are taken for the same; a collision costs one row kept too many.
   Pure; the text is borrowed. */
#ifndef HR_WORDS_H
#define HR_WORDS_H

#include "transform/eight.h"
#include "transform/runs.h"

enum hr_word_flag {
    HR_WORD_DIGIT = 1,   /* holds a digit */
    HR_WORD_LETTER = 2,  /* holds a letter, '_' or a non-ASCII character */
    HR_WORD_CAPITAL = 4, /* begins with an ASCII capital */
    HR_WORD_CAMEL = 8,   /* a capital behind a small letter */
    HR_WORD_UNDERSCORE = 16
};

typedef struct hr_word {
    uint64_t hash;
    uint32_t off, len; /* in the text, escapes included */
    uint8_t flags;
} hr_word;

typedef struct hr_words {
    hr_str text;
    size_t pos;
} hr_words;

/* The next word; false at the end. */
bool hr_words_next(hr_words *w, hr_word *out);
/* Hash of one word given as it is. */
uint64_t hr_word_hash(hr_str word);

/* ---- the same words where no character is spelled as an escape (\u0160), found 64 bytes at a time ---- */
typedef struct hr_plain_words {
    hr_runs runs;     /* of the part before the next backslash */
    const char *part; /* what stands behind it; NULL: nothing */
    const char *end;  /* of the text */
} hr_plain_words;

/* false: characters are spelled as escapes, hr_words_next must read this text. */
bool hr_plain_words_begin(hr_plain_words *w, hr_str text);
/* Go on behind a backslash and what it escapes; false: there was none. */
bool hr_plain_words_part(hr_plain_words *w);

/* For text that is known to be no JSON, where a backslash only parts words. */
static inline hr_plain_words hr_plain_words_of(hr_str text)
{
    hr_plain_words w = {.runs = hr_runs_of(text, HR_RUN_WORD)};
    w.end = w.runs.end;
    return w;
}

/* Of a string without any backslash, part of a text that begins at `begin`. */
static inline hr_plain_words hr_plain_words_inside(const char *begin, hr_str part)
{
    hr_plain_words w = {.runs = hr_runs_inside(begin, part, HR_RUN_WORD)};
    w.end = w.runs.end;
    return w;
}

/* The next word; false at the end. */
static inline __attribute__((always_inline)) bool hr_plain_words_next(hr_plain_words *w, hr_str *word)
{
    hr_str more;

    while (!hr_runs_next(&w->runs, HR_RUN_WORD, word))
        if (!hr_plain_words_part(w))
            return false;
    /* A point between two digits belongs to the word, and with it what stands behind it. */
    while (word->p + word->n + 1 < w->runs.end && word->p[word->n] == '.' &&
           (unsigned char)(word->p[word->n - 1] - '0') < 10 &&
           (unsigned char)(word->p[word->n + 1] - '0') < 10 && hr_runs_next(&w->runs, HR_RUN_WORD, &more))
        word->n = (size_t)(more.p + more.n - word->p);
    return true;
}

/* The hash of such a word. */
uint64_t hr_plain_word_hash(hr_str word);

#endif
