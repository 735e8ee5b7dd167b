/* layers.h - a text as its reader takes it apart: what is put around it (wrapper.h), output for a terminal (terminal.h), a file with line
   numbers (numbered.h), several parts one behind the other (sections.h). What is left, a leaf, is of one structure, and goes to the table
   of the router. All that is no leaf stays as it is.

     hr_transform()  wrapper -> numbers -> terminal -> hr_route() -> where that selects nothing: sections, each on the same road
     hr_layers_read()   the same, on a text as it was sent

   Each text of several layers is read back before it is used: lossless forms must give the original byte for byte, and a reader must find
   every selection where it was made, and no other. Thread rule: one. */
#ifndef HR_LAYERS_H
#define HR_LAYERS_H

#include "transform/transform.h"

/* router.c: the transforms in turn, for one leaf. file: the text is a file that was read, for which no lossless form is used. As
   hr_transform(). */
int hr_route(hr_arena *a, const hr_transform_in *in, bool file, hr_transform_out *out);

/* Go over the leaves of a text that may be ours, from the outside inwards. For each candidate leaf() says 1: taken, and what it stands for
   was appended to *out; 0: nothing of the kind, look inside; <0: stop. All other bytes are appended to *out. The number of leaves that
   were taken, or <0: what leaf() returned, HR_ENOMEM. */
typedef int hr_leaf_reader(void *context, hr_str text, hr_buf *out);
int hr_layers_read(hr_str text, hr_leaf_reader *leaf, void *context, hr_buf *out);

/* Append what `text` was before its lossless forms were made: 1. 0: there are none; nothing was appended. HR_ENOMEM. level: of strings of
   JSON around it (inner.h). */
int hr_layers_decode(hr_buf *out, hr_str text, unsigned level);

#endif
