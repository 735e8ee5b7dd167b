/* window_walk.h - each leaf of a message in order: to know the message again, and to find what in it is no text. */
#ifndef HR_WINDOW_WALK_H
#define HR_WINDOW_WALK_H

#include "window_elements.h"

/* Fill out->holes from the elements of the body. 0, HR_ENOMEM, HR_EJSON. */
int hr_holes_find(hr_elements *out, const hr_conversation *c);

#endif
