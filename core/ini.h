/* ini.h - the lines of config.ini, one setting at a time.

     [section]
     name = value            ; a comment behind white space
     name: value
         more of the value   a line that begins with a space or a tab goes on with the value above
     ; or # in first place   a comment

   Views into a text that the caller keeps; no line is too long, and a byte order mark and CR LF are taken. Nothing is allocated, no
   locale. Any thread. */
#ifndef HR_INI_H
#define HR_INI_H

#include "base.h"

typedef struct hr_ini {
    hr_str rest;
    hr_str section; /* n 0: before the first */
    hr_str name;    /* of the last entry */
    unsigned line;  /* of what hr_ini_next gave last, from 1 */
} hr_ini;

typedef struct hr_ini_entry {
    hr_str section, name, value; /* without white space around them */
    bool more;                   /* value belongs behind that of the entry before, with a space between */
} hr_ini_entry;

/* Without white space at both ends. */
hr_str hr_ini_trim(hr_str s);

void hr_ini_begin(hr_ini *ini, hr_str text);
/* 1: an entry. 0: the end. HR_ESHAPE: the line is nothing of the above; go on with the next call. */
int hr_ini_next(hr_ini *ini, hr_ini_entry *out);

#endif
