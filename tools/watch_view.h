/* watch_view.h - what `watch` shows, drawn with ncurses on stdscr.

   The view is a pure function of its model and the size of the screen; what does not fit is left out, the least needed first. */
#ifndef WATCH_VIEW_H
#define WATCH_VIEW_H

#include "figures.h"
#include "recent.h"

struct watch_model {
    struct recent recent;
    struct figures today;
    int64_t now_us, summed_us; /* when today was read */
    char mode[32], level[32];
    const char *trouble; /* why the figures are old, or NULL */
    size_t scroll;       /* how many of the newest requests are above the first line */
    bool paused, help;
    bool utf8, colour; /* what the terminal can do */
};

/* Colours, if the terminal has them and model->colour is set. Once, after ncurses began. */
void watch_view_begin(struct watch_model *m);
/* Draws all, and brings m->scroll back into what there is. */
void watch_view_draw(struct watch_model *m);
/* Requests that one screen shows, at least 1. */
size_t watch_view_rows(void);

#endif
