/* sure.c - see sure.h. */
#include "sure.h"
#include "format.h"

#include <stdio.h>

const char *sure_row(char text[SURE_TEXT], const headroom_row *row)
{
    if (row->tokens_before == 0)
        return "";
    if (row->exact)
        return "exact";
    if (row->factor == 0)
        return "estimated, error unknown";
    snprintf(text, SURE_TEXT, "estimated, +-%.1f %%", (double)row->factor_off / 1e4);
    return text;
}

const char *sure_result(char text[SURE_TEXT], const headroom_result *r)
{
    if (r->counted == NULL)
        return "estimated";
    snprintf(text, SURE_TEXT, "exact by %s", r->counted);
    return text;
}

const char *sure_sums(char text[SURE_TEXT], const headroom_totals *t)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT];

    if (t->counted == 0)
        return "none counted";
    if (t->exact == t->counted)
        return "exact";
    if (t->exact == 0)
        return "estimated";
    snprintf(text, SURE_TEXT, "estimated in %s of %s requests", format_count(a, t->counted - t->exact),
             format_count(b, t->counted));
    return text;
}

const char *sure_error(char text[SURE_TEXT], const headroom_totals *t)
{
    char share[FORMAT_SHARE], n[FORMAT_COUNT];

    if (t->exact == t->counted)
        return "";
    if (t->compared_input == 0)
        return "error unknown: no provider has counted these";
    snprintf(text, SURE_TEXT, "off by %s on average in %s requests that providers counted, too",
             format_share(share, t->estimate_off, t->compared_input), format_count(n, t->compared));
    return text;
}
