/* token.h - how many tokens a text is.

     hr_tokens           what decides: o200k_base, whatever the model, so that what is sent never depends on its name
     hr_counter_tokens   what is reported: by the model's own encoding where that is known, else hr_tokens, times a factor

   Exact means: the count that tiktoken 0.14.0 gives for encode_ordinary(text) in the model's own encoding. Special tokens count as text;
   what is not UTF-8 counts as U+FFFD, where Python's errors="replace" puts one. It is exact about a text. What a provider bills is the
   texts of a request in a wrapping that it does not publish, and tools rewritten in a form of its own; so a figure about a request is
   exact in the texts that the library sees - tool results decoded, all else of the body as its JSON with the escapes undone - and
   everything else about it stays "estimated".

   Where the compiled vocabularies (table.h) are not beside the library, everything is counted by hr_tokens_estimate and nothing is exact:
   its error is measured by tests/bench/token_error.py and stated in docs/architecture.md.

   Thread rule: any thread, before and after a fork, no lock. Time is linear in n for any bytes. Memory: none but for odd texts, and where
   there is none of it such a text is counted in parts. */
#ifndef HR_TOKEN_H
#define HR_TOKEN_H
#include "../base.h"

/* Whose counts a figure is made of; stored with decisions, so the numbers stay. */
enum hr_encoding {
    HR_ENCODING_NONE = 0, /* estimated: a model whose encoding is not known, or no vocabulary */
    HR_ENCODING_O200K = 1,
    HR_ENCODING_CL100K = 2,
    HR_ENCODINGS
};

/* Tokens of text by o200k_base, or the estimate. A function of the text, and of the vocabulary being there. */
size_t hr_tokens(const char *text, size_t n);
/* The same from 64 KB on by 64 stretches at even distances, 32 KB in all: to hold two forms of one text against each other. A cut stretch has a
   token too many at most, so 1 in 100, the same for both; beyond that it is as good as the text is even. */
size_t hr_tokens_about(const char *text, size_t n);
/* Tokens of raw JSON bytes with their escapes undone: for the parts of a body that are never decoded. Lone surrogates count as U+FFFD. */
size_t hr_tokens_json(const char *json, size_t n);

/* How the figures of one request are counted. */
typedef struct hr_counter {
    enum hr_encoding
        by;        /* O200K for models of unknown encoding, too; NONE: estimated, no vocabulary is there */
    bool exact;    /* it is the model's own */
    double factor; /* tokens of the model for one that is counted; 1 where exact */
} hr_counter;
/* factor: of the model's family (calibrate.h), not used where its own encoding is there; 1: none is known. */
hr_counter hr_counter_of(hr_str model, double factor);
/* Counts without the factor: what decisions store, with `by`. */
size_t hr_counter_tokens(const hr_counter *c, const char *text, size_t n);
size_t hr_counter_tokens_json(const hr_counter *c, const char *json, size_t n);
/* A count with the factor: what is reported. */
size_t hr_counter_scale(const hr_counter *c, size_t tokens);

/* Token ids of a text: *ids is the caller's, by hr_free. HR_ENOENT: the vocabulary is not there. HR_ENOMEM. */
int hr_encoding_ids(enum hr_encoding e, const char *text, size_t n, uint32_t **ids, size_t *count);
/* Counts by one encoding, whatever the model. HR_ENOENT. */
int hr_encoding_count(enum hr_encoding e, const char *text, size_t n, size_t *count);
/* "o200k_base"; NULL for NONE. And back: NONE for other names. */
const char *hr_encoding_name(enum hr_encoding e);
enum hr_encoding hr_encoding_named(const char *name);
/* Why an encoding cannot be used: HR_ENOENT, HR_ESHAPE (another version, or damaged), HR_EIO; 0: it can. all: the whole file is held against its
   checksum, 10 ms. path, of HR_MAX_PATH: where it is looked for; "" where the library does not know its own place. */
int hr_encoding_check(enum hr_encoding e, bool all, char *path);

/* ---- the estimator: o200k_base from a 16 KiB model of it. No memory, 4 times as fast on some texts, and off by some percent. */
size_t hr_tokens_estimate(const char *text, size_t n);

#endif
