/* stats.h - the object of `stats --json`, which `serve` answers with under /stats. */
#ifndef STATS_H
#define STATS_H

#include "../core/headroom.h"
#include "json.h"

/* The whole object, which belongs to the caller (cJSON_Delete). 0; else *out is NULL: a negative code of headroom.h, -1 for no memory. */
int stats_json(headroom *h, cJSON **out);

#endif
