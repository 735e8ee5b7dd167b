/* config.h - the settings: one table, their values, and where each came from.

   Precedence (DESIGN.md): environment HEADROOM_* > $XDG_CONFIG_HOME/headroom/config.ini > default. Read once, when the library
   is opened; constant afterwards, so any thread may read. A wrong value is reported (error) and the default stays in force. */
#ifndef HR_CONFIG_H
#define HR_CONFIG_H

#include "base.h"
#include "headroom.h"

enum hr_level { HR_LEVEL_REPLAY, HR_LEVEL_LOSSLESS, HR_LEVEL_CRUSH };
enum hr_adopt { HR_ADOPT_NEVER, HR_ADOPT_ALWAYS };
enum hr_switch { HR_SWITCH_AUTO, HR_SWITCH_ON, HR_SWITCH_OFF }; /* aligner, window */
enum hr_bound { HR_BOUND_REWRITE, HR_BOUND_LEAVE };
enum hr_log_level { HR_LOG_ERROR, HR_LOG_WARN, HR_LOG_INFO, HR_LOG_DEBUG };

enum hr_setting {
    HR_SET_MODE,
    HR_SET_LEVEL,
    HR_SET_ADOPT,
    HR_SET_BOUND,
    HR_SET_ORIGINALS,
    HR_SET_ORIGINALS_DAYS,
    HR_SET_ORIGINALS_MB,
    HR_SET_REPLACEMENTS_DAYS,
    HR_SET_MIN_TOKENS,
    HR_SET_MAX_ITEMS,
    HR_SET_DEADLINE_MS,
    HR_SET_ALIGNER,
    HR_SET_WINDOW,
    HR_SET_KEEP_TURNS,
    HR_SET_OUTPUT_BUFFER,
    HR_SET_CONTEXT_LIMITS,
    HR_SET_ENDPOINTS_ADD,
    HR_SET_ATTRIBUTION, /* for `headroom run`, not for the library */
    HR_SET_LOG,
    HR_SET_LOG_FILE,
    HR_SETTINGS
};

typedef struct hr_config {
    int64_t number[HR_SETTINGS]; /* numbers, and the index of a word in its list */
    char *text[HR_SETTINGS];     /* the value in force as text; owned */
    char *error[HR_SETTINGS];    /* what was wrong with the value given, or NULL; owned */
    char origin[HR_SETTINGS];    /* 'd' default, 'f' file, 'e' environment */
    char *path;                  /* config.ini, whether it exists or not; NULL: no home; owned */
    char *state_directory;       /* ".../headroom"; NULL: no home; owned */
    char *file_error;            /* config.ini could not be read or has a line that is no setting; owned */
} hr_config;

/* Fill c from file and environment. 0 or HR_ENOMEM (c is then empty but may be freed). */
int hr_config_load(hr_config *c);
void hr_config_free(hr_config *c);

/* Index of a word among those that the setting takes, or -1. */
int64_t hr_setting_word(enum hr_setting s, hr_str word);
const char *hr_setting_name(enum hr_setting s); /* "originals.days" */
const char *hr_setting_env(enum hr_setting s);  /* "HEADROOM_ORIGINALS_DAYS" */

#endif
