/* note.c - writes and reads the note of a selection. See note.h. */
#include "transform/note.h"

#include "limits.h"

#include <string.h>

#define MIDDLE     " items omitted: "
#define COMMAND    "; headroom show "
#define NO_COMMAND "; id "
enum { ID_DIGITS = 20 };

/* The ranges of positions left out, as calls of `range`; their number. */
static size_t write_ranges(hr_buf *b, uint32_t of, const uint32_t *kept, uint32_t nkept)
{
    size_t ranges = 0;
    uint32_t from = 0;
    for (uint32_t k = 0; k <= nkept; k++) {
        uint32_t to = k < nkept ? kept[k] : of;
        if (from < to) {
            if (b && ranges)
                hr_buf_putc(b, ',');
            if (b)
                hr_buf_u64(b, from);
            if (b && to - from > 1) {
                hr_buf_putc(b, '-');
                hr_buf_u64(b, to - 1);
            }
            ranges++;
        }
        from = to + 1;
    }
    return ranges;
}

int hr_note_write(hr_buf *b, uint32_t of, const uint32_t *kept, uint32_t nkept, const char *id,
                  bool offers_command)
{
    if (of > HR_NOTE_MAX_ITEMS || nkept > HR_NOTE_MAX_KEPT ||
        write_ranges(NULL, of, kept, nkept) > HR_MAX_NOTE_RANGES)
        return HR_ELIMIT;
    hr_buf_puts(b, "{\"" HR_NOTE_KEY "\":\"");
    hr_buf_u64(b, of - nkept);
    hr_buf_puts(b, " of ");
    hr_buf_u64(b, of);
    hr_buf_puts(b, MIDDLE);
    write_ranges(b, of, kept, nkept);
    hr_buf_puts(b, offers_command ? COMMAND : NO_COMMAND);
    hr_buf_puts(b, id);
    hr_buf_puts(b, "\"}");
    return b->err;
}

/* ------------------------------------------------------------------ reading */
static bool take(hr_str *s, const char *z)
{
    size_t n = strlen(z);
    if (s->n < n || memcmp(s->p, z, n) != 0)
        return false;
    *s = hr_str_make(s->p + n, s->n - n);
    return true;
}

/* A decimal below 2^32 as hr_buf_u64 writes it: no sign, no leading zero. */
static bool take_number(hr_str *s, uint32_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
        if (i > 0 && v == 0)
            return false;
        v = v * 10 + (uint64_t)(s->p[i] - '0');
        if (v > UINT32_MAX)
            return false;
    }
    if (i == 0)
        return false;
    *s = hr_str_make(s->p + i, s->n - i);
    *out = (uint32_t)v;
    return true;
}

/* The next range behind `next`, the lowest position it may begin at. */
static bool take_range(hr_str *s, uint32_t next, uint32_t of, uint32_t *from, uint32_t *to)
{
    if (!take_number(s, from))
        return false;
    *to = *from;
    if (take(s, "-") && (!take_number(s, to) || *to <= *from))
        return false;
    return *from >= next && *to < of;
}

static bool take_id(hr_str *s, char id[ID_DIGITS + 1])
{
    if (s->n != ID_DIGITS)
        return false;
    for (size_t i = 0; i < ID_DIGITS; i++)
        if (!((s->p[i] >= '0' && s->p[i] <= '9') || (s->p[i] >= 'a' && s->p[i] <= 'f')))
            return false;
    memcpy(id, s->p, ID_DIGITS);
    id[ID_DIGITS] = 0;
    return true;
}

int hr_note_read(hr_arena *a, hr_str value, hr_note *out)
{
    hr_note note = {0};
    hr_str s = value;
    uint32_t next = 0, from, to, nkept = 0;

    if (!take_number(&s, &note.omitted) || !take(&s, " of ") || !take_number(&s, &note.of) ||
        !take(&s, MIDDLE))
        return HR_ESHAPE;
    if (note.omitted == 0 || note.omitted > note.of || note.of > HR_NOTE_MAX_ITEMS ||
        note.of - note.omitted > HR_NOTE_MAX_KEPT)
        return HR_ESHAPE;
    uint32_t total = note.of - note.omitted;
    note.kept = hr_arena_alloc(a, (total + 1) * sizeof *note.kept);
    if (!note.kept)
        return HR_ENOMEM;
    bool first = true;
    do {
        /* Two ranges never touch: at least one kept item stands between them. */
        if (!take_range(&s, first ? 0 : next + 1, note.of, &from, &to) || from - next > total - nkept)
            return HR_ESHAPE;
        while (next < from)
            note.kept[nkept++] = next++;
        next = to + 1;
        first = false;
    } while (take(&s, ","));
    if (note.of - next != total - nkept)
        return HR_ESHAPE;
    while (next < note.of)
        note.kept[nkept++] = next++;
    if ((!take(&s, COMMAND) && !take(&s, NO_COMMAND)) || !take_id(&s, note.id))
        return HR_ESHAPE;
    *out = note;
    return 0;
}
