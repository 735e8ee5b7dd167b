/* usage_object.c - see usage_object.h. */
#include "usage_object.h"

#include <string.h>

enum { USAGE_KEYS = 64 }; /* members of an object: known ones have under 20 */

static const hr_usage_dialect table[] = {
    {.name = "anthropic",
     .mark = "\"usage\"",
     .key = "usage",
     .wrapper = "message",
     .input = {"input_tokens"},
     .output = {"output_tokens"},
     .cached = "cache_read_input_tokens",
     .cache_written = "cache_creation_input_tokens",
     .merge = true},
    /* Groq puts the object into x_groq unless the client asked for it. */
    {.name = "openai_chat",
     .mark = "\"usage\"",
     .key = "usage",
     .wrapper = "x_groq",
     .input = {"prompt_tokens"},
     .output = {"completion_tokens"},
     .details = "prompt_tokens_details",
     .cached = "cached_tokens",
     .cache_written = "cache_write_tokens",
     .input_has_cached = true},
    {.name = "openai_responses",
     .mark = "\"usage\"",
     .key = "usage",
     .wrapper = "response",
     .input = {"input_tokens"},
     .output = {"output_tokens"},
     .details = "input_tokens_details",
     .cached = "cached_tokens",
     .cache_written = "cache_write_tokens",
     .input_has_cached = true},
    {.name = "gemini", /* in each piece of a stream; `response` is Code Assist's */
     .mark = "\"usageMetadata\"",
     .key = "usageMetadata",
     .wrapper = "response",
     .input = {"promptTokenCount", "toolUsePromptTokenCount"},
     .output = {"candidatesTokenCount", "thoughtsTokenCount"},
     .cached = "cachedContentTokenCount",
     .input_has_cached = true,
     .array = true},
    {.name = "cohere", /* a stream's last event has it in `delta` */
     .mark = "\"usage\"",
     .key = "usage",
     .wrapper = "delta",
     .within = "tokens",
     .input = {"input_tokens"},
     .output = {"output_tokens"},
     .cached = "cached_tokens",
     .input_has_cached = true},
    {.name = "bedrock", /* Converse; a stream has it in its event `metadata` */
     .mark = "\"usage\"",
     .key = "usage",
     .input = {"inputTokens"},
     .output = {"outputTokens"},
     .cached = "cacheReadInputTokens",
     .cache_written = "cacheWriteInputTokens"},
    {.name = "ollama", /* the last line of a stream, or the only one */
     .mark = "\"prompt_eval_count\"",
     .input = {"prompt_eval_count"},
     .output = {"eval_count"},
     .input_has_cached = true,
     .lines = true},
};

const hr_usage_dialect *hr_usage_dialect_of(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(name, table[i].name) == 0)
            return &table[i];
    return NULL;
}

/* ------------------------------------------------------------------ finding it */
int hr_usage_member(hr_str text, const char *key, hr_str *value, hr_json_type *type)
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

int hr_usage_find(const hr_usage_dialect *d, hr_str text, hr_str *usage)
{
    hr_str inner;
    hr_json_type type;

    if (!d->key) {
        *usage = text;
        return hr_usage_member(text, d->input[0], &inner, &type) > 0 && text.n <= HR_USAGE_BYTES;
    }
    int found = hr_usage_member(text, d->key, usage, &type);
    if (found > 0 && type == HR_JSON_OBJECT)
        return usage->n <= HR_USAGE_BYTES;
    if (found < 0 || !d->wrapper || hr_usage_member(text, d->wrapper, &inner, &type) <= 0 ||
        type != HR_JSON_OBJECT)
        return 0;
    found = hr_usage_member(inner, d->key, usage, &type);
    return found > 0 && type == HR_JSON_OBJECT && usage->n <= HR_USAGE_BYTES ? 2 : 0;
}

/* ------------------------------------------------------------------ two of a stream */
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

void hr_usage_merge(hr_buf *raw, hr_str usage)
{
    struct members old, new;
    hr_buf out = {.max = raw->max};
    if (!list(hr_buf_view(raw), &old) || !list(usage, &new))
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
    if (out.err || out.len > HR_USAGE_BYTES) {
        hr_buf_free(&out);
        return;
    }
    hr_buf_free(raw);
    *raw = out;
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

/* The sum of one or two members; -1 where the first is unknown. */
static int64_t sum(const hr_tree *t, const hr_node *object, const char *const keys[2])
{
    int64_t v = count(t, object, keys[0]);
    return v >= 0 && keys[1] ? v + known(count(t, object, keys[1])) : v;
}

/* xAI counts reasoning beside completion_tokens, others inside of them: the total tells. */
static int64_t outside_reasoning(const hr_tree *t, const hr_node *root, const hr_usage_counts *c)
{
    const int64_t total = count(t, root, "total_tokens");
    const int64_t reasoning = count(t, child(t, root, "completion_tokens_details"), "reasoning_tokens");
    return reasoning > 0 && c->input >= 0 && c->output >= 0 && total == c->input + c->output + reasoning
               ? reasoning
               : 0;
}

/* Anthropic's summaries of a conversation that is too long are samplings of the same model that the other counts leave out. */
static void add_compactions(const hr_usage_dialect *d, const hr_tree *t, hr_usage_counts *out)
{
    const hr_node *list = child(t, &t->nodes[1], "iterations");

    for (uint32_t i = list && list->type == HR_JSON_ARRAY ? list->child : 0; i; i = t->nodes[i].next) {
        const hr_node *it = &t->nodes[i], *type = child(t, it, "type");
        if (!type || !hr_str_eq(hr_str_make(t->text + type->off, type->len), HR_STR("\"compaction\"")))
            continue;
        const int64_t read = known(count(t, it, d->cached)), written = known(count(t, it, d->cache_written));
        if (out->input >= 0)
            out->input += known(count(t, it, d->input[0])) + read + written;
        if (out->output >= 0)
            out->output += known(count(t, it, d->output[0]));
        if (read)
            out->cached = known(out->cached) + read;
        if (written)
            out->cache_written = known(out->cache_written) + written;
    }
}

static void read_counts(const hr_usage_dialect *d, const hr_tree *t, hr_usage_counts *out)
{
    const hr_node *root = &t->nodes[1];
    const hr_node *within = d->within ? child(t, root, d->within) : root;
    const hr_node *details = d->details ? child(t, root, d->details) : root;

    out->input = sum(t, within, d->input);
    out->output = sum(t, within, d->output);
    out->cached = d->cached ? count(t, details, d->cached) : -1;
    if (out->cached < 0 && d->details) /* Moonshot */
        out->cached = count(t, root, d->cached);
    if (out->cached < 0 && d->details) /* DeepSeek */
        out->cached = count(t, root, "prompt_cache_hit_tokens");
    out->cache_written = d->cache_written ? count(t, details, d->cache_written) : -1;
    if (d->details)
        out->output += outside_reasoning(t, root, out);
    if (d->input_has_cached)
        return;
    const int64_t nested = nested_cache_written(t, root);
    if (out->cache_written <= 0 && nested >= 0)
        out->cache_written = nested;
    if (out->input >= 0)
        out->input += known(out->cached) + known(out->cache_written);
    add_compactions(d, t, out);
}

bool hr_usage_count(const hr_usage_dialect *d, hr_str usage, hr_usage_counts *out)
{
    hr_arena *a = hr_arena_new();
    hr_tree t;
    const bool good = a && hr_tree_parse(&t, a, usage.p, usage.n, NULL) == 0;

    if (good)
        read_counts(d, &t, out);
    hr_arena_free(a);
    return good;
}
