/* text_table.h - lines whose cells stand in columns: `ls -l`, `ps`, `docker ps`, `kubectl get`, psql, CSV, TSV, `du`.

   What divides the cells is found in the text itself: a delimiter, two spaces or more, or any white space, in this order. White space
   alone divides prose too, so there half of the columns must be regular: numbers, few values, or texts of one length that hold digits.
   A line with other cells (a total, a ruler, a blank one) is no row. Lines are borrowed; all else lives in the arena given. One thread.
   Linear in the text. */
#ifndef HR_TEXT_TABLE_H
#define HR_TEXT_TABLE_H

#include "transform/watch.h"

enum {
    HR_TABLE_CELLS = 32,     /* of a line at most */
    HR_TABLE_LEAST_ROWS = 20 /* fewer are no table */
};

/* What stands between the cells. */
enum hr_divider {
    HR_DIVIDE_COMMA,
    HR_DIVIDE_TAB,
    HR_DIVIDE_SEMICOLON,
    HR_DIVIDE_BAR,
    HR_DIVIDE_SPACES, /* two or more */
    HR_DIVIDE_WORDS,  /* any white space; the last cell is the rest of the line */
    HR_DIVIDERS
};

typedef struct hr_text_table {
    const hr_str *line;
    uint32_t lines;
    enum hr_divider divider;
    uint32_t cells;     /* of a row */
    uint32_t *row;      /* the lines that are rows, ascending, without the header */
    uint32_t n;         /* rows */
    const hr_str *cell; /* of the rows, one row behind the other */
    uint32_t header;    /* the line that names the columns; UINT32_MAX: none */
} hr_text_table;

/* The cells of a row. */
static inline const hr_str *hr_text_row(const hr_text_table *t, uint32_t row)
{
    return t->cell + (size_t)row * t->cells;
}

/* line[]: all lines of one text. 1: *t is filled. 0: no table. HR_ENOMEM, HR_ETIME. */
int hr_text_table_read(hr_text_table *t, hr_arena *a, const hr_str *line, uint32_t n, hr_watch *watch);

/* The cells of a line, without the white space around them: how many there are, HR_TABLE_CELLS + 1 where they are more. With
   HR_DIVIDE_WORDS the cell number `most` is the rest of the line. */
uint32_t hr_text_cells(hr_str line, enum hr_divider divider, uint32_t most,
                       hr_str cell[static HR_TABLE_CELLS + 1]);

#endif
