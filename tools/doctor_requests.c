/* doctor_requests.c - what became of the last requests, and why some were passed on. See doctor.h. */
#include "doctor.h"
#include "format.h"
#include "reason.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAST = 200, WORD = 40, SAID = 3 };

/* The last rows: what each was passed on for, "" where it was worked on. */
struct ring {
    char skipped[LAST][WORD];
    bool rewritten[LAST], refused[LAST];
    size_t seen;
    size_t reported, priced; /* the provider's counts came; a price is known */
    int64_t cost;
};

struct word_count {
    const char *word;
    size_t n;
};

static int note(void *arg, const headroom_row *row)
{
    struct ring *ring = arg;
    size_t i = ring->seen++ % LAST;

    snprintf(ring->skipped[i], WORD, "%s", row->skipped == NULL ? "" : row->skipped);
    ring->rewritten[i] = row->rewritten > 0;
    ring->refused[i] = row->status == 400 && row->rewritten > 0;
    ring->reported += row->usage != NULL;
    if (row->cost != HEADROOM_UNPRICED) {
        ring->priced++;
        ring->cost += row->cost;
    }
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const struct word_count *x = a, *y = b;

    return x->n == y->n ? strcmp(x->word, y->word) : x->n < y->n ? 1 : -1;
}

static size_t count_words(const struct ring *ring, size_t rows, struct word_count list[LAST])
{
    size_t n = 0;

    for (size_t i = 0; i < rows; i++) {
        size_t k = 0;

        if (ring->skipped[i][0] == '\0')
            continue;
        while (k < n && strcmp(list[k].word, ring->skipped[i]) != 0)
            k++;
        if (k == n)
            list[n++] = (struct word_count){ring->skipped[i], 0};
        list[k].n++;
    }
    qsort(list, n, sizeof(*list), by_number);
    return n;
}

static void say(struct report *r, const struct ring *ring)
{
    size_t rows = ring->seen < LAST ? ring->seen : LAST;
    size_t rewritten = 0, refused = 0, passed = 0, words;
    struct word_count list[LAST] = {{NULL, 0}};
    char cost[FORMAT_USD];

    for (size_t i = 0; i < rows; i++) {
        rewritten += ring->rewritten[i];
        refused += ring->refused[i];
        passed += ring->skipped[i][0] != '\0';
    }
    doctor_say(r, DOCTOR_OK, "requests", NULL,
               "of the last %zu, %zu had results rewritten, %zu were passed on unchanged", rows, rewritten,
               passed);
    doctor_say(
        r, DOCTOR_OK, "usage", NULL,
        "of the last %zu, %zu came back with the provider's token counts; %zu have a price, %s together",
        rows, ring->reported, ring->priced, format_usd(cost, ring->cost));
    words = count_words(ring, rows, list);
    for (size_t i = 0; i < words && i < SAID; i++) {
        const struct reason *reason = reason_of(list[i].word);

        doctor_say(r, DOCTOR_WARN, "requests", reason == NULL ? "See docs/limits.md." : reason->way,
                   "%zu of the last %zu passed on: %s%s%s", list[i].n, rows, list[i].word,
                   reason == NULL ? "" : ": ", reason == NULL ? "" : reason->text);
    }
    if (refused > 0)
        doctor_say(
            r, DOCTOR_WARN, "requests",
            "Was the conversation begun without Headroom, or resumed in mode off? 'headroom log' shows them.",
            "%zu of the last %zu were rewritten and answered with status 400", refused, rows);
}

void doctor_requests(struct report *r, headroom *h, const char *program)
{
    const headroom_filter last = {.program = program, .last = LAST};
    struct ring *ring = calloc(1, sizeof(*ring));

    if (ring == NULL)
        return;
    if (headroom_each_request_where(h, &last, note, ring) == 0) {
        if (ring->seen == 0)
            doctor_say(r, DOCTOR_OK, "requests", NULL,
                       "none was seen yet; 'headroom run -- COMMAND' starts a program");
        else
            say(r, ring);
    }
    free(ring);
}
