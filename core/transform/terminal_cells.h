/* terminal_cells.h - a line of a terminal, in which the cursor can go back: a cell for each character.

   Columns are counted as characters, which is wrong for tabs and for characters that take two columns or none: hr_cells_are_sure(). The cells
   are on the heap; the owner frees `cell`. One thread. */
#ifndef HR_TERMINAL_CELLS_H
#define HR_TERMINAL_CELLS_H

#include "base.h"

typedef struct hr_cells {
    uint32_t *cell; /* the bytes of a character, the first one lowest; 0: never written */
    uint32_t n, cap;
} hr_cells;

/* Room for n cells. 0, HR_ENOMEM. */
int hr_cells_reserve(hr_cells *l, uint32_t n);
/* Write text from a column on; *end: the column behind it. 0, HR_ENOMEM. */
int hr_cells_put(hr_cells *l, uint32_t column, hr_str text, uint32_t *end);
/* Append what the first n cells show. */
void hr_cells_write(hr_buf *b, const hr_cells *l, uint32_t n);
/* The number of cells without those at the end that show nothing. */
uint32_t hr_cells_visible(const hr_cells *l);
bool hr_cells_are_sure(const hr_cells *l);
/* The same but for numbers and the marks of a bar: two states of one line of progress. */
bool hr_cells_are_alike(const hr_cells *a, const hr_cells *b);

#endif
