/* nearest.h - which known word was meant by a mistyped one? */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

/* The one of n known words that is at most two slips of the keyboard away; the first of equals; NULL: none is. */
const char *nearest_word(const char *word, const char *const *known, size_t n);

#endif
