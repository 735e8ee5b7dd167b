/* note.c - writes and reads the note of a selection. See note.h. */
#include "transform/note.h"

#include "limits.h"

#include <string.h>

#define LINE_KEY   "[" HR_NOTE_KEY ": "
#define COMMAND    "; headroom show "
#define NO_COMMAND "; id "
#define CHARACTERS " characters omitted"
enum { ID_DIGITS = 20 };

static const char *const middle[] = {[HR_NOTE_ITEMS] = " items omitted: ",
                                     [HR_NOTE_MEMBERS] = " members omitted: ",
                                     [HR_NOTE_LINES] = " lines omitted, the first is 0: "};
static const char *const begin[] = {[HR_NOTE_ITEMS] = "{\"" HR_NOTE_KEY "\":\"",
                                    [HR_NOTE_MEMBERS] = "\"" HR_NOTE_KEY "\":\"",
                                    [HR_NOTE_LINES] = LINE_KEY};
static const char *const alikeness[] = {[HR_NOTE_ITEMS] = "; messages alike but for numbers: ",
                                        [HR_NOTE_MEMBERS] = "; messages alike but for numbers: ",
                                        [HR_NOTE_LINES] = "; lines alike: "};
static const char *const end[] = {[HR_NOTE_ITEMS] = "\"}", [HR_NOTE_MEMBERS] = "\"", [HR_NOTE_LINES] = "]"};

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

int hr_note_write(hr_buf *b, enum hr_note_unit unit, uint32_t of, const uint32_t *kept, uint32_t nkept,
                  const char *id, bool offers_command)
{
    return hr_note_write_alike(b, unit, of, kept, nkept, NULL, 0, id, offers_command);
}

int hr_note_write_alike(hr_buf *b, enum hr_note_unit unit, uint32_t of, const uint32_t *kept, uint32_t nkept,
                        const hr_alike *alike, uint32_t nalike, const char *id, bool offers_command)
{
    if (of > HR_NOTE_MAX_ITEMS || nkept > HR_NOTE_MAX_KEPT ||
        write_ranges(NULL, of, kept, nkept) > HR_MAX_NOTE_RANGES)
        return HR_ELIMIT;
    hr_buf_puts(b, begin[unit]);
    hr_buf_u64(b, of - nkept);
    hr_buf_puts(b, " of ");
    hr_buf_u64(b, of);
    hr_buf_puts(b, middle[unit]);
    write_ranges(b, of, kept, nkept);
    for (uint32_t i = 0; i < nalike; i++) {
        hr_buf_puts(b, i ? ", " : alikeness[unit]);
        hr_buf_u64(b, alike[i].items);
        hr_buf_puts(b, " as ");
        hr_buf_u64(b, alike[i].item);
    }
    hr_buf_puts(b, offers_command ? COMMAND : NO_COMMAND);
    hr_buf_puts(b, id);
    hr_buf_puts(b, end[unit]);
    return b->err;
}

void hr_note_write_sorts(hr_buf *b, const char *form, const char *const *sorts, const uint32_t *count,
                         size_t n, const char *id, bool offers_command)
{
    const char *before = " as text; ";

    hr_buf_puts(b, LINE_KEY);
    hr_buf_puts(b, form);
    for (size_t i = 0; i < n; i++) {
        if (count[i] == 0)
            continue;
        hr_buf_puts(b, before);
        hr_buf_u64(b, count[i]);
        hr_buf_putc(b, ' ');
        hr_buf_puts(b, sorts[i]);
        if (count[i] > 1)
            hr_buf_putc(b, 's');
        before = ", ";
    }
    hr_buf_puts(b, *before == ',' ? " omitted" : " as text");
    hr_buf_puts(b, offers_command ? COMMAND : NO_COMMAND);
    hr_buf_puts(b, id);
    hr_buf_puts(b, end[HR_NOTE_LINES]);
}

