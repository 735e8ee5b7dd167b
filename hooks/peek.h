/* peek.h - reading memory of this process that may not be there. */
#ifndef HR_PEEK_H
#define HR_PEEK_H

#include "../shim/shim.h"

enum { PEEK_MOST = 16 << 10 };

/* Copies [from, from + n), n <= PEEK_MOST, and returns how many bytes of it could be read: less than n where it leads to a page that is not
   mapped or not readable, 0 where a sandbox forbids process_vm_readv. Any thread; errno may change. */
size_t peek(uint64_t from, void *to, size_t n) HR_HIDDEN;

#endif
