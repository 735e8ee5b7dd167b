/* tree.c - the strict index of a whole JSON text.

   One pass, one growing array of nodes in text order; a stack of open containers instead of recursion.
   Strings are checked to the letter on the way, except for UTF-8: whether the text holds any byte above 0x7f
   is noted in passing, and only then is the whole text checked, at the end. So a structural error is told
   before a UTF-8 error that stands earlier. */
#include "json/json.h"
#include "json/lex.h"

enum { MAX_TEXT = 1 << 30, FIRST_NODES = 64 };

struct open_container {
    uint32_t node; /* index of the container */
    uint32_t last; /* its last child so far, 0: none */
};

struct parse {
    const char *text, *end;
    const char *p; /* where we stand; where it went wrong */
    hr_node *nodes;
    uint32_t n, cap;
    uint32_t key_off, key_len; /* key of the value that comes next */
    bool key_escaped;
    unsigned high; /* not 0: bytes above 0x7f were seen */
    unsigned depth;
    struct open_container open[HR_MAX_DEPTH];
};

static int grow(struct parse *t)
{
    uint32_t cap = t->cap ? t->cap * 2 : FIRST_NODES; /* at most 2^30 / 2 + 2 nodes: no overflow */
    hr_node *nodes = hr_realloc(t->nodes, (size_t)cap * sizeof(*nodes));
    if (!nodes)
        return HR_ENOMEM;
    t->nodes = nodes;
    t->cap = cap;
    return 0;
}

/* A node for the value that begins at p, linked behind its sibling; 0: no memory. */
static inline uint32_t add_node(struct parse *t, hr_json_type type)
{
    if (t->n == t->cap && grow(t))
        return 0;
    uint32_t index = t->n++;
    t->nodes[index] = (hr_node){.type = (uint8_t)type,
                                .key_escaped = t->key_escaped,
                                .off = (uint32_t)(t->p - t->text),
                                .key_off = t->key_off,
                                .key_len = t->key_len};
    if (t->depth > 0) {
        struct open_container *in = &t->open[t->depth - 1];
        if (in->last)
            t->nodes[in->last].next = index;
        else
            t->nodes[in->node].child = index;
        in->last = index;
        t->nodes[in->node].count++;
    }
    return index;
}

static inline int fail_at(struct parse *t, const char *p, int err)
{
    t->p = p;
    return err;
}

/* First byte of the string text at p that is not plain, or end; notes bytes above 0x7f. */
static inline const char *plain_run(struct parse *t, const char *p)
{
    for (; t->end - p >= HR_BLOCK; p += HR_BLOCK) {
        unsigned special = hr_block_special(p);
        t->high |= hr_block_high(p);
        if (special)
            return p + __builtin_ctz(special);
    }
    for (; p < t->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20; p++)
        t->high |= (unsigned char)*p & 0x80u;
    return p;
}

/* The string whose opening quote is at t->p; t->p moves behind the closing one. */
static inline int string(struct parse *t, bool *escaped)
{
    const char *p = plain_run(t, t->p + 1);
    *escaped = false;
    while (p < t->end && *p == '\\') {
        *escaped = true;
        uint32_t code;
        const char *behind = p;
        int err = hr_lex_escape(&behind, t->end, &code);
        if (err)
            return fail_at(t, p, err);
        p = plain_run(t, behind);
    }
    if (p == t->end || *p != '"')
        return fail_at(t, p, HR_EJSON);
    t->p = p + 1;
    return 0;
}

/* Key and colon. */
static int key(struct parse *t)
{
    t->p = hr_lex_space(t->p, t->end);
    if (t->p == t->end || *t->p != '"')
        return HR_EJSON;
    const char *begin = t->p;
    int err = string(t, &t->key_escaped);
    if (err)
        return err;
    t->key_off = (uint32_t)(begin - t->text);
    t->key_len = (uint32_t)(t->p - begin);
    t->p = hr_lex_space(t->p, t->end);
    if (t->p == t->end || *t->p != ':')
        return HR_EJSON;
    t->p++;
    return 0;
}

static int leaf(struct parse *t, hr_json_type type, const char *end)
{
    if (!end)
        return HR_EJSON;
    uint32_t index = add_node(t, type);
    if (!index)
        return HR_ENOMEM;
    t->nodes[index].len = (uint32_t)(end - t->p);
    t->p = end;
    return 0;
}