void hr_note_write_characters(hr_buf *b, uint32_t omitted, uint32_t of, const char *id, bool offers_command)
{
    hr_buf_puts(b, LINE_KEY);
    hr_buf_u64(b, omitted);
    hr_buf_puts(b, " of ");
    hr_buf_u64(b, of);
    hr_buf_puts(b, CHARACTERS);
    hr_buf_puts(b, offers_command ? COMMAND : NO_COMMAND);
    hr_buf_puts(b, id);
    hr_buf_puts(b, end[HR_NOTE_LINES]);
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

/* What is alike: of items that stay, in their order; no more items than there are. */
static bool take_alike(hr_str *s, hr_note *note)
{
    uint64_t sum = 0;
    uint32_t k = 0;
    do {
        hr_alike *a = &note->alike[note->nalike];
        if (note->nalike == HR_NOTE_MAX_ALIKE || !take_number(s, &a->items) || !take(s, " as ") ||
            !take_number(s, &a->item) || a->items == 0)
            return false;
        while (k < note->of - note->omitted && note->kept[k] < a->item)
            k++;
        if (k == note->of - note->omitted || note->kept[k++] != a->item)
            return false;
        sum += a->items;
        note->nalike++;
    } while (take(s, ", "));
    return sum <= note->of;
}

bool hr_note_take_characters(hr_str *s, uint32_t *omitted, uint32_t *of)
{
    hr_str t = *s;
    char id[ID_DIGITS + 1];

    if (!take(&t, LINE_KEY) || !take_number(&t, omitted) || !take(&t, " of ") || !take_number(&t, of) ||
        !take(&t, CHARACTERS) || (!take(&t, COMMAND) && !take(&t, NO_COMMAND)) || t.n <= ID_DIGITS)
        return false;
    hr_str digits = hr_str_make(t.p, ID_DIGITS);
    t = hr_str_make(t.p + ID_DIGITS, t.n - ID_DIGITS);
    if (!take_id(&digits, id) || !take(&t, "]"))
        return false;
    *s = t;
    return true;
}

int hr_note_read(hr_arena *a, hr_str value, hr_note *out)
{
    hr_note note = {0};
    hr_str s = value;
    uint32_t next = 0, from, to, nkept = 0;

    if (!take_number(&s, &note.omitted) || !take(&s, " of ") || !take_number(&s, &note.of))
        return HR_ESHAPE;
    note.unit = HR_NOTE_ITEMS;
    while (!take(&s, middle[note.unit]))
        if (note.unit++ == HR_NOTE_LINES)
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
    if (take(&s, alikeness[note.unit]) && !take_alike(&s, &note))
        return HR_ESHAPE;
    if ((!take(&s, COMMAND) && !take(&s, NO_COMMAND)) || !take_id(&s, note.id))
        return HR_ESHAPE;
    *out = note;
    return 0;
}

/* Where the last line of a text begins. */
static size_t last_line(hr_str text)
{
    const char *feed = text.n ? memrchr(text.p, '\n', text.n) : NULL;

    return feed ? (size_t)(feed + 1 - text.p) : 0;
}

bool hr_note_sorts_of_text(hr_str text, const char *form, hr_str *before)
{
    size_t from = last_line(text);
    hr_str line = hr_str_make(text.p + from, text.n - from);

    *before = hr_str_make(text.p, from);
    return take(&line, LINE_KEY) && take(&line, form) && take(&line, " as text") && line.n > ID_DIGITS &&
           line.p[line.n - 1] == ']';
}

int hr_note_of_text(hr_arena *a, hr_str text, hr_note *out, hr_str *lines)
{
    size_t from = last_line(text);
    hr_str line = hr_str_make(text.p + from, text.n - from);

    if (!take(&line, LINE_KEY) || line.n == 0 || line.p[line.n - 1] != ']')
        return 0;
    line.n--;
    int r = hr_note_read(a, line, out);
    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    *lines = hr_str_make(text.p, from);
    return out->unit == HR_NOTE_LINES;
}
