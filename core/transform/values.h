/* values.h - what the cells of one path hold: each value once where they hold few, and the numbers in them. So that what is asked of a text
   is asked once, however many rows repeat it, and a number is read once, however many marks (marks.h) need it.

   Lives in the scratch arena given. One thread. Linear in the cells. */
#ifndef HR_VALUES_H
#define HR_VALUES_H

#include "base.h"

enum { HR_VALUES_MAX = 64 }; /* of a path with more the texts are not told apart */

typedef struct hr_fields hr_fields;

typedef struct hr_values {
    uint32_t n;              /* different lexemes; 0: no such list, each cell is to be looked at */
    uint32_t total;          /* cells that have one: all but arrays and objects */
    uint8_t *of_cell;        /* index into the lists; HR_VALUES_MAX: an array or an object */
    hr_str *text;            /* lexemes, in the order in which they come */
    uint32_t *count, *first; /* cells that have it; the first of them */

    double *number; /* per cell, NaN: there is none (hr_cell_number, marks.h); NULL: no cell has one */
    bool integers;  /* each is written without a point or an exponent */
} hr_values;

/* Fill in `values` of all paths but the first. 0, HR_ENOMEM. */
int hr_values_read(hr_fields *f, hr_arena *scratch);

/* The numbers of one path alone, for a table that holds nothing else. 0, HR_ENOMEM. */
int hr_numbers_read(const hr_fields *f, hr_arena *scratch, uint32_t path);

#endif
