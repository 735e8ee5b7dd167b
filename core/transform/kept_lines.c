/* kept_lines.c - see kept_lines.h. */
#include "transform/kept_lines.h"

#include <string.h>

#include "transform/form.h"
#include "transform/lines.h"

int hr_kept_lines_read(hr_arena *a, hr_str text, hr_note *note, hr_buf *plain, hr_str *lines)
{
    hr_str rest, line;
    bool ended;
    uint32_t n = 0;
    int r = hr_note_of_text(a, text, note, lines);

    if (r == 1 && (r = hr_form_decode(plain, *lines)) >= 0) {
        *lines = r == 1 ? hr_buf_view(plain) : *lines;
        r = 1;
    }
    for (rest = *lines; r == 1 && n <= note->of - note->omitted && hr_line_next(&rest, &line, &ended);)
        n++;
    return r == 1 ? n == note->of - note->omitted : r;
}

/* How lines go out: as they are, or in the shortest of some forms, in which those asked for stay whole; with a note that tells the number of
   those that are alike. */
struct manner {
    const bool *asked;
    const enum hr_form *form;
    size_t forms;
    const hr_alike *alike;
    uint32_t nalike;
};

/* 1: the text says what was left out, and all else is the original's. 0, HR_ENOMEM. */
static int is_true(hr_str text, const hr_str *line, uint32_t n, const uint32_t *kept, uint32_t nkept,
                   const struct manner *m)
{
    hr_note note;
    hr_str rest, read;
    hr_buf plain = {0};
    bool ended;
    hr_arena *scratch = hr_arena_new();
    int r = scratch ? hr_kept_lines_read(scratch, text, &note, &plain, &rest) : HR_ENOMEM;

    if (r == 1)
        r = note.of == n && note.of - note.omitted == nkept &&
            memcmp(note.kept, kept, nkept * sizeof *kept) == 0 && note.nalike == m->nalike;
    if (r == 1 && m->nalike)
        r = memcmp(note.alike, m->alike, m->nalike * sizeof *m->alike) == 0;
    for (uint32_t i = 0; r == 1 && i < nkept; i++)
        r = hr_line_next(&rest, &read, &ended) && hr_str_eq(read, line[kept[i]]);
    hr_buf_free(&plain);
    hr_arena_free(scratch);
    return r;
}

/* The lines that stay, in *b, in the shortest of the forms that take them. 0, HR_ENOMEM, HR_ETIME. */
static int shorten(hr_buf *b, const hr_transform_in *in, const uint32_t *kept, uint32_t nkept,
                   const struct manner *m)
{
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    hr_buf plain = *b;
    bool *pinned = hr_calloc(nkept + 1, sizeof *pinned);
    int r = pinned && !b->err ? 0 : HR_ENOMEM;

    for (uint32_t i = 0; r == 0 && i < nkept; i++)
        pinned[i] = m->asked[kept[i]] || i == 0 || i == nkept - 1;
    for (size_t i = 0; r >= 0 && i < m->forms; i++) {
        hr_buf shorter = {0};
        r = hr_form_encode(&shorter, m->form[i], hr_buf_view(&plain), pinned, &watch);
        if (r == 1 && shorter.len < b->len) {
            if (b->data != plain.data)
                hr_buf_free(b);
            *b = shorter;
        } else {
            hr_buf_free(&shorter);
        }
    }
    hr_free(pinned);
    if (b->data != plain.data)
        hr_buf_free(&plain);
    return r < 0 ? r : 0;
}

/* ------------------------------------------------------------------ what is missing already */
enum { MOST_TOLD = 8 }; /* lines; where more say so it is a habit of the text */

