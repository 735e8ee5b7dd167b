/* cells.h - foreign text as cells of a terminal.

   Nothing that steers a terminal passes: control characters are shown as ^X, bytes that are no UTF-8 as \xNN, what does not
   print or turns the direction of writing as <U+202E>. Widths are those of the C library's UTF-8 tables, whatever the locale
   of the user. One thread. */
#ifndef CELLS_H
#define CELLS_H

#include <stddef.h>

enum { CELLS_TEXT = 16, CELLS_TAB = 8 };

struct cell {
    char text[CELLS_TEXT]; /* len bytes, to be written as they are */
    size_t len;
    unsigned width;
};

/* The first character of p[0..n), n > 0, which begins in this column (0 is the first). Returns how many bytes it is. */
size_t cells_next(const char *p, size_t n, unsigned column, struct cell *out);
/* Columns of standard output: the terminal's, else COLUMNS, else 80. */
unsigned cells_columns(void);

#endif
