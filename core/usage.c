/* usage.c - reads the provider's own count from a response. See usage.h.

       pieces --lines--> event data --"usage" inside?--> usage object --merge--> raw --at the end--> counts
   (SSE) pieces -----------> body ------at the end-------> usage object ---------> raw ---------------> counts
   (JSON)

   Nothing is judged before the end: the object that is left then is read strictly, or everything is unknown.
 */
#include "usage.h"

#include "limits.h"
#include "json/json.h"

#include <string.h>

enum {
    USAGE_BYTES =
        16 << 10,   /* a usage object has under 1 KB; above this it is none, and merging stays cheap */
    USAGE_KEYS = 64 /* the same for its members */
};

struct dialect_usage {
    const char *name;
    const char *wrapper; /* member of an SSE event that may hold the usage instead of the event itself */
    const char *input;   /* members of the usage object */
    const char *output;
    bool input_has_cached; /* are cached tokens part of `input`? */
    bool merge;            /* a later object completes the one before; otherwise it replaces it */
};
static const struct dialect_usage table[] = {
    {"anthropic", "message", "input_tokens", "output_tokens", false, true},
    /* Groq puts the object into x_groq unless the client asked for it. */
    {"openai_chat", "x_groq", "prompt_tokens", "completion_tokens", true, false},
};

struct hr_usage {
    const struct dialect_usage *dialect; /* NULL: knows nothing */
    bool sse;
    bool cr;        /* the last byte was \r: a \n that follows belongs to it */
    bool begun;     /* the first line is complete */
    bool bad_event; /* a line of this event was lost */
    hr_buf text;    /* JSON: the body. SSE: the part of the current line that came in earlier pieces */
    hr_buf event;   /* SSE: data of the current event */
    hr_buf raw;     /* the usage object */
};

hr_usage *hr_usage_new(const char *dialect, bool sse)
{
    hr_usage *u = hr_calloc(1, sizeof *u);
    if (!u)
        return NULL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(dialect, table[i].name) == 0)
            u->dialect = &table[i];
    u->sse = sse;
    u->text.max = u->event.max = HR_MAX_RESPONSE;
    u->raw.max = 2 * USAGE_BYTES + 1;
    return u;
}

void hr_usage_free(hr_usage *u)
{
    if (!u)
        return;
    hr_buf_free(&u->text);
    hr_buf_free(&u->event);
    hr_buf_free(&u->raw);
    hr_free(u);
}

/* Empty again, also after an error; keeps the memory. */
static void clear(hr_buf *b)
{
    b->len = 0;
    b->err = 0;
}

/* ------------------------------------------------------------------ the object */

/* Value of the last member `key` of the object in text. 1 found, 0 not there, negative: not a JSON object. */
static int member(hr_str text, const char *key, hr_str *value, hr_json_type *type)
{
    hr_scan s;
    hr_value k, v;
    int found = 0, more;
    hr_scan_init(&s, text.p, text.n);
    if (hr_scan_peek(&s) != HR_JSON_OBJECT)
        return HR_EJSON;
    int err = hr_scan_enter(&s);
    if (err)
        return err;
    while ((more = hr_scan_key(&s, &k)) > 0) {
        err = hr_scan_value(&s, &v);
        if (err)
            return err;
        if (hr_lexeme_is(text.p, &k, key)) {
            *value = hr_str_make(text.p + v.off, v.len);
            *type = v.type;
            found = 1;
        }
    }
    if (more < 0)
        return more;
    err = hr_scan_end(&s);
    return err ? err : found;
}

/* The usage object of a body, or of an event; wrapper may be NULL. */
static bool find_usage(hr_str text, const char *wrapper, hr_str *usage)
{
    hr_str inner;
    hr_json_type type;
    int found = member(text, "usage", usage, &type);
    if (found > 0 && type == HR_JSON_OBJECT)
        return usage->n <= USAGE_BYTES;
    if (found < 0 || !wrapper || member(text, wrapper, &inner, &type) <= 0 || type != HR_JSON_OBJECT)
        return false;
    return member(inner, "usage", usage, &type) > 0 && type == HR_JSON_OBJECT && usage->n <= USAGE_BYTES;
}

