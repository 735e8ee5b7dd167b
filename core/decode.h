/* decode.h - the content codings of a response, undone as its bytes pass: gzip, deflate (zlib's form, and the bare one that some servers
   send under that name), br, zstd, and two of them one over the other.

   What is read here is a copy: the program gets its bytes as they came. Lenient where coding.h is strict: a stream that breaks or is cut
   gives what was read until then. Memory is bounded whatever comes: 32 KiB for gzip, HR_MAX_ZSTD_WINDOW, 16 MiB for br (the largest window
   of RFC 7932), each only as far as the stream needs it, and a piece of output for each coding. One thread at a time. */
#ifndef HR_DECODE_H
#define HR_DECODE_H

#include "base.h"

typedef struct hr_decode hr_decode;
/* Takes a piece of what was decoded; the bytes are the decoder's. */
typedef void hr_decode_sink(void *arg, const char *p, size_t n);

/* names: the value of Content-Encoding, a list in the order in which they were applied; "" and "identity" are none, and then the pieces go
   through as they come. NULL: no memory, a name that is not known, or more than two codings. */
hr_decode *hr_decode_new(hr_str names, hr_decode_sink *sink, void *arg);
/* Pieces split at any byte. Behind the first error, and behind the end of what has one, nothing is given on. */
void hr_decode_add(hr_decode *d, const char *p, size_t n);
void hr_decode_free(hr_decode *d); /* NULL is fine */

#endif
