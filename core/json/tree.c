/* tree.c - the strict index of a whole JSON text.

   One pass before says how many values there can be, so that the nodes get their room at once, and whether any byte is above 0x7f. Then
   one pass writes nodes in text order; a stack of open containers instead of recursion. Strings are checked to the letter on the way,
   except for UTF-8: the whole text is checked at the end, where it holds more than ASCII. So a structural error is told before a UTF-8
   error that stands earlier. */
#include "json/json.h"
#include "json/keys.h"
#include "json/lex.h"

enum {
    MAX_TEXT = 1 << 30,
    FIRST_NODES = 64,
    NODE_BYTES = 4 /* of text to a node at first: commas in strings are no values */
};

struct parse {
    const char *text, *end;
    const char *wrong; /* where it went wrong */
    hr_arena *a;
    hr_node *nodes;
    uint32_t n, cap;
    uint32_t *link; /* where the next node's index belongs: a child or a next of a node */
    uint32_t in;    /* the open container */
    uint32_t count; /* its children so far */
    unsigned depth;
    hr_keys keys;
    struct open_container {
        uint32_t node, count;
    } open[HR_MAX_DEPTH]; /* around it */
};

/* ------------------------------------------------------------------ room */
/* A value stands behind each comma and each opening bracket, at most. *high: not 0, bytes above 0x7f were seen. */
static size_t most_values(const char *p, const char *end, unsigned *high)
{
    size_t n = 1;

    *high = 0;
#ifdef __SSE2__
    __m128i seen = _mm_setzero_si128(), sums = _mm_setzero_si128();
    while (end - p >= HR_BLOCK) {
        __m128i found = _mm_setzero_si128(); /* a count a byte, of up to 255 */
        for (int i = 0; i < 255 && end - p >= HR_BLOCK; i++, p += HR_BLOCK) {
            const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
            const __m128i open = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('{'));
            const __m128i comma = _mm_cmpeq_epi8(v, _mm_set1_epi8(','));
            found = _mm_sub_epi8(found, _mm_or_si128(open, comma));
            seen = _mm_or_si128(seen, v);
        }
        sums = _mm_add_epi64(sums, _mm_sad_epu8(found, _mm_setzero_si128()));
    }
    uint64_t sum[2];
    _mm_storeu_si128((__m128i *)(void *)sum, sums);
    n += sum[0] + sum[1];
    *high = (unsigned)_mm_movemask_epi8(seen);
#endif
    for (; p < end; p++) {
        n += *p == ',' || *p == '{' || *p == '[';
        *high |= (unsigned char)*p & 0x80u;
    }
    return n;
}

static int grow(struct parse *t)
{
    const uint32_t cap = t->cap * 2; /* at most 2^30 / 2 + 2 nodes: no overflow */
    hr_node *nodes = hr_arena_alloc(t->a, cap * sizeof *nodes);
    if (!nodes)
        return HR_ENOMEM;
    memcpy(nodes, t->nodes, t->n * sizeof *nodes);
    t->link = (uint32_t *)(void *)((char *)nodes + ((char *)t->link - (char *)t->nodes));
    t->nodes = nodes;
    t->cap = cap;
    return 0;
}

static int make_room(struct parse *t, size_t values)
{
    const size_t len = (size_t)(t->end - t->text), most = len / NODE_BYTES + FIRST_NODES;

    t->cap = (uint32_t)(values + 1 < most ? values + 1 : most);
    t->nodes = hr_arena_alloc(t->a, t->cap * sizeof *t->nodes);
    if (!t->nodes)
        return HR_ENOMEM;
    t->n = 1;
    return 0;
}

/* ------------------------------------------------------------------ tokens */
static inline int fail_at(struct parse *t, const char *p, int err)
{
    t->wrong = p;
    return err;
}

