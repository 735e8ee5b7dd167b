/* about.c - the tokens of a long text, from some of it. See token.h. */
#include "token/token.h"

enum {
    WHOLE = 64 << 10, /* bytes: shorter texts are counted */
    STRETCHES = 64,
    STRETCH = 512
};

/* Back to where the character at a place begins. */
static size_t character(const char *text, size_t at)
{
    for (int i = 0; i < 3 && at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80; i++)
        at--;
    return at;
}

size_t hr_tokens_about(const char *text, size_t n)
{
    size_t tokens = 0, bytes = 0;

    if (n < WHOLE)
        return hr_tokens(text, n);
    for (size_t i = 0; i < STRETCHES; i++) {
        const size_t from = (n - STRETCH) / (STRETCHES - 1) * i, at = character(text, from);
        const size_t past = character(text, from + STRETCH - 1);
        tokens += hr_tokens(text + at, past - at);
        bytes += past - at;
    }
    return (size_t)((uint64_t)tokens * n / bytes);
}
