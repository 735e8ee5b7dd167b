/* kinds.c - texts by rule. See kinds.h. */
#include "kinds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bodies.h"
#include "measure.h"
#include "json/json.h"

static uint64_t random_state;

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

#define ONE_OF(list) list[pick(sizeof list / sizeof *list)]

static const char *const services[] = {"checkout", "inventory", "search",   "auth",    "gateway",
                                       "billing",  "catalog",   "shipping", "profile", "ledger"};
static const char *const things[] = {"connection pool", "consumer group", "index shard",  "page cache",
                                     "token bucket",    "worker queue",   "leader lease", "volume claim",
                                     "retry budget",    "query plan",     "replica set",  "health probe"};
static const char *const directories[] = {"src/net",   "src/store", "lib/parse",
                                          "lib/codec", "app/api",   "app/jobs"};
static const char *const words[] = {"record", "stream", "worker",  "session", "cursor",  "segment",
                                    "index",  "window", "handler", "message", "channel", "block"};

/* n bytes of lines made one by one. */
static void repeat(hr_buf *b, size_t n, unsigned seed, void (*one)(hr_buf *b, unsigned i))
{
    const size_t end = b->len + n;
    random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    for (unsigned i = 0; b->len < end && !b->err; i++)
        one(b, i);
}

/* ------------------------------------------------------------------ JSON */
static void hit(hr_buf *b, unsigned i)
{
    add(b,
        "%s{\"id\": \"doc-%u\", \"title\": \"The %s %s of the %s %s\", \"score\": 0.%06u, \"views\": %u, "
        "\"owner\": {\"name\": \"%s-%u\", \"team\": \"%s\"}, \"status\": \"%s\"}",
        i ? ", " : "", 10000 + i * 7919 % 899981, ONE_OF(words), ONE_OF(things), ONE_OF(services),
        ONE_OF(words), 990000 - i * 7 % 900000, 1000 + pick(1600), ONE_OF(words), pick(40), ONE_OF(services),
        pick(700) ? "ok" : "error");
}

static void hits(hr_buf *b, size_t n, unsigned seed)
{
    hr_buf_puts(b, "{\"query\": \"runbooks\", \"results\": [");
    repeat(b, n, seed, hit);
    hr_buf_puts(b, "]}");
}

/* Rows that share their keys and no values. */
static void order(hr_buf *b, unsigned i)
{
    add(b, "%s{\"id\": %u, \"key\": \"%08x%08x\", \"score\": 0.%06u, \"views\": %u, \"held\": %s}",
        i ? ", " : "", i * 7919 % 899981, pick(1u << 31), pick(1u << 31), pick(1000000), pick(90000),
        pick(2) ? "true" : "false");
}

static void orders(hr_buf *b, size_t n, unsigned seed)
{
    hr_buf_puts(b, "[");
    repeat(b, n, seed, order);
    hr_buf_puts(b, "]");
}

/* No two objects alike: nothing but the white space can go. */
static void member(hr_buf *b, unsigned i)
{
    add(b,
        "%s\n    \"%s_%x\": {\n        \"%s%u\": \"%s %08x\",\n        \"%s%u\": [\n            %u,\n        "
        "    "
        "%u\n        ]\n    }",
        i ? "," : "", ONE_OF(words), i, ONE_OF(services), i, ONE_OF(things), pick(1u << 31), ONE_OF(words), i,
        pick(1000), pick(1000));
}

static void settings(hr_buf *b, size_t n, unsigned seed)
{
    hr_buf_puts(b, "{");
    repeat(b, n, seed, member);
    hr_buf_puts(b, "\n}");
}

static void event(hr_buf *b, unsigned i)
{
    add(b,
        "{\"ts\":%u,\"level\":\"%s\",\"svc\":\"%s\",\"msg\":\"%s %u released\",\"rid\":\"%08x\",\"ms\":%u}\n",
        1736244000 + i * 3, pick(12) ? "INFO" : "DEBUG", ONE_OF(services), ONE_OF(things), pick(90000),
        pick(1u << 31), 20 + pick(200));
}

