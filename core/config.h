/* config.h - the settings: one table, their values, and where each came from.

   Precedence (DESIGN.md): environment HEADROOM_* > $XDG_CONFIG_HOME/headroom/config.ini > default. Read once, when the library
   is opened; constant afterwards, so any thread may read. A wrong value is told (errors) and what is next in that order stays in
   force; of a list the wrong entries are left out and the others count.

   The lists tool_profiles, model_context_limits, prices and budget.programs have a section of their name too, with one entry a line,
   `NAME = VALUE`. */
#ifndef HR_CONFIG_H
#define HR_CONFIG_H

#include "base.h"
#include "headroom.h"
#include "profiles.h"

enum hr_level { HR_LEVEL_REPLAY, HR_LEVEL_LOSSLESS, HR_LEVEL_CRUSH };
enum hr_adopt { HR_ADOPT_NEVER, HR_ADOPT_NET, HR_ADOPT_ALWAYS };
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
    HR_SET_REQUESTS_DAYS,
    HR_SET_REQUESTS_MAX,
    HR_SET_MIN_TOKENS,
    HR_SET_MAX_ITEMS,
    HR_SET_DEADLINE_MS,
    HR_SET_ALIGNER,
    HR_SET_WINDOW,
    HR_SET_KEEP_TURNS,
    HR_SET_OUTPUT_BUFFER,
    HR_SET_CONTEXT_LIMITS,  /* "GLOB=NUMBER GLOB=NUMBER .." */
    HR_SET_TOOL_PROFILES,   /* profiles.h */
    HR_SET_PROTECTED_TOOLS, /* protect.h */
    HR_SET_PROTECTED_PATHS,
    HR_SET_ENDPOINTS_ADD,
    HR_SET_PRICES,          /* prices.h */
    HR_SET_BUDGET,          /* dollars a day, "" none: budget.h */
    HR_SET_BUDGET_PROGRAMS, /* "GLOB=DOLLARS GLOB=DOLLARS .." */
    HR_SET_BUDGET_WARN,     /* percent; 0: never */
    HR_SET_BUDGET_REFUSE,   /* off, on */
    HR_SET_CAPTURE,         /* off, on */
    HR_SET_CAPTURE_MB,      /* of all captures */
    HR_SET_CAPTURE_DAYS,
    HR_SET_CAPTURE_UNTIL, /* seconds since 1970; 0: no end */
    HR_SET_ATTRIBUTION,   /* for `headroom run`, not for the library */
    HR_SET_LOG,
    HR_SET_LOG_FILE,
    HR_SETTINGS
};

typedef struct hr_config_error {
    enum hr_setting setting; /* HR_SETTINGS: of none */
    unsigned line;           /* of config.ini; 0: the file as a whole, or the environment */
    bool file;               /* false: the environment */
    char *name;              /* of the setting or the variable, else as it was written; "": the file */
    char *text;              /* what is wrong, and what is right; one clause */
} hr_config_error;

typedef struct hr_config {
    int64_t number[HR_SETTINGS]; /* numbers, and the index of a word in its list */
    char *text[HR_SETTINGS];     /* the value in force as text; owned */
    char origin[HR_SETTINGS];    /* 'd' default, 'f' file, 'e' environment */
    hr_config_error *errors;     /* in the order of the file, then of the environment; owned */
    size_t n_errors;
    hr_profile *profiles;  /* what tool_profiles says */
    hr_arena *memory;      /* of profiles */
    char *path;            /* config.ini, whether it exists or not; NULL: no home; owned */
    char *state_directory; /* ".../headroom"; NULL: no home; owned */
} hr_config;

/* Fill c from file and environment. 0 or HR_ENOMEM (c is then empty but may be freed). */
int hr_config_load(hr_config *c);
void hr_config_free(hr_config *c);

/* What is wrong with a value given for s: the first of it, or NULL. */
const char *hr_config_error_of(const hr_config *c, enum hr_setting s);

/* Index of a word, or the number, as s takes it; -1: it does not. Not for settings that are text. */
int64_t hr_setting_value(enum hr_setting s, hr_str value);
/* What s takes, for people: "one of: off audit", "a whole number up to 7". */
void hr_setting_allowed(enum hr_setting s, char *out, size_t room);
const char *hr_setting_name(enum hr_setting s); /* "originals.days" */
const char *hr_setting_env(enum hr_setting s);  /* "HEADROOM_ORIGINALS_DAYS" */

/* ---- for config_file.c ---- */
/* Where a value was given. */
typedef struct hr_given {
    char origin; /* as in hr_config */
    unsigned line;
    const char *name; /* as it was written */
} hr_given;
/* The setting of this name, HR_SETTINGS: there is none. */
enum hr_setting hr_setting_find(const char *name);
/* Has it a section of its name? */
bool hr_setting_has_section(enum hr_setting s);
/* Set from one value; more: a list goes on, else it begins anew. 0 or HR_ENOMEM. */
int hr_config_set(hr_config *c, enum hr_setting s, hr_str value, bool more, const hr_given *given);
/* Tell an error. 0 or HR_ENOMEM. */
int hr_config_tell(hr_config *c, enum hr_setting s, const hr_given *given, const char *text);
/* Read config.ini, where there is one. 0 or HR_ENOMEM. */
int hr_config_read_file(hr_config *c);
/* The same of its text. */
int hr_config_read_text(hr_config *c, hr_str text);
/* The setting that an entry of the file is about, HR_SETTINGS: none. *listed: as one entry of its list. */
struct hr_ini_entry;
enum hr_setting hr_config_entry(const struct hr_ini_entry *in, bool *listed);
/* c empty but for the defaults. 0 or HR_ENOMEM. */
int hr_config_defaults(hr_config *c);

#endif