/* First byte of the string text at p that is not plain, or end. */
static inline const char *plain_run(const char *p, const char *end)
{
    for (; end - p >= HR_BLOCK; p += HR_BLOCK) {
        unsigned special = hr_block_special(p);
        if (special)
            return p + __builtin_ctz(special);
    }
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

/* The string whose text from p on is not plain there. *p moves behind its closing quote. */
static int rest_of_string(struct parse *t, const char **p)
{
    const char *q = *p;
    while (q < t->end && *q == '\\') {
        uint32_t code;
        int err = hr_lex_escape(&q, t->end, &code);
        if (err)
            return fail_at(t, q, err);
        q = plain_run(q, t->end);
    }
    if (q == t->end || *q != '"')
        return fail_at(t, q, HR_EJSON);
    *p = q + 1;
    return 0;
}

/* The string whose opening quote is at *p, which moves behind the closing one. */
static inline int string(struct parse *t, const char **p, bool *escaped)
{
    const char *q = plain_run(*p + 1, t->end);
    *escaped = false;
    if (__builtin_expect(q < t->end && *q == '"', true)) {
        *p = q + 1;
        return 0;
    }
    *p = q;
    *escaped = true;
    return rest_of_string(t, p);
}

/* End of the number or the literal at p; NULL: there is none. */
static inline const char *word(const char *p, const char *end, uint8_t *type)
{
    switch (*p) {
    case 't':
        *type = HR_JSON_TRUE;
        return hr_lex_word(p, end, "true", 4);
    case 'f':
        *type = HR_JSON_FALSE;
        return hr_lex_word(p, end, "false", 5);
    case 'n':
        *type = HR_JSON_NULL;
        return hr_lex_word(p, end, "null", 4);
    default:
        *type = HR_JSON_NUMBER;
        return hr_lex_number(p, end);
    }
}

/* ------------------------------------------------------------------ structure */
/* The container of node `index` is open now. */
static inline int enter(struct parse *t, uint32_t index)
{
    if (t->depth == HR_MAX_DEPTH)
        return HR_EDEPTH;
    t->open[t->depth++] = (struct open_container){t->in, t->count};
    t->in = index;
    t->count = 0;
    t->link = &t->nodes[index].child;
    return 0;
}

/* The container at hand ends before p. */
static inline void leave(struct parse *t, const char *p)
{
    hr_node *v = &t->nodes[t->in];

    v->len = (uint32_t)(p - t->text) - v->off;
    v->count = t->count;
    t->link = &v->next;
    t->depth--;
    t->in = t->open[t->depth].node;
    t->count = t->open[t->depth].count;
}

/* A key that is not the one that was likely, behind the comma or brace at `before`, and the colon. *p, where it begins, moves to the value. */
static int other_key(struct parse *t, const char *before, const char **p, hr_node *v)
{
    const char *const begin = *p;

    if (begin == t->end || *begin != '"')
        return fail_at(t, begin, HR_EJSON);
    int err = string(t, p, &v->key_escaped);
    if (err)
        return err;
    v->key_off = (uint32_t)(begin - t->text);
    v->key_len = (uint32_t)(*p - begin);
    v->key_number = hr_keys_number(&t->keys, hr_str_make(begin, v->key_len), v->key_escaped);
    const char *q = hr_lex_space(*p, t->end);
    if (q == t->end || *q != ':')
        return fail_at(t, q, HR_EJSON);
    *p = hr_lex_space(q + 1, t->end);
    if (v->key_number) {
        t->keys.lead[v->key_number] = hr_str_make(before, (size_t)(*p - before));
        t->keys.key_at[v->key_number] = (uint32_t)(begin - before);
    }
    return 0;
}

/* The key behind the comma or brace at *p, which moves to the value. */
static inline int key(struct parse *t, const char **p, hr_node *v)
{
    const char *const before = *p;
    const uint8_t number = hr_keys_guess(&t->keys, before, t->end);

    if (__builtin_expect(number == 0, false)) {
        *p = hr_lex_space(before + 1, t->end);
        return other_key(t, before, p, v);
    }
    const hr_str lead = t->keys.lead[number];
    v->key_number = number;
    v->key_escaped = t->keys.escaped[number];
    v->key_len = (uint32_t)t->keys.key[number].n;
    v->key_off = (uint32_t)(before - t->text) + t->keys.key_at[number];
    *p = hr_lex_space(before + lead.n, t->end); /* there may be more of it than last time */
    return 0;
}

static int whole_text(struct parse *t)
{
    const char *p = hr_lex_space(t->text, t->end), *const end = t->end;
    bool member = false; /* p is at the comma or brace before a key, else at a value */
    int err;

    t->link = &t->nodes[0].next; /* nobody's */
    for (;;) {
        /* a value */
        if (__builtin_expect(t->n == t->cap, false) && grow(t))
            return HR_ENOMEM;
        const uint32_t index = t->n++;
        hr_node *v = &t->nodes[index];
        *v = (hr_node){0};
        if (member && (err = key(t, &p, v)))
            return err;
        if (p == end)
            return fail_at(t, p, HR_EJSON);
        *t->link = index;
        t->link = &v->next;
        t->count++;
        v->off = (uint32_t)(p - t->text);
        const char *const begin = p;
        if (*p == '"') {
            v->type = HR_JSON_STRING;
            if ((err = string(t, &p, &v->escaped)))
                return err;
            v->len = (uint32_t)(p - begin);
        } else if (*p == '{' || *p == '[') {
            member = *p == '{';
            v->type = member ? HR_JSON_OBJECT : HR_JSON_ARRAY;
            if (enter(t, index))
                return fail_at(t, p, HR_EDEPTH);
            const char *const inside = hr_lex_space(p + 1, end);
            if (inside == end || *inside != (member ? '}' : ']')) {
                p = member ? p : inside;
                continue;
            }
            p = inside + 1;
            leave(t, p);
        } else {
            if (!(p = word(p, end, &v->type)))
                return fail_at(t, begin, HR_EJSON);
            v->len = (uint32_t)(p - begin);
        }
        /* what stands behind it: a comma, or the ends of containers */
        for (; t->depth > 0; leave(t, ++p)) {
            p = hr_lex_space(p, end);
            if (p == end)
                return fail_at(t, p, HR_EJSON);
            member = t->nodes[t->in].type == HR_JSON_OBJECT;
            if (*p == ',')
                break;
            if (*p != (member ? '}' : ']'))
                return fail_at(t, p, HR_EJSON);
        }
        if (t->depth == 0)
            break;
        p = member ? p : hr_lex_space(p + 1, end);
    }
    p = hr_lex_space(p, end);
    return p == end ? 0 : fail_at(t, p, HR_EJSON);
}

int hr_tree_parse(hr_tree *tree, hr_arena *a, const char *text, size_t len, size_t *error_off)
{
    if (error_off)
        *error_off = 0;
    if (len > MAX_TEXT)
        return HR_ELIMIT;
    if (len == 0)
        return HR_EJSON;
    struct parse t;
    unsigned high;
    memset(&t, 0, offsetof(struct parse, keys));
    hr_keys_init(&t.keys);
    t.text = t.wrong = text;
    t.end = text + len;
    t.a = a;
    int err = make_room(&t, most_values(text, t.end, &high));
    if (!err)
        err = whole_text(&t);
    if (!err && high) {
        t.wrong = hr_lex_utf8_error(text, t.end);
        err = t.wrong ? HR_EUTF8 : 0;
    }
    if (error_off && err)
        *error_off = (size_t)(t.wrong - text);
    if (!err) {
        t.nodes[0] = (hr_node){0};
        *tree = (hr_tree){text, (uint32_t)len, t.nodes, t.n};
    }
    return err;
}

uint32_t hr_tree_behind(const hr_tree *t, uint32_t i)
{
    const size_t end = (size_t)t->nodes[i].off + t->nodes[i].len;
    uint32_t step = 1, lo = i + 1;

    if (t->nodes[i].child == 0)
        return lo;
    while (lo < t->n && t->nodes[lo].off < end) { /* far ones are found in few steps */
        lo += step;
        step *= 2;
    }
    uint32_t hi = lo < t->n ? lo : t->n;
    lo = lo > step / 2 + i ? lo - step / 2 : i + 1;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (t->nodes[mid].off < end)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}
