/* fuzz_form.c - libFuzzer target for the lossless forms of text: what an encoder writes reads back byte for byte, without the check that
   form.c makes; a decoder takes any bytes. Columns restore the white space that their first tokens suggest: there the claim is that
   nothing else differs. The first byte chooses the form and the lines that are pinned. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        int (*encode)(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
        int (*decode)(hr_buf *b, hr_str body);
    } forms[] = {{hr_search_encode, hr_search_decode},
                 {hr_rows_encode, hr_rows_decode},
                 {hr_paths_encode, hr_paths_decode},
                 {hr_columns_encode, hr_columns_decode}};
    static bool pinned[MOST_TEXT];

    if (size < 1 || size > MOST_TEXT)
        return 0;
    const unsigned form = (data[0] & 7) % (sizeof forms / sizeof *forms), step = data[0] >> 3;
    char *copy = malloc(size); /* of exactly the size, so that one byte too far is seen */
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    hr_str text = hr_str_make(copy, size - 1);
    for (size_t i = 0; i < size; i++)
        pinned[i] = step && i % step == 0;

    hr_buf body = {0}, back = {.max = MOST_OUTPUT};
    int r = forms[form].encode(&body, text, pinned, &(hr_watch){0});
    CLAIM(r >= 0);
    if (r == 1) {
        CLAIM(forms[form].decode(&back, hr_buf_view(&body)) == 1);
        claim_same(hr_buf_view(&back), text, forms[form].encode == hr_columns_encode);
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
