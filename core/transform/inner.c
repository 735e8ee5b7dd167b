/* inner.c - see inner.h. */
#include "transform/inner.h"

#include "transform/form.h"
#include "transform/layers.h"

#include <string.h>

static bool begins_container(hr_str s)
{
    size_t i = 0;
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\t'))
        i++;
    return i < s.n && (s.p[i] == '{' || s.p[i] == '[');
}

static bool begins(hr_str s, const char *z)
{
    const size_t n = strlen(z);
    return s.n >= n && memcmp(s.p, z, n) == 0;
}

static hr_str raw_inside(const hr_tree *t, uint32_t i)
{
    return hr_str_make(t->text + t->nodes[i].off + 1, t->nodes[i].len - 2);
}

/* A command's output ends in a line feed, which no form knows of. */
static hr_str without_end(hr_str s)
{
    while (s.n > 0 &&
           (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Length of the text as the inside of a string; 0: no memory. */
static size_t encoded_length(hr_str text)
{
    hr_buf b = {0};
    hr_string_encode(&b, text);
    const size_t n = b.err ? 0 : b.len;
    hr_buf_free(&b);
    return n;
}

static int append(hr_arena *a, hr_str *text, hr_str end)
{
    char *p = hr_arena_alloc(a, text->n + end.n + 1);
    if (!p)
        return HR_ENOMEM;
    *(char *)mempcpy(mempcpy(p, text->p, text->n), end.p, end.n) = 0;
    *text = hr_str_make(p, text->n + end.n);
    return 1;
}

int hr_inner_transform(hr_arena *a, const hr_transform_in *in, const hr_tree *t, uint32_t i, hr_str *inside,
                       hr_transform_out *out)
{
    const hr_node *v = &t->nodes[i];
    if (v->len < HR_INNER_MIN_JSON || in->level == HR_INNER_LEVELS)
        return 0;
    /* A look at the raw bytes spares decoding what is short and no JSON. */
    const hr_str raw = raw_inside(t, i);
    if (v->len < HR_INNER_MIN_TEXT && !begins_container(raw) && raw.p[0] != '\\')
        return 0;
    int r = hr_string_decode(a, t->text + v->off, v->len, inside);
    if (r < 0 || (inside->n < HR_INNER_MIN_TEXT && !begins_container(*inside)))
        return r == HR_ENOMEM ? r : 0;
    hr_transform_in inner = *in;
    inner.text = without_end(*inside);
    inner.level++;
    r = hr_transform(a, &inner, out);
    if (r == 1 && inner.text.n < inside->n)
        r = append(a, &out->text, hr_str_make(inside->p + inner.text.n, inside->n - inner.text.n));
    if (r != 1)
        return r;
    const size_t length = encoded_length(out->text);
    if (length == 0)
        return HR_ENOMEM;
    return length * 100 <= raw.n * HR_INNER_WORTH;
}

/* ------------------------------------------------------------------ encode */
static int unform_string(hr_buf *b, hr_str inside, unsigned level);

/* Is the string spelled as hr_string_encode() would? 1, 0, HR_ENOMEM. */
static int is_plain_spelling(hr_str raw, hr_str inside)
{
    hr_buf b = {0};
    hr_string_encode(&b, inside);
    const int r = b.err ? HR_ENOMEM : hr_str_eq(raw, hr_buf_view(&b));
    hr_buf_free(&b);
    return r;
}

/* Was it proven already, when it was made, that a reader finds `inside` in this text? A form is read as one from its first byte to where the
   string's end begins, and what it stands for holds nothing that would be read on. */
static bool is_proven(const hr_transform_out *out, hr_str inside)
{
    const size_t end = inside.n - without_end(inside).n;
    return out->lossless && begins(out->text, HR_FORM_OPENING) &&
           without_end(out->text).n + end == out->text.n &&
           hr_str_find(inside, HR_STR(HR_FORM_OPENING), 0) == SIZE_MAX;
}

/* The form of string i, held against what it reads back as. 1, 0, <0. */
static int form_of(hr_arena *a, const hr_transform_in *in, const hr_tree *t, uint32_t i, hr_str *form)
{
    hr_str inside;
    hr_transform_out out;
    int r = hr_inner_transform(a, in, t, i, &inside, &out);
    if (r == 1)
        r = is_plain_spelling(raw_inside(t, i), inside);
    if (r != 1)
        return r;
    *form = out.text;
    if (is_proven(&out, inside))
        return 1;
    hr_buf back = {.max = 3 * inside.n + 64};
    r = unform_string(&back, out.text, in->level + 1);
    r = r == 1 ? hr_str_eq(hr_buf_view(&back), inside) : 0; /* white space alone was saved */
    hr_buf_free(&back);
    return r;
}

int hr_inner_encode(hr_buf *b, hr_arena *scratch, const hr_transform_in *in, const hr_tree *t)
{
    const size_t before = b->len;
    hr_transform_in lossless = *in;
    size_t at = 0;
    int r = 0;

    for (uint32_t i = 1, many = 0; i < t->n; i++) {
        if (t->nodes[i].type != HR_JSON_STRING)
            continue;
        many += t->nodes[i].len >= HR_INNER_MIN_TEXT;
        if (many > HR_INNER_MOST || begins(raw_inside(t, i), HR_FORM_OPENING))
            return 0;
    }
    lossless.allow_lossy = false;
    for (uint32_t i = 1; r >= 0 && i < t->n; i++) {
        hr_str form;
        if (t->nodes[i].type != HR_JSON_STRING)
            continue;
        r = form_of(scratch, &lossless, t, i, &form);
        if (r != 1)
            continue;
        const size_t from = t->nodes[i].off + 1u;
        hr_buf_add(b, t->text + at, from - at);
        hr_string_encode(b, form);
        at = from + t->nodes[i].len - 2;
    }
    if (r >= 0 && at > 0)
        hr_buf_add(b, t->text + at, t->len - at);
    if (r < 0 || b->err) {
        b->len = b->err ? b->len : before;
        return r < 0 ? r : HR_ENOMEM;
    }
    return at > 0;
}

/* ------------------------------------------------------------------ decode */
/* What stands in a string: all layers of it; a line feed at its end is the string's, not the form's. 1, 0, HR_ENOMEM. */
static int unform_string(hr_buf *b, hr_str inside, unsigned level)
{
    const hr_str body = without_end(inside);
    int r = hr_layers_decode(b, body, level);
    if (r == 1)
        hr_buf_add(b, inside.p + body.n, inside.n - body.n);
    else if (r == 0 && body.n < inside.n)
        r = hr_layers_decode(b, inside, level);
    return r;
}

/* The strings of a text that may be JSON. 1, 0, HR_ENOMEM. */
static int unform_strings(hr_buf *b, hr_arena *a, hr_str text, unsigned level)
{
    hr_tree t;
    size_t at = 0;
    if (level == HR_INNER_LEVELS || !begins_container(text) ||
        hr_str_find(text, HR_STR(HR_FORM_OPENING), 0) == SIZE_MAX)
        return 0;
    int r = hr_tree_parse(&t, a, text.p, text.n, NULL);
    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    for (uint32_t i = 1; i < t.n; i++) {
        hr_str inside;
        hr_buf plain = {0};
        if (t.nodes[i].type != HR_JSON_STRING ||
            hr_str_find(raw_inside(&t, i), HR_STR(HR_FORM_OPENING), 0) == SIZE_MAX)
            continue;
        r = hr_string_decode(a, text.p + t.nodes[i].off, t.nodes[i].len, &inside);
        r = r == 0 ? unform_string(&plain, inside, level + 1) : r == HR_ENOMEM ? r : 0;
        if (r == 1) {
            const size_t from = t.nodes[i].off + 1u;
            hr_buf_add(b, text.p + at, from - at);
            hr_string_encode(b, hr_buf_view(&plain));
            at = from + t.nodes[i].len - 2;
        }
        hr_buf_free(&plain);
        if (r < 0)
            return r;
    }
    if (at > 0)
        hr_buf_add(b, text.p + at, text.n - at);
    return b->err ? HR_ENOMEM : at > 0;
}

int hr_inner_decode(hr_buf *b, hr_str text, unsigned level)
{
    hr_arena *a = hr_arena_new();
    hr_buf outer = {.max = b->max};
    int form = a ? hr_form_decode(&outer, text) : HR_ENOMEM;
    int r = form < 0 ? form : unform_strings(b, a, form == 1 ? hr_buf_view(&outer) : text, level);

    if (r == 0 && form == 1) {
        hr_buf_str(b, hr_buf_view(&outer));
        r = 1;
    }
    r = b->err || outer.err ? HR_ENOMEM : r;
    hr_buf_free(&outer);
    hr_arena_free(a);
    return r;
}
