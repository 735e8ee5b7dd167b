/* volatile_words.h - does a sentence say what day or time it is, or which session this is, and nothing else?

   A sentence is taken whole, as a bag of words and values. Each of its words must be one of a short list (today, current, date, session,
   the, is ..), each value a date, a time, seconds since 1970 or an identifier; any other word, and the sentence says more than that and
   is not one. So "Knowledge cutoff: 2024-06", "Released 2021-03-04." and "Today is a good day." are none. English words alone are known; dates
   in figures are known however they are spelled.

   Pure: no memory, no locale. Linear in the sentence; any thread. */
#ifndef HR_VOLATILE_WORDS_H
#define HR_VOLATILE_WORDS_H

#include "base.h"

typedef struct hr_saying {
    bool labelled; /* "Current date: ..", not "The current date is .." */
    hr_str today;  /* "Today is DATE": the date as it is written; n 0: it says more, or in other words */
} hr_saying;

/* sentence: without white space around it; its closing full stop may stand. */
bool hr_says_when(hr_str sentence, hr_saying *out);

/* Letters and digits are compared without regard to case: z is in lower case. */
bool hr_word_is(hr_str word, const char *z);

#endif
