/* usage_mark.h - is an event worth parsing? Nearly all events of a stream are a few words of the answer; what stands in one that tells of
   tokens or of an error is seen without parsing it. */
#ifndef HR_USAGE_MARK_H
#define HR_USAGE_MARK_H

#include "base.h"

/* May the JSON text hold a member of this name whose value is an object (any value where `object` is false)? mark: the name in its quotes.
   False is certain; true is not. */
bool hr_usage_marked(hr_str text, const char *mark, bool object);
/* May it tell of an error: a member "error" that is an object, or a value "error"? The same. */
bool hr_usage_error_marked(hr_str text);
/* One look for both at once, first: neither a `"` with first letter of `mark` behind it nor one with an e stands in the text. */
bool hr_usage_unmarked(hr_str text, const char *mark);

#endif
