/* reason.h - the words with which core says why something was not done, in plain English. */
#ifndef REASON_H
#define REASON_H

struct reason {
    const char *word; /* `skipped` of a request, or why the database cannot be used */
    const char *text; /* what it means */
    const char *way;  /* what to do, one sentence; NULL: nothing need be done */
};

/* NULL: the word is not known. */
const struct reason *reason_of(const char *word);

#endif
