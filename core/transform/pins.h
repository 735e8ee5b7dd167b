/* pins.h - which lines of a text must stay byte for byte, whatever its form: the first, the last, those that say that something went
   wrong, and those that the question asks for. Linear. One thread. */
#ifndef HR_PINS_H
#define HR_PINS_H

#include "transform/transform.h"

typedef struct hr_pins {
    bool *pinned; /* of each line (lines.h) */
    hr_str *line;
    size_t n;
} hr_pins;

/* The first line, the last one, and those that the question asks for: for forms that leave what a line says readable on its own. *pins is in
   the arena. 0, HR_ENOMEM, HR_ETIME. */
int hr_pin_asked(hr_arena *a, const hr_transform_in *in, hr_pins *pins);

/* Those that tell of an error, too. Where errors are the rule they are not pinned: nothing but form would be lost there. 0, HR_ENOMEM,
   HR_ETIME. */
int hr_pin_errors(hr_arena *a, const hr_transform_in *in, hr_pins *pins);

#endif
