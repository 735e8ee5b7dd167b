/* query_text.c - what the conversation asks of a result: its call's arguments and the human text around it. See dialect.h. */
#include "dialect.h"

#include <string.h>

#define OPEN  "<system-reminder>"
#define CLOSE "</system-reminder>"

int hr_conversation_arguments(hr_conversation *c, size_t i, hr_str *out)
{
    *out = (hr_str){0};
    if (c->ev[i].call == 0)
        return 0;
    const hr_value *v = &c->ev[c->ev[i].call - 1].lit;
    if (v->type == HR_JSON_STRING)
        return hr_string_decode(c->scratch, c->body + v->off, v->len, out);
    *out = hr_str_make(c->body + v->off, v->len);
    return hr_utf8_valid(out->p, out->n) ? 0 : HR_EUTF8;
}

void hr_human_add(hr_buf *b, hr_str text)
{
    size_t at = 0;
    while (at < text.n) {
        size_t open = hr_str_find(text, HR_STR(OPEN), at);
        size_t close = open == SIZE_MAX ? SIZE_MAX : hr_str_find(text, HR_STR(CLOSE), open);
        size_t end = close == SIZE_MAX ? text.n : open;
        hr_buf_add(b, text.p + at, end - at);
        at = close == SIZE_MAX ? text.n : close + sizeof CLOSE - 1;
    }
    hr_buf_putc(b, '\n');
}

/* A stretch of events between two assistant turns. Made once per request, so that each result's query is found in constant
   time however long the conversation is. */
struct hr_gap {
    size_t from, to; /* events */
    hr_str human;    /* human text in it; n 0: none that says anything */
    size_t
        asked; /* index of the last stretch, this one included, in which a person said something; else of the first */
    bool printed;
    uint8_t print[16]; /* of human */
    int error;         /* why the human text cannot be used */
};

static bool says_something(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] > ' ')
            return true;
    return false;
}

/* Half a surrogate pair, a NUL, bytes that are no UTF-8: such a text asks for nothing. */
static bool is_unreadable(int error)
{
    return error == HR_EUTF8 || error == HR_ESURR || error == HR_ENUL;
}

static int read_gap(hr_conversation *c, struct hr_gap *g)
{
    hr_buf b = {0};
    for (size_t i = g->from; i < g->to && g->error == 0; i++) {
        hr_str text;
        if (c->ev[i].kind != HR_EV_HUMAN)
            continue;
        g->error = hr_string_decode(c->arena, c->body + c->ev[i].lit.off, c->ev[i].lit.len, &text);
        if (g->error == 0)
            hr_human_add(&b, text);
        else if (is_unreadable(g->error)) /* it must not take what was decided before it from the results */
            g->error = 0;
    }
    int r = b.err ? b.err : g->error == HR_ENOMEM ? HR_ENOMEM : 0;
    if (r == 0 && says_something(hr_buf_view(&b))) {
        g->human = hr_str_make(hr_arena_dup(c->arena, b.data, b.len), b.len);
        r = g->human.p ? 0 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    return r;
}

static bool is_turn(const hr_event *e)
{
    return e->kind == HR_EV_ASSISTANT || e->kind == HR_EV_CALL || e->kind == HR_EV_START;
}

static int make_gaps(hr_conversation *c)
{
    size_t n = 1;
    for (size_t i = 0; i < c->n; i++)
        n += c->ev[i].kind == HR_EV_ASSISTANT || c->ev[i].kind == HR_EV_START;
    struct hr_gap *gaps = hr_arena_zalloc(c->arena, n * sizeof *gaps);
    if (!gaps)
        return HR_ENOMEM;
    size_t k = 0, first = 0; /* first: of the conversation */
    for (size_t i = 0; i < c->n;) {
        size_t to = i;
        while (to < c->n && !is_turn(&c->ev[to]))
            to++;
        if (to > i) {
            gaps[k] = (struct hr_gap){.from = i, .to = to};
            int r = read_gap(c, &gaps[k]);
            if (r < 0)
                return r;
            gaps[k].asked = gaps[k].human.n || gaps[k].error || k == first ? k : gaps[k - 1].asked;
            k++;
        }
        for (; to < c->n && is_turn(&c->ev[to]); to++)
            if (c->ev[to].kind == HR_EV_START)
                first = k;
        i = to;
    }
    c->gaps = gaps;
    c->ngaps = k;
    return 0;
}

/* The stretch whose human text asks something of the event at index i. 0, or why that text cannot be used. */
static int find_gap(hr_conversation *c, size_t i, struct hr_gap **out)
{
    int r = c->gaps ? 0 : make_gaps(c);

    if (r < 0)
        return r;
    size_t low = 0, high = c->ngaps;
    while (high - low > 1) {
        size_t mid = (low + high) / 2;
        *(c->gaps[mid].from <= i ? &low : &high) = mid;
    }
    *out = &c->gaps[c->gaps[low].asked];
    return (*out)->error;
}

int hr_conversation_query(hr_conversation *c, size_t i, hr_str *out)
{
    struct hr_gap *gap;
    hr_str arguments;
    int r = hr_conversation_arguments(c, i, &arguments);

    if (r < 0 || (r = find_gap(c, i, &gap)) < 0)
        return r;
    char *text = hr_arena_alloc(c->scratch, arguments.n + gap->human.n + 1);
    if (!text)
        return HR_ENOMEM;
    if (arguments.n)
        memcpy(text, arguments.p, arguments.n);
    text[arguments.n] = '\n';
    if (gap->human.n)
        memcpy(text + arguments.n + 1, gap->human.p, gap->human.n);
    *out = hr_str_make(text, arguments.n + gap->human.n + 1);
    return 0;
}

int hr_conversation_print(hr_conversation *c, size_t i, const hr_print_key *k, hr_siphash *h)
{
    const uint32_t call = c->ev[i].call;
    struct hr_gap *gap;
    int r = find_gap(c, i, &gap);

    if (r < 0)
        return r;
    if (!gap->printed) { /* one long question may stand behind a hundred results */
        hr_siphash g;
        hr_print_init(&g, k);
        hr_print_field(&g, k, gap->human);
        hr_siphash_end(&g, gap->print);
        gap->printed = true;
    }
    const hr_value *v = call ? &c->ev[call - 1].lit : &(hr_value){0};
    hr_print_field(h, k, hr_str_make(c->body + v->off, v->len));
    hr_siphash_add(h, gap->print, sizeof gap->print);
    return 0;
}
