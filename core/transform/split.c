/* split.c - see split.h. One pass over the text finds lines, words and what stands between them. */
#include "transform/split.h"

#include "transform/lines.h"
#include "transform/runs.h"

enum { MOST_TEXT = 1 << 30, MOST_LINES = 1 << 24, MOST_LINE = 0xffff };

struct splitter {
    hr_split *s;
    size_t room_words, words;
    /* of the line at hand */
    const char *line, *behind; /* its beginning; the end of its last word */
    uint64_t shape;
    uint32_t n; /* of its words; HR_LINE_WORDS + 1: there are more */
};

/* What stands between two words, as a number that tells it apart. */
static inline uint64_t gap_of(const char *from, const char *to)
{
    const size_t n = (size_t)(to - from);

    if (n <= 1)
        return n ? (unsigned char)*from : 0;
    return n <= 8 ? hr_eight(from, n) + n * HR_GOLDEN : hr_word_bits(hr_str_make(from, n));
}

/* Room for the words of one more line. */
static int make_room(struct splitter *p)
{
    if (p->words + HR_LINE_WORDS <= p->room_words)
        return 0;
    size_t more = p->room_words * 2 + HR_LINE_WORDS;
    hr_place *wider = hr_realloc(p->s->place, more * sizeof *wider);
    if (!wider)
        return HR_ENOMEM;
    p->s->place = wider;
    p->room_words = more;
    return 0;
}

/* The word belongs to the line at hand; of too many the rest is passed over. */
static inline void take_word(struct splitter *p, const char *from, const char *to)
{
    if (__builtin_expect(p->n >= HR_LINE_WORDS, false)) {
        p->n = HR_LINE_WORDS + 1;
        return;
    }
    p->shape = hr_mix(p->shape, gap_of(p->behind, from));
    p->behind = to;
    p->s->place[p->words + p->n++] = (hr_place){(uint16_t)(from - p->line), (uint16_t)(to - from)};
}

static int end_line(struct splitter *p, uint32_t *i, const char *end, hr_watch *watch)
{
    hr_split *s = p->s;

    if (__builtin_expect(end - p->line > MOST_LINE && p->n > 0, false))
        p->n = HR_LINE_WORDS + 1;
    s->begin[*i] = (uint32_t)(p->line - s->text.p);
    s->first[*i] = (uint32_t)p->words;
    s->shape[(*i)++] = hr_mix(hr_mix(p->shape, gap_of(p->behind, end)), p->n);
    if (p->n > 1 && p->n <= HR_LINE_WORDS)
        p->words += p->n;
    if (hr_watch_spend(watch, (size_t)(end - p->line)) < 0)
        return HR_ETIME;
    p->line = p->behind = end + 1;
    p->shape = p->n = 0;
    return make_room(p);
}

/* 64 bytes at a time: the words that begin before the next line feed, then what comes behind that. */
static int read_lines(struct splitter *splitter, hr_watch *watch)
{
    struct splitter p = *splitter;                             /* a copy, so that it can stay in registers */
    const char *end = p.s->text.p + p.s->text.n, *open = NULL; /* a word that goes on in the next block */
    uint32_t i = 0;
    int r = make_room(&p);

    p.line = p.behind = p.s->text.p;
    for (const char *block = p.line; r == 0 && block < end; block += 64) {
        const size_t n = (size_t)(end - block), before = (size_t)(block - p.s->text.p);
        const uint64_t words = hr_run_bits_up_to_64(block, n, before, HR_RUN_UNGAPPED);
        uint64_t feeds = hr_run_bits_up_to_64(block, n, before, HR_RUN_FEED);
        uint64_t begins = words & ~(words << 1 | (open != NULL));
        if (open && ~words) {
            take_word(&p, open, block + __builtin_ctzll(~words));
            open = NULL;
        }
        do {
            uint64_t here = feeds ? begins & ((feeds & -feeds) - 1) : begins;
            for (begins ^= here; here; here &= here - 1) {
                const unsigned from = (unsigned)__builtin_ctzll(here);
                const uint64_t behind = words + (here & -here); /* the carry goes through the word */
                if (__builtin_expect(behind < words, false))
                    open = block + from;
                else
                    take_word(&p, block + from, block + __builtin_ctzll(behind & ~words));
            }
            if (!feeds)
                break;
            r = end_line(&p, &i, block + __builtin_ctzll(feeds), watch);
            feeds &= feeds - 1;
        } while (r == 0);
    }
    if (r == 0 && open)
        take_word(&p, open, end);
    if (r == 0 && i < p.s->lines)
        r = end_line(&p, &i, end, watch);
    if (r == 0) {
        p.s->begin[i] = (uint32_t)(p.line - p.s->text.p);
        p.s->first[i] = (uint32_t)p.words;
    }
    return r;
}

int hr_split_read(hr_split *s, hr_str text, hr_watch *watch)
{
    const size_t lines = text.n > MOST_TEXT ? SIZE_MAX : hr_lines_count(text);

    *s = (hr_split){.text = text};
    if (lines > MOST_LINES)
        return HR_ELIMIT;
    s->lines = (uint32_t)lines;
    s->begin = hr_malloc((lines + 1) * sizeof *s->begin);
    s->first = hr_malloc((lines + 1) * sizeof *s->first);
    s->shape = hr_malloc((lines + 1) * sizeof *s->shape);
    struct splitter p = {.s = s, .room_words = text.n / 8};
    s->place = hr_malloc((p.room_words + 1) * sizeof *s->place);
    int r = s->begin && s->first && s->shape && s->place ? read_lines(&p, watch) : HR_ENOMEM;
    if (r < 0)
        hr_split_free(s);
    return r;
}

void hr_split_free(hr_split *s)
{
    hr_free(s->begin);
    hr_free(s->first);
    hr_free(s->shape);
    hr_free(s->place);
    *s = (hr_split){0};
}
