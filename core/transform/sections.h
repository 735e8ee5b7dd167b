/* sections.h - a text of several parts, each of a structure of its own: the output of a script that runs several commands, an answer of
   prose and JSON. It is divided where that is plain to see:

     === disk ===      --- a ---      ### x ###      ==> a.log <==      a heading on a line of its own
     $ df -h           user@host:~$ df -h                               a command that was run
     ```json           ```                                             a Markdown fence
     <stdout>          </stdout>                                       a tag on a line of its own
     {  ..  }          [  ..  ]                                        JSON from a line's beginning to a line's end

   Headings inside of a test run, and where "---" begins a unit of one, divide nothing: its transform needs all of it. Pure, linear; one
   thread. */
#ifndef HR_SECTIONS_H
#define HR_SECTIONS_H

#include "base.h"

typedef struct hr_section {
    hr_str head; /* the line that divides, its line feed included; n 0: none */
    hr_str body; /* without the line feeds at its end; may be empty */
    hr_str gap;  /* those line feeds */
} hr_section;

enum { HR_MOST_SECTIONS = 256 }; /* a text of more is left whole */

/* The sections, in the arena; joined they are the text. *n 1: it is not divided. 0, HR_ENOMEM. */
int hr_sections(hr_arena *a, hr_str text, hr_section **list, size_t *n);

#endif
