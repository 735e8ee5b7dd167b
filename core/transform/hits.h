/* hits.h - the lines of a search result: what grep, ripgrep and their kin print of a file.

     src/a.c:12:int x;      a match       path, number, text
     src/a.c:12:5:int x;    the same, its column is the beginning of the text
     src/a.c-13-            context
     src/a.c:int x;         a match without a number, where a line beside it is of the same path

   Where the reader is told to look for headings, also what stands below a path of its own, up to a line of another form:

     src/a.c                  File: src/a.c         /src/a.c:
     12:int x;                L12: int x;             Line 12: int x;
     13-                                                                    ripgrep for people, and what agents make of it

   All other lines ("--", "2 matches", "Binary file a.o matches") are of no path. Lines that begin with a time of day are none of a file.
   Linear: what is looked for ahead is looked for once. Pure; all views are the caller's text. */
#ifndef HR_HITS_H
#define HR_HITS_H

#include "transform/feeds.h"

typedef struct hr_hit {
    hr_str line;
    bool ended;    /* by a line feed */
    hr_str path;   /* n 0: of no file, and the members below are empty */
    hr_str number; /* n 0: none was printed */
    bool context;
    bool headed; /* the path stands above, not in the line */
    hr_str text; /* behind the mark of the number, or of the path */
} hr_hit;

typedef struct hr_hits {
    hr_feeds feeds;
    hr_str rest;       /* of the text; set this and `headings`, and all else to 0 */
    hr_str path;       /* of the line before */
    bool headings;     /* read them, too */
    hr_str heading;    /* the path that lines below it are of; n 0: none */
    hr_str next_path;  /* of the next match with a number */
    const char *until; /* what stands before here has been looked at for it */
} hr_hits;

/* The next line; false: there is none. */
bool hr_hits_next(hr_hits *h, hr_hit *out);

static inline bool hr_hit_is_match(const hr_hit *h)
{
    return h->path.n > 0 && !h->context;
}

/* The text of a match behind its column, if it has one. */
hr_str hr_hit_words(const hr_hit *hit);

/* Length of the decimal number, of at most nine digits, at the beginning of s; 0: there is none. */
size_t hr_digits(hr_str s);

#endif
