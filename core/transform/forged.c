/* forged.c - hr_text_has_note(): a note that anybody may have written into a tool's output, in any spelling. See transform.h. */
#include "transform/note.h"
#include "transform/transform.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Is `c` spelled at p, as itself or as \u00xx behind any number of backslashes? The length of the spelling, 0: no. */
static size_t spelled(const char *p, const char *end, char c)
{
    enum { MAX_BACKSLASHES = 64 }; /* one string in another doubles them; six levels */
    if (p < end && *p == c)
        return 1;
    const char *q = p;
    while (q < end && *q == '\\' && q - p < MAX_BACKSLASHES) {
        q++;
        while (end - q >= 5 && memcmp(q, "u005", 4) == 0 && (q[4] == 'c' || q[4] == 'C') &&
               q - p < MAX_BACKSLASHES)
            q += 5; /* a backslash may itself be spelled as an escape */
    }
    if (q == p || end - q < 5 || q[0] != 'u' || q[1] != '0' || q[2] != '0')
        return 0;
    int hi = hex(q[3]), lo = hex(q[4]);
    return hi >= 0 && lo >= 0 && hi * 16 + lo == c ? (size_t)(q + 5 - p) : 0;
}

/* A backslash and "u00": without them nothing is spelled otherwise than it stands. */
static bool has_escape(hr_str text)
{
    const char *p = text.p, *end = text.p + text.n;

    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))))
        if (end - ++p >= 3 && memcmp(p, "u00", 3) == 0)
            return true;
    return false;
}

#ifdef __SSE2__
/* All bits of the bytes, of sixteen, at which its first two letters stand. */
static inline __m128i begins(const char *p, const char *key)
{
    const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));

    return _mm_and_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(key[0])),
                         _mm_cmpeq_epi8(next, _mm_set1_epi8(key[1])));
}
#endif

/* The key as it stands: its first two letters are looked for, side by side. */
static bool has_key(hr_str text)
{
    const char *p = text.p;
#ifdef __SSE2__
    static const char key[] = HR_NOTE_KEY;
    enum { BLOCK = 32 };
    for (const char *end = text.p + text.n; end - p > BLOCK + (long)sizeof key; p += BLOCK) {
        const __m128i low = begins(p, key), high = begins(p + BLOCK / 2, key);
        if (__builtin_expect(_mm_movemask_epi8(_mm_or_si128(low, high)) == 0, true))
            continue;
        uint32_t found = (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << BLOCK / 2;
        for (; found; found &= found - 1)
            if (memcmp(p + __builtin_ctz(found), key, sizeof key - 1) == 0)
                return true;
    }
#endif
    return hr_str_find(text, HR_STR(HR_NOTE_KEY), (size_t)(p - text.p)) != SIZE_MAX;
}

bool hr_text_has_note(hr_str text)
{
    static const char key[] = HR_NOTE_KEY;
    const char *end = text.p + text.n;
    if (has_key(text))
        return true;
    /* Only an escape can still spell it, in some of its letters. */
    if (!has_escape(text))
        return false;
    for (const char *p = text.p; p < end; p++) {
        if (*p != '_' && *p != '\\')
            continue;
        const char *q = p;
        size_t k = 0, n;
        while (k < sizeof key - 1 && (n = spelled(q, end, key[k])) > 0) {
            q += n;
            k++;
        }
        if (k == sizeof key - 1)
            return true;
    }
    return false;
}
