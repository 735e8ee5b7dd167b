/* form.h - lossless forms of text: the same lines, spelled in fewer tokens. The first line says how the rest is read, to the model and to
   hr_form_decode(), so that `headroom restore` needs nothing but the text.

   Adding a form is one file with an encoder and a decoder, and one row of the table in form.c. Rules for them:
   - decode(encode(x)) equals x byte for byte; hr_form_encode() reads its own output back each time and drops it where it does not;
   - linear in the text; no state; the same bytes in any locale, thread and process;
   - a decoder is given what anybody may have written: it refuses what cannot be read, and stops at the buffer's maximum.

   Thread rule: any; the buffers belong to the caller. */
#ifndef HR_FORM_H
#define HR_FORM_H

#include "base.h"
#include "transform/watch.h"
#include "json/json.h"

/* What every form begins with; text that does is in none, and is no wrapper of anything. */
#define HR_FORM_OPENING "[headroom "

enum hr_form {
    HR_FORM_SEARCH,  /* matches under their paths */
    HR_FORM_PATHS,   /* paths under their directories */
    HR_FORM_COLUMNS, /* arrays of objects as tables */
    HR_FORM_NAMES,   /* the same, and names for what stands again and again */
    HR_FORM_ROWS,    /* lines of one pattern as rows of what varies */
    HR_FORM_REPEATS, /* lines, blocks and beginnings of paths that stand again and again */
    HR_FORMS
};

/* Append the form of `text` to *b: 1. 0: there is nothing to gain by it, or the text begins as a form does; nothing was appended.
   pinned[line]: this line stays as it is, byte for byte, where the form leaves a choice; NULL: none. HR_ENOMEM, HR_ETIME (what is
   written in time is read back, which takes no longer). */
int hr_form_encode(hr_buf *b, enum hr_form form, hr_str text, const bool *pinned, hr_watch *watch);

/* Does the text take the form, as far as can be told without pins, and without reading back what is written? 0: hr_form_encode() says so,
   too. 1: it nearly always does. HR_ENOMEM, HR_ETIME. */
int hr_form_takes(enum hr_form form, hr_str text, hr_watch *watch);

/* As hr_form_encode() into an empty *b, but not yet read back (hr_form_reads_back): whoever has the choice of two forms need read one. 0, too,
   where the form would have more than `most` bytes (0: any number), which is known as soon as so many are written: for SEARCH only, since other
   forms reserve more than they write. */
int hr_form_write(hr_buf *b, enum hr_form form, hr_str text, const bool *pinned, size_t most,
                  hr_watch *watch);
/* The same for HR_FORM_COLUMNS or HR_FORM_NAMES and JSON that is indexed already, all of t->text; *b may hold something. */
int hr_form_write_tree(hr_buf *b, enum hr_form form, const hr_tree *t, hr_watch *watch);
/* Is `text` what this form of it, from its first line on, says? 1, 0, HR_ENOMEM. */
int hr_form_reads_back(enum hr_form form, hr_str encoded, hr_str text);

/* Append what `text` was before it was encoded: 1. 0: it is no form of ours, to the letter; nothing was appended. HR_ENOMEM. */
int hr_form_decode(hr_buf *b, hr_str text);

#endif
