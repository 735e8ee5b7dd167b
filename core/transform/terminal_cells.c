/* terminal_cells.c - see terminal_cells.h. Most characters are ASCII: sixteen of them become cells, or bytes again, at once. */
#include "transform/terminal_cells.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    ALIKE_PERCENT = 60, /* of the shorter of two states */
    BLOCK = 16
};

int hr_cells_reserve(hr_cells *l, uint32_t n)
{
    if (n <= l->cap)
        return 0;
    uint32_t cap = n + n / 2 + 64;
    uint32_t *p = hr_realloc(l->cell, cap * sizeof *p);
    if (!p)
        return HR_ENOMEM;
    l->cell = p;
    l->cap = cap;
    return 0;
}

/* ------------------------------------------------------------------ sixteen at once */
#ifdef __SSE2__
/* false: not all are ASCII. */
static inline bool put_block(uint32_t *cell, const char *p)
{
    const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p), zero = _mm_setzero_si128();
    const __m128i low = _mm_unpacklo_epi8(v, zero), high = _mm_unpackhi_epi8(v, zero);
    __m128i *to = (__m128i *)(void *)cell;

    if (_mm_movemask_epi8(v) != 0)
        return false;
    _mm_storeu_si128(to, _mm_unpacklo_epi16(low, zero));
    _mm_storeu_si128(to + 1, _mm_unpackhi_epi16(low, zero));
    _mm_storeu_si128(to + 2, _mm_unpacklo_epi16(high, zero));
    _mm_storeu_si128(to + 3, _mm_unpackhi_epi16(high, zero));
    return true;
}

/* false: not all are ASCII, or some were never written. */
static inline bool take_block(char *p, const uint32_t *cell)
{
    const __m128i *from = (const __m128i *)(const void *)cell;
    const __m128i a = _mm_loadu_si128(from), b = _mm_loadu_si128(from + 1), c = _mm_loadu_si128(from + 2),
                  d = _mm_loadu_si128(from + 3), zero = _mm_setzero_si128();
    const __m128i any = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
    const __m128i bytes = _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));

    if (_mm_movemask_epi8(_mm_cmpeq_epi32(_mm_andnot_si128(_mm_set1_epi32(0x7f), any), zero)) != 0xffff ||
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, zero)) != 0)
        return false;
    _mm_storeu_si128((__m128i *)(void *)p, bytes);
    return true;
}
#else
static inline bool put_block(uint32_t *cell, const char *p)
{
    (void)cell;
    (void)p;
    return false;
}

static inline bool take_block(char *p, const uint32_t *cell)
{
    (void)p;
    (void)cell;
    return false;
}
#endif

/* ------------------------------------------------------------------ text */
int hr_cells_put(hr_cells *l, uint32_t column, hr_str text, uint32_t *end)
{
    if (text.n > UINT32_MAX / 8 - column || hr_cells_reserve(l, column + (uint32_t)text.n) < 0)
        return HR_ENOMEM;
    for (uint32_t i = l->n; i < column; i++) /* the cursor went to the right of the text */
        l->cell[i] = ' ';
    for (size_t i = 0; i < text.n;) {
        if (text.n - i >= BLOCK && put_block(l->cell + column, text.p + i)) {
            column += BLOCK;
            i += BLOCK;
            continue;
        }
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x80) {
            l->cell[column++] = c;
            i++;
            continue;
        }
        uint32_t v = 0;
        for (unsigned k = 0; i < text.n && k < 4 && (k == 0 || ((unsigned char)text.p[i] & 0xc0) == 0x80);
             k++)
            v |= (uint32_t)(unsigned char)text.p[i++] << 8 * k;
        l->cell[column++] = v;
    }
    *end = column;
    l->n = column > l->n ? column : l->n;
    return 0;
}

void hr_cells_write(hr_buf *b, const hr_cells *l, uint32_t n)
{
    char part[256];
    size_t k = 0;

    for (uint32_t i = 0; i < n;) {
        if (k > sizeof part - BLOCK) {
            hr_buf_add(b, part, k);
            k = 0;
        }
        if (n - i >= BLOCK && take_block(part + k, l->cell + i)) {
            k += BLOCK;
            i += BLOCK;
            continue;
        }
        uint32_t c = l->cell[i] ? l->cell[i] : ' ';
        do {
            part[k++] = (char)(c & 0xff);
        } while ((c >>= 8) != 0);
        i++;
    }
    hr_buf_add(b, part, k);
}

uint32_t hr_cells_visible(const hr_cells *l)
{
    uint32_t n = l->n;

    while (n > 0 && (l->cell[n - 1] == ' ' || l->cell[n - 1] == 0))
        n--;
    return n;
}

bool hr_cells_are_sure(const hr_cells *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        unsigned first = l->cell[i] & 0xff;
        if (first == '\t' || first >= 0xe3 || first == 0xcc || first == 0xcd ||
            (first >= 0xd6 && first < 0xe2))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ two states */
static bool is_bar(uint32_t c)
{
    return c == 0 || (c < 0x80 && strchr(" =#>-.<*+|/\\[]()", (int)c)) ||
           (c & 0xff) == 0xe2; /* blocks, braille, arrows, lines */
}

static bool is_number(uint32_t c)
{
    return (c >= '0' && c <= '9') || c == ' '; /* " 99%", "100%" */
}

static inline bool is_like(uint32_t a, uint32_t b)
{
    return a == b || (is_number(a) && is_number(b)) || (is_bar(a) && is_bar(b));
}

/* Counted from both ends. */
bool hr_cells_are_alike(const hr_cells *a, const hr_cells *b)
{
    uint32_t na = hr_cells_visible(a), nb = hr_cells_visible(b), n = na < nb ? na : nb, head = 0, tail = 0;

    while (head < n && is_like(a->cell[head], b->cell[head]))
        head++;
    while (tail < n - head && is_like(a->cell[na - 1 - tail], b->cell[nb - 1 - tail]))
        tail++;
    return (uint64_t)(head + tail) * 100 >= (uint64_t)n * ALIKE_PERCENT;
}
