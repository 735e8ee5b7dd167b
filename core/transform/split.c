/* split.c - see split.h. One pass over the text finds lines, words and what stands between them. */
#include "transform/split.h"

#include "transform/lines.h"
#include "transform/runs.h"

enum { MOST_TEXT = 1 << 30, MOST_LINES = 1 << 24, MOST_LINE = 0xffff };
/* Of the line at hand all is in registers, if no call takes its address. */
#define INLINE static inline __attribute__((always_inline))

/* The line at hand. */
struct line {
    const char *p, *behind; /* its beginning; the end of its last word */
    uint64_t shape;
    hr_place *first, *next; /* its words: the first, behind the last */
    bool more;              /* it has more than there is room for */
};

struct splitter {
    hr_split *s;
    size_t room_words;
    uint32_t lines; /* so far */
};

/* What stands between two words, as a number that tells it apart. */
INLINE uint64_t gap_of(const char *from, const char *to)
{
    const size_t n = (size_t)(to - from);

    if (__builtin_expect(n == 1, true))
        return (unsigned char)*from;
    if (n == 0)
        return 0;
    return n <= 8 ? hr_eight(from, n) + n * HR_GOLDEN : hr_word_bits(hr_str_make(from, n));
}

/* A line begins at p. 0, HR_ENOMEM: there is no room for its words. */
INLINE int begin_line(struct splitter *s, struct line *l, const char *p)
{
    const size_t words = l->first ? (size_t)(l->first - s->s->place) : 0;

    if (__builtin_expect(words + HR_LINE_WORDS > s->room_words, false)) {
        const size_t more = s->room_words * 2 + HR_LINE_WORDS;
        hr_place *wider = hr_realloc(s->s->place, more * sizeof *wider);
        if (!wider)
            return HR_ENOMEM;
        s->s->place = wider;
        s->room_words = more;
    }
    hr_place *first = s->s->place + words;
    *l = (struct line){.p = p, .behind = p, .first = first, .next = first};
    return 0;
}

INLINE void take_word(struct line *l, const char *from, const char *to)
{
    if (__builtin_expect(l->next == l->first + HR_LINE_WORDS, false)) {
        l->more = true;
        return;
    }
    l->shape = hr_mix(l->shape, gap_of(l->behind, from));
    l->behind = to;
    *l->next++ = (hr_place){(uint16_t)(from - l->p), (uint16_t)(to - from)};
}

/* The line ends there, and the next one may begin. 0, HR_ENOMEM, HR_ETIME. */
INLINE int end_line(struct splitter *s, struct line *l, const char *end, hr_watch *watch)
{
    const bool more = l->more || (end - l->p > MOST_LINE && l->next > l->first);
    const size_t n = more ? HR_LINE_WORDS + 1 : (size_t)(l->next - l->first);
    const uint32_t i = s->lines++;

    s->s->begin[i] = (uint32_t)(l->p - s->s->text.p);
    s->s->first[i] = (uint32_t)(l->first - s->s->place);
    s->s->shape[i] = hr_mix(hr_mix(l->shape, gap_of(l->behind, end)), n);
    if (n > 1 && !more)
        l->first = l->next;
    if (hr_watch_spend(watch, (size_t)(end - l->p)) < 0)
        return HR_ETIME;
    return begin_line(s, l, end + 1);
}

/* 64 bytes at a time: the words that begin before the next line feed, then what comes behind that. */
static int read_lines(struct splitter *s, hr_watch *watch)
{
    const hr_str text = s->s->text;
    const char *end = text.p + text.n, *open = NULL; /* a word that goes on in the next block */
    struct line l = {0};
    int r = begin_line(s, &l, text.p);

    for (const char *block = text.p; r == 0 && block < end; block += 64) {
        const size_t n = (size_t)(end - block), before = (size_t)(block - text.p);
        const uint64_t words = hr_run_bits_up_to_64(block, n, before, HR_RUN_UNGAPPED);
        uint64_t feeds = hr_run_bits_up_to_64(block, n, before, HR_RUN_FEED);
        uint64_t begins = words & ~(words << 1 | (open != NULL));
        if (open && ~words) {
            take_word(&l, open, block + __builtin_ctzll(~words));
            open = NULL;
        }
        for (;; feeds &= feeds - 1) {
            uint64_t here = feeds ? begins & ((feeds & -feeds) - 1) : begins;
            for (begins ^= here; here; here &= here - 1) {
                const char *from = block + __builtin_ctzll(here);
                const uint64_t behind = words + (here & -here); /* the carry goes through the word */
                if (__builtin_expect(behind < words, false))
                    open = from;
                else
                    take_word(&l, from, block + __builtin_ctzll(behind & ~words));
            }
            if (!feeds || (r = end_line(s, &l, block + __builtin_ctzll(feeds), watch)) < 0)
                break;
        }
    }
    if (r == 0 && open)
        take_word(&l, open, end);
    if (r == 0 && s->lines < s->s->lines)
        r = end_line(s, &l, end, watch);
    if (r == 0) {
        s->s->begin[s->lines] = (uint32_t)(l.p - text.p);
        s->s->first[s->lines] = (uint32_t)(l.first - s->s->place);
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
