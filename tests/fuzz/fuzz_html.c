/* fuzz_html.c - libFuzzer target for pages of HTML: whatever the bytes, what is made of them is shorter, holds a true note and, by the second
   pass, each word that is shown; segments lie within what they are taken from. The first byte chooses the question. */
#include "transform/html.h"
#include "transform/html_page.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

enum { MOST_TEXT = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All segments in their order, and nothing else. */
static void put_all(hr_buf *b, const hr_html_page *p, hr_str source)
{
    size_t n;
    const hr_html_segment *s = hr_html_segments(p, &n);

    for (size_t i = 0; i < n; i++) {
        bool of_source = s[i].sort >= HR_HTML_SCRIPT;
        CLAIM((size_t)s[i].off + s[i].len <= (of_source ? source.n : p->text.len));
        CLAIM(s[i].from <= s[i].to && s[i].to <= source.n);
        CLAIM(i == 0 || s[i - 1].to <= s[i].to);
        if (!of_source)
            hr_buf_add(b, p->text.data + s[i].off, s[i].len);
        if (s[i].gap != HR_GAP_NONE && i > 0)
            hr_buf_putc(b, ' ');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const questions[] = {"", "what is the limit of /v3/exports and who is Alpha?",
                                            "id GTM-K81 or 5001", "links"};

    if (size < 1 || size > MOST_TEXT)
        return 0;
    char *copy = malloc(size); /* of exactly the size, so that one byte too far is seen */
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    hr_str text = hr_str_make(copy, size - 1);
    const char *question = questions[data[0] & 3];
    hr_arena *a = hr_arena_new();
    const hr_transform_in in = {.text = text,
                                .query = hr_query_new(a, hr_str_make(question, strlen(question))),
                                .allow_lossy = true,
                                .id = "0123456789abcdef0123"};
    hr_transform_out out = {0};

    hr_html_is(text);
    int r = hr_html_text(a, &in, &out);
    CLAIM(r == 0 || r == 1);
    if (r == 1) {
        CLAIM(out.text.n > 0 && out.text.n < text.n && hr_text_has_note(out.text));
        CLAIM(hr_utf8_valid(out.text.p, out.text.n) || !hr_utf8_valid(text.p, text.n));
    }

    hr_html_page page = {0};
    hr_watch watch = {0};
    hr_buf all = {0};
    r = hr_html_read(&page, text, &watch);
    CLAIM(r == 0 || r == HR_ELIMIT);
    if (r == 0)
        put_all(&all, &page, text);
    hr_buf_free(&all);
    hr_buf_free(&page.text);
    hr_buf_free(&page.segments);
    hr_arena_free(a);
    free(copy);
    return 0;
}
