/* attribution.h - Claude Code's attestation of its requests (`cch=` in the system prompt) and the vendor's own switch for it.

   A request that carries it is never changed (law 7). The vendor's switch is an environment variable; whether `headroom run` sets it
   is the user's choice, by the setting claude.attribution_header. A variable that is set already is the user's word and stays. */
#ifndef ATTRIBUTION_H
#define ATTRIBUTION_H

#include "../core/headroom.h"

#include <stdbool.h>

#define ATTRIBUTION_SWITCH  "CLAUDE_CODE_ATTRIBUTION_HEADER"
#define ATTRIBUTION_SETTING "claude.attribution_header"

/* Before `command` is started in a mode that rewrites. off: what the setting says. Sets the variable, and says in one line on stderr that
   it did; or, where the command is Claude Code and neither setting nor variable say anything, how to choose. False: no memory. */
bool attribution_choose(const headroom *h, bool off, const char *command);

#endif
