/* recent.h - the last requests, kept up to date.

   {0} is empty; rows belong to it. One thread. */
#ifndef RECENT_H
#define RECENT_H

#include "../core/headroom.h"

#include <stdbool.h>
#include <stddef.h>

struct recent_request {
    int64_t id, time_us;
    int64_t before, after; /* tokens as made, and as sent (a mode that changes nothing: the same) */
    int64_t input, cached; /* as the provider reported; -1: it did not */
    int status;
    bool exact;                  /* these tokens; else estimated */
    char program[64], model[64]; /* as format_word gives them; "-": not known */
    char note[48];               /* the provider's error, or why it was not touched; "": neither */
};

struct recent {
    struct recent_request *rows; /* oldest first */
    size_t n, room;
    int64_t newest_id; /* of those seen */
};

/* Take what is new, and keep the `most` newest rows (of a first look, only those are read). *fresh, where not NULL: how many rows are
   new. 0 or a negative code; what there was stays then. A database that was emptied or replaced is read anew. */
int recent_read(headroom *h, struct recent *r, size_t most, size_t *fresh);
/* When the request of that number began; 0 where there is none, or no more. Numbers are used again after a purge and in a new database:
   who remembers one remembers the time too. 0 or a negative code. */
int recent_time(headroom *h, int64_t id, int64_t *time_us);
/* "18:09:17"; "Nov 18" where it is a day ago or longer. Local time. */
enum { RECENT_TIME = 16 };
const char *recent_time_text(char out[RECENT_TIME], const struct recent_request *q);
void recent_free(struct recent *r);

#endif
