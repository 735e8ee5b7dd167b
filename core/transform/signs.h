/* signs.h - what keys and values mean: which fields hold a state, an error, a code, an identifier or a rank, and which
   values say that something went wrong. The tables of words stand in signs.c and nowhere else.
   Keys and values are the bytes between the quotes, as they stand in the text. Pure. */
#ifndef HR_SIGNS_H
#define HR_SIGNS_H

#include "base.h"

enum hr_key_sign {
    HR_KEY_STATE = 1,     /* status, state, level, severity, result ... : one word tells how it went */
    HR_KEY_LEVEL = 2,     /* of those: a log level */
    HR_KEY_ERROR = 4,     /* error, exception, failed ... : anything but nothing is an error */
    HR_KEY_GOOD = 8,      /* ok, success, healthy ... : false is an error */
    HR_KEY_CODE = 16,     /* status, code ... : may hold HTTP codes */
    HR_KEY_EXIT = 32,     /* exit_code, returncode ... : 0 is good */
    HR_KEY_IDENTITY = 64, /* id, timestamp, offset, port ... : numbers that measure nothing */
    HR_KEY_RANK = 128     /* score, relevance, similarity ... : the list is ranked by it */
};

unsigned hr_key_signs(hr_str key);

/* A state that tells of an error: one of its words is in the table ("payment_failed", "TIMED OUT"). */
bool hr_says_error(hr_str value);
/* Prose that tells of an error: the same, but "no error", "0 failed" and "without exception" do not count. *strong: it
   begins with such a word or writes it in capitals ("ERROR: disk full"). */
bool hr_prose_says_error(hr_str value, bool *strong);
/* Where to look for it in a text: the offset of the next word, one that begins at or behind `from`, that tells of an error; SIZE_MAX: there
   is none. from: where no word goes on. Lines without such a word say no error. *sure: whatever line holds this word says one; else it is to be
   read, since what stands before the word counts. */
size_t hr_prose_error_place(hr_str text, size_t from, bool *sure);
/* Nothing, in the words that programs have for it: "", "none", "ok", "0", "no" ... */
bool hr_says_nothing(hr_str value);
/* A log level that ordinary work produces: debug, info, trace ... */
bool hr_says_routine(hr_str value);

/* Split a key into lower-case words (snake_case, camelCase, kebab-case); their number, at most max; words are cut to 23
   bytes and NUL-terminated. */
size_t hr_key_words(hr_str key, char words[][24], size_t max);

#endif
