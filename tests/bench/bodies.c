/* bodies.c - conversations and texts by rule. See bodies.h. */
#include "bodies.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "json/json.h"

const char *const text_names[TEXT_KINDS] = {"c", "logs", "json", "english", "cjk"};

static uint64_t random_state;

static void seed_random(unsigned seed)
{
    random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static unsigned pick(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % below;
}

__attribute__((format(printf, 2, 3))) static void add(hr_buf *b, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    measure_check(n >= 0 && (size_t)n < sizeof line, "a line fits");
    hr_buf_add(b, line, (size_t)n);
}

/* ------------------------------------------------------------------ texts */
static const char *const nouns[] = {
    "buffer",  "record", "stream", "worker",  "request", "session", "ledger", "token",    "header", "cursor",
    "segment", "index",  "parser", "handler", "message", "channel", "window", "response", "block",  "queue"};
static const char *const verbs[] = {"reads", "drops",  "flushes", "parses", "retries", "opens",
                                    "holds", "closes", "counts",  "merges", "rejects", "writes"};
static const char *const adjectives[] = {"empty", "stale",  "second", "pending", "shared", "local",
                                         "old",   "remote", "short",  "broken",  "open",   "final"};
static const char *const han[] = {"数据库", "请求",   "错误",     "连接", "服务器", "配置", "缓存",
                                  "日志",   "メモリ", "ファイル", "接続", "설정",   "서버", "오류",
                                  "读取",   "写入",   "用户",     "权限", "更新",   "版本"};

#define ONE_OF(list) list[pick(sizeof list / sizeof *list)]

static void add_code(hr_buf *b)
{
    const char *n = ONE_OF(nouns), *m = ONE_OF(nouns);
    switch (pick(7)) {
    case 0:
        add(b, "static int %s_%s(struct %s *%c, const struct %s *%s, size_t n)\n{\n", n, m, n, n[0], m, m);
        break;
    case 1:
        add(b, "\tif (%s->%s == NULL || %s->%s->len > %u)\n\t\treturn -EINVAL;\n", n, m, n, m, pick(4096));
        break;
    case 2:
        add(b, "\tlog_warn(\"%s %s of %%zu bytes, %%zu left\\n\", %s->%s, %s->left);\n", ONE_OF(adjectives),
            n, n, m, n);
        break;
    case 3:
        add(b, "\tfor (size_t i = 0; i < %s->count; i++)\n\t\t%s_free(&%s->items[i], %s->size);\n", n, m, n,
            m);
        break;
    case 4:
        add(b,
            "/* The %s %s %s the %s before the %s %s. Only a %s %s\n * may follow: the %s %s each of them. "
            "*/\n",
            ONE_OF(adjectives), n, ONE_OF(verbs), m, ONE_OF(adjectives), ONE_OF(nouns), ONE_OF(adjectives),
            ONE_OF(nouns), ONE_OF(nouns), ONE_OF(verbs));
        break;
    case 5:
        add(b, "extern struct %s *%s_%s_new(struct %s *%s, unsigned flags);\n", n, n, m, m, m);
        break;
    default:
        add(b, "    return %s_%s(%s->%s, sizeof *%s) == 0 ? %s->count : -1;\n}\n\n", n, m, n, m, n, m);
    }
}

static void add_log(hr_buf *b, unsigned line)
{
    static const char *const levels[] = {"INFO", "INFO", "INFO", "DEBUG", "WARN"};
    add(b, "2026-03-%02u %02u:%02u:%02u,%03u %s [%s-%u] org.example.%s.%s: %s %s %s in %u ms, id=%08x\n",
        line / 4000 % 28 + 1, line / 400 % 24, line / 20 % 60, pick(60), pick(1000), ONE_OF(levels),
        ONE_OF(nouns), pick(32), ONE_OF(nouns), ONE_OF(nouns), ONE_OF(adjectives), ONE_OF(nouns),
        ONE_OF(verbs), pick(900), pick(1u << 31));
}

static void add_row(hr_buf *b, unsigned i)
{
    add(b,
        "%s{\"id\": %u, \"title\": \"The %s %s %s the %s of the %s %s\", \"status\": \"%s\", \"latency_ms\": "
        "%u.%03u, "
        "\"bytes_received\": %u, \"created_at\": \"2026-03-%02uT%02u:%02u:00Z\", "
        "\"url\": \"https://eu-%s-%u.example.org/v1/%s/%s/%08x\", \"summary\": \"One %s %s %s it, "
        "the other %s does not\"}",
        i ? ", " : "", i, ONE_OF(adjectives), ONE_OF(nouns), ONE_OF(verbs), ONE_OF(nouns), ONE_OF(adjectives),
        ONE_OF(nouns), pick(200) ? "ok" : "degraded", 20 + pick(40), pick(1000), 100000 + pick(900000),
        pick(28) + 1, pick(24), pick(60), pick(2) ? "west" : "north", pick(3), ONE_OF(nouns), ONE_OF(nouns),
        pick(1u << 31), ONE_OF(adjectives), ONE_OF(nouns), ONE_OF(verbs), ONE_OF(nouns));
}

static void add_sentence(hr_buf *b)
{
    add(b, "The %s %s %s each %s %s", ONE_OF(adjectives), ONE_OF(nouns), ONE_OF(verbs), ONE_OF(adjectives),
        ONE_OF(nouns));
    if (pick(6) == 0)
        add(b, ", and says \"%s %s\"", ONE_OF(adjectives), ONE_OF(nouns));
    hr_buf_puts(b, pick(3) ? ". " : ".\n");
}

static void add_han(hr_buf *b)
{
    for (unsigned i = 5 + pick(5); i > 0; i--)
        hr_buf_puts(b, ONE_OF(han));
    hr_buf_puts(b, pick(12) ? "。\n" : "🚀 \"OK\"\n");
}

void text_add(hr_buf *b, enum text_kind kind, size_t n, unsigned seed)
{
    const size_t end = b->len + n;
    seed_random(seed * TEXT_KINDS + (unsigned)kind);
    if (kind == TEXT_JSON)
        hr_buf_puts(b, "[");
    for (unsigned i = 0; b->len < end && !b->err; i++) {
        switch (kind) {
        case TEXT_C:
            add_code(b);
            break;
        case TEXT_LOGS:
            add_log(b, i);
            break;
        case TEXT_JSON:
            add_row(b, i);
            break;
        case TEXT_ENGLISH:
            add_sentence(b);
            break;
        default:
            add_han(b);
        }
    }
    if (kind == TEXT_JSON)
        hr_buf_puts(b, "]");
    measure_check(!b->err, "memory for a text");
}

/* ------------------------------------------------------------------ conversations */
static void add_escaped(hr_buf *b, enum text_kind kind, size_t n, unsigned seed)
{
    hr_buf text = {0};
    text_add(&text, kind, n, seed);
    hr_string_encode(b, hr_buf_view(&text));
    hr_buf_free(&text);
}

void body_begin(hr_buf *b)
{
    hr_buf_puts(b, "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":16384,\"stream\":true,"
                   "\"system\":[{\"type\":\"text\",\"text\":\"");
    add_escaped(b, TEXT_ENGLISH, 3000, 1);
    hr_buf_puts(b, "\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"tools\":[");
    static const char *const tools[] = {"bash", "read_file", "search", "list_services"};
    for (unsigned i = 0; i < sizeof tools / sizeof *tools; i++) {
        add(b, "%s{\"name\":\"%s\",\"description\":\"", i ? "," : "", tools[i]);
        add_escaped(b, TEXT_ENGLISH, 400, i + 2);
        hr_buf_puts(
            b, "\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\"},"
               "\"limit\":{\"type\":\"integer\"}},\"required\":[\"command\"]}}");
    }
    hr_buf_puts(b, "],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\""
                   "Find out why the gateway answers slowly, and mend it.\"}]}");
}

void body_turn_text(hr_buf *b, unsigned seed, hr_str text, bool blocks)
{
    static const char *const tools[TEXT_KINDS] = {"read_file", "bash", "list_services", "search", "search"};
    seed_random(seed ^ 0x5eed);
    hr_buf_puts(b, ",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"");
    add_escaped(b, TEXT_ENGLISH, 150, seed);
    add(b,
        "\"},{\"type\":\"tool_use\",\"id\":\"toolu_01%08x%08x\",\"name\":\"%s\",\"input\":{\"command\":"
        "\"show "
        "%s_%s | head -%u\",\"limit\":%u}}]}",
        seed, seed * 2654435761u, tools[seed % TEXT_KINDS], ONE_OF(adjectives), ONE_OF(nouns), pick(5000),
        pick(500));
    add(b,
        ",{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_01%08x%08x\","
        "\"content\":%s",
        seed, seed * 2654435761u, blocks ? "[{\"type\":\"text\",\"text\":\"" : "\"");
    hr_string_encode(b, text);
    hr_buf_puts(b, blocks ? "\"}]}]}" : "\"}]}");
}

void body_turn(hr_buf *b, unsigned turn, enum text_kind kind, size_t n)
{
    hr_buf text = {0};
    text_add(&text, kind, n, turn);
    body_turn_text(b, turn, hr_buf_view(&text), turn % 4 == 3);
    hr_buf_free(&text);
}

void body_question(hr_buf *b, unsigned turn)
{
    hr_buf_puts(b, ",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"");
    add_escaped(b, TEXT_ENGLISH, 300, turn);
    hr_buf_puts(b, "\"}]},{\"role\":\"user\",\"content\":\"");
    add_escaped(b, TEXT_ENGLISH, 80, turn + 1);
    hr_buf_puts(b, "\"}");
}

void body_end(hr_buf *b)
{
    hr_buf_puts(b, "]}");
    measure_check(!b->err, "memory for a body");
}

void body_make(hr_buf *b, size_t n, size_t *results)
{
    /* C and logs are what agents read most; sizes from 2 to 16 KB of text. */
    static const enum text_kind kinds[] = {TEXT_C,    TEXT_LOGS,    TEXT_C,  TEXT_JSON,
                                           TEXT_LOGS, TEXT_ENGLISH, TEXT_CJK};
    const size_t start = b->len;
    body_begin(b);
    for (unsigned i = 0; b->len - start < n; i++) {
        if (i % 10 == 9)
            body_question(b, i);
        body_turn(b, i, kinds[i % (sizeof kinds / sizeof *kinds)], 2000 + i * 7919 % 13000);
        *results = i + 1;
    }
    body_end(b);
}
