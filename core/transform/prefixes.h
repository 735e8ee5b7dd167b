/* prefixes.h - beginnings that many strings share (addresses, paths), and which of them are worth a name.

   A string can be cut before each / ? # : { & = until its first blank or quote, and at its end. Each beginning up to a cut is counted;
   those are named whose uses save more than the line that says what the name means. A name's own text may begin with another name.

   Learn all strings, then choose, then find. Beginnings are told apart by an unkeyed hash alone: who makes two of them collide gets a form
   that does not read back (form.h). Memory is the caller's arena's; strings are borrowed until the last call. One thread at a time. */
#ifndef HR_PREFIXES_H
#define HR_PREFIXES_H

#include "base.h"

typedef struct hr_prefix {
    uint64_t hash;
    hr_str text;
    uint32_t count;  /* strings that begin so */
    uint32_t parent; /* the next shorter beginning; 0: none */
    uint32_t above;  /* the next shorter one that has a name; 0: none */
    uint32_t direct; /* strings and names that would be written with this name */
    uint32_t name;   /* from 1 in the order of the list; 0: none */
    bool covered;    /* a longer one has the same strings */
} hr_prefix;

typedef struct hr_prefixes {
    hr_arena *arena;
    hr_prefix *list; /* [0] is not used; a parent stands before what is longer */
    uint32_t n, room;
    uint32_t *slots;
    uint32_t mask;
    uint32_t named;
} hr_prefixes;

void hr_prefixes_init(hr_prefixes *p, hr_arena *a);
/* 0, HR_ENOMEM. *longest: the index of the longest beginning of s, for hr_prefixes_named(); UNKNOWN: it was not learned to its end. */
enum { HR_PREFIXES_UNKNOWN = 0, HR_PREFIXES_NONE = INT32_MAX };
int hr_prefixes_meet(hr_prefixes *p, hr_str s, uint32_t *longest);
static inline int hr_prefixes_learn(hr_prefixes *p, hr_str s)
{
    uint32_t longest;
    return hr_prefixes_meet(p, s, &longest);
}
/* Give names to those that pay; p->named is how many. */
void hr_prefixes_choose(hr_prefixes *p);
/* The longest beginning of s that has a name, as an index into the list; 0: none. */
uint32_t hr_prefixes_named(const hr_prefixes *p, uint32_t longest);
/* The same for a string that need not have been learned. */
uint32_t hr_prefixes_find(const hr_prefixes *p, hr_str s);
/* Append "$N=text" and a line feed for each name, and $M in the place of its beginning where that has a name itself. A dollar sign at the
   beginning of a text is written twice. */
void hr_prefixes_put(hr_buf *b, const hr_prefixes *p);

#endif
