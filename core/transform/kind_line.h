/* kind_line.h - what one line of a text looks like: the marks by which kinds.c tells kinds apart. A line may have several. Pure. */
#ifndef HR_KIND_LINE_H
#define HR_KIND_LINE_H

#include "base.h"

enum hr_line_mark {
    HR_LINE_TIMED,    /* begins as a record of a log: a time, a level */
    HR_LINE_MATCH,    /* path:12:text */
    HR_LINE_PATH,     /* a path and nothing else; a line of ls -l or of tree */
    HR_LINE_HUNK,     /* @@ -1,2 +1,3 @@ */
    HR_LINE_PATCH,    /* diff --git, --- a/x, +++ b/x, index */
    HR_LINE_CHANGE,   /* begins with a plus, a minus or a blank */
    HR_LINE_RUN,      /* of a test run or a build (testrun_line.h) */
    HR_LINE_FINDING,  /* a compiler's or a linter's */
    HR_LINE_FRAME,    /* of a stack trace */
    HR_LINE_TRACE,    /* begins a stack trace */
    HR_LINE_JSON,     /* {..} */
    HR_LINE_HEADING,  /* Markdown: # x, a fence */
    HR_LINE_ITEM,     /* Markdown: - x, 1. x, > x, | x | */
    HR_LINE_CODE,     /* of a program: a keyword that begins one, or ; { } ) at its end */
    HR_LINE_SETTING,  /* key: value, key = value, [section], of YAML, TOML, INI */
    HR_LINE_MARKUP,   /* begins with a tag */
    HR_LINE_INDENTED, /* by blanks or a tab */
    HR_LINE_BLOB,     /* only letters of base64, 60 and more */
    HR_LINE_SENTENCE, /* four words and more, most of it letters */
    HR_LINE_MARKS
};

/* The marks of a line that is not blank, one bit (1 << mark) each. */
uint32_t hr_line_marks(hr_str line);

#endif
