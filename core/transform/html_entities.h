/* html_entities.h - character references of HTML: numeric ones and the names of HTML 4.
   A reference that is not known stays as it stands: the reader can tell what &name; means, a wrong character would be a lie.
   A no-break space is a space. Pure. */
#ifndef HR_HTML_ENTITIES_H
#define HR_HTML_ENTITIES_H

#include "base.h"

/* The reference at the beginning of s, whose first byte is '&': how many bytes of s it takes, and *n bytes of UTF-8 in out. 0: none. */
size_t hr_html_entity(hr_str s, char out[4], size_t *n);

#endif
