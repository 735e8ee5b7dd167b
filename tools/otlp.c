/* otlp.c - requests as OpenTelemetry spans. See otlp.h.

   Names: semantic conventions of OpenTelemetry for generative AI. gen_ai.system is the older name of gen_ai.provider.name; collectors know
   one or the other. What the conventions have no name for begins with headroom. */
#include "otlp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool otlp_wants(const headroom_row *row)
{
    size_t n = row->path == NULL ? 0 : strlen(row->path);
    static const char counting[] = "count_tokens";

    return n > 0 && (n < sizeof(counting) || strcmp(row->path + n - (sizeof(counting) - 1), counting) != 0);
}

/* ------------------------------------------------------------------ attributes */
static cJSON *attribute(struct json_tree *t, cJSON *list, const char *key)
{
    cJSON *o = json_object(t, list, NULL);

    json_string(t, o, "key", key);
    return json_object(t, o, "value");
}

static void add_text(struct json_tree *t, cJSON *list, const char *key, const char *value)
{
    if (value != NULL && *value != '\0')
        json_string(t, attribute(t, list, key), "stringValue", value);
}

/* 64-bit integers are strings in this encoding. -1: unknown. */
static void add_int(struct json_tree *t, cJSON *list, const char *key, int64_t value)
{
    char digits[24];

    if (value < 0)
        return;
    snprintf(digits, sizeof(digits), "%lld", (long long)value);
    json_string(t, attribute(t, list, key), "intValue", digits);
}

static void add_usd(struct json_tree *t, cJSON *list, const char *key, int64_t billionths)
{
    if (billionths != HEADROOM_UNPRICED)
        json_usd(t, attribute(t, list, key), "doubleValue", billionths);
}

/* ------------------------------------------------------------------ what a row is */
static const char *provider_of(const headroom_row *row)
{
    static const struct {
        const char *dialect, *host, *name; /* host: a part of it; "": any */
    } table[] = {
        {"", "bedrock", "aws.bedrock"},
        {"", "aiplatform.googleapis.com", "gcp.vertex_ai"},
        {"", "openai.azure.com", "azure.ai.openai"},
        {"", "services.ai.azure.com", "azure.ai.inference"},
        {"", "api.deepseek.com", "deepseek"},
        {"", "api.groq.com", "groq"},
        {"", "api.mistral.ai", "mistral_ai"},
        {"", "api.perplexity.ai", "perplexity"},
        {"", "api.x.ai", "x_ai"},
        {"anthropic", "", "anthropic"},
        {"bedrock", "", "aws.bedrock"},
        {"gemini", "", "gcp.gemini"},
        {"openai", "", "openai"},
    };
    const char *dialect = row->dialect == NULL ? "" : row->dialect;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strncmp(dialect, table[i].dialect, strlen(table[i].dialect)) == 0 &&
            (table[i].host[0] == '\0' || (row->host != NULL && strstr(row->host, table[i].host) != NULL)))
            return table[i].name;
    }
    return dialect;
}

static const char *operation_of(const headroom_row *row)
{
    return row->dialect != NULL && strcmp(row->dialect, "gemini") == 0 ? "generate_content" : "chat";
}

/* FNV-1a. */
static uint64_t hash(uint64_t h, const void *p, size_t n)
{
    const unsigned char *bytes = p;

    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    return h;
}

static void add_ids(struct json_tree *t, cJSON *span, const headroom_row *row)
{
    const int64_t parts[] = {row->time_us, row->pid, row->id};
    uint64_t a = hash(UINT64_C(0xcbf29ce484222325), parts, sizeof(parts));
    uint64_t b = hash(a, row->path, strlen(row->path)), c;
    char text[40];

    a = hash(b, "trace", 5);
    c = hash(a, "span", 4) | 1; /* an id of zeros is invalid */
    snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, a, b | 1);
    json_string(t, span, "traceId", text);
    snprintf(text, sizeof(text), "%016" PRIx64, c);
    json_string(t, span, "spanId", text);
}

static void add_times(struct json_tree *t, cJSON *span, const headroom_row *row)
{
    int64_t end = row->time_us + (row->duration_us > 0 ? row->duration_us : 0);
    char text[32];

    snprintf(text, sizeof(text), "%lld000", (long long)row->time_us);
    json_string(t, span, "startTimeUnixNano", text);
    snprintf(text, sizeof(text), "%lld000", (long long)end);
    json_string(t, span, "endTimeUnixNano", text);
}