struct members {
    hr_str key[USAGE_KEYS], value[USAGE_KEYS];
    bool null[USAGE_KEYS];
    unsigned n;
};

/* Members of an object, a repeated key once with its last value. false: malformed, or too many. */
static bool list(hr_str text, struct members *m)
{
    hr_scan s;
    hr_value k, v;
    int more;
    m->n = 0;
    hr_scan_init(&s, text.p, text.n);
    if (hr_scan_enter(&s))
        return false;
    while ((more = hr_scan_key(&s, &k)) > 0) {
        unsigned i = 0;
        hr_str key = hr_str_make(text.p + k.off, k.len);
        if (hr_scan_value(&s, &v))
            return false;
        while (i < m->n && !hr_str_eq(m->key[i], key))
            i++;
        if (i == USAGE_KEYS)
            return false;
        m->key[i] = key;
        m->value[i] = hr_str_make(text.p + v.off, v.len);
        m->null[i] = v.type == HR_JSON_NULL;
        m->n += i == m->n;
    }
    return more == 0;
}

static void put(hr_buf *b, hr_str key, hr_str value)
{
    if (b->len > 1)
        hr_buf_putc(b, ',');
    hr_buf_str(b, key);
    hr_buf_putc(b, ':');
    hr_buf_str(b, value);
}

/* raw becomes the old object with each member that the new one has and that is not null taken from the new
 * one. */
static void merge(hr_usage *u, hr_str usage)
{
    struct members old, new;
    hr_buf out = {.max = u->raw.max};
    if (!list(hr_buf_view(&u->raw), &old) || !list(usage, &new))
        return;
    hr_buf_putc(&out, '{');
    for (unsigned i = 0; i < old.n; i++) {
        unsigned j = 0;
        while (j < new.n && !hr_str_eq(old.key[i], new.key[j]))
            j++;
        put(&out, old.key[i], j < new.n && !new.null[j] ? new.value[j] : old.value[i]);
    }
    for (unsigned j = 0; j < new.n; j++) {
        unsigned i = 0;
        while (i < old.n && !hr_str_eq(old.key[i], new.key[j]))
            i++;
        if (i == old.n)
            put(&out, new.key[j], new.value[j]);
    }
    hr_buf_putc(&out, '}');
    if (out.err || out.len > USAGE_BYTES) {
        hr_buf_free(&out);
        return;
    }
    hr_buf_free(&u->raw);
    u->raw = out;
}

static void take(hr_usage *u, hr_str usage)
{
    if (u->dialect->merge && u->raw.len > 0) {
        merge(u, usage);
        return;
    }
    clear(&u->raw);
    hr_buf_str(&u->raw, usage);
}

/* ------------------------------------------------------------------ SSE */

static void end_event(hr_usage *u)
{
    hr_str usage, event = hr_buf_view(&u->event);
    /* Nearly all events are text deltas: only one that can hold the word is scanned. */
    if (!u->bad_event && !u->event.err && event.n > 0 &&
        hr_str_find(event, HR_STR("\"usage\""), 0) != SIZE_MAX &&
        find_usage(event, u->dialect->wrapper, &usage))
        take(u, usage);
    clear(&u->event);
    u->bad_event = false;
}

/* One line without its end. */
static void end_line(hr_usage *u, const char *p, size_t n)
{
    if (!u->begun && n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        p += 3;
        n -= 3;
    }
    u->begun = true;
    if (n == 0) {
        end_event(u);
        return;
    }
    if (n < 5 || memcmp(p, "data:", 5) != 0)
        return;
    p += 5;
    n -= 5;
    if (n > 0 && *p == ' ') {
        p++;
        n--;
    }
    if (u->event.len > 0)
        hr_buf_putc(&u->event, '\n');
    hr_buf_add(&u->event, p, n);
}

static void add_line(hr_usage *u, const char *p, size_t n)
{
    if (u->text.len == 0 && !u->text.err) { /* whole inside this piece: no copy */
        end_line(u, p, n);
        return;
    }
    hr_buf_add(&u->text, p, n);
    if (u->text.err)
        u->bad_event = true;
    else
        end_line(u, u->text.data, u->text.len);
    clear(&u->text);
}

