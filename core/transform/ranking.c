/* ranking.c - is there a field by which these rows are ranked, and in which order? See marks.h.

   In this order: a field that the question names beside "top" or "lowest"; a field whose key says rank or score; a field by
   which the rows already stand in falling order; the only measure there is, where the question asks for a rank. */
#include "transform/marks.h"
#include "transform/signs.h"
#include "transform/sort.h"

#include <string.h>

enum { MAX_DEPTH = 3, KEY_WORDS = 8 };

struct candidate {
    uint32_t path; /* 0: none */
    bool ascending;
};

/* One number in nine of ten rows at least, and not all the same. *falling: nearly all neighbours are equal or go down. */
static bool is_numeric(const hr_fields *f, const hr_path *p, bool *falling)
{
    uint32_t numbers = 0, down = 0, up = 0;
    double before = 0;
    *falling = false;
    if (p->many || p->depth > MAX_DEPTH || (uint64_t)p->rows * 10 < (uint64_t)f->rows->n * 9)
        return false;
    if (!(p->types >> HR_JSON_NUMBER & 1))
        return false;
    for (uint32_t i = 0; i < p->n; i++)
        numbers += hr_cell_node(f, &p->cells[i])->type == HR_JSON_NUMBER;
    if ((uint64_t)numbers * 10 < (uint64_t)f->rows->n * 9)
        return false;
    const uint32_t most_up = numbers / 20;
    for (uint32_t i = 0, seen = 0; i < p->n && up <= most_up; i++) {
        if (hr_cell_node(f, &p->cells[i])->type != HR_JSON_NUMBER)
            continue;
        const double v = p->values.number[i];
        down += seen > 0 && v < before;
        up += seen++ > 0 && v > before;
        before = v;
    }
    *falling = down > numbers / 2 && up <= most_up;
    return down + up > 0;
}

static bool is_named(const hr_query *q, hr_str key)
{
    char words[KEY_WORDS][24];
    size_t n = hr_key_words(key, words, KEY_WORDS);
    for (size_t i = 0; i < n; i++)
        if (hr_query_has(q, hr_str_make(words[i], strlen(words[i]))))
            return true;
    return false;
}

/* Rank 1 is better than rank 2, a small distance better than a large one. */
static bool smaller_is_better(hr_str key)
{
    char words[KEY_WORDS][24];
    size_t n = hr_key_words(key, words, KEY_WORDS);
    return n > 0 && (strcmp(words[n - 1], "rank") == 0 || strcmp(words[n - 1], "ranking") == 0 ||
                     strcmp(words[n - 1], "distance") == 0);
}

static struct candidate choose(const hr_fields *f, const hr_query *q)
{
    struct candidate named = {0}, scored = {0}, sorted = {0}, only = {0};
    unsigned hints = hr_query_hints(q), measures = 0;
    bool asked = hints & (HR_HINT_TOP | HR_HINT_LOWEST),
         lowest = (hints & HR_HINT_LOWEST) && !(hints & HR_HINT_TOP);
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        bool falling;
        if (!p->key.p || !is_numeric(f, p, &falling))
            continue;
        unsigned signs = hr_key_signs(p->key);
        bool small = smaller_is_better(p->key);
        if (!named.path && asked && is_named(q, p->key))
            named = (struct candidate){k, lowest || ((signs & HR_KEY_RANK) && small)};
        if (!scored.path && (signs & HR_KEY_RANK))
            scored = (struct candidate){k, lowest != small};
        if (!sorted.path && falling && !(signs & HR_KEY_IDENTITY))
            sorted = (struct candidate){k, lowest};
        if (!(signs & (HR_KEY_IDENTITY | HR_KEY_CODE | HR_KEY_EXIT))) {
            only = (struct candidate){k, lowest};
            measures++;
        }
    }
    if (named.path)
        return named;
    if (scored.path)
        return scored;
    if (sorted.path)
        return sorted;
    return asked && measures == 1 ? only : (struct candidate){0};
}

int hr_rank_rows(const hr_fields *f, hr_arena *scratch, const hr_query *query, hr_ranking *out)
{
    struct candidate c = choose(f, query);
    *out = (hr_ranking){0};
    if (!c.path)
        return 0;
    const hr_path *p = &f->paths[c.path];
    hr_pair *order = hr_arena_alloc(scratch, 2 * (size_t)p->n * sizeof *order);
    out->row = hr_arena_alloc(scratch, p->n * sizeof *out->row);
    if (!order || !out->row)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < p->n; i++) {
        if (hr_cell_node(f, &p->cells[i])->type != HR_JSON_NUMBER)
            continue;
        const uint64_t key = hr_sort_key(p->values.number[i]);
        order[out->n++] = (hr_pair){c.ascending ? key : ~key, p->cells[i].row};
    }
    hr_sort_pairs(order, order + p->n, out->n);
    for (uint32_t i = 0; i < out->n; i++)
        out->row[i] = order[i].value;
    return 0;
}
