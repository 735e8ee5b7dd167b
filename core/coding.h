/* coding.h - the content codings of a request body that are undone and done again: gzip (RFC 1952) and zstd (RFC 8878).

   One coding, complete in memory. Strict: what another decoder could read differently is refused, and the caller sends the coded
   bytes as they came. Nothing is kept between calls; one thread at a time per buffer. */
#ifndef HR_CODING_H
#define HR_CODING_H

#include "base.h"

typedef enum hr_coding {
    HR_CODING_NONE,
    HR_CODING_GZIP,
    HR_CODING_ZSTD,
    HR_CODING_UNKNOWN /* cannot be decoded */
} hr_coding;

/* The coding that a Content-Encoding names, in any case; "x-gzip" is gzip (RFC 9110 8.4.1.3), "" and "identity" are none. */
hr_coding hr_coding_of(hr_str name);

/* Append what the coded bytes carry to out, which is empty and whose max is set here; several gzip members or zstd frames are one
   body. GZIP or ZSTD only. 0; HR_ENOMEM; HR_ELIMIT: it is longer than HR_MAX_BODY; HR_ECODING: cut short, wrong checksum, bytes
   behind the end, a dictionary, a window above HR_MAX_ZSTD_WINDOW, or not this coding at all. */
int hr_coding_decode(hr_coding coding, hr_str coded, hr_buf *out);

/* Append the coded form of plain to out, which is empty and whose max is set here. GZIP or ZSTD only. 0, HR_ENOMEM, or HR_ELIMIT:
   longer than HR_MAX_BODY. */
int hr_coding_encode(hr_coding coding, hr_str plain, hr_buf *out);

#endif
