/* terminal_code.h - what a terminal is told between its characters: C0 controls and the escape sequences of ECMA-48 that programs use for
   colours and progress. Pure. */
#ifndef HR_TERMINAL_CODE_H
#define HR_TERMINAL_CODE_H

#include "base.h"

enum hr_code_what {
    HR_CODE_NONE, /* the end of the text */
    HR_CODE_FEED,
    HR_CODE_RETURN,
    HR_CODE_BACK,
    HR_CODE_FORWARD,
    HR_CODE_COLUMN,
    HR_CODE_UP,
    HR_CODE_UP_TO_START,
    HR_CODE_DOWN,
    HR_CODE_ERASE_LINE,
    HR_CODE_ERASE_BELOW,
    HR_CODE_ANEW,  /* a cleared screen, the other screen, the cursor at its first place */
    HR_CODE_STYLE, /* nothing that moves: colours, titles, links, a bell, whether the cursor shows */
    HR_CODE_UNKNOWN
};

typedef struct hr_code {
    enum hr_code_what what;
    uint32_t n; /* how far, which column from 1 on, or what is erased */
} hr_code;

/* Take text without controls, and the code behind it, off *rest; HR_CODE_NONE where the text ends
   without one. false: nothing was left. A tab is text; a carriage return before a line feed is part of it. */
bool hr_code_next(hr_str *rest, hr_str *text, hr_code *code);

/* May the cursor go up in this text? */
bool hr_code_goes_up(hr_str text);

#endif
