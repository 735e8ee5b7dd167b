/* utf8.c - is it UTF-8? RFC 3629 to the letter: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include "json/json.h"
#include "json/lex.h"

static inline bool is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Length of the valid multi-byte sequence at p, or 0. */
static inline size_t sequence(const char *p, const char *end)
{
    const unsigned char lead = (unsigned char)p[0];
    const size_t left = (size_t)(end - p);

    if (lead < 0xe0) /* C0 and C1 could only begin overlong forms */
        return lead >= 0xc2 && left >= 2 && is_tail(p[1]) ? 2 : 0;
    if (left < 3 || !is_tail(p[1]) || !is_tail(p[2]))
        return 0;
    const unsigned char second = (unsigned char)p[1];
    if (lead < 0xf0) {
        bool overlong = lead == 0xe0 && second < 0xa0;
        bool surrogate = lead == 0xed && second > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    if (lead > 0xf4 || left < 4 || !is_tail(p[3]))
        return 0;
    bool overlong = lead == 0xf0 && second < 0x90;
    bool beyond = lead == 0xf4 && second > 0x8f;
    return overlong || beyond ? 0 : 4;
}

const char *hr_lex_utf8_error(const char *p, const char *end)
{
    while (p < end) {
        if (end - p >= HR_BLOCK) {
            unsigned high = hr_block_high(p);
            if (!high) {
                p += HR_BLOCK;
                continue;
            }
            p += __builtin_ctz(high);
        } else if ((unsigned char)*p < 0x80) {
            p++;
            continue;
        }
        do { /* scripts come in runs */
            size_t n = sequence(p, end);
            if (n == 0)
                return p;
            p += n;
        } while (p < end && (unsigned char)*p >= 0x80);
    }
    return NULL;
}

bool hr_utf8_valid(const char *p, size_t n)
{
    return n == 0 || hr_lex_utf8_error(p, p + n) == NULL;
}
