/* reason.h - the words with which core says what was done to a result, and why something was not done, in plain English. */
#ifndef REASON_H
#define REASON_H

struct reason {
    const char *word; /* `skipped` of a request, `reason` of a result, or why the database cannot be used */
    const char *text; /* what it means */
    const char *way;  /* what to do, one sentence; NULL: nothing need be done */
};

/* NULL: the word is not known. */
const struct reason *reason_of(const char *word);
/* What a transform or its strategy does; NULL: the word is not known. */
const char *reason_of_transform(const char *word);

#endif
