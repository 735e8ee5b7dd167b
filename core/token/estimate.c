/* estimate.c - estimates the number of o200k_base tokens of a text in one pass.

       text --pieces--> word | digits | punctuation | blanks | other scripts --cost table--> sum

   The vocabulary's own rule for cutting text into pieces is followed closely (it is cheap); what is estimated
   is how many tokens one piece makes. A piece of up to three digits or a frequent word is one token;
   everything else costs what pieces of its length and form cost on average in the training corpus (model.h).

   Frequent pieces are known from a 16 KiB Bloom filter instead of the vocabulary's several megabytes, so the
   estimator stays inside the first-level cache. */
#include "token/model.h"
#include "token/token.h"

#include <string.h>

typedef unsigned char byte;

enum kind { KIND_PUNCT, KIND_LOWER, KIND_UPPER, KIND_DIGIT, KIND_BLANK, KIND_LINE, KIND_HIGH };

#define P   KIND_PUNCT
#define L   KIND_LOWER
#define U   KIND_UPPER
#define D   KIND_DIGIT
#define B   KIND_BLANK
#define N   KIND_LINE
#define H   KIND_HIGH
#define H16 H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H
static const byte kinds[256] = {
    P,   P,   P,   P,   P,   P,   P,   P,   P, B, N, B, B, N, P, P, /* 00 */
    P,   P,   P,   P,   P,   P,   P,   P,   P, P, P, P, B, B, B, B, /* 10 */
    B,   P,   P,   P,   P,   P,   P,   P,   P, P, P, P, P, P, P, P, /* 20 */
    D,   D,   D,   D,   D,   D,   D,   D,   D, D, P, P, P, P, P, P, /* 30 */
    P,   U,   U,   U,   U,   U,   U,   U,   U, U, U, U, U, U, U, U, /* 40 */
    U,   U,   U,   U,   U,   U,   U,   U,   U, U, U, P, P, P, P, P, /* 50 */
    P,   L,   L,   L,   L,   L,   L,   L,   L, L, L, L, L, L, L, L, /* 60 */
    L,   L,   L,   L,   L,   L,   L,   L,   L, L, L, P, P, P, P, P, /* 70 */
    H16, H16, H16, H16, H16, H16, H16, H16,
};
#undef P
#undef L
#undef U
#undef D
#undef B
#undef N
#undef H
#undef H16

/* Where the scripts lie: from `first` up to the next row. `letter`: part of words; otherwise a symbol. The
   number of a row is its cost's index behind HR_C_SCRIPT. Rows that share a character (Latin-1) are as fine
   as cost needs. */
static const struct script {
    uint32_t first;
    bool letter;
} scripts[] = {
    {0x80, false},    /* Latin-1 signs */
    {0xC0, true},     /* Latin-1 letters */
    {0x100, true},    /* Latin Extended */
    {0x250, true},    /* phonetic */
    {0x300, true},    /* combining marks */
    {0x370, true},    /* Greek */
    {0x400, true},    /* Cyrillic capitals */
    {0x430, true},    /* Cyrillic */
    {0x450, true},    /* Cyrillic of other languages */
    {0x530, true},    /* Armenian */
    {0x590, true},    /* Hebrew */
    {0x600, true},    /* Arabic */
    {0x66E, true},    /* Arabic, extended */
    {0x700, true},    /* Syriac and others */
    {0x900, true},    /* Devanagari */
    {0x980, true},    /* Bengali */
    {0xA00, true},    /* Gurmukhi */
    {0xA80, true},    /* Gujarati */
    {0xB00, true},    /* Oriya */
    {0xB80, true},    /* Tamil */
    {0xC00, true},    /* Telugu */
    {0xC80, true},    /* Kannada */
    {0xD00, true},    /* Malayalam */
    {0xD80, true},    /* Sinhala */
    {0xE00, true},    /* Thai */
    {0xE80, true},    /* Lao, Tibetan */
    {0x1000, true},   /* Myanmar */
    {0x10A0, true},   /* Georgian */
    {0x1100, true},   /* Hangul parts, Ethiopic, Cherokee */
    {0x1780, true},   /* Khmer */
    {0x1800, true},   /* Mongolian and others */
    {0x1E00, true},   /* Latin Additional (Vietnamese) */
    {0x1F00, true},   /* Greek Extended */
    {0x2000, false},  /* general punctuation */
    {0x2070, false},  /* superscripts, currency, letter-like */
    {0x2190, false},  /* arrows, mathematics, technical */
    {0x2500, false},  /* box drawing, blocks */
    {0x25A0, false},  /* shapes, dingbats */
    {0x27C0, false},  /* more arrows, Braille */
    {0x2C00, true},   /* Glagolitic, Coptic, Georgian, ... */
    {0x2E00, false},  /* CJK radicals */
    {0x3000, false},  /* CJK punctuation */
    {0x3040, true},   /* Hiragana */
    {0x30A0, true},   /* Katakana */
    {0x3100, true},   /* Bopomofo, enclosed */
    {0x3400, true},   /* Han Extension A */
    {0x4E00, true},   /* Han */
    {0xA000, true},   /* Yi and others */
    {0xAC00, true},   /* Hangul */
    {0xD7B0, false},  /* surrogates, private use */
    {0xF900, true},   /* compatibility forms */
    {0xFE00, false},  /* variation selectors, halves */
    {0xFE70, true},   /* Arabic forms */
    {0xFF00, false},  /* full-width forms */
    {0xFFF0, false},  /* specials: invalid bytes come here */
    {0x10000, true},  /* ancient scripts */
    {0x1D000, false}, /* music, mathematics */
    {0x1F000, false}, /* emoji */
    {0x20000, true},  /* Han beyond the first plane */
    {0xE0000, false}, /* tags, private use */
};
enum { SCRIPTS = sizeof scripts / sizeof scripts[0], SPACE_STEP = 80 };
_Static_assert((int)SCRIPTS <= (int)HR_SCRIPTS, "a row without a cost");

