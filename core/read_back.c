/* read_back.c - a text as it was sent, its lossless forms read back: for people who compare it with the original. See headroom.h. */
#include "base.h"
#include "headroom.h"
#include "transform/form.h"
#include "transform/inner.h"
#include "transform/layers.h"
#include "transform/note.h"

/* A leaf (layers.h): a form, or what a selection kept in one; the note of that stays where it is, behind the lines. 1: read back; 0: it
   stands in no form. */
static int read_leaf(void *context, hr_str text, hr_buf *out)
{
    hr_arena *a = context;
    hr_note note;
    hr_str lines;
    int noted = hr_note_of_text(a, text, &note, &lines);

    if (noted < 0)
        return noted;
    int r = noted ? hr_form_decode(out, lines) : hr_inner_decode(out, text, 0);
    if (r == 1 && noted)
        hr_buf_str(out, hr_str_make(text.p + lines.n, text.n - lines.n));
    return r;
}

int headroom_read_back(const char *text, size_t len, headroom_bytes *out)
{
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    int r = a ? hr_layers_read(hr_str_make(text, len), read_leaf, a, &b) : HR_ENOMEM;
    size_t n = b.len;

    *out = (headroom_bytes){0};
    hr_arena_free(a);
    if (r > 0) {
        hr_buf_putc(&b, 0);
        r = b.err ? b.err : 1;
    }
    if (r == 1)
        *out = (headroom_bytes){b.data, n}; /* of the heap that headroom_free frees */
    else
        hr_buf_free(&b);
    return r;
}
