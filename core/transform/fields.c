/* fields.c - finds the path of every value in two passes: paths are numbered and counted, then cells are dealt out.
   See fields.h. */
#include "transform/fields.h"

#include <string.h>

enum { NO_PATH = UINT32_MAX };

/* An open container of the row at hand. */
struct level {
    uint32_t end; /* offset behind it */
    uint32_t path;
};

struct reading {
    hr_fields *f;
    const hr_rows *rows;
    uint32_t *slots;    /* open addressing over (parent, key): path, 0 free */
    uint32_t mask, max; /* of slots; of paths: tables fit the rows, since small arrays may be many */
    uint32_t *follow;   /* path that came behind this one last time: records repeat their order of keys */
    uint32_t *path_of;  /* per node from the first row on */
    uint32_t *last_row; /* per path: row + 1 that was counted last */
    uint32_t before;    /* path of the previous node */
    struct level open[HR_FIELDS_DEPTH + 1];
    unsigned depth;
};

static hr_str key_of(const hr_rows *rows, const hr_node *v)
{
    if (v->key_len == 0)
        return (hr_str){0};
    return hr_str_make(rows->tree->text + v->key_off + 1, v->key_len - 2);
}

static bool is_path(const hr_path *p, uint32_t parent, hr_str key)
{
    return p->parent == parent && (p->key.p == NULL) == (key.p == NULL) && p->key.n == key.n &&
           (key.n == 0 || memcmp(p->key.p, key.p, key.n) == 0);
}

static uint32_t hash_of(uint32_t parent, hr_str key)
{
    uint64_t h = 0xcbf29ce484222325u ^ parent;
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3u;
    h = (h ^ (key.p != NULL)) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 32);
}

/* The path of `key` below `parent`; a new one where there is room, else NO_PATH. */
static uint32_t path_of_key(struct reading *r, uint32_t parent, hr_str key, uint8_t number)
{
    hr_fields *f = r->f;
    uint32_t at = hash_of(parent, key) & r->mask;
    while (r->slots[at] && !is_path(&f->paths[r->slots[at]], parent, key))
        at = (at + 1) & r->mask;
    uint32_t path = r->slots[at];
    if (!path) {
        if (f->n == r->max)
            return NO_PATH;
        const hr_path *up = &f->paths[parent];
        path = f->n++;
        f->paths[path] = (hr_path){.parent = parent,
                                   .key = key,
                                   .key_number = number,
                                   .depth = (uint8_t)(up->depth + 1),
                                   .many = up->many || key.p == NULL};
        r->slots[at] = path;
    }
    r->follow[r->before] = path;
    return r->before = path;
}

/* The same for the key of node v, which is likely to be the one that came here last time. */
static inline uint32_t path_for(struct reading *r, uint32_t parent, const hr_node *v)
{
    const uint32_t guess = r->follow[r->before];
    const hr_path *p = &r->f->paths[guess];
    if (__builtin_expect(guess && p->parent == parent && v->key_number && p->key_number == v->key_number,
                         true))
        return r->before = guess;
    const hr_str key = key_of(r->rows, v);
    if (guess && is_path(p, parent, key))
        return r->before = guess;
    return path_of_key(r, parent, key, v->key_number);
}

/* One more value of a path. */
static inline void count_value(struct reading *r, uint32_t path, uint32_t row, const hr_node *v)
{
    hr_path *p = &r->f->paths[path];
    p->n++;
    p->types |= (uint8_t)(1u << v->type);
    p->empty = p->empty || hr_is_empty(v);
    p->rows += r->last_row[path] != row + 1;
    r->last_row[path] = row + 1;
}

/* The key of an item directly in a row that is an array: [1712000000, 0.5] has columns. */
static hr_str key_of_place(uint32_t place)
{
    static const char digits[] = "0123456789";
    return place < sizeof digits - 1 ? hr_str_make(&digits[place], 1) : (hr_str){0};
}

static void number_row(struct reading *r, uint32_t row, uint32_t first, uint32_t end)
{
    const hr_node *nodes = r->rows->tree->nodes;
    const bool tuple = nodes[first].type == HR_JSON_ARRAY;
    uint32_t place = 0, *own = &r->path_of[first - r->rows->row[0]];
    r->depth = 0;
    r->open[0] = (struct level){nodes[first].off + nodes[first].len, 0};
    r->before = 0;
    *own = NO_PATH;
    if (nodes[first].type < HR_JSON_ARRAY && (*own = path_of_key(r, 0, HR_STR(""), 0)) != NO_PATH)
        count_value(r, *own, row, &nodes[first]);
    uint32_t skip_to = 0; /* offset behind a subtree that has no path */
    for (uint32_t i = first + 1; i < end; i++) {
        const hr_node *v = &nodes[i];
        uint32_t *slot = &r->path_of[i - r->rows->row[0]];
        *slot = NO_PATH;
        if (v->off < skip_to)
            continue;
        while (v->off >= r->open[r->depth].end)
            r->depth--;
        const uint32_t path = tuple && r->depth == 0 ? path_of_key(r, 0, key_of_place(place++), 0)
                                                     : path_for(r, r->open[r->depth].path, v);
        *slot = path;
        bool container = v->type >= HR_JSON_ARRAY;
        if (path == NO_PATH || (container && r->depth == HR_FIELDS_DEPTH)) {
            skip_to = v->off + v->len;
            if (path == NO_PATH)
                continue;
        } else if (container) {
            r->open[++r->depth] = (struct level){v->off + v->len, path};
        }
        count_value(r, path, row, v);
    }
}

