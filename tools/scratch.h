/* scratch.h - a state directory for one command, gone behind it: bodies can be worked on as if in a conversation that goes on, while the
   user's own state is not touched. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Made in $TMPDIR or /tmp, for this user alone; XDG_STATE_HOME of this process names it from here on, so before headroom_open. Ctrl-C and
   its like are noted, not obeyed, until scratch_end. False: errno. */
bool scratch_begin(char *path, size_t room);
/* Has the user asked to stop? */
bool scratch_stopped(void);
/* All of it is removed; then a signal that came is obeyed. Behind headroom_close. */
void scratch_end(const char *path);

#endif
