/* scan.c - the pull scanner: one pass over a request body, stopping only where the caller wants to look.

   Between two calls the scanner stands in one of three places:
     want             a value must come (start of text, behind a colon, behind hr_scan_item)
     !want, fresh     just inside a container: first member or its end
     !want, !fresh    behind a value: comma, end of the container, or end of the text
   A failed scan stays failed: pos is put where no text is, and every later call says HR_EJSON. */
#include "json/json.h"
#include "json/lex.h"

static const size_t FAILED = SIZE_MAX;

static int fail(hr_scan *s, int err)
{
    s->pos = FAILED;
    return err;
}

/* Step over white space. NULL: the scan has failed before, or nothing is left. */
static inline const char *next_token(hr_scan *s)
{
    if (s->pos >= s->len)
        return NULL;
    const char *end = s->text + s->len;
    const char *p = hr_lex_space(s->text + s->pos, end);
    s->pos = (size_t)(p - s->text);
    return p == end ? NULL : p;
}

static inline void push(hr_scan *s, bool object)
{
    unsigned byte = s->depth / 8;
    uint8_t bit = (uint8_t)(1u << s->depth % 8);
    s->kind[byte] = object ? (uint8_t)(s->kind[byte] | bit) : (uint8_t)(s->kind[byte] & ~bit);
    s->depth++;
}

static inline bool in_object(const hr_scan *s)
{
    return s->depth > 0 && s->kind[(s->depth - 1) / 8] >> (s->depth - 1) % 8 & 1;
}

void hr_scan_init(hr_scan *s, const char *text, size_t len)
{
    memset(s, 0, sizeof(*s));
    s->text = text;
    s->len = len;
    s->want = true;
}

static int type_of(char c)
{
    switch (c) {
    case '{':
        return HR_JSON_OBJECT;
    case '[':
        return HR_JSON_ARRAY;
    case '"':
        return HR_JSON_STRING;
    case 't':
        return HR_JSON_TRUE;
    case 'f':
        return HR_JSON_FALSE;
    case 'n':
        return HR_JSON_NULL;
    default:
        return c == '-' || (c >= '0' && c <= '9') ? HR_JSON_NUMBER : HR_EJSON;
    }
}

int hr_scan_peek(hr_scan *s)
{
    const char *p = next_token(s);
    return p && s->want ? type_of(*p) : HR_EJSON;
}

/* End of the string, number or literal at p, or NULL. */
static inline const char *skip_scalar(const char *p, const char *end, int type, bool *escaped)
{
    switch (type) {
    case HR_JSON_STRING:
        p = hr_lex_skip(p + 1, end, escaped);
        return p ? p + 1 : NULL;
    case HR_JSON_NUMBER:
        return hr_lex_number(p, end);
    case HR_JSON_TRUE:
        return hr_lex_word(p, end, "true", 4);
    case HR_JSON_FALSE:
        return hr_lex_word(p, end, "false", 5);
    case HR_JSON_NULL:
        return hr_lex_word(p, end, "null", 4);
    default:
        return NULL;
    }
}

/* A key and its colon; p stands at the opening quote. Returns where the value begins, or NULL. */
static inline const char *skip_key(const char *p, const char *end, const char **key_end, bool *escaped)
{
    if (p == end || *p != '"')
        return NULL;
    p = hr_lex_skip(p + 1, end, escaped);
    if (!p)
        return NULL;
    *key_end = ++p;
    p = hr_lex_space(p, end);
    if (p == end || *p != ':')
        return NULL;
    return hr_lex_space(p + 1, end);
}

/* Skip the container at *at. What stands in the inner loop is kept out of *s: a body may hold a million small
 * values. */
