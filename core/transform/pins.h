/* pins.h - which lines of a text must stay byte for byte, whatever its form: the first, the last, those that say that something went
   wrong, and those that the question asks for. Linear. One thread. */
#ifndef HR_PINS_H
#define HR_PINS_H

#include "transform/transform.h"

/* pinned[line], in the arena, of *lines lines (lines.h). Where errors are the rule, they are not pinned: nothing but form would be
   lost there. 0, HR_ENOMEM, HR_ETIME. */
int hr_pin_lines(hr_arena *a, const hr_transform_in *in, bool **pinned, size_t *lines);

/* The same without errors, for forms that leave what a line says readable on its own. */
int hr_pin_asked(hr_arena *a, const hr_transform_in *in, bool **pinned, size_t *lines);

#endif
