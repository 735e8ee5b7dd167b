/* kinds.h - what kind of text is it? By its structure: what its lines look like, and how many of them look so.

   A sample is looked at, never all of it: at most 48 lines at the head, 24 in the middle and 24 at the end. So it costs the same for
   any text. A wrong answer may cost savings, never facts: each transform reads its text itself, and only HR_KIND_SOURCE and HR_KIND_DIFF
   forbid something (every selection). The names are shown to users (`headroom simulate`, `log`). Pure; any thread. */
#ifndef HR_KINDS_H
#define HR_KINDS_H

#include "base.h"

enum hr_kind {
    HR_KIND_TEXT, /* none of the following */
    HR_KIND_JSON, /* by its first and its last byte: whether it is valid is for a reader to say */
    HR_KIND_JSON_LINES,
    HR_KIND_LOG,
    HR_KIND_SEARCH,   /* path:line:text, and matches under their paths */
    HR_KIND_LISTING,  /* paths, ls -l, tree */
    HR_KIND_DIFF,     /* also git log -p, git show */
    HR_KIND_TEST,     /* test runs, builds, compilers, linters, installations */
    HR_KIND_TRACE,    /* stack traces */
    HR_KIND_HTML,     /* a page */
    HR_KIND_MARKDOWN, /* with headings, lists, fences */
    HR_KIND_TABLE,    /* CSV, TSV, columns aligned by blanks or bars */
    HR_KIND_SOURCE,   /* programs, configuration, markup */
    HR_KIND_BASE64,   /* also hex and data URIs */
    HR_KIND_TERMINAL, /* colours, cursor movements */
    HR_KIND_PROSE,
    HR_KINDS
};

enum hr_kind hr_kind_of(hr_str text);

/* "json", "json lines", "log" ... Never NULL. */
const char *hr_kind_name(enum hr_kind kind);

#endif
