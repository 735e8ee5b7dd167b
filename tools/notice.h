/* notice.h - what `headroom run` must tell a person before it starts a program (DESIGN.md laws 4 and 8). */
#ifndef NOTICE_H
#define NOTICE_H

#include "../core/headroom.h"

/* Once per user, on stderr: what is stored, where, and how to switch it off. A file in the state directory
   marks that it was said; where that cannot be written nothing else can be stored either, and nothing is
   said. days: how long originals are kept, as the setting says; "": none are stored. */
void notice_storage(headroom *h, const char *days);
/* On stderr: that whole bodies are stored, where capture is on. */
void notice_capture(headroom *h);
/* On stderr: that a budget is nearly spent, once a day (a file in the state directory notes when); that it is spent and requests will be
   refused, each time. program: the file's name of what will be run. */
void notice_budget(headroom *h, const char *program);
/* On stderr: what a mode that sends originals breaks, if anything was ever rewritten. */
void notice_mode(headroom *h, const char *mode);

#endif
