/* settings.h - what is wrong with the settings of this user: in config.ini, and in the environment. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "../core/headroom.h"

struct settings_finding {
    const char *place; /* "/path/config.ini:3", "/path/config.ini", or the name of a variable */
    bool file;         /* false: place is a variable */
    unsigned line;     /* 0: none */
    const char *name;  /* of the setting or variable, as it was written; "": the line is nothing */
    const char *text;  /* what is wrong and what would be right, with the name: one clause */
};

/* Call found for each, those of the file first; their number. Strings live until it returns. */
size_t settings_check(headroom *h, void (*found)(void *, const struct settings_finding *), void *arg);

#endif
