/* rollup.c - adding to the sums, and what goes from them. See totals.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/handle.h"
#include "store/totals.h"
#include "json/json.h"

/* ------------------------------------------------------------------ tools */
struct tool {
    struct tool *next;
    hr_str name;
    int64_t results, touched, replayed, tokens_before, tokens_after;
};

static int64_t number(const hr_tree *t, const hr_node *v)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < v->len && i < 18 && t->text[v->off + i] >= '0' && t->text[v->off + i] <= '9';
         i++)
        n = n * 10 + (t->text[v->off + i] - '0');
    return n;
}

/* One element of results_json, into the tool of its name. 0 or HR_ENOMEM. */
static int add_result(hr_arena *a, const hr_tree *t, const hr_node *result, struct tool **first)
{
    struct tool one = {.name = HR_STR(""), .results = 1}, *tool = *first;

    for (uint32_t i = result->type == HR_JSON_OBJECT ? result->child : 0; i; i = t->nodes[i].next) {
        const hr_node *m = &t->nodes[i];
        const hr_str key = hr_str_make(t->text + m->key_off + 1, m->key_len - 2);
        if (hr_str_is(key, "tool") && m->type == HR_JSON_STRING &&
            hr_string_decode(a, t->text + m->off, m->len, &one.name) == HR_ENOMEM)
            return HR_ENOMEM;
        else if (hr_str_is(key, "transform"))
            one.touched = m->type != HR_JSON_NULL;
        else if (hr_str_is(key, "replayed"))
            one.replayed = m->type == HR_JSON_TRUE;
        else if (hr_str_is(key, "tokens_before"))
            one.tokens_before = number(t, m);
        else if (hr_str_is(key, "tokens_after"))
            one.tokens_after = number(t, m);
    }
    while (tool && !hr_str_eq(tool->name, one.name))
        tool = tool->next;
    if (!tool) {
        if (!(tool = hr_arena_zalloc(a, sizeof *tool)))
            return HR_ENOMEM;
        tool->name = one.name;
        tool->next = *first;
        *first = tool;
    }
    tool->results += one.results;
    tool->touched += one.touched;
    tool->replayed += one.replayed;
    tool->tokens_before += one.tokens_before;
    tool->tokens_after += one.tokens_after;
    return 0;
}

static int write_tool(hr_store *s, int64_t slot, const struct tool *tool)
{
    hr_query q = hr_query_start(s, HR_Q_TOOL_ADD);

    hr_query_int(&q, slot);
    hr_query_str(&q, tool->name);
    hr_query_int(&q, tool->results);
    hr_query_int(&q, tool->touched);
    hr_query_int(&q, tool->replayed);
    hr_query_int(&q, tool->tokens_before);
    hr_query_int(&q, tool->tokens_after);
    return hr_query_run(&q);
}

static int add_tools(hr_store *s, const headroom_row *row)
{
    struct tool *first = NULL;
    hr_tree t;

    if (!row->results_json || row->results_json[0] != '[' || row->results_json[1] == ']')
        return 0;
    hr_arena *a = hr_arena_new();
    int r = a ? hr_tree_parse(&t, a, row->results_json, strlen(row->results_json), NULL) : HR_ENOMEM;
    for (uint32_t i = r == 0 ? t.nodes[1].child : 0; i && r == 0; i = t.nodes[i].next)
        r = add_result(a, &t, &t.nodes[i], &first);
    if (r != 0 && r != HR_ENOMEM)
        r = 0; /* not ours: no tool is known */
    for (const struct tool *tool = first; tool && r == 0; tool = tool->next)
        r = write_tool(s, row->time_us / HR_SLOT_US, tool);
    hr_arena_free(a);
    return r;
}

/* ------------------------------------------------------------------ requests */
/* 1: added, 0: its group is not known yet, <0. */
static int add_to(hr_store *s, int64_t id, enum hr_level_of_sums level)
{
    hr_query q = hr_query_start(s, HR_Q_SUMS_ADD);

    hr_query_int(&q, id);
    hr_query_int(&q, level);
    hr_query_int(&q, level == HR_DAYS ? HR_DAY_US : HR_SLOT_US);
    int rc = hr_query_run(&q);
    return rc < 0 ? rc : sqlite3_changes(s->db) > 0;
}

static int add_group(hr_store *s, int64_t id)
{
    hr_query q = hr_query_start(s, HR_Q_GROUP_ADD);

    hr_query_int(&q, id);
    return hr_query_run(&q);
}

int hr_rollup_add(hr_store *s, const headroom_row *row, int64_t id)
{
    if (row->path && !*row->path)
        return 0;
    int rc = add_to(s, id, HR_SLOTS);
    if (rc == 0 && (rc = add_group(s, id)) == 0)
        rc = add_to(s, id, HR_SLOTS);
    if (rc >= 0)
        rc = add_to(s, id, HR_DAYS);
    if (rc >= 0)
        rc = add_to(s, id, HR_SLOTS_OF_ALL);
    return rc < 0 ? rc : add_tools(s, row);
}

/* ------------------------------------------------------------------ what goes */
int hr_rollup_expire(hr_store *s, int64_t now_us)
{
    int64_t oldest = 0, day = (now_us - HR_REQUEST_DAYS * HR_DAY_US) / HR_DAY_US;
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
    char sql[8192];

    snprintf(sql, sizeof sql, "%s AND %s >= %" PRId64 " AND %s < %" PRId64 " GROUP BY 2, 3", fill_sql, column,
             from, column, to);
    return hr_sql_exec(s, sql);
}

int hr_rollup_purge(hr_store *s, int64_t before_us)
{
    const int64_t slot = before_us / HR_SLOT_US, day = before_us / HR_DAY_US;
    char sql[512];

    if (before_us == INT64_MAX)
        return hr_sql_exec(s, "DELETE FROM sums; DELETE FROM tool_sums; DELETE FROM groups");
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
    return rc == 0 ? hr_sql_exec(s, "DELETE FROM groups WHERE id NOT IN (SELECT grp FROM sums)") : rc;
}
