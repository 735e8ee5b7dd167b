/* rollup.c - adding to the sums, and what goes from them. See totals.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/handle.h"
#include "totals.h"
#include "json/json.h"

/* ------------------------------------------------------------------ tools */
/* A request names few tools; what more it names counts as one without a name. */
enum { MAX_TOOLS = 64 };

struct tool {
    hr_str name; /* lexeme */
    int64_t results, touched, replayed, tokens_before, tokens_after;
};

struct tools {
    struct tool list[MAX_TOOLS];
    size_t n;
};

static int64_t number(const char *p, size_t len)
{
    int64_t n = 0;

    for (size_t i = 0; i < len && i < 18 && p[i] >= '0' && p[i] <= '9'; i++)
        n = n * 10 + (p[i] - '0');
    return n;
}

static void take(struct tools *t, const struct tool *one)
{
    size_t i = 0;

    while (i < t->n && !hr_str_eq(t->list[i].name, one->name))
        i++;
    if (i == MAX_TOOLS)
        t->list[--i].name = HR_STR("\"\"");
    if (i == t->n)
        t->list[t->n++] = (struct tool){.name = one->name};
    t->list[i].results++;
    t->list[i].touched += one->touched;
    t->list[i].replayed += one->replayed;
    t->list[i].tokens_before += one->tokens_before;
    t->list[i].tokens_after += one->tokens_after;
}

/* One member of an element of results_json, told by the length of its key, quotes included: record.c wrote it. */
static void read_member(struct tool *one, hr_str key, hr_json_type type, hr_str value)
{
    if (key.n == 6 && hr_str_is(key, "\"tool\"") && type == HR_JSON_STRING)
        one->name = value;
    else if (key.n == 11 && hr_str_is(key, "\"transform\""))
        one->touched = type != HR_JSON_NULL;
    else if (key.n == 10 && hr_str_is(key, "\"replayed\""))
        one->replayed = type == HR_JSON_TRUE;
    else if (key.n == 15 && hr_str_is(key, "\"tokens_before\""))
        one->tokens_before = number(value.p, value.n);
    else if (key.n == 14 && hr_str_is(key, "\"tokens_after\""))
        one->tokens_after = number(value.p, value.n);
}

/* Text that is not ours gives what stands before it went wrong. */
static void read_tools(struct tools *t, const char *json)
{
    hr_scan s;
    hr_value key, value;

    t->n = 0;
    hr_scan_init(&s, json, strlen(json));
    if (hr_scan_enter(&s) < 0)
        return;
    while (hr_scan_item(&s) == 1 && hr_scan_peek(&s) == HR_JSON_OBJECT && hr_scan_enter(&s) == 0) {
        struct tool one = {.name = HR_STR("\"\"")};
        while (hr_scan_key(&s, &key) == 1 && hr_scan_value(&s, &value) == 0)
            read_member(&one, hr_str_make(json + key.off, key.len), value.type,
                        hr_str_make(json + value.off, value.len));
        take(t, &one);
    }
}

static int write_tool(hr_store *s, int64_t slot, hr_str name, const struct tool *tool)
{
    const int64_t sums[] = {tool->results, tool->touched, tool->replayed, tool->tokens_before,
                            tool->tokens_after};
    hr_query q = hr_query_start(s, HR_Q_TOOL_ADD);

    hr_query_int(&q, slot);
    hr_query_str(&q, name);
    hr_query_ints(&q, sums, sizeof sums / sizeof *sums);
    return hr_query_run(&q);
}

static int add_tools(hr_store *s, const headroom_row *row)
{
    struct tools t;
    int r = 0;

    if (!row->results_json || row->results_json[0] != '[' || row->results_json[1] == ']')
        return 0;
    hr_arena *a = hr_arena_new();
    if (!a)
        return HR_ENOMEM;
    read_tools(&t, row->results_json);
    for (size_t i = 0; i < t.n && r == 0; i++) {
        hr_str name;
        r = hr_string_decode(a, t.list[i].name.p, t.list[i].name.n, &name);
        if (r != HR_ENOMEM)
            r = write_tool(s, row->time_us / HR_SLOT_US, r == 0 ? name : HR_STR(""), &t.list[i]);
    }
    hr_arena_free(a);
    return r;
}

/* ------------------------------------------------------------------ requests */
static int64_t known(int64_t n)
{
    return n > 0 ? n : 0;
}

/* What HR_SQL_TOTALS says of a row that is stored; a test holds the two against each other. */
headroom_totals hr_rollup_totals(const headroom_row *r)
{
    static const char counting[] = "/count_tokens";
    const bool counts = r->path && hr_str_ends(hr_str_make(r->path, strlen(r->path)), counting);
    const bool ours = r->mode && strcmp(r->mode, "optimize") == 0;
    const int64_t sent = counts ? 0 : ours ? r->tokens_after : r->tokens_before;
    headroom_totals t = {.requests = 1,
                         .failed = r->status == 0 || r->status >= 400,
                         .touched = r->rewritten > 0,
                         .tokens_before = counts ? 0 : r->tokens_before,
                         .tokens_after = sent,
                         .unique_before = r->unique_before,
                         .unique_after = r->unique_after,
                         .replayed = r->replayed,
                         .elapsed_us = r->elapsed_us,
                         .reported = r->usage != NULL,
                         .input = known(r->input_tokens),
                         .output = known(r->output_tokens),
                         .cached = known(r->cached_tokens),
                         .cache_written = known(r->cache_written_tokens),
                         .priced = r->cost != HEADROOM_UNPRICED,
                         .cost = r->cost != HEADROOM_UNPRICED ? r->cost : 0,
                         .saved = r->saved != HEADROOM_UNPRICED ? r->saved : 0,
                         .compared = r->usage && r->input_tokens > 0 && sent > 0};
    if (t.compared) {
        t.compared_input = r->input_tokens;
        t.estimated = sent;
        t.estimate_off = sent > r->input_tokens ? sent - r->input_tokens : r->input_tokens - sent;
    }
    t.counted = t.tokens_before > 0;
    t.exact = t.counted && r->exact;
    return t;
}