struct walk {
    const byte *end;
    const uint16_t *cost;
    uint64_t sum;
    unsigned script; /* row of the last symbol: neighbours mostly share it */
};

/* ------------------------------------------------------------------ the filter of known pieces */

static uint64_t load(const byte *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* Is p[0..n) probably one token? token_fit.py computes the same hash. */
static inline bool known(const struct walk *w, const byte *p, size_t n)
{
    uint64_t head, tail = 0;
    if (n > 8) {
        if (n > HR_KNOWN_LENGTHS)
            return false;
        head = load(p);
        tail = load(p + n - 8);
    } else if (w->end - p >= 8) {
        head = load(p) & UINT64_MAX >> (64 - 8 * n);
    } else {
        head = 0;
        for (size_t i = n; i > 0; i--)
            head = head << 8 | p[i - 1];
    }
    uint64_t h = (head * 0x9E3779B97F4A7C15u) ^ (tail * 0xC2B2AE3D27D4EB4Fu + n);
    h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
    uint64_t bits = UINT64_C(1) << (h >> 47 & 63) | UINT64_C(1) << (h >> 41 & 63);
    return (hr_token_known[h >> 53] & bits) == bits;
}

/* ------------------------------------------------------------------ other scripts */

/* Code point at p, its length in *len. Anything invalid is one byte of U+FFFD. */
static uint32_t decode(const byte *p, const byte *end, unsigned *len)
{
    size_t left = (size_t)(end - p);
    uint32_t c = p[0];
    *len = 1;
    if (c < 0xC2 || c > 0xF4)
        return 0xFFFD;
    if (left < 2 || (p[1] & 0xC0) != 0x80)
        return 0xFFFD;
    if (c < 0xE0) {
        *len = 2;
        return (c & 0x1F) << 6 | (p[1] & 0x3Fu);
    }
    if (left < 3 || (p[2] & 0xC0) != 0x80)
        return 0xFFFD;
    if (c < 0xF0) {
        *len = 3;
        return (c & 0x0F) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    }
    if (left < 4 || (p[3] & 0xC0) != 0x80)
        return 0xFFFD;
    *len = 4;
    return (c & 0x07) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
}

/* Row of scripts[] for the code point at p (p[0] >= 0x80). */
static unsigned script_at(struct walk *w, const byte *p, unsigned *len)
{
    uint32_t c = decode(p, w->end, len);
    unsigned lo = w->script, hi = lo + 1;
    if (c < 0x80) /* overlong form */
        c = 0xFFFD;
    if (c >= scripts[lo].first && (hi == SCRIPTS || c < scripts[hi].first))
        return lo;
    lo = 0;
    hi = SCRIPTS;
    while (hi - lo > 1) {
        unsigned mid = (lo + hi) / 2;
        if (c < scripts[mid].first)
            hi = mid;
        else
            lo = mid;
    }
    w->script = lo;
    return lo;
}

static bool letter_at(struct walk *w, const byte *p)
{
    unsigned len;
    return scripts[script_at(w, p, &len)].letter;
}

/* Word from p on that holds letters outside ASCII; `ascii` of its letters were read before p. Returns its
 * end. */
static const byte *foreign_word(struct walk *w, const byte *p, size_t ascii)
{
    while (p < w->end) {
        unsigned k = kinds[*p], len, row;
        if (k == KIND_LOWER || k == KIND_UPPER) {
            ascii++;
            p++;
            continue;
        }
        if (k != KIND_HIGH)
            break;
        row = script_at(w, p, &len);
        if (!scripts[row].letter)
            break;
        w->sum += w->cost[HR_C_SCRIPT + row];
        p += len;
    }
    w->sum += w->cost[HR_C_FOREIGN_WORD] + (uint64_t)ascii * w->cost[HR_C_FOREIGN_ASCII];
    return p;
}

/* ------------------------------------------------------------------ words */

/* Length of 's 't 're 've 'm 'll 'd at p, in either case, or 0. */
static size_t contraction(const byte *p, const byte *end)
{
    if (end - p < 2 || p[0] != '\'')
        return 0;
    unsigned a = p[1] | 0x20u, b = end - p > 2 ? p[2] | 0x20u : 0;
    if (a == 's' || a == 't' || a == 'm' || a == 'd')
        return 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l'))
        return 3;
    return 0;
}

/* Piece from p on whose letters begin at word (word - p is 0 or 1). Returns its end. */
static inline const byte *word_piece(struct walk *w, const byte *p, const byte *word)
{
    const byte *q = word, *lower, *end = w->end;
    while (q < end && kinds[*q] == KIND_UPPER)
        q++;
    lower = q;
    while (q < end && kinds[*q] == KIND_LOWER)
        q++;
    if (q < end && *q >= 0x80 && letter_at(w, q))
        return foreign_word(w, q, (size_t)(q - word));

    size_t extra = q < end && *q == '\'' ? contraction(q, end) : 0;
    size_t piece = (size_t)(q - p), letters = (size_t)(q - word);
    if (extra) {
        if (known(w, p, piece + extra)) {
            w->sum += w->cost[HR_C_KNOWN + piece + extra];
            return q + extra;
        }
        w->sum += w->cost[HR_C_CONTRACTION];
    }
    if (known(w, p, piece)) {
        w->sum += w->cost[HR_C_KNOWN + piece];
        return q + extra;
    }
    unsigned lead = word == p ? HR_LEAD_NONE : *p == ' ' ? HR_LEAD_SPACE : HR_LEAD_PUNCT;
    if (lead != HR_LEAD_NONE && known(w, word, letters)) {
        w->sum += w->cost[HR_C_BODY + (lead - 1) * (HR_KNOWN_LENGTHS + 1) + letters];
        return q + extra;
    }
    unsigned form = lower == word       ? HR_FORM_LOWER
                    : lower == q        ? HR_FORM_UPPER
                    : lower == word + 1 ? HR_FORM_TITLE
                                        : HR_FORM_MIXED;
    if (letters > HR_WORD_LENGTHS) {
        w->sum += (uint64_t)(letters - HR_WORD_LENGTHS) * w->cost[HR_C_WORD_MORE + form];
        letters = HR_WORD_LENGTHS;
    }
    w->sum += w->cost[HR_C_WORD + (form * HR_LEADS + lead) * (HR_WORD_LENGTHS + 1) + letters];
    return q + extra;
}

/* ------------------------------------------------------------------ punctuation */

/* Run of symbols from p on, whose punctuation begins at q (behind one blank, or at p). Returns its end. */
static inline const byte *punct_piece(struct walk *w, const byte *p, const byte *q)
{
    const byte *end = w->end, *first = q, *tail;
    size_t high = 0;
    for (; q < end; q++) {
        if (kinds[*q] == KIND_PUNCT)
            continue;
        if (*q < 0x80)
            break;
        unsigned len, row = script_at(w, q, &len);
        if (scripts[row].letter)
            break;
        w->sum += w->cost[HR_C_SCRIPT + row];
        high += len;
        q += len - 1;
    }
    tail = q;
    while (q < end && (kinds[*q] == KIND_LINE || (*q == '/' && q > tail)))
        q++;
    size_t n = (size_t)(q - p);
    if (high) {
        w->sum += w->cost[HR_C_FOREIGN_RUN] + (uint64_t)(n - high) * w->cost[HR_C_PUNCT_MIXED];
        return q;
    }
    if (n == 1 || known(w, p, n)) {
        w->sum += w->cost[HR_C_PUNCT_KNOWN];
        return q;
    }
    size_t signs = (size_t)(tail - first);
    if (signs >= 4 && memcmp(first, first + 1, signs - 1) == 0) {
        w->sum += w->cost[HR_C_PUNCT_SAME] + (uint64_t)(signs >> 4) * w->cost[HR_C_PUNCT_SAME_MORE];
        return q;
    }
    unsigned table = q > tail ? HR_C_PUNCT_LINE : HR_C_PUNCT;
    n = (size_t)(tail - p);
    if (n > HR_PUNCT_LENGTHS) {
        w->sum += (uint64_t)(n - HR_PUNCT_LENGTHS) * w->cost[HR_C_PUNCT_MORE];
        n = HR_PUNCT_LENGTHS;
    }
    w->sum += w->cost[table + n];
    return q;
}

/* ------------------------------------------------------------------ the walk */

static inline void blanks(struct walk *w, size_t n)
{
    w->sum += w->cost[HR_C_SPACES];
    for (; n > SPACE_STEP; n -= SPACE_STEP)
        w->sum += w->cost[HR_C_SPACES_MORE];
}

/* Blanks and line ends from p on. Returns where the next piece begins: the last blank may belong to it. */
static inline const byte *blank_piece(struct walk *w, const byte *p)
{
    const byte *q = p, *line = NULL, *end = w->end;
    for (; q < end; q++) {
        unsigned k = kinds[*q];
        if (k == KIND_LINE)
            line = q + 1;
        else if (k != KIND_BLANK)
            break;
    }
    if (line) {
        bool plain = line == p + 1 || known(w, p, (size_t)(line - p));
        w->sum += w->cost[plain ? HR_C_NEWLINES : HR_C_NEWLINES_RARE];
        p = line;
    }
    if (q == end) {
        if (q > p)
            blanks(w, (size_t)(q - p));
        return q;
    }
    if (q - p > 1) {
        blanks(w, (size_t)(q - p) - 1);
        p = q - 1;
    }
    if (p == q)
        return q;
    unsigned k = kinds[*q];
    if (k == KIND_LOWER || k == KIND_UPPER)
        return word_piece(w, p, q);
    if (k == KIND_HIGH && letter_at(w, q))
        return foreign_word(w, q, 0);
    if (k != KIND_DIGIT && *p == ' ')
        return punct_piece(w, p, q);
    blanks(w, 1);
    return q;
}

static uint64_t walk(const byte *p, size_t n, const uint16_t *cost)
{
    struct walk w = {.end = p + n, .cost = cost};
    const byte *end = w.end;
    while (p < end) {
        switch (kinds[*p]) {
        case KIND_LOWER:
        case KIND_UPPER:
            p = word_piece(&w, p, p);
            break;
        case KIND_DIGIT:
            p++;
            if (p < end && kinds[*p] == KIND_DIGIT) {
                p++;
                if (p < end && kinds[*p] == KIND_DIGIT)
                    p++;
            }
            w.sum += cost[HR_C_DIGITS];
            break;
        case KIND_BLANK:
        case KIND_LINE:
            p = blank_piece(&w, p);
            break;
        case KIND_HIGH:
            p = letter_at(&w, p) ? foreign_word(&w, p, 0) : punct_piece(&w, p, p);
            break;
        default:
            if (p + 1 < end) {
                unsigned k = kinds[p[1]];
                if (k == KIND_LOWER || k == KIND_UPPER) {
                    p = word_piece(&w, p, p + 1);
                    break;
                }
            }
            p = punct_piece(&w, p, p);
        }
    }
    return w.sum;
}

uint64_t hr_token_sum(const char *text, size_t n)
{
    return walk((const byte *)text, n, hr_token_cost);
}

size_t hr_token_round(uint64_t sum)
{
    sum = (sum + HR_COST_ONE / 2) / HR_COST_ONE;
    return sum ? (size_t)sum : 1;
}

size_t hr_tokens_estimate(const char *text, size_t n)
{
    return n == 0 ? 0 : hr_token_round(hr_token_sum(text, n));
}
