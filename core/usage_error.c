/* usage_error.c - see usage_error.h. */
#include "usage_error.h"

#include <string.h>

#include "usage_object.h"

bool hr_error_word(hr_str s)
{
    if (s.n == 0 || s.n > HR_ERROR_WORD)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
              c == '.' || c == '-'))
            return false;
    }
    return true;
}

static bool is_number(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

/* A member that is such a word, as a string or as a number; n 0: it is none. */
static hr_str word(hr_str object, const char *key)
{
    hr_str v;
    hr_json_type type;

    if (hr_usage_member(object, key, &v, &type) <= 0 || (type != HR_JSON_STRING && type != HR_JSON_NUMBER))
        return (hr_str){0};
    if (type == HR_JSON_STRING)
        v = hr_str_make(v.p + 1, v.n - 2); /* what is escaped in it is no word */
    return hr_error_word(v) ? v : (hr_str){0};
}

static hr_str word_of_object(hr_str object)
{
    static const char *const keys[] = {"code", "type", "status"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        hr_str w = word(object, keys[i]);
        if (w.n && !is_number(w))
            return w;
    }
    return word(object, "code");
}

/* "com.amazon.coral.service#ThrottlingException" */
static hr_str behind_hash(hr_str text)
{
    hr_str v;
    hr_json_type type;

    if (hr_usage_member(text, "__type", &v, &type) <= 0 || type != HR_JSON_STRING)
        return (hr_str){0};
    v = hr_str_make(v.p + 1, v.n - 2);
    const char *hash = memchr(v.p, '#', v.n);
    if (hash)
        v = hr_str_make(hash + 1, v.n - (size_t)(hash + 1 - v.p));
    return hr_error_word(v) ? v : (hr_str){0};
}

static bool member_is(hr_str text, const char *key, const char *value)
{
    return hr_str_is(word(text, key), value);
}

/* Google's streams that were not asked for as SSE are arrays; their errors, too. */
static hr_str first_of_array(hr_str text)
{
    hr_scan s;
    hr_value v;

    hr_scan_init(&s, text.p, text.n);
    if (hr_scan_peek(&s) != HR_JSON_ARRAY)
        return text;
    if (hr_scan_enter(&s) || hr_scan_item(&s) != 1 || hr_scan_value(&s, &v))
        return (hr_str){0};
    return hr_str_make(text.p + v.off, v.len);
}

hr_str hr_error_of(hr_str text)
{
    hr_str inner, error;
    hr_json_type type;

    text = first_of_array(text);
    if (hr_usage_member(text, "error", &error, &type) > 0 && type == HR_JSON_OBJECT)
        return word_of_object(error);
    if (hr_usage_member(text, "response", &inner, &type) > 0 && type == HR_JSON_OBJECT &&
        hr_usage_member(inner, "error", &error, &type) > 0 && type == HR_JSON_OBJECT)
        return word_of_object(error);
    if (member_is(text, "object", "error"))
        return word_of_object(text);
    if (member_is(text, "type", "error"))
        return word(text, "code");
    return behind_hash(text);
}
