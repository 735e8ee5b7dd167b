/* window_walk.c - see window_walk.h; hr_element_hash is window_elements.h's. */
#include "window_walk.h"

#include <string.h>

#include "limits.h"

enum {
    /* A shorter string is not worth a hole: it costs less than an image does. */
    HOLE_MIN = 512,
    /* How much of a string is looked at to tell base64 from text. */
    LOOK = 256,
    /* What an image costs at the most, at Anthropic and OpenAI alike; files and sound are counted the same, for want of a figure. */
    IMAGE_TOKENS = 1600
};

typedef int (*leaf_fn)(void *arg, const hr_conversation *c, const hr_value *key, const hr_value *leaf);

static bool key_is(const hr_conversation *c, const hr_value *key, const char *const *names)
{
    for (; key->len && *names; names++)
        if (hr_lexeme_is(c->body, key, *names))
            return true;
    return false;
}

/* Marks of prompt caches. They come and go on the same message. */
static bool is_mark(const hr_conversation *c, const hr_value *key)
{
    static const char *const names[] = {"cache_control", "copilot_cache_control", "prompt_cache_breakpoint",
                                        "cachePoint", NULL};
    return key_is(c, key, names);
}

/* Call `leaf` for each string, number and literal of the element, with the key of the member that it stands in; a list's
   strings have the list's. */
static int each_leaf(const hr_conversation *c, const hr_element *e, leaf_fn leaf, void *arg)
{
    const hr_value whole = {.type = HR_JSON_OBJECT, .off = e->off, .len = e->len};
    bool object[HR_MAX_DEPTH + 1] = {false};
    hr_value key = {0}, v;
    hr_scan s;
    int r;

    hr_scan_within(&s, c, &whole);
    do {
        const int type = hr_scan_peek(&s);
        if (is_mark(c, &key)) {
            r = hr_scan_value(&s, NULL);
        } else if (type == HR_JSON_OBJECT || type == HR_JSON_ARRAY) {
            r = hr_scan_enter(&s);
            if (r == 0)
                object[s.depth] = type == HR_JSON_OBJECT;
        } else if ((r = hr_scan_value(&s, &v)) == 0) {
            r = leaf(arg, c, &key, &v);
        }
        if (r < 0)
            return r;
        r = 0;
        while (s.depth > 0) { /* to the next value, out of what ends here */
            r = object[s.depth] ? hr_scan_key(&s, &key) : hr_scan_item(&s);
            if (r != 0)
                break;
            key = (hr_value){0};
        }
        if (r < 0)
            return r;
    } while (s.depth > 0);
    return 0;
}

/* ------------------------------------------------------------------ hash */
static int hash_leaf(void *arg, const hr_conversation *c, const hr_value *key, const hr_value *leaf)
{
    static const char *const types[] = {"type", NULL};

    if (!key_is(c, key, types))
        hr_siphash_field(arg, hr_str_make(c->body + leaf->off, leaf->len));
    return 0;
}

int hr_element_hash(const hr_conversation *c, const hr_element *e, hr_siphash *h)
{
    return each_leaf(c, e, hash_leaf, h);
}

/* ------------------------------------------------------------------ holes */
struct holes {
    hr_elements *out;
    size_t cap;
};

/* Nothing but what base64 is written with, or a data URI. */
static bool looks_encoded(const char *p, size_t n)
{
    if (n > 5 && memcmp(p, "data:", 5) == 0)
        return true;
    for (size_t i = 0; i < n && i < LOOK; i++) {
        const char b = p[i];
        const bool plain = (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
        if (!plain && b != '+' && b != '/' && b != '=' && b != '-' && b != '_' && b != '\\')
            return false;
    }
    return true;
}

/* Reasoning that comes back sealed is not billed as the text that it is written as. */
static bool is_seal(const hr_conversation *c, const hr_value *key)
{
    static const char *const names[] = {"signature",         "encrypted_content", "thoughtSignature",
                                        "thought_signature", "reasoning_opaque",  NULL};
    return key_is(c, key, names);
}

static bool is_media(const hr_conversation *c, const hr_value *key)
{
    static const char *const names[] = {"data",      "url",        "image_url", "bytes",
                                        "file_data", "image_data", "images",    NULL};
    return key_is(c, key, names);
}

static int find_hole(void *arg, const hr_conversation *c, const hr_value *key, const hr_value *leaf)
{
    struct holes *h = arg;
    hr_elements *o = h->out;

    if (leaf->type != HR_JSON_STRING || leaf->len < HOLE_MIN ||
        !looks_encoded(c->body + leaf->off + 1, leaf->len - 2))
        return 0;
    const bool seal = is_seal(c, key);
    if (!seal && !is_media(c, key))
        return 0;
    if (o->n_holes == h->cap) {
        const size_t cap = h->cap ? h->cap * 2 : 16;
        hr_hole *list = hr_arena_alloc(c->arena, cap * sizeof *list);
        if (!list)
            return HR_ENOMEM;
        if (o->n_holes)
            memcpy(list, o->holes, o->n_holes * sizeof *list);
        o->holes = list;
        h->cap = cap;
    }
    o->holes[o->n_holes++] = (hr_hole){leaf->off, leaf->len, seal ? 0 : IMAGE_TOKENS};
    return 0;
}

int hr_holes_find(hr_elements *out, const hr_conversation *c)
{
    struct holes h = {.out = out};
    int r = 0;

    for (size_t i = 0; i < out->n && r == 0; i++)
        r = each_leaf(c, &out->list[i], find_hole, &h);
    return r;
}
