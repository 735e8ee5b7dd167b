/* terms.h - what a parsed query looks like inside: shared by query.c, which fills it, and bm25.c, which scores rows by it.
   Everything lives in the arena of hr_query_new; read-only afterwards. */
#ifndef HR_TERMS_H
#define HR_TERMS_H

#include "transform/query.h"
#include "transform/words.h"

enum { HR_QUERY_MAX_WORDS = 4096, HR_QUERY_MAX_ANCHORS = 256, HR_ANCHOR_MAX_WORDS = 12 };

typedef struct hr_term {
    uint64_t hash;
    bool scored; /* takes part in BM25; false: known only as part of an anchor */
} hr_term;

/* A sequence of words that must stand side by side in a row. */
typedef struct hr_anchor {
    uint16_t n;
    uint16_t term[HR_ANCHOR_MAX_WORDS];
    bool exact; /* identifier, number, path: every row that holds it; false: a name or quoted words */
} hr_anchor;

struct hr_query {
    hr_str text;
    hr_term *terms;
    uint32_t nterms;
    uint16_t *slots; /* open addressing: index of the term + 1 */
    uint32_t mask;
    hr_anchor *anchors;
    uint32_t nanchors;
    unsigned hints, count;
};

/* Index of the term with this hash, or UINT32_MAX. */
uint32_t hr_query_term(const hr_query *q, uint64_t hash);

#endif
