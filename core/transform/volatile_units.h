/* volatile_units.h - what volatile.c and volatile_context.c share: a text as lines, and the sentences in it that may move. */
#ifndef HR_VOLATILE_UNITS_H
#define HR_VOLATILE_UNITS_H

#include "transform/volatile_words.h"

enum {
    /* A prompt that says more often what time it is, is a log or a table: nothing moves. */
    HR_MAX_UNITS = 64
};

/* Without its line feed and a carriage return before that. Its units are those from `unit` on. */
typedef struct hr_text_line {
    uint32_t off, len, unit, units;
} hr_text_line;

typedef struct hr_unit {
    size_t line, off, len; /* of the text */
    bool whole;            /* all that stands on its line, but for a bullet and white space */
    bool stays;
    hr_saying says;
} hr_unit;

typedef struct hr_layout {
    hr_str text;
    const hr_text_line *lines;
    size_t nlines;
    hr_unit *units; /* in order */
    size_t n;
} hr_layout;

static inline hr_str hr_line_text(const hr_layout *l, size_t line)
{
    return hr_str_make(l->text.p + l->lines[line].off, l->lines[line].len);
}

/* Bytes of white space before the first character of a line. */
size_t hr_line_indent(hr_str line);
/* Length of indentation and a bullet with its space; of indentation alone where there is none. */
size_t hr_line_bullet(hr_str line);
/* Is nothing left of the line when the units that do not stay are gone? */
bool hr_line_empties(const hr_layout *l, size_t line);

/* Set stays in units that what stands around them holds in place. false: nothing may move. */
bool hr_units_settle(hr_layout *l);

#endif
