/* read_back.c - a text as it was sent, its lossless form read back: for people who compare it with the original. See headroom.h. */
#include "base.h"
#include "headroom.h"
#include "transform/form.h"
#include "transform/note.h"

/* 1: *b is the text; 0: it has no form. The note of a selection stays where it is, behind the lines. */
static int read_back(hr_arena *a, hr_buf *b, hr_str text)
{
    hr_note note;
    hr_str lines;
    int noted = hr_note_of_text(a, text, &note, &lines);

    if (noted < 0)
        return noted;
    int r = hr_form_decode(b, noted ? lines : text);
    if (r == 1 && noted)
        hr_buf_str(b, hr_str_make(text.p + lines.n, text.n - lines.n));
    return r < 0 ? r : b->err ? b->err : r;
}

int headroom_read_back(const char *text, size_t len, headroom_bytes *out)
{
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    int r = a ? read_back(a, &b, hr_str_make(text, len)) : HR_ENOMEM;

    *out = (headroom_bytes){0};
    hr_arena_free(a);
    if (r == 1) {
        size_t n = b.len;
        hr_buf_putc(&b, 0);
        if (b.err)
            return b.err;
        *out = (headroom_bytes){b.data, n}; /* both are of the one heap */
        return 1;
    }
    hr_buf_free(&b);
    return r;
}
