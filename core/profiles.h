/* profiles.h - what the user says of single tools.

   Two forms, both taken wherever profiles can be given (setting tool_profiles, header X-Headroom-Tool-Profiles):

     {"important_*": {"skip": true}, "search": {"level": "lossless", "max_items": 50}}
     important_* = skip; search = level:lossless max_items:50

   Names are globs (glob.h); of a name the first HR_MAX_TOOL_NAME bytes count. Keys, and the names that they have elsewhere:
     skip         skip_compression       true, false: no new decision; stored ones are replayed (law 4)
     level                               replay, lossless, crush; never more than the request's own
     min_tokens   min_tokens_to_crush    as the setting
     max_items    max_items_after_crush  as the setting
   Of all profiles that match, each key is taken from the first that says something about it. So `search = max_items:50` and behind it
   `* = level:lossless` go together.

   An entry with anything wrong in it is left out; the others count. Lists live in the arena and are constant once read. */
#ifndef HR_PROFILES_H
#define HR_PROFILES_H

#include "base.h"

enum hr_profile_key {
    HR_PROFILE_SKIP,
    HR_PROFILE_LEVEL, /* enum hr_level */
    HR_PROFILE_MIN_TOKENS,
    HR_PROFILE_MAX_ITEMS,
    HR_PROFILE_KEYS
};

typedef struct hr_profile {
    struct hr_profile *next;
    hr_str glob;
    int64_t said[HR_PROFILE_KEYS]; /* -1: nothing */
} hr_profile;

/* Put the profiles of text before those of *list. 0: all of it was read. 1: something is wrong with it, problem[room] says what, as
   one clause. HR_ENOMEM: *list is as it was. */
int hr_profiles_read(hr_arena *a, hr_str text, hr_profile **list, char *problem, size_t room);

/* Fill those of said that are -1 by what is said of this tool. */
void hr_profiles_apply(const hr_profile *list, hr_str tool, int64_t said[HR_PROFILE_KEYS]);

#endif