static int skip_container(hr_scan *s, const char **at)
{
    const char *p = *at, *const end = s->text + s->len;
    const unsigned base = s->depth;
    const char *key_end;
    bool escaped, object = false;

    for (;;) {
        const int type = type_of(*p);
        if (type == HR_JSON_OBJECT || type == HR_JSON_ARRAY) {
            if (s->depth == HR_MAX_DEPTH)
                return HR_EDEPTH;
            object = type == HR_JSON_OBJECT;
            push(s, object);
            p = hr_lex_space(p + 1, end);
            if (p == end)
                return HR_EJSON;
            if (*p != (object ? '}' : ']')) {
                if (object && !(p = skip_key(p, end, &key_end, &escaped)))
                    return HR_EJSON;
                if (p == end)
                    return HR_EJSON;
                continue;
            }
        } else {
            p = skip_scalar(p, end, type, &escaped);
            if (!p)
                return HR_EJSON;
            p = hr_lex_space(p, end);
        }
        for (; p < end && *p == (object ? '}' : ']'); p = hr_lex_space(p, end)) {
            p++;
            if (--s->depth == base) {
                *at = p;
                return 0;
            }
            object = in_object(s);
        }
        if (p == end || *p != ',')
            return HR_EJSON;
        p = hr_lex_space(p + 1, end);
        if (object && !(p = skip_key(p, end, &key_end, &escaped)))
            return HR_EJSON;
        if (p == end)
            return HR_EJSON;
    }
}

int hr_scan_value(hr_scan *s, hr_value *v)
{
    const char *p = next_token(s);
    if (!p || !s->want)
        return fail(s, HR_EJSON);
    const char *begin = p;
    bool escaped = false;
    int type = type_of(*p);

    if (type == HR_JSON_OBJECT || type == HR_JSON_ARRAY) {
        int err = skip_container(s, &p);
        if (err)
            return fail(s, err);
    } else {
        p = skip_scalar(p, s->text + s->len, type, &escaped);
        if (!p)
            return fail(s, HR_EJSON);
    }
    s->pos = (size_t)(p - s->text);
    s->want = false;
    s->fresh = false;
    if (v)
        *v = (hr_value){(hr_json_type)type, escaped, (size_t)(begin - s->text), (size_t)(p - begin)};
    return 0;
}

int hr_scan_enter(hr_scan *s)
{
    const char *p = next_token(s);
    if (!p || !s->want || (*p != '{' && *p != '['))
        return HR_EJSON;
    if (s->depth == HR_MAX_DEPTH)
        return fail(s, HR_EDEPTH);
    push(s, *p == '{');
    s->pos++;
    s->want = false;
    s->fresh = true;
    return 0;
}

/* Common to keys and items: 0 when the container was closed, 1 when a member begins at *at, HR_EJSON. */
static int next_member(hr_scan *s, bool object, const char **at)
{
    const char *p = next_token(s);
    if (!p || s->want || s->depth == 0 || in_object(s) != object)
        return fail(s, HR_EJSON);
    if (*p == (object ? '}' : ']')) {
        s->depth--;
        s->pos++;
        s->fresh = false;
        return 0;
    }
    if (!s->fresh) {
        if (*p != ',')
            return fail(s, HR_EJSON);
        s->pos++;
        p = next_token(s);
        if (!p)
            return fail(s, HR_EJSON);
    }
    s->fresh = false;
    *at = p;
    return 1;
}

int hr_scan_key(hr_scan *s, hr_value *key)
{
    const char *p, *key_end;
    bool escaped;
    int more = next_member(s, true, &p);
    if (more <= 0)
        return more;
    const char *value = skip_key(p, s->text + s->len, &key_end, &escaped);
    if (!value)
        return fail(s, HR_EJSON);
    if (key)
        *key = (hr_value){HR_JSON_STRING, escaped, (size_t)(p - s->text), (size_t)(key_end - p)};
    s->pos = (size_t)(value - s->text);
    s->want = true;
    return 1;
}

int hr_scan_item(hr_scan *s)
{
    const char *p;
    int more = next_member(s, false, &p);
    if (more <= 0)
        return more;
    if (type_of(*p) < 0)
        return fail(s, HR_EJSON);
    s->want = true;
    return 1;
}

int hr_scan_end(hr_scan *s)
{
    if (s->pos > s->len || s->want || s->depth > 0 || next_token(s))
        return fail(s, HR_EJSON);
    return 0;
}
