/* values.h - what the cells of one path hold: each value once where they hold few, and the numbers in them. So that what is asked of a text
   is asked once, however many rows repeat it, and a number is read once, however many marks (marks.h) need it.

   Lives in the scratch arena given. One thread. Linear in the cells. */
#ifndef HR_VALUES_H
#define HR_VALUES_H

#include "base.h"

enum { HR_VALUES_MAX = 64 }; /* of a path with more the texts are not told apart */

typedef struct hr_fields hr_fields;

typedef struct hr_values {
    bool told;               /* the list was made, or there are too many values for one */
    uint32_t n;              /* different lexemes; 0: no such list, each cell is to be looked at */
    uint32_t total;          /* cells that have one: all but arrays and objects */
    uint8_t *of_cell;        /* index into the lists; HR_VALUES_MAX: an array or an object */
    hr_str *text;            /* lexemes, in the order in which they come */
    uint32_t *count, *first; /* cells that have it; the first of them */

    double *number; /* per cell, NaN: there is none (hr_cell_number, marks.h); NULL: no cell has one */
    bool integers;  /* each is written without a point or an exponent */
} hr_values;

/* The different values that cells were found to have, while they are looked at. */
typedef struct hr_value_table {
    hr_str text[HR_VALUES_MAX];
    uint32_t count[HR_VALUES_MAX], first[HR_VALUES_MAX], n, total;
    uint32_t last;     /* what the cell before has */
    uint8_t slot[256]; /* index + 1 */
} hr_value_table;

void hr_value_table_clear(hr_value_table *t);
/* Count one more cell, whose number is told; the index of its value. HR_VALUES_MAX: it is a new one, and there is no room. */
uint32_t hr_value_table_add(hr_value_table *t, hr_str value, uint32_t cell);
/* So many more cells have value k; nothing where it is HR_VALUES_MAX. */
static inline void hr_value_table_count(hr_value_table *t, uint32_t k, uint32_t cells)
{
    if (k == HR_VALUES_MAX)
        return;
    t->count[k] += cells;
    t->total += cells;
}
/* The list of a path of n cells whose values are all in the table. 0, HR_ENOMEM. */
int hr_values_keep(hr_values *v, hr_arena *scratch, const hr_value_table *t, const uint8_t *of_cell,
                   uint32_t n);

/* Fill in `values` of all paths but the first; lists that are told are left alone. 0, HR_ENOMEM. */
int hr_values_read(hr_fields *f, hr_arena *scratch);

/* The numbers of one path alone, whose list of values is there or is not wanted. 0, HR_ENOMEM. */
int hr_numbers_read(const hr_fields *f, hr_arena *scratch, uint32_t path);

#endif
