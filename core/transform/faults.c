/* faults.c - rows whose values say that something went wrong. By value, not by keyword: "failed":0 and "error":null are no
   errors, and a field that reads like an error in half of the rows tells nothing (a list of failures). See marks.h. */
#include "transform/line_words.h"
#include "transform/marks.h"
#include "transform/number.h"
#include "transform/signs.h"

#include <string.h>

enum {
    USUAL_SHARE = 2,   /* 1/2 of the rows: what is usual is no error */
    COUNTER_SHARE = 5, /* 1/5: error counters above zero are common in some data */
    PROSE_SHARE = 20   /* 1/20: words like "failed" in free text */
};

enum verdict { FINE, COUNTED, PROSE, FAULT };

/* What a path's numbers are like, for codes. */
static bool codes_are_http(const hr_fields *f, const hr_path *p)
{
    uint32_t good = 0, bad = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        hr_str s = hr_cell_text(f, &p->cells[i]);
        if (s.n == 5 && s.p[0] == '"')
            s = hr_str_make(s.p + 1, 3);
        if (s.n != 3)
            continue;
        good += s.p[0] >= '1' && s.p[0] <= '3';
        bad += s.p[0] == '4' || s.p[0] == '5';
    }
    return good > bad && (good + bad) * 10 >= p->n * 9;
}

static bool is_bad_code(hr_str s)
{
    if (s.n == 5 && s.p[0] == '"')
        s = hr_str_make(s.p + 1, 3);
    return s.n == 3 && (s.p[0] == '4' || s.p[0] == '5');
}

static enum verdict judge_string(unsigned signs, const char *text, hr_str lexeme)
{
    const hr_str s = hr_str_make(lexeme.p + 1, lexeme.n - 2),
                 up_to_end = hr_str_make(text, (size_t)(s.p + s.n - text));
    bool strong;
    if ((signs & HR_KEY_STATE) && hr_says_error(s))
        return FAULT;
    if ((signs & HR_KEY_ERROR) && !hr_says_nothing(s))
        return FAULT;
    if (signs & (HR_KEY_STATE | HR_KEY_ERROR | HR_KEY_IDENTITY))
        return FINE;
    /* Few texts hold a word that could tell of an error, and only those are read. */
    if (hr_prose_error_place(up_to_end, (size_t)(s.p - text), &strong) == SIZE_MAX ||
        !hr_prose_says_error(s, &strong))
        return FINE;
    return strong ? FAULT : PROSE;
}

/* text: that the lexeme is part of. */
static enum verdict judge(unsigned signs, bool http, const hr_node *v, const char *text, hr_str lexeme)
{
    if (http && is_bad_code(lexeme))
        return FAULT;
    switch (v->type) {
    case HR_JSON_STRING:
        return judge_string(signs, text, lexeme);
    case HR_JSON_NUMBER:
        if ((signs & (HR_KEY_ERROR | HR_KEY_EXIT)) && hr_number(lexeme.p, lexeme.n) != 0.0)
            return COUNTED;
        return FINE;
    case HR_JSON_TRUE:
        return signs & HR_KEY_ERROR ? FAULT : FINE;
    case HR_JSON_FALSE:
        return signs & HR_KEY_GOOD ? FAULT : FINE;
    case HR_JSON_ARRAY:
    case HR_JSON_OBJECT:
        return (signs & HR_KEY_ERROR) && v->count > 0 ? FAULT : FINE;
    default:
        return FINE;
    }
}

/* Nothing that may stand in the path is a fault but by its text. */
static bool tells_nothing(const hr_path *p, unsigned signs, bool http)
{
    return !http && !(p->types >> HR_JSON_STRING & 1) &&
           !(signs & (HR_KEY_ERROR | HR_KEY_EXIT | HR_KEY_GOOD));
}

/* The worst verdict on each row by one path, and how many rows have each: 1; 0: all are fine; HR_ETIME. */
static int judge_path(const hr_fields *f, const hr_path *p, uint8_t *worst, uint32_t count[4],
                      hr_watch *watch)
{
    const unsigned signs = hr_key_signs(p->key.p ? p->key : f->paths[p->parent].key);
    const bool http = (signs & HR_KEY_CODE) && codes_are_http(f, p);
    const hr_values *values = &p->values;
    uint8_t told[HR_VALUES_MAX + 1] = {FINE};
    bool any = false;

    if (tells_nothing(p, signs, http))
        return 0;
    memset(worst, FINE, f->rows->n);
    for (uint32_t k = 0; k < values->n; k++) {
        told[k] = (uint8_t)judge(signs, http, hr_cell_node(f, &p->cells[values->first[k]]),
                                 f->rows->tree->text, values->text[k]);
        any = any || told[k];
    }
    if (values->n && !any && values->total == p->n)
        return 0;
    for (uint32_t i = 0; i < p->n; i++) {
        const hr_cell *c = &p->cells[i];
        const uint8_t v =
            values->n && values->of_cell[i] < HR_VALUES_MAX
                ? told[values->of_cell[i]]
                : (uint8_t)judge(signs, http, hr_cell_node(f, c), f->rows->tree->text, hr_cell_text(f, c));
        if (v > worst[c->row]) {
            count[worst[c->row]]--;
            count[v]++;
            worst[c->row] = v;
        }
        if (hr_watch_spend(watch, hr_cell_node(f, c)->len) < 0)
            return HR_ETIME;
    }
    return count[COUNTED] + count[PROSE] + count[FAULT] > 0;
}

int hr_mark_errors(const hr_fields *f, hr_arena *scratch, hr_watch *watch, bool *error)
{
    const uint32_t n = f->rows->n;
    uint8_t *worst = hr_arena_alloc(scratch, n);
    if (!worst)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        uint32_t count[4] = {0};
        int r = judge_path(f, p, worst, count, watch);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        bool counted = count[COUNTED] * COUNTER_SHARE <= n;
        bool prose = count[PROSE] <= (n / PROSE_SHARE > 3 ? n / PROSE_SHARE : 3);
        bool fault = (count[FAULT] + (counted ? count[COUNTED] : 0)) * USUAL_SHARE < n;
        for (uint32_t i = 0; fault && i < p->n; i++) {
            uint32_t row = p->cells[i].row;
            enum verdict v = worst[row];
            error[row] = error[row] || v == FAULT || (v == COUNTED && counted) || (v == PROSE && prose);
        }
    }
    return 0;
}
