/* table_fields.h - the columns of a table of text as the fields of its rows (fields.h), so that what stands out in rows of JSON stands out
   here too.

   A row is read as an object, {"name":"cell","name unit":number}: a cell that is a number, perhaps with a unit, is one, and those of each unit
   are a path of their own. What a cell's lexeme is, is what JSON would make of it; most of them lie in a copy of the text, between quotes
   that stand where the dividers stood. Cells of one value share a node.

   The table and its text are borrowed and must live as long; all else is in the arena but for `copy`, which the caller frees in each case.
   One thread. Linear in the text. */
#ifndef HR_TABLE_FIELDS_H
#define HR_TABLE_FIELDS_H

#include "transform/fields.h"
#include "transform/text_table.h"

typedef struct hr_table_fields {
    hr_fields fields;
    hr_rows rows; /* of these only the tree and the number */
    hr_tree tree;
    hr_buf copy;
} hr_table_fields;

enum {
    HR_TABLE_UNITS = 16
}; /* paths of a column, the one without a unit included; cells of further units are left out */

/* 0, HR_ENOMEM, HR_ETIME, HR_ELIMIT (a text above 1 GiB, or lexemes for which 4 are too few). */
int hr_table_fields_read(hr_table_fields *out, hr_arena *a, const hr_text_table *t, hr_str text,
                         hr_watch *watch);

#endif