static void events(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, event);
}

/* ------------------------------------------------------------------ HTML */
static void paragraph(hr_buf *b, unsigned i)
{
    add(b,
        "<section class=\"c%04x\">\n<h2 id=\"s%u\">The %s of the %s</h2>\n<p class=\"t\">A %s is <b>held</b> "
        "by "
        "the %s, at most %u &amp; never <a "
        "href=\"/docs/%s/%08x\">less</a>.</p>\n<ul><li>%s</li><li>%s</li></ul>\n"
        "<script>q.push(['%08x',%u,'%08x%08x']);</script></section>\n",
        pick(1u << 16), i, ONE_OF(things), ONE_OF(services), ONE_OF(things), ONE_OF(words), pick(1000),
        ONE_OF(words), pick(1u << 31), ONE_OF(things), ONE_OF(things), pick(1u << 31), pick(1000),
        pick(1u << 31), pick(1u << 31));
}

static void page(hr_buf *b, size_t n, unsigned seed)
{
    hr_buf_puts(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Limits</title>\n"
                   "<style>.t{margin:2px}</style></head><body>\n");
    repeat(b, n, seed, paragraph);
    hr_buf_puts(b, "</body></html>\n");
}

static void table_row(hr_buf *b, unsigned i)
{
    add(b, "<tr><td>%u</td><td>%s</td><td class=\"n\">%u</td><td>2026-11-%02u</td></tr>\n", i,
        ONE_OF(services), pick(90000), 1 + i / 500 % 28);
}

static void page_of_rows(hr_buf *b, size_t n, unsigned seed)
{
    hr_buf_puts(b, "<!DOCTYPE html>\n<html><head><title>Orders</title></head><body>\n<table>\n");
    repeat(b, n, seed, table_row);
    hr_buf_puts(b, "</table>\n</body></html>\n");
}

/* ------------------------------------------------------------------ text */
static void unit(hr_buf *b, unsigned i)
{
    add(b, "tests/%s/test_%s.py::test_%s_%u %s [%3u%%]\n", ONE_OF(services), ONE_OF(words), ONE_OF(words), i,
        i % 3001 == 77 ? "FAILED" : "PASSED", i % 100);
}

static void test_run(hr_buf *b, size_t n, unsigned seed)
{
    hr_buf_puts(b, "============================= test session starts ==============================\n"
                   "platform linux -- Python 3.11.7, pytest-8.3.4\ncollected 12000 items\n\n");
    repeat(b, n, seed, unit);
    hr_buf_puts(b, "\n=================== 4 failed, 11996 passed in 88.41s (0:01:28) ===================\n");
}

static unsigned in_file, line_number;
static char file[80];

static void match(hr_buf *b, unsigned i)
{
    if (i == 0 || in_file == 0) {
        in_file = 1 + pick(300);
        line_number = 0;
        snprintf(file, sizeof file, "%s/%s_%s_%u.py", ONE_OF(directories), ONE_OF(words), ONE_OF(words), i);
    }
    in_file--;
    line_number += 2 + pick(90);
    add(b, "%s:%u:", file, line_number);
    switch (pick(4)) {
    case 0:
        add(b, "    self.%s_timeout = float(opts.get('timeout', %u))\n", ONE_OF(words), pick(9000));
        break;
    case 1:
        add(b, "\tctx, cancel := context.WithTimeout(ctx, cfg.%s_timeout*%u)\n", ONE_OF(words), pick(9000));
        break;
    case 2:
        add(b, "    let %s_timeout = Duration::from_millis(%u);\n", ONE_OF(words), pick(9000));
        break;
    default:
        add(b, "    if elapsed > %s_timeout: # %u ms\n", ONE_OF(words), pick(9000));
    }
}

static void matches(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, match);
}

