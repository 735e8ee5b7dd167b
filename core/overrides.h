/* overrides.h - what applies to one request, and to one result of it: its own lines X-Headroom-*, then the settings.

   A line whose value cannot be used is left out of account, as are the wrong entries of X-Headroom-Tool-Profiles; what was wrong
   stands in the request's row (ignored), and once a process in the log. An empty value says nothing. No request fails for it. */
#ifndef HR_OVERRIDES_H
#define HR_OVERRIDES_H

#include "context.h"

/* Fill level, bypass, window's figures, profiles and row.ignored of a request. 0 or HR_ENOMEM. */
int hr_overrides_read(headroom_request *r, const headroom_head *head);

/* Say in the log what is ignored, each kind of line once a process. Behind the work: the first request of all makes the log's directory. */
void hr_overrides_log(headroom_request *r);

typedef struct hr_tool_rules {
    const char *leave;   /* why no new decision is taken: "tool_profile", "protected"; NULL: it may be */
    enum hr_level level; /* at most the request's */
    int64_t min_tokens;
    unsigned max_items;
} hr_tool_rules;

/* What holds for a result of this tool, whose call had these (decoded) arguments. 0 or HR_ENOMEM. */
int hr_overrides_of_tool(const headroom_request *r, hr_arena *scratch, hr_str tool, hr_str arguments,
                         hr_tool_rules *out);

#endif
