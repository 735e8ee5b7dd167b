/* map.h - is an object a map: many members of one sort under keys that are data, as {"ORD-17": {..}, "ORD-18": {..}}? Then its members are
   to be selected from like the rows of an array. A record or a table of settings is none: there each key is a fact of its own.

   Thread rule: any. Linear in the members. */
#ifndef HR_MAP_H
#define HR_MAP_H

#include "json/json.h"

bool hr_is_map(const hr_tree *t, uint32_t object);

#endif
