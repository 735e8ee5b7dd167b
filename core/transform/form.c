/* form.c - the table of lossless forms. See form.h. */
#include "transform/form.h"

#include <string.h>

#include "limits.h"
#include "transform/form_table.h"

#define COLUMNS_HEAD                                                                                         \
    "@N is the array of ROWS objects under @N ROWS KEYS, divided as their keys; k=v: the same "              \
    "in all, k{a,b}: object, k[a,b]: list [row;row]; \" = as above, also at a row's end; - = no key"

static const struct {
    const char *head; /* the first line */
    int (*encode)(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
    int (*decode)(hr_buf *b, hr_str body);
    bool (*may_take)(hr_str text); /* a cheap look that is nearly always right; NULL: there is none */
} forms[HR_FORMS] = {
    [HR_FORM_SEARCH] = {HR_FORM_OPENING
                        "search: a path, or a name in the directory of the path before; then its lines as "
                        "NUMBER text, NUMBER-context, NUMBER\" (same text as before)]\n",
                        hr_search_encode, hr_search_decode, NULL},
    [HR_FORM_PATHS] = {HR_FORM_OPENING
                       "paths: a directory ends in / (in /. where it is listed itself), behind it the "
                       "names in it; \\ stands before a whole path]\n",
                       hr_paths_encode, hr_paths_decode, hr_paths_are_listed},
    [HR_FORM_COLUMNS] = {HR_FORM_OPENING "columns: " COLUMNS_HEAD "]\n", hr_columns_encode, hr_columns_decode,
                         NULL},
    [HR_FORM_NAMES] =
        {HR_FORM_OPENING
         "names: $N stands for what $N= says, or for the object with N under $; the last of the list is "
         "the text. " COLUMNS_HEAD "]\n",
         hr_names_encode, hr_names_decode, NULL},
    [HR_FORM_ROWS] = {HR_FORM_OPENING
                      "rows: '#N line' is a line of pattern N, in which the words behind % vary; 'N "
                      "a b' the same line with a, b there; "
                      "\" = as before, ~x = as before with x at its end, N*K = K times as before]\n",
                      hr_rows_encode, hr_rows_decode, NULL},
    [HR_FORM_REPEATS] = {HR_FORM_OPENING
                         "repeats: $N stands for what $N= says; [#N K] names the next K lines, [#N] is "
                         "these lines again, [#N *M] M times]\n",
                         hr_repeats_encode, hr_repeats_decode, NULL},
};

static bool begins(hr_str text, const char *z)
{
    size_t n = strlen(z);

    return text.n >= n && memcmp(text.p, z, n) == 0;
}

static int drop(hr_buf *b, size_t len)
{
    if (b->err)
        return HR_ENOMEM;
    b->len = len;
    return 0;
}

/* Is the text what this body says? 1, 0, HR_ENOMEM. */
static int reads_back(enum hr_form form, hr_str body, hr_str text)
{
    hr_buf back = {.max = 3 * text.n + 1}; /* decoders reserve a line ahead */
    int r = HR_ENOMEM;

    if (hr_buf_reserve(&back, text.n + 1) == 0)
        r = forms[form].decode(&back, body);
    if (r == 1)
        r = hr_str_eq(hr_buf_view(&back), text);
    else if (back.err && back.len == 0 && r == HR_ENOMEM)
        r = 0; /* longer than the text, or no memory: not used either way */
    hr_buf_free(&back);
    return r;
}

/* The form that was appended at `before` stays if it is shorter; r is what its encoder returned. */
static int shorter(hr_buf *b, size_t before, hr_str text, int r)
{
    if (r != 1 || b->err || b->len - before >= text.n)
        return r < 0 ? r : drop(b, before);
    return 1;
}

int hr_form_encode(hr_buf *b, enum hr_form form, hr_str text, const bool *pinned, hr_watch *watch)
{
    const size_t before = b->len, head = strlen(forms[form].head);

    if (begins(text, HR_FORM_OPENING))
        return 0;
    hr_buf_puts(b, forms[form].head);
    int r = shorter(b, before, text, forms[form].encode(b, text, pinned, watch));
    if (r == 1)
        r = reads_back(form, hr_str_make(b->data + before + head, b->len - before - head), text);
    return r == 0 ? drop(b, before) : r;
}

int hr_form_write(hr_buf *b, enum hr_form form, hr_str text, const bool *pinned, size_t most, hr_watch *watch)
{
    const size_t max = b->max;

    if (begins(text, HR_FORM_OPENING))
        return 0;
    b->max = most;
    hr_buf_puts(b, forms[form].head);
    int r = shorter(b, 0, text, forms[form].encode(b, text, pinned, watch));
    if (r == HR_ENOMEM && b->err) { /* longer than that, or no memory: not used either way */
        hr_buf_free(b);
        r = 0;
    }
    b->max = max;
    return r;
}

int hr_form_takes(enum hr_form form, hr_str text, hr_watch *watch)
{
    hr_buf b = {0};

    if (begins(text, HR_FORM_OPENING))
        return 0;
    if (forms[form].may_take)
        return forms[form].may_take(text);
    int r = forms[form].encode(&b, text, NULL, watch);
    if (r == 1)
        r = b.err ? HR_ENOMEM : b.len + strlen(forms[form].head) < text.n;
    hr_buf_free(&b);
    return r;
}

int hr_form_write_tree(hr_buf *b, enum hr_form form, const hr_tree *t, hr_watch *watch)
{
    const size_t before = b->len;

    hr_buf_puts(b, forms[form].head);
    int r = form == HR_FORM_NAMES ? hr_names_encode_tree(b, t, watch) : hr_columns_encode_tree(b, t, watch);
    return shorter(b, before, hr_str_make(t->text, t->len), r);
}

int hr_form_reads_back(enum hr_form form, hr_str encoded, hr_str text)
{
    const size_t head = strlen(forms[form].head);

    return reads_back(form, hr_str_make(encoded.p + head, encoded.n - head), text);
}

int hr_form_decode(hr_buf *b, hr_str text)
{
    if (!begins(text, HR_FORM_OPENING))
        return 0;
    for (int i = 0; i < HR_FORMS; i++) {
        size_t before = b->len, head = strlen(forms[i].head);
        if (!begins(text, forms[i].head))
            continue;
        int r = forms[i].decode(b, hr_str_make(text.p + head, text.n - head));
        return r == 1 && !b->err ? 1 : r < 0 ? r : drop(b, before);
    }
    return 0;
}
