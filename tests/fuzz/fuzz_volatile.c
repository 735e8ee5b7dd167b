/* fuzz_volatile.c - libFuzzer target for the sentences that move to the end of a system text: the same bytes in another order, but for the one
   label, what stays in its order, and nothing that would move again. */
#include "transform/volatile.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

enum { MOST_TEXT = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void count(hr_str s, int sign, int seen[256])
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_white(s.p[i]))
            seen[(unsigned char)s.p[i]] += sign;
}

/* "Today is DATE." becomes "Current date: DATE": the letters differ by what that adds and takes, as often as it was done. The words may
   stand in small letters, and the full stop may be missing. */
static void check_bytes(hr_str text, hr_str out)
{
    int seen[256] = {0}, label[256] = {0};

    count(text, 1, seen);
    count(out, -1, seen);
    const int times = -seen[':'];
    CLAIM(times >= 0);
    count(HR_STR("odayis"), 1, label);
    count(HR_STR("Currentdate:"), -1, label);
    for (int c = 0; c < 256; c++) {
        const int rest = seen[c] - times * label[c];
        if (c == '.')
            CLAIM(rest >= 0 && rest <= times);
        else if (!memchr("TtOoDdAaYyIiSs", c, 14))
            CLAIM(rest == 0);
    }
    for (const char *pair = "TtOoDdAaYyIiSs"; *pair; pair += 2) {
        const int rest = seen[(unsigned char)pair[0]] + seen[(unsigned char)pair[1]] -
                         times * (label[(unsigned char)pair[0]] + label[(unsigned char)pair[1]]);
        CLAIM(rest == (*pair == 'T' ? times : 0));
    }
}

/* What stays stands in the text in its order. */
static void check_order(hr_str text, hr_str stable)
{
    size_t at = 0;
    for (size_t i = 0; i < stable.n; i++) {
        if (is_white(stable.p[i]))
            continue;
        while (at < text.n && text.p[at] != stable.p[i])
            at++;
        CLAIM(at++ < text.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MOST_TEXT || !hr_utf8_valid((const char *)data, size) || memchr(data, 0, size))
        return 0;
    char *copy = malloc(size + !size); /* of exactly the size, so that one byte too far is seen */
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    hr_arena *a = hr_arena_new();
    hr_str text = hr_str_make(copy, size);
    hr_moved m, again;

    CLAIM(a);
    int r = hr_volatile_move(a, text, &m);
    CLAIM(r == 0 || r == 1);
    if (r == 1) {
        CLAIM(m.from <= m.stable && m.stable > 0 && m.stable < m.text.n);
        CLAIM(hr_utf8_valid(m.text.p, m.text.n));
        check_bytes(text, m.text);
        check_order(text, hr_str_make(m.text.p, m.stable));
        CLAIM(hr_volatile_move(a, m.text, &again) == 0);
    }
    hr_arena_free(a);
    free(copy);
    return 0;
}
