/* feeds.h - the lines of lines.h for who goes through all of a text: line feeds are found 64 bytes at a time, which costs short lines a fraction
   of a call for each. Pure; nothing beyond the text is read. One thread. */
#ifndef HR_FEEDS_H
#define HR_FEEDS_H

#include "transform/runs.h"

/* Where the line feeds of the next bytes stand. All 0 at the beginning, and wherever the text is taken up at another place. */
typedef struct hr_feeds {
    const char *block; /* of the 64 bytes that the bits tell of; NULL: none were looked at */
    uint64_t bits;     /* those behind the line before */
} hr_feeds;

static inline void hr_feeds_look(hr_feeds *f, const char *at, const char *end)
{
    f->block = at;
    f->bits = hr_run_bits_up_to_64(at, (size_t)(end - at), 0, HR_RUN_FEED);
}

/* As hr_line_next(); nobody else takes lines off *rest. */
static inline __attribute__((always_inline)) bool hr_feeds_line(hr_feeds *f, hr_str *rest, hr_str *line,
                                                                bool *ended)
{
    const char *end = rest->p + rest->n;

    if (rest->n == 0)
        return false;
    if (!f->block)
        hr_feeds_look(f, rest->p, end);
    while (f->bits == 0) {
        if (end - f->block <= 64) {
            *line = *rest;
            *rest = hr_str_make(end, 0);
            return !(*ended = false);
        }
        hr_feeds_look(f, f->block + 64, end);
    }
    const char *feed = f->block + __builtin_ctzll(f->bits);
    f->bits &= f->bits - 1;
    *line = hr_str_make(rest->p, (size_t)(feed - rest->p));
    *rest = hr_str_make(feed + 1, (size_t)(end - feed) - 1);
    return *ended = true;
}

#endif