/* Are the nodes below two rows of n nodes alike in keys and nesting, so that their paths are the same? */
static bool same_shape(const hr_node *a, const hr_node *b, uint32_t n)
{
    if (a->type != b->type || a->count != b->count)
        return false;
    for (uint32_t i = 1; i < n; i++) {
        if (a[i].key_number != b[i].key_number || (a[i].key_number == 0 && (a[i].key_len || b[i].key_len)))
            return false;
        if ((a[i].type >= HR_JSON_ARRAY || b[i].type >= HR_JSON_ARRAY) &&
            (a[i].type != b[i].type || a[i].count != b[i].count))
            return false;
    }
    return true;
}

/* A row of n nodes that has the shape of the one before, as most have. false: it has not. */
static bool repeat_row(struct reading *r, uint32_t row, uint32_t n)
{
    const hr_node *nodes = r->rows->tree->nodes;
    const uint32_t first = r->rows->row[row], before = r->rows->row[row - 1];
    uint32_t *now = &r->path_of[first - r->rows->row[0]];
    const uint32_t *then = &r->path_of[before - r->rows->row[0]];

    if (first - before != n || nodes[first].type != HR_JSON_OBJECT ||
        !same_shape(&nodes[first], &nodes[before], n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        now[i] = then[i];
        if (now[i] != NO_PATH)
            count_value(r, now[i], row, &nodes[first + i]);
    }
    return true;
}

static uint32_t row_end(const hr_rows *rows, uint32_t row)
{
    return row + 1 < rows->n ? rows->row[row + 1] : rows->end;
}

static int deal_cells(struct reading *r, hr_arena *scratch, hr_watch *watch)
{
    hr_fields *f = r->f;
    const hr_rows *rows = r->rows;
    size_t total = 0;
    for (uint32_t p = 1; p < f->n; p++)
        total += f->paths[p].n;
    hr_cell *cells = hr_arena_alloc(scratch, (total + 1) * sizeof *cells);
    hr_cell **next = hr_arena_alloc(scratch, f->n * sizeof *next);
    if (!cells || !next)
        return HR_ENOMEM;
    for (uint32_t p = 1; p < f->n; p++) {
        f->paths[p].cells = next[p] = cells;
        cells += f->paths[p].n;
    }
    for (uint32_t row = 0; row < rows->n; row++) {
        for (uint32_t i = rows->row[row]; i < row_end(rows, row); i++) {
            uint32_t path = r->path_of[i - rows->row[0]];
            if (path != NO_PATH)
                *next[path]++ = (hr_cell){row, i};
        }
        if (hr_watch_spend(watch, rows->tree->nodes[rows->row[row]].len / 4) < 0)
            return HR_ETIME;
    }
    return 0;
}

int hr_fields_read(hr_fields *f, hr_arena *scratch, const hr_rows *rows, hr_watch *watch)
{
    struct reading r = {.f = f, .rows = rows};
    const uint32_t nodes = rows->end - rows->row[0];
    *f = (hr_fields){.rows = rows, .n = 1};
    r.max = nodes < HR_FIELDS_MAX ? nodes + 1 : HR_FIELDS_MAX;
    for (r.mask = 15; r.mask < 2 * r.max; r.mask = 2 * r.mask + 1)
        ;
    f->paths = hr_arena_alloc(scratch, r.max * sizeof *f->paths);
    r.slots = hr_arena_zalloc(scratch, (r.mask + 1) * sizeof *r.slots);
    r.follow = hr_arena_zalloc(scratch, r.max * sizeof *r.follow);
    r.last_row = hr_arena_zalloc(scratch, r.max * sizeof *r.last_row);
    r.path_of = hr_arena_alloc(scratch, (nodes + 1u) * sizeof *r.path_of);
    if (!f->paths || !r.slots || !r.follow || !r.last_row || !r.path_of)
        return HR_ENOMEM;
    f->paths[0] = (hr_path){.rows = rows->n, .n = rows->n};
    for (uint32_t row = 0; row < rows->n; row++) {
        const uint32_t first = rows->row[row], end = row_end(rows, row);
        if (row == 0 || !repeat_row(&r, row, end - first))
            number_row(&r, row, first, end);
        if (hr_watch_spend(watch, rows->tree->nodes[rows->row[row]].len) < 0)
            return HR_ETIME;
    }
    const int err = deal_cells(&r, scratch, watch);
    return err ? err : hr_values_read(f, scratch);
}
