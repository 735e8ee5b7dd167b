/* ruler.c - see ruler.h.

   Two equal tokens inside of the run, one behind the other, hold side by side. So they do with any number of the same between them: by the rule
   of bpe.h the run may be longer or shorter by whole tokens, and nothing else changes. */
#include "token/ruler.h"

#include <string.h>

enum { SHORT = 1024, KEPT = 640 /* five of the longest token */ };

bool hr_ruler_is(const uint8_t *p, size_t n)
{
    const uint8_t *run = p + HR_RULER_HEAD;
    const size_t length = n - HR_RULER_HEAD - HR_RULER_TAIL;
    return run[0] == run[length - 1] && memcmp(run, run + 1, length - 1) == 0;
}

/* The length of a token that stands twice in the first half of a run; 0: none was found. */
static size_t period(const hr_table *t, const hr_bpe *b, size_t count)
{
    for (size_t i = 1, at = 0; i + 1 < count && at < KEPT / 2; i++) {
        at += hr_made_length(t->made[b->token[i - 1]]);
        if (at >= HR_RULER_HEAD && b->token[i] == b->token[i + 1])
            return hr_made_length(t->made[b->token[i]]);
    }
    return 0;
}

size_t hr_ruler_count(const hr_table *t, hr_bpe_memo *memo, const uint8_t *p, size_t n)
{
    uint32_t token[SHORT];
    uint64_t dead[SHORT / 64];
    uint8_t less[SHORT];
    hr_bpe b = {token, dead, SHORT, SHORT, memo};

    if (n < SHORT)
        return hr_bpe_count(t, memo, p, n);
    /* the same ends around a shorter run; its length depends on the token, which is looked for with some length first */
    size_t kept = KEPT, count = 0, step = 0;
    for (int i = 0; i < 2; i++) {
        memset(less, p[HR_RULER_HEAD], kept);
        memcpy(less, p, HR_RULER_HEAD);
        memcpy(less + kept - HR_RULER_TAIL, p + n - HR_RULER_TAIL, HR_RULER_TAIL);
        count = hr_bpe_encode(t, less, kept, &b);
        step = period(t, &b, count);
        if (step == 0)
            break;
        if ((n - kept) % step == 0)
            return count + (n - kept) / step;
        kept += (n - kept) % step;
    }
    return hr_bpe_count(t, memo, p, n);
}