static const char *word(const char *z)
{
    return z ? z : "";
}

/* The number of its group; <0. Looked up each time: another process may have purged what was known. */
static int64_t group_of(hr_store *s, const headroom_row *r)
{
    static const enum hr_statement ways[] = {HR_Q_GROUP_GET, HR_Q_GROUP_ADD};
    int64_t id = 0;

    for (int i = 0; i < 2 && id == 0; i++) {
        hr_query q = hr_query_start(s, ways[i]);
        hr_query_text(&q, word(r->program));
        hr_query_text(&q, word(r->model));
        hr_query_text(&q, word(r->dialect));
        hr_query_text(&q, word(r->host));
        const int rc = hr_query_step(&q);
        id = rc == 1 ? hr_query_col_int(&q, 0) : rc;
        hr_query_end(&q);
    }
    return id;
}

static int add_to(hr_store *s, enum hr_level_of_sums level, int64_t slot, int64_t group,
                  const headroom_totals *t)
{
    const int64_t key[] = {level, slot, group};
    hr_query q = hr_query_start(s, HR_Q_SUMS_ADD);

    hr_query_ints(&q, key, 3);
    hr_query_ints(&q, (const int64_t *)t, sizeof *t / sizeof(int64_t));
    return hr_query_run(&q);
}

int hr_rollup_add(hr_store *s, const headroom_row *row)
{
    if (row->path && !*row->path)
        return 0;
    const int64_t group = group_of(s, row), slot = row->time_us / HR_SLOT_US;
    const headroom_totals t = hr_rollup_totals(row);
    int rc = group < 0 ? (int)group : add_to(s, HR_SLOTS, slot, group, &t);
    if (rc == 0)
        rc = add_to(s, HR_SLOTS_OF_ALL, slot, 0, &t);
    if (rc == 0)
        rc = add_to(s, HR_DAYS, row->time_us / HR_DAY_US, group, &t);
    if (rc == 0)
        rc = hr_tally_add(s, row);
    return rc < 0 ? rc : add_tools(s, row);
}

/* ------------------------------------------------------------------ what goes */
int hr_rollup_expire(hr_store *s, int64_t now_us)
{
    const int64_t kept = s->options.requests_days;
    const int64_t days = kept > HR_REQUEST_DAYS ? kept : HR_REQUEST_DAYS;
    int64_t oldest = 0, day = now_us / HR_DAY_US - days;
    static const enum hr_statement steps[] = {HR_Q_TOOL_MERGE, HR_Q_TOOL_EXPIRE, HR_Q_SUMS_EXPIRE};
    hr_query q = hr_query_start(s, HR_Q_SUMS_OLDEST);
    int rc = hr_query_step(&q);

    if (rc == 1)
        oldest = hr_query_col_int(&q, 0);
    hr_query_end(&q);
    if (rc <= 0 || oldest / HR_DAY_SLOTS >= day)
        return rc < 0 ? rc : 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && rc >= 0; i++) {
        q = hr_query_start(s, steps[i]);
        hr_query_int(&q, (oldest / HR_DAY_SLOTS + 1) * HR_DAY_SLOTS);
        rc = hr_query_run(&q);
    }
    return rc < 0 ? rc : 1;
}

/* fill, for the span [from, to) of a column. */
static int fill(hr_store *s, const char *fill_sql, const char *column, int64_t from, int64_t to)
{
    char sql[10240];

    snprintf(sql, sizeof sql, "%s AND %s >= %" PRId64 " AND %s < %" PRId64 " GROUP BY 2, 3", fill_sql, column,
             from, column, to);
    return hr_sql_exec(s, sql);
}

int hr_rollup_purge(hr_store *s, int64_t before_us)
{
    const int64_t slot = before_us / HR_SLOT_US, day = before_us / HR_DAY_US;
    char sql[512];

    if (before_us == INT64_MAX)
        return hr_sql_exec(
            s, "DELETE FROM sums; DELETE FROM tool_sums; DELETE FROM groups; DELETE FROM tallies");
    snprintf(sql, sizeof sql,
             "DELETE FROM sums WHERE (level IN (0, 2) AND slot <= %" PRId64
             ") OR (level = 1 AND slot <= %" PRId64
             "); DELETE FROM tool_sums WHERE (level = 0 AND slot <= %" PRId64
             ") OR (level = 1 AND slot <= %" PRId64 ")",
             slot, day, slot, day);
    int rc = hr_sql_exec(s, sql);
    /* The slot and the day that it falls into are summed anew. */
    if (rc == 0)
        rc = fill(s, HR_SQL_FILL_SUMS, "time", before_us, (slot + 1) * HR_SLOT_US);
    if (rc == 0)
        rc = fill(s, HR_SQL_FILL_TOOLS, "time", before_us, (slot + 1) * HR_SLOT_US);
    if (rc == 0)
        rc = fill(s, HR_SQL_FILL_DAYS, "slot", day * HR_DAY_SLOTS, (day + 1) * HR_DAY_SLOTS);
    if (rc == 0)
        rc = fill(s, HR_SQL_FILL_ALL, "slot", slot, slot + 1);
    if (rc == 0)
        rc = hr_tally_purge(s, before_us);
    return rc == 0 ? hr_sql_exec(s, "DELETE FROM groups WHERE id NOT IN (SELECT grp FROM sums)") : rc;
}
