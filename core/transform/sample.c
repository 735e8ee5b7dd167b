/* sample.c - see sample.h. */
#include "transform/sample.h"

#include <string.h>

#include "transform/eight.h"
#include "transform/feeds.h"
#include "transform/lines.h"

enum {
    LEAST_LINE = 24, /* bytes; shorter ones stand again in any text, and little is saved by it */
    SLOTS = 1 << 15, /* a power of two, */
    SHARE =
        512
        << 10, /* well above the lines of so many bytes: of longer texts a share of the lines is looked at */
    REPEATED_SHARE = 200
};

int hr_sample_lines(hr_arena *a, hr_str text, hr_str *sample)
{
    char *p = hr_arena_alloc(a, HR_SAMPLE_PARTS * (HR_SAMPLE_PART + 1)), *to = p;

    if (!p)
        return HR_ENOMEM;
    for (size_t i = 0; i < HR_SAMPLE_PARTS; i++) {
        /* the line at hand belongs to what was left out, but at the beginning */
        const char *from = text.p + text.n / HR_SAMPLE_PARTS * i, *end = from + HR_SAMPLE_PART;
        if (end > text.p + text.n)
            break;
        if (i > 0)
            from = memchr(from, '\n', HR_SAMPLE_PART);
        const char *last = from ? memrchr(from, '\n', (size_t)(end - from)) : NULL;
        from += from && i > 0;
        if (!last || last <= from)
            continue;
        memcpy(to, from, (size_t)(last - from) + 1);
        to += last - from + 1;
    }
    *sample = hr_str_make(p, (size_t)(to - p));
    return 0;
}

int hr_lines_repeat(hr_arena *scratch, hr_str text)
{
    uint32_t *seen = hr_arena_zalloc(scratch, SLOTS * sizeof *seen);
    const uint64_t most = text.n <= SHARE ? UINT32_MAX : (uint64_t)UINT32_MAX * SHARE / text.n;
    size_t looked = 0, repeated = 0;
    hr_feeds feeds = {0};
    hr_str line;
    bool ended;

    if (!seen)
        return HR_ENOMEM;
    while (hr_feeds_line(&feeds, &text, &line, &ended)) {
        if (line.n < LEAST_LINE)
            continue;
        const uint64_t h = hr_mix(hr_mix(line.n, hr_eight(line.p, 8)), hr_eight(line.p + line.n - 8, 8));
        if (h >> 32 > most) /* all of one text, or none: they are found where they stand again */
            continue;
        const uint64_t whole = hr_bits_inside(line.p, line.n, text.p);
        uint32_t *slot = &seen[whole >> 49];
        const uint32_t tag = (uint32_t)whole | 1;
        looked += line.n;
        repeated += *slot == tag ? line.n : 0;
        *slot = tag;
    }
    return repeated * REPEATED_SHARE > looked;
}

bool hr_lines_repeat_early(hr_str text)
{
    enum {
        FIRST = 200,
        ROOM = 1024,
        REPEATED = 4
    }; /* ROOM is a power of two above FIRST, so that few take another's place */
    uint32_t seen[ROOM] = {0}, repeated = 0;
    hr_str line;
    bool ended;

    for (uint32_t i = 0; i < FIRST && hr_line_next(&text, &line, &ended); i++) {
        if (line.n < LEAST_LINE)
            continue;
        const uint64_t h = hr_bits_inside(line.p, line.n, text.p);
        uint32_t *slot = &seen[(uint32_t)(h >> 40) % ROOM];
        repeated += *slot == ((uint32_t)h | 1);
        *slot = (uint32_t)h | 1;
    }
    return repeated * REPEATED >= FIRST;
}
