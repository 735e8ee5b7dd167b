/* model.h - inside of the token estimator: which costs there are, the tables of model.c, the sum of a text.

   model.c is written by tests/bench/token_fit.py from a training corpus and the o200k_base vocabulary
   (OpenAI, MIT licence); nothing in it is edited by hand. Only estimate.c and the tools of tests/bench
   include this file.

   Thread rule: constants. Units: one token is HR_COST_ONE. */
#ifndef HR_TOKEN_MODEL_H
#define HR_TOKEN_MODEL_H

#include <stddef.h>
#include <stdint.h>

enum {
    HR_COST_ONE = 256,
    HR_WORD_LENGTHS = 20,  /* letters of a word with a cost of their own; longer ones add a slope */
    HR_KNOWN_LENGTHS = 16, /* bytes of the longest piece that the vocabulary filter holds */
    HR_PUNCT_LENGTHS = 12,
    HR_SCRIPTS = 64,
    HR_KNOWN_WORDS = 2048 /* 64-bit words of the filter: 16 KiB */
};

/* Word forms and what may stand before a word inside the same piece. */
enum { HR_FORM_LOWER, HR_FORM_TITLE, HR_FORM_UPPER, HR_FORM_MIXED, HR_FORMS };
enum { HR_LEAD_NONE, HR_LEAD_SPACE, HR_LEAD_PUNCT, HR_LEADS };

/* Index of each cost in hr_token_cost. The ranges follow one another. */
enum {
    HR_C_DIGITS = 0,      /* group of one to three digits */
    HR_C_SPACES,          /* run of blanks */
    HR_C_SPACES_MORE,     /* each further HR_SPACE_STEP blanks */
    HR_C_NEWLINES,        /* blanks that end in a line end: known to the filter */
    HR_C_NEWLINES_RARE,   /* the same, unknown */
    HR_C_CONTRACTION,     /* 's 't 'll behind an unknown piece */
    HR_C_PUNCT_KNOWN,     /* run of punctuation in the filter */
    HR_C_PUNCT_SAME,      /* unknown run of one character over and over */
    HR_C_PUNCT_SAME_MORE, /* each further 16 of it */
    HR_C_PUNCT_MORE,      /* each byte beyond HR_PUNCT_LENGTHS */
    HR_C_PUNCT_MIXED,     /* each ASCII byte of a run with other symbols */
    HR_C_FOREIGN_WORD,    /* word with letters outside ASCII: once */
    HR_C_FOREIGN_ASCII,   /* ... each of its ASCII letters */
    HR_C_FOREIGN_RUN,     /* symbols outside ASCII: once a run */
    HR_C_PUNCT,           /* unknown run by length */
    HR_C_PUNCT_LINE = HR_C_PUNCT + HR_PUNCT_LENGTHS + 1, /* the same where line ends follow */
    HR_C_KNOWN = HR_C_PUNCT_LINE + HR_PUNCT_LENGTHS + 1, /* known word by length of the piece */
    HR_C_BODY = HR_C_KNOWN + HR_KNOWN_LENGTHS + 1,       /* unknown piece, known without its lead */
    HR_C_WORD_MORE = HR_C_BODY + 2 * (HR_KNOWN_LENGTHS + 1),
    HR_C_WORD = HR_C_WORD_MORE + HR_FORMS,
    HR_C_SCRIPT = HR_C_WORD + HR_FORMS * HR_LEADS * (HR_WORD_LENGTHS + 1),
    HR_COSTS = HR_C_SCRIPT + HR_SCRIPTS
};

extern const uint16_t hr_token_cost[HR_COSTS];
/* Blocked Bloom filter over frequent pieces that are one token each: two bits in one 64-bit word (see
 * estimate.c). */
extern const uint64_t hr_token_known[HR_KNOWN_WORDS];

/* Cost of a text; and the tokens that a sum of costs is, at least 1. */
uint64_t hr_token_sum(const char *text, size_t n);
size_t hr_token_round(uint64_t sum);

#endif