static int string_leaf(struct parse *t)
{
    uint32_t index = add_node(t, HR_JSON_STRING);
    if (!index)
        return HR_ENOMEM;
    const char *begin = t->p;
    bool escaped;
    int err = string(t, &escaped);
    t->nodes[index].escaped = escaped;
    t->nodes[index].len = (uint32_t)(t->p - begin);
    return err;
}

/* Step into a container. 1: it is empty and closes next; 0: its first value comes next. */
static int enter(struct parse *t, hr_json_type type)
{
    if (t->depth == HR_MAX_DEPTH)
        return HR_EDEPTH;
    uint32_t index = add_node(t, type);
    if (!index)
        return HR_ENOMEM;
    t->open[t->depth++] = (struct open_container){index, 0};
    t->key_off = t->key_len = 0;
    t->key_escaped = false;
    t->p = hr_lex_space(t->p + 1, t->end);
    if (t->p < t->end && *t->p == (type == HR_JSON_OBJECT ? '}' : ']'))
        return 1;
    return type == HR_JSON_OBJECT ? key(t) : 0;
}

/* One value, or the way into one. 1: a value is complete (or an empty container closes next); 0: one comes
 * next. */
static inline int value(struct parse *t)
{
    int err;
    t->p = hr_lex_space(t->p, t->end);
    if (t->p == t->end)
        return HR_EJSON;
    switch (*t->p) {
    case '{':
        return enter(t, HR_JSON_OBJECT);
    case '[':
        return enter(t, HR_JSON_ARRAY);
    case '"':
        err = string_leaf(t);
        break;
    case 't':
        err = leaf(t, HR_JSON_TRUE, hr_lex_word(t->p, t->end, "true", 4));
        break;
    case 'f':
        err = leaf(t, HR_JSON_FALSE, hr_lex_word(t->p, t->end, "false", 5));
        break;
    case 'n':
        err = leaf(t, HR_JSON_NULL, hr_lex_word(t->p, t->end, "null", 4));
        break;
    default:
        err = leaf(t, HR_JSON_NUMBER, hr_lex_number(t->p, t->end));
    }
    return err ? err : 1;
}

/* Behind a value: close what closes. 1: the root is complete; 0: another value comes next. */
static inline int after_value(struct parse *t)
{
    while (t->depth > 0) {
        hr_node *in = &t->nodes[t->open[t->depth - 1].node];
        t->p = hr_lex_space(t->p, t->end);
        if (t->p == t->end)
            return HR_EJSON;
        if (*t->p == (in->type == HR_JSON_OBJECT ? '}' : ']')) {
            t->p++;
            in->len = (uint32_t)(t->p - t->text) - in->off;
            t->depth--;
            continue;
        }
        /* Directly behind a container's opening only its end could stand here; enter() has seen that it does.
         */
        if (*t->p != ',')
            return HR_EJSON;
        t->p++;
        if (in->type == HR_JSON_OBJECT)
            return key(t);
        t->key_off = t->key_len = 0;
        t->key_escaped = false;
        return 0;
    }
    return 1;
}

static int whole_text(struct parse *t)
{
    int state;
    do {
        state = value(t);
        if (state == 1)
            state = after_value(t);
    } while (state == 0);
    if (state < 0)
        return state;
    t->p = hr_lex_space(t->p, t->end);
    if (t->p != t->end)
        return HR_EJSON;
    const char *bad = t->high ? hr_lex_utf8_error(t->text, t->end) : NULL;
    return bad ? fail_at(t, bad, HR_EUTF8) : 0;
}

int hr_tree_parse(hr_tree *tree, hr_arena *a, const char *text, size_t len, size_t *error_off)
{
    if (error_off)
        *error_off = 0;
    if (len > MAX_TEXT)
        return HR_ELIMIT;
    struct parse t;
    memset(&t, 0, offsetof(struct parse, open));
    if (len == 0)
        return HR_EJSON;
    t.text = t.p = text;
    t.end = text + len;
    int err = grow(&t);
    if (!err) {
        t.nodes[0] = (hr_node){0};
        t.n = 1;
        err = whole_text(&t);
    }
    if (error_off)
        *error_off = (size_t)(t.p - text);
    /* The array grows on the heap, where large blocks move without copying, and ends in the arena at its
     * exact size. */
    hr_node *nodes = err ? NULL : hr_arena_alloc(a, t.n * sizeof(*nodes));
    if (!err && !nodes)
        err = HR_ENOMEM;
    if (nodes) {
        memcpy(nodes, t.nodes, t.n * sizeof(*nodes));
        *tree = (hr_tree){text, (uint32_t)len, nodes, t.n};
    }
    hr_free(t.nodes);
    return err;
}