static void path(hr_buf *b, unsigned i)
{
    add(b, "%s/%s/%s_%u.c\n", ONE_OF(directories), words[i / 40 % 12], ONE_OF(words), i);
}

static void paths(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, path);
}

static void log_line(hr_buf *b, unsigned i)
{
    add(b, "2026-11-%02u %02u:%02u:%02u,%03u ", i / 28800 % 28 + 1, i / 1200 % 24, i / 20 % 60, i % 20 * 3,
        pick(1000));
    if (pick(3000) == 0)
        add(b, "ERROR [%s-%u] %s: connection reset by peer 10.42.7.%u\n", ONE_OF(services), pick(16),
            ONE_OF(services), pick(256));
    else if (pick(40) == 0)
        add(b, "WARN  [%s-%u] %s: slow consumer on %s lag %u\n", ONE_OF(services), pick(16), ONE_OF(services),
            ONE_OF(services), pick(900));
    else
        switch (pick(4)) {
        case 0:
            add(b, "INFO  [%s-%u] %s: GET /api/v2/%s/%u served in %u ms rid=%08x\n", ONE_OF(services),
                pick(16), ONE_OF(services), ONE_OF(words), pick(90000), pick(300), pick(1u << 31));
            break;
        case 1:
            add(b, "INFO  [%s-%u] %s: evicted page %u of %u\n", ONE_OF(services), pick(16), ONE_OF(services),
                pick(90000), pick(64));
            break;
        case 2:
            add(b, "DEBUG [%s-%u] %s: refreshed token for uid %u\n", ONE_OF(services), pick(16),
                ONE_OF(services), pick(90000));
            break;
        default:
            add(b, "INFO  [%s-%u] %s: published event %s offset %u\n", ONE_OF(services), pick(16),
                ONE_OF(services), ONE_OF(words), pick(1000000));
        }
}

static void log_text(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, log_line);
}

static void code(hr_buf *b, size_t n, unsigned seed)
{
    text_add(b, TEXT_C, n, seed);
}

/* Broken where a line is full, as prose is. */
static void prose(hr_buf *b, size_t n, unsigned seed)
{
    enum { WIDTH = 72 };
    size_t column = 0, from = b->len;
    text_add(b, TEXT_ENGLISH, n, seed);
    for (size_t i = from; i < b->len; i++, column++) {
        if (b->data[i] != ' ' && b->data[i] != '\n')
            continue;
        b->data[i] = column < WIDTH ? ' ' : '\n';
        column = column < WIDTH ? column : 0;
    }
}

static void listed(hr_buf *b, unsigned i)
{
    add(b, "-rw-r--r-- 1 app app %7u Nov %2u %02u:%02u %s_%u.c\n", 1000 + pick(90000), 1 + pick(28), pick(24),
        pick(60), ONE_OF(words), i);
}

static void listing(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, listed);
}

static void finding(hr_buf *b, unsigned i)
{
    add(b, "%s/%s_%u.py:%u:%u: F841 local variable `%s` is assigned to but never used\n", ONE_OF(directories),
        ONE_OF(words), i / 40, 1 + i % 40 * 11, 1 + pick(60), ONE_OF(words));
}

static void findings(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, finding);
}

/* A trace of a dozen frames, of which there are few. */
static void trace(hr_buf *b, unsigned i)
{
    add(b, "worker %u gave up\nTraceback (most recent call last):\n", i);
    for (unsigned k = 0, which = pick(3); k < 12; k++)
        add(b, "  File \"/srv/app/jobs/%s.py\", line %u, in %s\n    return %s(request)\n",
            words[(which + k) % 12], 10 * which + k, words[(which + k + 1) % 12],
            words[(which + k + 2) % 12]);
    add(b, "ValueError: %u\n", pick(90000));
}

static void traces(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, trace);
}

