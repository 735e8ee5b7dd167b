/* query_words.c - see query_words.h. */
#include "transform/query_words.h"

#include "transform/eight.h"

enum { BLOCK = 64 };

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* The points between two digits, which belong to the word around them: of the bits that stand for points. */
static uint64_t joining(const hr_query_words *w, uint64_t points)
{
    uint64_t joined = 0;

    for (; points; points &= points - 1) {
        const char *p = w->block + __builtin_ctzll(points);
        if (p + 1 < w->end && is_digit(p[1]) && p > w->begin && is_digit(p[-1]))
            joined |= points & -points;
    }
    return joined;
}

/* How many bits are set; without the instruction for it the compiler would call a function. */
static inline size_t count_bits(uint64_t v)
{
    v -= v >> 1 & HR_EIGHT(0x55);
    v = (v & HR_EIGHT(0x33)) + (v >> 2 & HR_EIGHT(0x33));
    return (size_t)(((v + (v >> 4)) & HR_EIGHT(0x0f)) * HR_EIGHT(1) >> 56);
}

/* Look at the block. goes_on: the byte before it is of a word. */
static void read_block(hr_query_words *w, bool goes_on)
{
    const size_t n = (size_t)(w->end - w->block), before = (size_t)(w->block - w->begin);
    const uint64_t points = hr_run_bits_up_to_64(w->block, n, before, HR_RUN_POINT);

    w->words = hr_run_bits_up_to_64(w->block, n, before, HR_RUN_WORD);
    if (points)
        w->words |= joining(w, points);
    w->left = w->words & ~(w->words << 1 | goes_on);
    w->count += count_bits(w->left);
}

static bool next_block(hr_query_words *w)
{
    const bool goes_on = w->words >> (BLOCK - 1);

    if (w->end - w->block <= BLOCK)
        return false;
    w->block += BLOCK;
    read_block(w, goes_on);
    return true;
}

hr_query_words hr_query_words_of(const hr_query *q, const uint8_t *begins, hr_str text)
{
    hr_query_words w = {.q = q, .begins = begins, .begin = text.p, .end = text.p, .block = text.p};

    if (text.n) {
        w.end += text.n;
        read_block(&w, false);
    }
    return w;
}

/* The word that begins there. */
static hr_str word_at(const hr_query_words *w, unsigned from)
{
    const char *p = w->block + from;
    const uint64_t behind = ~(w->words >> from);
    hr_str word;

    if (w->words >> from != ~UINT64_C(0) >> from)
        return hr_str_make(p, (size_t)__builtin_ctzll(behind));
    hr_plain_words rest =
        hr_plain_words_of(hr_str_make(p, (size_t)(w->end - p))); /* it may go on in the next block */
    return hr_plain_words_next(&rest, &word) ? word : hr_str_make(p, 0);
}

/* The next beginning, of those in left, behind which a term could begin; 0: none. */
static inline uint64_t next_beginning(const hr_query_words *w, uint64_t left)
{
    const uint8_t *begins = w->begins;
    const char *block = w->block;

    /* The text's last byte has none behind it that could be read. */
    const uint64_t last = w->end - block <= BLOCK ? UINT64_C(1) << (w->end - block - 1) : 0;
    for (uint64_t most = left & ~last; most; most &= most - 1)
        if (__builtin_expect(begins[hr_query_beginning(block + __builtin_ctzll(most))], false))
            return most | (left & last);
    return left & last;
}

bool hr_query_words_next(hr_query_words *w, hr_str *word)
{
    do {
        for (uint64_t left; (left = next_beginning(w, w->left)) != 0;) {
            w->left = left & (left - 1);
            *word = word_at(w, (unsigned)__builtin_ctzll(left));
            if (hr_query_may_have(w->q, *word))
                return true;
        }
        w->left = 0;
    } while (next_block(w));
    return false;
}

bool hr_query_words_are_beside(const char *end, const char *next)
{
    enum { NEAR = 16 };
    hr_runs between;
    hr_str word;

    for (const char *p = end; p < next && p < end + NEAR; p++) { /* most are a blank apart, or far */
        const unsigned char c = (unsigned char)*p, small = c | 0x20;
        if (is_digit(*p) || (unsigned char)(small - 'a') < 26 || c == '_' || c > 0x7f)
            return false;
    }
    between = hr_runs_of(hr_str_make(end, (size_t)(next - end)), HR_RUN_WORD);
    return next - end <= NEAR || !hr_runs_next(&between, HR_RUN_WORD, &word);
}

size_t hr_query_words_count(hr_str text)
{
    hr_query_words w = hr_query_words_of(NULL, NULL, text);

    while (next_block(&w))
        ;
    return w.count;
}
