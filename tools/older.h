/* older.h - requests that an older version stored, which are in no sum before the CLI has put them there (headroom_sum_older). */
#ifndef OLDER_H
#define OLDER_H

#include "../core/headroom.h"

/* Put all of them there; at once where there are none. On a terminal stderr shows how far it is, from a second on. What cannot be done now,
   as another process writes or the database may only be read, is left: older_left tells. */
void older_sum(headroom *h);
/* How many are in no sum yet, at most; 0 where that is not known. */
int64_t older_left(headroom *h);
/* "N requests that an older version stored are not in these sums yet", without an end; NULL: all are. text[OLDER_NOTE] is the caller's. */
enum { OLDER_NOTE = 112 };
const char *older_note(headroom *h, char text[OLDER_NOTE]);

#endif