static void add_stream(hr_usage *u, const char *p, size_t n)
{
    const char *end = p + n;
    if (u->cr && *p == '\n')
        p++;
    u->cr = false;
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        const char *part = lf ? lf : end, *cr;
        while ((cr = memchr(p, '\r', (size_t)(part - p)))) {
            add_line(u, p, (size_t)(cr - p));
            p = cr + 1;
            if (p == lf) /* \r\n is one end */
                break;
        }
        if (!lf) {
            u->cr = p == end && p[-1] == '\r';
            hr_buf_add(&u->text, p, (size_t)(end - p));
            return;
        }
        if (!cr)
            add_line(u, p, (size_t)(lf - p));
        p = lf + 1;
    }
}

void hr_usage_add(hr_usage *u, const void *data, size_t n)
{
    if (!u->dialect || n == 0)
        return;
    if (u->sse)
        add_stream(u, data, n);
    else
        hr_buf_add(&u->text, data, n);
}

/* ------------------------------------------------------------------ counts */

static const hr_node *child(const hr_tree *t, const hr_node *object, const char *key)
{
    const hr_node *found = NULL;
    if (!object || object->type != HR_JSON_OBJECT)
        return NULL;
    for (uint32_t i = object->child; i; i = t->nodes[i].next) {
        const hr_node *c = &t->nodes[i];
        hr_value k = {HR_JSON_STRING, c->key_escaped, c->key_off, c->key_len};
        if (hr_lexeme_is(t->text, &k, key))
            found = c;
    }
    return found;
}

/* Whole number of at most 15 digits, or -1. */
static int64_t count(const hr_tree *t, const hr_node *object, const char *key)
{
    const hr_node *c = child(t, object, key);
    int64_t v = 0;
    if (!c || c->type != HR_JSON_NUMBER || c->len > 15)
        return -1;
    for (uint32_t i = 0; i < c->len; i++) {
        char d = t->text[c->off + i];
        if (d < '0' || d > '9')
            return -1;
        v = v * 10 + (d - '0');
    }
    return v;
}

static int64_t known(int64_t v)
{
    return v < 0 ? 0 : v;
}

static void read_counts(const struct dialect_usage *d, const hr_tree *t, hr_usage_counts *out)
{
    const hr_node *root = &t->nodes[1];
    out->input = count(t, root, d->input);
    out->output = count(t, root, d->output);
    if (d->input_has_cached) {
        const hr_node *details = child(t, root, "prompt_tokens_details");
        out->cached = count(t, details, "cached_tokens");
        if (out->cached < 0) /* Moonshot */
            out->cached = count(t, root, "cached_tokens");
        out->cache_written = count(t, details, "cache_write_tokens");
        return;
    }
    out->cached = count(t, root, "cache_read_input_tokens");
    out->cache_written = count(t, root, "cache_creation_input_tokens");
    if (out->cache_written <= 0) { /* sometimes only the nested form is filled */
        const hr_node *nested = child(t, root, "cache_creation");
        int64_t minutes = count(t, nested, "ephemeral_5m_input_tokens");
        int64_t hour = count(t, nested, "ephemeral_1h_input_tokens");
        if (minutes >= 0 || hour >= 0)
            out->cache_written = known(minutes) + known(hour);
    }
    if (out->input >= 0)
        out->input += known(out->cached) + known(out->cache_written);
}

void hr_usage_end(hr_usage *u, hr_usage_counts *out)
{
    hr_str usage;
    *out = (hr_usage_counts){-1, -1, -1, -1, NULL};
    if (!u->dialect)
        return;
    if (u->sse) {
        /* A stream that breaks off behind its last event may lack the blank line; half an event is no JSON.
         */
        if (u->text.len > 0 || u->text.err)
            add_line(u, "", 0);
        end_event(u);
    } else if (!u->text.err && find_usage(hr_buf_view(&u->text), NULL, &usage)) {
        take(u, usage);
    }
    hr_buf_putc(&u->raw, '\0');
    if (u->raw.err || u->raw.len < 2)
        return;

    hr_arena *a = hr_arena_new();
    hr_tree t;
    if (a && hr_tree_parse(&t, a, u->raw.data, u->raw.len - 1, NULL) == 0) {
        read_counts(u->dialect, &t, out);
        out->raw = u->raw.data;
    }
    hr_arena_free(a);
}
