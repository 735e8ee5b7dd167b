/* form_table.h - the encoders and decoders of form.c's table, one file each. Encoders: 1 appended, 0 not text of this kind (what they
   appended is dropped), HR_ENOMEM. Decoders: 1 appended, 0 not what the encoder writes, HR_ENOMEM. See form.h. */
#ifndef HR_FORM_TABLE_H
#define HR_FORM_TABLE_H

#include "base.h"

/* form_search.c: grep -n and its kin. */
int hr_search_encode(hr_buf *b, hr_str text);
int hr_search_decode(hr_buf *b, hr_str body);

#endif
