/* fuzz_usage.c - libFuzzer target for the response side: core/decode.c, core/usage.c and what they use. Input: a byte that names dialect and
   form, one that names the coding, one for the length of pieces, then the answer. Without a coding the same is read however it is cut into
   pieces (of a coded answer that breaks, how much is read hangs on the pieces); what is handed out is a count or unknown, a bounded object
   and a word; nothing is left behind. */
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "usage.h"
#include "usage_error.h"
#include "usage_object.h"

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give(void *arg, const char *p, size_t n)
{
    CLAIM(n > 0);
    if (hr_usage_wants(arg))
        hr_usage_add(arg, p, n);
}

static hr_usage *read_answer(const char *dialect, unsigned form, const char *coding, const char *p, size_t n,
                             size_t piece, hr_usage_counts *out)
{
    hr_usage *u = hr_usage_new(dialect, (enum hr_usage_form)(form % 3), form == 3);
    hr_decode *d = u ? hr_decode_new(hr_str_make(coding, strlen(coding)), give, u) : NULL;

    CLAIM(d);
    for (size_t at = 0; at < n; at += piece) {
        const size_t some = n - at < piece ? n - at : piece;
        char *own = malloc(some); /* so that nothing keeps a pointer into it */
        CLAIM(own);
        memcpy(own, p + at, some);
        hr_decode_add(d, own, some);
        free(own);
    }
    hr_decode_free(d);
    hr_usage_end(u, out);
    return u;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const dialects[] = {"anthropic", "openai_chat", "openai_responses", "gemini",
                                           "cohere",    "ollama",      "bedrock",          "none"};
    static const char *const codings[] = {"",     "gzip",     "deflate",  "br",
                                          "zstd", "gzip, br", "br, zstd", "zstd, deflate"};
    hr_usage_counts whole, parts;

    if (size < 3)
        return 0;
    const char *dialect = dialects[data[0] & 7], *coding = codings[data[1] & 7], *p = (const char *)data + 3;
    const unsigned form = data[0] >> 3 & 3;
    hr_usage *a = read_answer(dialect, form, coding, p, size - 3, size, &whole);
    hr_usage *b = read_answer(dialect, form, coding, p, size - 3, (size_t)data[2] + 1, &parts);
    if (!*coding)
        CLAIM(whole.input == parts.input && whole.cached == parts.cached && whole.output == parts.output &&
              whole.cache_written == parts.cache_written && same(whole.raw, parts.raw) &&
              same(whole.error, parts.error));
    CLAIM(whole.input >= -1 && whole.cached >= -1 && whole.output >= -1 && whole.cache_written >= -1);
    CLAIM(!whole.raw || strlen(whole.raw) <= HR_USAGE_BYTES);
    CLAIM(whole.raw || (whole.input < 0 && whole.output < 0));
    CLAIM(!whole.error || hr_error_word(hr_str_make(whole.error, strlen(whole.error))));
    hr_usage_free(a);
    hr_usage_free(b);
    return 0;
}
