/* config_set.h - changing settings in the user's config.ini. */
#ifndef CONFIG_SET_H
#define CONFIG_SET_H

#include "../core/headroom.h"
#include "cli.h"

#include <stddef.h>

struct config_change {
    const char *name, *value; /* value NULL: the line goes */
};

/* All of them in one step: the new file (0600) replaces the old one by a rename, or nothing changes. A file that is a link stays one.
   Says on stderr what went wrong, and where the environment goes before what was set. EX_OK, EX_USAGE, EX_CONFIG (no home),
   EX_CANTCREAT. */
int config_set(const struct command *self, headroom *h, const struct config_change *list, size_t n);

#endif
