/* split.c - see split.h. One pass over the text finds lines, words and what stands between them. */
#include "transform/split.h"

#include "transform/lines.h"
#include "transform/runs.h"

enum { MOST_TEXT = 1 << 30, MOST_LINES = 1 << 24, MOST_LINE = 0xffff };

struct splitter {
    hr_split *s;
    size_t room_words, words;
    hr_runs runs;
    hr_str word; /* the next one, of this line or another; n 0: there is none */
};

/* What stands between two words, as a number that tells it apart. */
static inline uint64_t gap_of(const char *from, const char *to)
{
    const size_t n = (size_t)(to - from);

    if (n <= 1)
        return n ? (unsigned char)*from : 0;
    return n <= 8 ? hr_eight(from, n) + n * HR_GOLDEN : hr_word_bits(hr_str_make(from, n));
}

static inline void take_word(struct splitter *p)
{
    if (!hr_runs_next(&p->runs, HR_RUN_UNGAPPED, &p->word))
        p->word.n = 0;
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

/* The words up to `end` of a line; its shape. */
static inline uint64_t read_words(struct splitter *p, const char *line, const char *end)
{
    hr_place *place = p->s->place + p->words;
    hr_runs runs = p->runs; /* a copy, so that it can stay in registers */
    hr_str word = p->word;
    const bool fits = end - line <= MOST_LINE;
    const char *behind = line;
    uint64_t shape = 0;
    uint32_t n = 0;

    for (; word.n && word.p < end; word.n = hr_runs_next(&runs, HR_RUN_UNGAPPED, &word) ? word.n : 0) {
        if (__builtin_expect(n >= HR_LINE_WORDS || !fits, false)) { /* too many: the rest is passed over */
            n = HR_LINE_WORDS + 1;
            continue;
        }
        shape = hr_mix(shape, gap_of(behind, word.p));
        behind = word.p + word.n;
        place[n++] = (hr_place){(uint16_t)(word.p - line), (uint16_t)word.n};
    }
    p->runs = runs;
    p->word = word;
    if (n > 1 && n <= HR_LINE_WORDS)
        p->words += n;
    return hr_mix(hr_mix(shape, gap_of(behind, end)), n);
}

static int read_lines(struct splitter *p, hr_watch *watch)
{
    hr_split *s = p->s;
    const char *at = s->text.p, *end = s->lines ? at + s->text.n : at;

    take_word(p);
    for (uint32_t i = 0; i < s->lines; i++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        if (!feed)
            feed = end;
        if (make_room(p) < 0)
            return HR_ENOMEM;
        s->begin[i] = (uint32_t)(at - s->text.p);
        s->first[i] = (uint32_t)p->words;
        s->shape[i] = read_words(p, at, feed);
        if (hr_watch_spend(watch, (size_t)(feed - at)) < 0)
            return HR_ETIME;
        at = feed + 1;
    }
    s->begin[s->lines] = (uint32_t)(at - s->text.p);
    s->first[s->lines] = (uint32_t)p->words;
    return 0;
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
    p.runs = hr_runs_of(text, HR_RUN_UNGAPPED);
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
