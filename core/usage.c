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
    const char *mark;    /* an event or line without these bytes holds no usage */
    const char *key;     /* member that holds the usage; NULL: the object itself is it */
    const char *wrapper; /* member of an event or body that may hold `key` instead of the object itself */
    const char *within;  /* member of the usage object that holds input and output; NULL: it does itself */
    const char *input;
    const char *output[2]; /* their sum */
    const char *details;   /* member of the usage object that holds the next two; NULL: it does itself */
    const char *cached;
    const char *cache_written;
    bool input_has_cached; /* are cached tokens part of `input`? */
    bool merge;            /* a later object completes the one before; otherwise it replaces it */
    bool lines;            /* a body is JSON objects, one a line */
    bool array;            /* a stream that was not asked for as SSE is one array of its events */
};
static const struct dialect_usage table[] = {
    {.name = "anthropic",
     .mark = "\"usage\"",
     .key = "usage",
     .wrapper = "message",
     .input = "input_tokens",
     .output = {"output_tokens"},
     .cached = "cache_read_input_tokens",
     .cache_written = "cache_creation_input_tokens",
     .merge = true},
    /* Groq puts the object into x_groq unless the client asked for it. */
    {.name = "openai_chat",
     .mark = "\"usage\"",
     .key = "usage",
     .wrapper = "x_groq",
     .input = "prompt_tokens",
     .output = {"completion_tokens"},
     .details = "prompt_tokens_details",
     .cached = "cached_tokens",
     .cache_written = "cache_write_tokens",
     .input_has_cached = true},
    {.name = "openai_responses",
     .mark = "\"usage\"",
     .key = "usage",
     .wrapper = "response",
     .input = "input_tokens",
     .output = {"output_tokens"},
     .details = "input_tokens_details",
     .cached = "cached_tokens",
     .cache_written = "cache_write_tokens",
     .input_has_cached = true},
    {.name = "gemini", /* in each piece of a stream; `response` is Code Assist's */
     .mark = "\"usageMetadata\"",
     .key = "usageMetadata",
     .wrapper = "response",
     .input = "promptTokenCount",
     .output = {"candidatesTokenCount", "thoughtsTokenCount"},
     .cached = "cachedContentTokenCount",
     .input_has_cached = true,
     .array = true},
    {.name = "cohere", /* a stream's last event has it in `delta` */
     .mark = "\"usage\"",
     .key = "usage",
     .wrapper = "delta",
     .within = "tokens",
     .input = "input_tokens",
     .output = {"output_tokens"},
     .cached = "cached_tokens",
     .input_has_cached = true},
    {.name = "bedrock", /* Converse; its streams are binary frames, which are not read */
     .mark = "\"usage\"",
     .key = "usage",
     .input = "inputTokens",
     .output = {"outputTokens"},
     .cached = "cacheReadInputTokens",
     .cache_written = "cacheWriteInputTokens"},
    {.name = "ollama", /* the last line of a stream, or the only one */
     .mark = "\"prompt_eval_count\"",
     .input = "prompt_eval_count",
     .output = {"eval_count"},
     .input_has_cached = true,
     .lines = true},
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

/* The usage object of a body, an event or a line. */
static bool find_usage(const struct dialect_usage *d, hr_str text, hr_str *usage)
{
    hr_str inner;
    hr_json_type type;
    if (!d->key) {
        *usage = text;
        return member(text, d->input, &inner, &type) > 0 && text.n <= USAGE_BYTES;
    }
    int found = member(text, d->key, usage, &type);
    if (found > 0 && type == HR_JSON_OBJECT)
        return usage->n <= USAGE_BYTES;
    if (found < 0 || !d->wrapper || member(text, d->wrapper, &inner, &type) <= 0 || type != HR_JSON_OBJECT)
        return false;
    return member(inner, d->key, usage, &type) > 0 && type == HR_JSON_OBJECT && usage->n <= USAGE_BYTES;
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
    const char *mark = u->dialect->mark;
    if (!u->bad_event && !u->event.err && event.n > 0 &&
        hr_str_find(event, hr_str_make(mark, strlen(mark)), 0) != SIZE_MAX &&
        find_usage(u->dialect, event, &usage))
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
    if (!u->sse) { /* a line is an event */
        hr_buf_add(&u->event, p, n);
        end_event(u);
        return;
    }
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
    if (u->sse || u->dialect->lines)
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

/* Anthropic sometimes fills only the nested form. */
static int64_t nested_cache_written(const hr_tree *t, const hr_node *root)
{
    const hr_node *nested = child(t, root, "cache_creation");
    int64_t minutes = count(t, nested, "ephemeral_5m_input_tokens");
    int64_t hour = count(t, nested, "ephemeral_1h_input_tokens");
    return minutes >= 0 || hour >= 0 ? known(minutes) + known(hour) : -1;
}

static void read_counts(const struct dialect_usage *d, const hr_tree *t, hr_usage_counts *out)
{
    const hr_node *root = &t->nodes[1];
    const hr_node *within = d->within ? child(t, root, d->within) : root;
    const hr_node *details = d->details ? child(t, root, d->details) : root;
    out->input = count(t, within, d->input);
    out->output = count(t, within, d->output[0]);
    if (d->output[1] && out->output >= 0)
        out->output += known(count(t, within, d->output[1]));
    out->cached = d->cached ? count(t, details, d->cached) : -1;
    if (out->cached < 0 && d->details) /* Moonshot */
        out->cached = count(t, root, d->cached);
    out->cache_written = d->cache_written ? count(t, details, d->cache_written) : -1;
    if (d->input_has_cached)
        return;
    const int64_t nested = nested_cache_written(t, root);
    if (out->cache_written <= 0 && nested >= 0)
        out->cache_written = nested;
    if (out->input >= 0)
        out->input += known(out->cached) + known(out->cache_written);
}

/* A JSON body: an object, or, where a stream comes as one array of what would be events, the last of them. */
static void end_body(hr_usage *u)
{
    hr_str usage, text = hr_buf_view(&u->text);
    hr_value v;
    hr_scan s;
    hr_scan_init(&s, text.p, text.n);
    if (hr_scan_peek(&s) != HR_JSON_ARRAY) {
        if (find_usage(u->dialect, text, &usage))
            take(u, usage);
        return;
    }
    if (!u->dialect->array || hr_scan_enter(&s))
        return;
    while (hr_scan_item(&s) == 1 && hr_scan_value(&s, &v) == 0)
        if (find_usage(u->dialect, hr_str_make(text.p + v.off, v.len), &usage))
            take(u, usage);
}

void hr_usage_end(hr_usage *u, hr_usage_counts *out)
{
    *out = (hr_usage_counts){-1, -1, -1, -1, NULL};
    if (!u->dialect)
        return;
    if (u->sse || u->dialect->lines) {
        /* A stream that breaks off behind its last event may lack the blank line; half an event is no JSON.
         */
        if (u->text.len > 0 || u->text.err)
            add_line(u, "", 0);
        end_event(u);
    } else if (!u->text.err) {
        end_body(u);
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