/* Text of another kind in a string of JSON. */
static void in_string(hr_buf *b, size_t n, unsigned seed)
{
    hr_buf text = {0};
    log_text(&text, n, seed);
    hr_buf_puts(b, "{\"exit_code\": 0, \"stdout\": \"");
    hr_string_encode(b, hr_buf_view(&text));
    hr_buf_puts(b, "\"}");
    measure_check(!text.err, "memory for the text");
    hr_buf_free(&text);
}

static void image(hr_buf *b, size_t n, unsigned seed)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t end = b->len + n;
    random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    hr_buf_puts(b, "{\"logo\": \"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA");
    while (b->len < end && !b->err)
        hr_buf_putc(b, digits[pick(64)]);
    hr_buf_puts(b, "\"}");
}

/* ------------------------------------------------------------------ texts that are hard on what works line by line or word by word */
static void word_of_one_line(hr_buf *b, unsigned i)
{
    add(b, "error %u ", i);
}

static void one_line(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, word_of_one_line);
}

static void empty_line(hr_buf *b, unsigned i)
{
    hr_buf_puts(b, i % 100 ? "\n" : "x\n");
}

static void empty_lines(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, empty_line);
}

/* No two lines of one shape. */
static void shape(hr_buf *b, unsigned i)
{
    add(b, "10:%02u:%02u ", i / 60 % 60, i % 60);
    for (int k = 0; k < 24; k++)
        hr_buf_putc(b, "ab ,;=()[]{}<>|12:"[pick(18)]);
    hr_buf_putc(b, '\n');
}

static void shapes(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, shape);
}

/* One shape, many patterns, and words that are never said twice. */
static void new_word(hr_buf *b, unsigned i)
{
    add(b, "10:%02u:%02u a%u b%u c%u ", i / 60 % 60, i % 60, pick(40), pick(40), pick(40));
    for (int k = 0; k < 8; k++)
        hr_buf_putc(b, (char)('a' + pick(26)));
    hr_buf_putc(b, '\n');
}

static void new_words(hr_buf *b, size_t n, unsigned seed)
{
    repeat(b, n, seed, new_word);
}

static const char fix[] =
    "{\"path\":\"/srv/app\"} Why do requests of checkout-7 fail, and what became of 4417123?";

const kind kinds[] = {
    {"smart_crusher", "smart_crusher", true, false, fix, hits},
    {"names", "names", false, false, fix, hits},
    {"columns", "columns", false, false, fix, orders},
    {"strings", "strings", false, false, fix, in_string},
    {"blobs", "blobs", true, false, fix, image},
    {"minify", "minify", false, false, fix, settings},
    {"html_text", "html_text", true, false, fix, page},
    {"html_rows", "rows", false, false, fix, page_of_rows},
    {"test_lines", "test_lines", true, false, fix, test_run},
    {"search_lines", "search_lines", true, false, fix, matches},
    {"search_headings", "search_headings", false, false, fix, matches},
    {"paths", "paths", false, false, fix, paths},
    {"log_lines", "log_lines", true, false, fix, log_text},
    {"table_lines", "table_lines", true, false, fix, listing},
    {"findings", "findings", false, false, fix, findings},
    {"repeats", "repeats", false, false, fix, traces},
    {"crushed_lines", "smart_crusher", true, false, fix, events},
    {"json_lines", "columns", false, false, fix, events},
    {"rows", "rows", false, false, fix, log_text},
    {"router.code", NULL, true, false, fix, code},
    {"router.prose", NULL, true, false, fix, prose},
    {"adverse.one_line", NULL, false, true, fix, one_line},
    {"adverse.empty_lines", NULL, false, true, fix, empty_lines},
    {"adverse.shapes", NULL, false, true, fix, shapes},
    {"adverse.new_words", "rows", false, true, fix, new_words},
};
const size_t kinds_count = sizeof kinds / sizeof *kinds;

const kind *kind_of(const char *row)
{
    for (size_t i = 0; i < kinds_count; i++)
        if (strcmp(kinds[i].row, row) == 0)
            return &kinds[i];
    return NULL;
}
