/* kept_lines.c - see kept_lines.h. */
#include "transform/kept_lines.h"

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

/* 1: the text says what was left out, and all else is the original's. 0, HR_ENOMEM. */
static int is_true(hr_str text, const hr_str *line, uint32_t n, const uint32_t *kept, uint32_t nkept)
{
    hr_note note;
    hr_str rest, read;
    hr_buf plain = {0};
    bool ended;
    hr_arena *scratch = hr_arena_new();
    int r = scratch ? hr_kept_lines_read(scratch, text, &note, &plain, &rest) : HR_ENOMEM;

    if (r == 1)
        r = note.of == n && note.of - note.omitted == nkept &&
            memcmp(note.kept, kept, nkept * sizeof *kept) == 0;
    for (uint32_t i = 0; r == 1 && i < nkept; i++)
        r = hr_line_next(&rest, &read, &ended) && hr_str_eq(read, line[kept[i]]);
    hr_buf_free(&plain);
    hr_arena_free(scratch);
    return r;
}

/* The lines that stay, in *b, in the shortest of the forms that take them. 0, HR_ENOMEM, HR_ETIME. */
static int shorten(hr_buf *b, const hr_transform_in *in, const uint32_t *kept, uint32_t nkept,
                   const bool *asked, const enum hr_form *form, size_t forms)
{
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    hr_buf plain = *b;
    bool *pinned = hr_calloc(nkept + 1, sizeof *pinned);
    int r = pinned && !b->err ? 0 : HR_ENOMEM;

    for (uint32_t i = 0; r == 0 && i < nkept; i++)
        pinned[i] = asked[kept[i]] || i == 0 || i == nkept - 1;
    for (size_t i = 0; r >= 0 && i < forms; i++) {
        hr_buf shorter = {0};
        r = hr_form_encode(&shorter, form[i], hr_buf_view(&plain), pinned, &watch);
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

static int write_lines(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                       const uint32_t *kept, uint32_t nkept, const bool *asked, const enum hr_form *form,
                       size_t forms, hr_transform_out *out)
{
    hr_buf b = {0};
    int r = 0;

    for (uint32_t i = 0; i < nkept; i++) {
        hr_buf_str(&b, line[kept[i]]);
        hr_buf_putc(&b, '\n');
    }
    if (forms)
        r = shorten(&b, in, kept, nkept, asked, form, forms);
    if (r == 0)
        r = hr_note_write(&b, HR_NOTE_LINES, n, kept, nkept, in->id, in->offers_command);
    if (r == 0)
        r = is_true(hr_buf_view(&b), line, n, kept, nkept);
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

    return write_lines(a, in, line, n, kept, nkept, asked, form, asked ? 1 : 0, out);
}

int hr_kept_lines_write_shortest(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                                 const uint32_t *kept, uint32_t nkept, const bool *asked,
                                 hr_transform_out *out)
{
    static const enum hr_form form[] = {HR_FORM_SEARCH, HR_FORM_ROWS};

    return write_lines(a, in, line, n, kept, nkept, asked, form, sizeof form / sizeof *form, out);
}
