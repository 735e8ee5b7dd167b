/* terms.h - what a parsed query looks like inside: shared by query.c, which fills it, and bm25.c, which scores rows by it.
   Everything lives in the arena of hr_query_new; read-only afterwards. */
#ifndef HR_TERMS_H
#define HR_TERMS_H

#include "transform/query.h"
#include "transform/words.h"

enum { HR_QUERY_MAX_WORDS = 4096, HR_QUERY_MAX_ANCHORS = 256, HR_ANCHOR_MAX_WORDS = 12 };

typedef struct hr_term {
    uint64_t hash;
    uint16_t beginning; /* hr_query_beginning; HR_QUERY_BEGINNINGS: it has several */
    bool scored;        /* takes part in BM25; false: known only as part of an anchor */
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
    uint32_t *
        lengths; /* for the first two bytes of a word (hr_query_slot): bit n, a term so begun has n bytes, or more where n is 31;
                          all bits where a term is spelled with escapes */
    uint8_t *begins; /* for hr_query_beginning of a word: how many terms begin so; HR_QUERY_MANY: or more */
    unsigned hints, count;
};

enum { HR_QUERY_SLOTS = 1024 };
static inline uint32_t hr_query_slot(hr_str word)
{
    /* Five bits tell letters apart in either case. */
    return ((uint32_t)(unsigned char)word.p[0] & 31) << 5 | (word.n > 1 ? (unsigned char)word.p[1] & 31 : 0);
}

/* Two bytes as an index, in which letters are the same in either case. */
enum { HR_QUERY_BEGINNINGS = 0x2000, HR_QUERY_MANY = 255 };
static inline uint32_t hr_query_beginning(const char *two)
{
    return ((uint32_t)(unsigned char)two[0] | (uint32_t)(unsigned char)two[1] << 8) & 0x1f1f;
}

/* Could this word, not empty, be a term? It costs less than its hash, and nearly always the answer is no. */
static inline bool hr_query_may_have(const hr_query *q, hr_str word)
{
    return q->lengths[hr_query_slot(word)] >> (word.n < 31 ? word.n : 31) & 1;
}

/* Index of the term with this hash, or UINT32_MAX. */
uint32_t hr_query_term(const hr_query *q, uint64_t hash);

#endif
