/* fuzz_form.c - libFuzzer target for the lossless forms of text: what an encoder writes reads back byte for byte, without the check that
   form.c makes; a decoder takes any bytes. Columns and names restore the white space that their first tokens suggest: there the claim is
   that nothing else differs. The last one is a reference to an earlier text, which is what stands before the first NUL. The first byte
   chooses the form and the lines that are pinned. */
#include "transform/backref.h"
#include "transform/form_table.h"
#include "transform/minify.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

enum { MOST_TEXT = 64 << 10, MOST_OUTPUT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim_same(hr_str back, hr_str text, bool any_space)
{
    hr_buf a = {0}, b = {0};

    if (any_space) {
        hr_minify(&a, back.p, back.n);
        hr_minify(&b, text.p, text.n);
        back = hr_buf_view(&a);
        text = hr_buf_view(&b);
    }
    CLAIM(hr_str_eq(back, text));
    hr_buf_free(&a);
    hr_buf_free(&b);
}

static void refer(hr_str text)
{
    const char *end = memchr(text.p, 0, text.n);
    if (!end)
        return;
    const hr_str earlier = hr_str_make(text.p, (size_t)(end - text.p));
    hr_buf form = {0}, back = {.max = MOST_OUTPUT};
    hr_arena *a = hr_arena_new();
    text = hr_str_make(end + 1, text.n - earlier.n - 1);
    hr_repeats *repeats = a ? hr_repeats_new(a, text) : NULL;
    CLAIM(repeats);
    CLAIM(hr_repeats_count(repeats, a, earlier, &(hr_watch){0}) >= 0);
    int r = hr_backref_write(&form, repeats, a, earlier, HR_STR("id_1"), HR_STR("Read"), &(hr_watch){0});
    CLAIM(r == 0 || r == 1);
    if (r == 1) {
        CLAIM(form.len < text.n);
        CLAIM(hr_str_is(hr_backref_id(hr_buf_view(&form)), "id_1"));
        CLAIM(hr_backref_read(&back, hr_buf_view(&form), earlier) == 1);
        claim_same(hr_buf_view(&back), text, false);
    }
    hr_buf_free(&form);
    hr_buf_free(&back);
    back = (hr_buf){.max = MOST_OUTPUT};
    hr_buf_puts(
        &form,
        "[headroom again: a line [A-B] stands for lines A-B, counted from 1, of the result above of call ");
    hr_buf_str(&form, text);
    r = hr_backref_read(&back, hr_buf_view(&form), earlier);
    CLAIM(r == 0 || r == 1 || r == HR_ENOMEM);
    hr_buf_free(&form);
    hr_buf_free(&back);
    hr_arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        int (*encode)(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
        int (*decode)(hr_buf *b, hr_str body);
    } forms[] = {{hr_search_encode, hr_search_decode}, {hr_rows_encode, hr_rows_decode},
                 {hr_paths_encode, hr_paths_decode},   {hr_columns_encode, hr_columns_decode},
                 {hr_names_encode, hr_names_decode},   {hr_repeats_encode, hr_repeats_decode}};
    enum { FORMS = sizeof forms / sizeof *forms };
    static bool pinned[MOST_TEXT];

    if (size < 1 || size > MOST_TEXT)
        return 0;
    const unsigned form = (data[0] & 7) % (FORMS + 1), step = data[0] >> 3;
    char *copy = malloc(size); /* of exactly the size, so that one byte too far is seen */
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    hr_str text = hr_str_make(copy, size - 1);
    for (size_t i = 0; i < size; i++)
        pinned[i] = step && i % step == 0;

    if (form == FORMS) {
        refer(text);
        free(copy);
        return 0;
    }
    hr_buf body = {0}, back = {.max = MOST_OUTPUT};
    int r = forms[form].encode(&body, text, pinned, &(hr_watch){0});
    CLAIM(r >= 0);
    if (r == 1) {
        CLAIM(forms[form].decode(&back, hr_buf_view(&body)) == 1);
        claim_same(hr_buf_view(&back), text,
                   forms[form].encode == hr_columns_encode || forms[form].encode == hr_names_encode);
    }
    hr_buf_free(&body);
    hr_buf_free(&back);

    back = (hr_buf){.max = MOST_OUTPUT};
    r = forms[form].decode(&back, text);
    CLAIM(r == 0 || r == 1 || r == HR_ENOMEM);
    hr_buf_free(&back);
    free(copy);
    return 0;
}
