/* log_told.c - see log_marks.h. */
#include "transform/log_templates.h"

/* What is to be said of one message. */
static hr_alike count(const hr_log *l, const hr_log_templates *t, uint32_t message, const bool *folded,
                      const bool *stays, bool frequent)
{
    hr_alike a = {UINT32_MAX, 0};
    uint32_t errors = 0, staying = 0;

    for (uint32_t i = t->begin[message]; i < t->begin[message + 1]; i++)
        errors += folded[t->order[i]];
    for (uint32_t i = t->begin[message]; (errors || frequent) && i < t->begin[message + 1]; i++) {
        const uint32_t record = t->order[i], line = l->record[record];
        if (errors && !folded[record])
            continue; /* the same message, and no error */
        a.items++;
        staying += stays[line];
        if (stays[line] && a.item == UINT32_MAX)
            a.item = line;
    }
    return staying && staying < a.items ? a : (hr_alike){UINT32_MAX, 0};
}

uint32_t hr_log_told(const hr_log *l, const hr_log_templates *t, const bool *folded, const bool *frequent,
                     const bool *stays, hr_alike alike[static HR_NOTE_MAX_ALIKE])
{
    uint32_t n = 0;

    for (uint32_t p = 0; p < t->n; p++) {
        const hr_alike a = count(l, t, p, folded, stays, frequent[p]);
        uint32_t least = 0;
        if (a.items == 0)
            continue;
        for (uint32_t k = 1; k < n; k++)
            least = alike[k].items < alike[least].items ? k : least;
        if (n < HR_NOTE_MAX_ALIKE)
            alike[n++] = a;
        else if (a.items > alike[least].items)
            alike[least] = a;
    }
    for (uint32_t k = 1; k < n; k++) { /* by the lines that stay */
        const hr_alike a = alike[k];
        uint32_t at = k;
        for (; at > 0 && alike[at - 1].item > a.item; at--)
            alike[at] = alike[at - 1];
        alike[at] = a;
    }
    return n;
}