/* The line that p stands in. */
static uint32_t line_at(const hr_str *line, uint32_t n, const char *p)
{
    uint32_t low = 0, high = n;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (line[middle].p <= p)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The lines that tell what an agent has cut off ("... 4000 tokens truncated ..."); their number, of which at most MOST_TOLD are in told[]. */
static uint32_t find_told(hr_str text, const hr_str *line, uint32_t n, uint32_t told[MOST_TOLD])
{
    static const char *const words[] = {"runcated", "omitted"}; /* truncated, Truncated */
    uint32_t found = 0;

    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const hr_str word = hr_str_make(words[w], strlen(words[w]));
        size_t at = 0;
        while (found <= MOST_TOLD && (at = hr_str_find(text, word, at)) != SIZE_MAX) {
            if (w == 0 && (at == 0 || (text.p[at - 1] | 0x20) != 't')) {
                at++;
                continue;
            }
            uint32_t i = line_at(line, n, text.p + at);
            if (found < MOST_TOLD)
                told[found] = i;
            found++;
            at = (size_t)(line[i].p + line[i].n - text.p);
        }
    }
    return found;
}

/* kept[] with the lines that tell what is missing, in the arena. 0, HR_ENOMEM. */
static int keep_told(hr_arena *a, hr_str text, const hr_str *line, uint32_t n, const uint32_t **kept,
                     uint32_t *nkept)
{
    uint32_t told[MOST_TOLD], found = n ? find_told(text, line, n, told) : 0, k = 0;

    if (found == 0 || found > MOST_TOLD)
        return 0;
    bool *keep = hr_arena_zalloc(a, n);
    uint32_t *all = hr_arena_alloc(a, (*nkept + found) * sizeof *all);
    if (!keep || !all)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < *nkept; i++)
        keep[(*kept)[i]] = true;
    for (uint32_t i = 0; i < found; i++)
        keep[told[i]] = true;
    for (uint32_t i = 0; i < n; i++)
        if (keep[i])
            all[k++] = i;
    *kept = all;
    *nkept = k;
    return 0;
}

static int write_lines(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                       const uint32_t *kept, uint32_t nkept, const struct manner *m, hr_transform_out *out)
{
    hr_buf b = {0};
    int r = keep_told(a, in->text, line, n, &kept, &nkept);

    for (uint32_t i = 0; r == 0 && i < nkept; i++) {
        hr_buf_str(&b, line[kept[i]]);
        hr_buf_putc(&b, '\n');
    }
    if (r == 0 && m->forms)
        r = shorten(&b, in, kept, nkept, m);
    if (r == 0)
        r = hr_note_write_alike(&b, HR_NOTE_LINES, n, kept, nkept, m->alike, m->nalike, in->id,
                                in->offers_command);
    if (r == 0)
        r = is_true(hr_buf_view(&b), line, n, kept, nkept, m);
    if (r == 1 && b.len < in->text.n) {
        out->text = hr_str_make(hr_arena_dup(a, b.data, b.len), b.len);
        out->kept = nkept;
        out->of = n;
        r = out->text.p ? 1 : HR_ENOMEM;
    } else if (r == 1 || r == HR_ELIMIT) {
        r = 0;
    }
    hr_buf_free(&b);
    return r;
}

int hr_kept_lines_write(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                        const uint32_t *kept, uint32_t nkept, const bool *asked, hr_transform_out *out)
{
    static const enum hr_form form[] = {HR_FORM_SEARCH};
    const struct manner m = {.asked = asked, .form = form, .forms = asked ? 1 : 0};

    return write_lines(a, in, line, n, kept, nkept, &m, out);
}

int hr_kept_lines_write_shortest(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                                 const uint32_t *kept, uint32_t nkept, const bool *asked,
                                 hr_transform_out *out)
{
    static const enum hr_form form[] = {HR_FORM_SEARCH, HR_FORM_ROWS, HR_FORM_REPEATS};
    const struct manner m = {.asked = asked, .form = form, .forms = sizeof form / sizeof *form};

    return write_lines(a, in, line, n, kept, nkept, &m, out);
}

int hr_kept_lines_write_counted(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                                const uint32_t *kept, uint32_t nkept, const hr_alike *alike, uint32_t nalike,
                                hr_transform_out *out)
{
    const struct manner m = {.alike = alike, .nalike = nalike};

    return write_lines(a, in, line, n, kept, nkept, &m, out);
}