/* "host:port" */
static void add_server(struct json_tree *t, cJSON *list, const char *host)
{
    const char *colon = host == NULL ? NULL : strrchr(host, ':');
    char name[256];

    if (colon == NULL || strspn(colon + 1, "0123456789") != strlen(colon + 1) || colon[1] == '\0') {
        add_text(t, list, "server.address", host);
        return;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(colon - host), host);
    add_text(t, list, "server.address", name);
    add_int(t, list, "server.port", strtoll(colon + 1, NULL, 10));
}

static void add_generation(struct json_tree *t, cJSON *list, const headroom_row *row)
{
    char conversation[20];

    add_text(t, list, "gen_ai.operation.name", operation_of(row));
    add_text(t, list, "gen_ai.provider.name", provider_of(row));
    add_text(t, list, "gen_ai.system", provider_of(row));
    add_text(t, list, "gen_ai.request.model", row->model);
    add_int(t, list, "gen_ai.usage.input_tokens", row->input_tokens);
    add_int(t, list, "gen_ai.usage.output_tokens", row->output_tokens);
    add_int(t, list, "gen_ai.usage.cache_read.input_tokens", row->cached_tokens);
    add_int(t, list, "gen_ai.usage.cache_creation.input_tokens", row->cache_written_tokens);
    snprintf(conversation, sizeof(conversation), "%016llx", (unsigned long long)row->conversation);
    add_text(t, list, "gen_ai.conversation.id", row->conversation == 0 ? NULL : conversation);
}

static void add_headroom(struct json_tree *t, cJSON *list, const headroom_row *row)
{
    add_text(t, list, "headroom.mode", row->mode);
    add_text(t, list, "headroom.skipped", row->skipped);
    add_text(t, list, "headroom.transforms", row->transforms);
    add_int(t, list, "headroom.tokens.made", row->tokens_before);
    add_int(t, list, "headroom.tokens.sent", row->tokens_after);
    add_int(t, list, "headroom.elapsed_us", row->elapsed_us);
    add_usd(t, list, "headroom.cost_usd", row->cost);
    add_usd(t, list, "headroom.saved_usd", row->saved);
}

void otlp_begin(struct json_tree *t, cJSON **spans)
{
    cJSON *one = json_object(t, json_array(t, json_object(t, NULL, NULL), "resourceSpans"), NULL);
    cJSON *resource = json_array(t, json_object(t, one, "resource"), "attributes"), *scope;

    add_text(t, resource, "service.name", "headroom");
    add_text(t, resource, "service.version", headroom_version());
    one = json_object(t, json_array(t, one, "scopeSpans"), NULL);
    scope = json_object(t, one, "scope");
    json_string(t, scope, "name", "headroom");
    json_string(t, scope, "version", headroom_version());
    *spans = json_array(t, one, "spans");
}

void otlp_add(struct json_tree *t, cJSON *spans, const headroom_row *row)
{
    cJSON *span = json_object(t, spans, NULL), *list;
    bool failed = row->status == 0 || row->status >= 400;
    char name[160], status[16];

    add_ids(t, span, row);
    snprintf(name, sizeof(name), "%s%s%s", operation_of(row),
             row->model == NULL || *row->model == '\0' ? "" : " ", row->model == NULL ? "" : row->model);
    json_string(t, span, "name", name);
    json_int(t, span, "kind", 3); /* client */
    add_times(t, span, row);
    list = json_array(t, span, "attributes");
    add_generation(t, list, row);
    add_server(t, list, row->host);
    add_text(t, list, "url.path", row->path);
    if (row->status > 0)
        add_int(t, list, "http.response.status_code", row->status);
    snprintf(status, sizeof(status), "%d", row->status);
    if (failed)
        add_text(t, list, "error.type",
                 row->error != NULL && *row->error != '\0' ? row->error
                 : row->status > 0                         ? status
                                                           : "_OTHER");
    add_text(t, list, "process.executable.name", row->program);
    add_int(t, list, "process.pid", row->pid);
    add_headroom(t, list, row);
    json_int(t, json_object(t, span, "status"), "code", failed ? 2 : 0);
}
