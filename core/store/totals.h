/* totals.h - sums over requests, kept as they come (headroom_each_total).

   Table sums has a row for each slot of time and each group of requests, that is program, model, dialect and host (table groups): level
   HR_SLOTS, 15 minutes of UTC, of which the days of every time zone are made; level HR_DAYS, whole days of UTC; and level
   HR_SLOTS_OF_ALL, slots of all groups together. All are added to in the transaction that stores the request. Table tool_sums has slots by tool. A span of time is what its whole days and slots say, and
   what the requests themselves say at both ends (index requests_time), so it is exact to the microsecond.

   Slots are kept as long as requests are, HR_REQUEST_DAYS; then only the days are left, and a span that begins or ends inside of such a
   day is without it. A purge takes away the sums of what it deletes: of an old day that it reaches into, all.

   For totals.c, rollup.c, sql.c and schema.c, which include it by its bare name: cppcheck must find the texts. */
#ifndef HR_STORE_TOTALS_H
#define HR_STORE_TOTALS_H

#include "store/store.h"

enum hr_level_of_sums { HR_SLOTS, HR_DAYS, HR_SLOTS_OF_ALL /* with 0 for the group */ };

#define HR_SLOT_US   INT64_C(900000000)
#define HR_DAY_SLOTS 96

/* Tokens that programs made, and that were sent: count_tokens requests cost nothing, and only mode optimize sends less (a row of
   mode simulate says what optimize would have sent). */
#define HR_SQL_MADE "CASE WHEN path LIKE '%/count_tokens' THEN 0 ELSE tokens_before END"
#define HR_SQL_SENT                                                                                          \
    "CASE WHEN path LIKE '%/count_tokens' THEN 0 WHEN mode = 'optimize' THEN tokens_after ELSE "             \
    "tokens_before END"
/* A row without a path is a connection that spoke HTTP/2, not a request. */
#define HR_SQL_REQUESTS "FROM requests WHERE path IS NOT ''"
#define HR_SQL_PRICED   "cost <> -9223372036854775808"
#define HR_SQL_COMPARED "(usage IS NOT NULL AND input_tokens > 0 AND (" HR_SQL_SENT ") > 0)"

/* What a row of requests adds to each member of headroom_totals, in its order. */
/* clang-format off */
#define HR_SQL_TOTALS(S) \
    S("1") ", " \
    S("status = 0 OR status >= 400") ", " \
    S("rewritten > 0") ", " \
    S(HR_SQL_MADE) ", " \
    S(HR_SQL_SENT) ", " \
    S("unique_before") ", " \
    S("unique_after") ", " \
    S("replayed") ", " \
    S("elapsed_us") ", " \
    S("usage IS NOT NULL") ", " \
    S("max(input_tokens, 0)") ", " \
    S("max(output_tokens, 0)") ", " \
    S("max(cached_tokens, 0)") ", " \
    S("max(cache_written, 0)") ", " \
    S(HR_SQL_PRICED) ", " \
    S("CASE WHEN " HR_SQL_PRICED " THEN cost ELSE 0 END") ", " \
    S("CASE WHEN saved <> -9223372036854775808 THEN saved ELSE 0 END") ", " \
    S(HR_SQL_COMPARED) ", " \
    S("CASE WHEN " HR_SQL_COMPARED " THEN input_tokens ELSE 0 END") ", " \
    S("CASE WHEN " HR_SQL_COMPARED " THEN " HR_SQL_SENT " ELSE 0 END") ", " \
    S("CASE WHEN " HR_SQL_COMPARED " THEN abs(" HR_SQL_SENT " - input_tokens) ELSE 0 END")
/* clang-format on */
#define HR_SQL_SUM(x) "coalesce(sum(" x "), 0)"

/* The columns of sums behind its key, in the order of headroom_totals. */
/* clang-format off */
#define HR_SQL_COLUMNS(S) \
    S("requests") ", " \
    S("failed") ", " \
    S("touched") ", " \
    S("tokens_before") ", " \
    S("tokens_after") ", " \
    S("unique_before") ", " \
    S("unique_after") ", " \
    S("replayed") ", " \
    S("elapsed") ", " \
    S("reported") ", " \
    S("input") ", " \
    S("output") ", " \
    S("cached") ", " \
    S("cache_written") ", " \
    S("priced") ", " \
    S("cost") ", " \
    S("saved") ", " \
    S("compared") ", " \
    S("compared_input") ", " \
    S("estimated") ", " \
    S("estimate_off")
/* clang-format on */
#define HR_SQL_NAME(c)   c
#define HR_SQL_ADD(c)    c " = " c " + excluded." c
#define HR_SQL_COLUMN(c) c " INTEGER NOT NULL"

/* The columns of tool_sums behind its key. */
#define HR_SQL_TOOL_COLUMNS(S)                                                                               \
    S("results") ", " S("touched") ", " S("replayed") ", " S("tokens_before") ", " S("tokens_after")

/* What one element of results_json adds to them. */
/* clang-format off */
#define HR_SQL_TOOL(S) \
    S("1") ", " \
    S("json_extract(value, '$.transform') IS NOT NULL") ", " \
    S("json_extract(value, '$.replayed')") ", " \
    S("json_extract(value, '$.tokens_before')") ", " \
    S("json_extract(value, '$.tokens_after')")
/* clang-format on */
#define HR_SQL_RESULTS                                                                                       \
    "FROM requests, json_each(results_json) WHERE requests.path IS NOT '' AND json_valid(results_json)"

#define HR_SQL_GROUP "coalesce(program, ''), coalesce(model, ''), coalesce(dialect, ''), coalesce(host, '')"

/* Sums of requests, of results and of slots that stand there already; a condition on the time and GROUP BY 2, 3 are to follow. */
#define HR_SQL_FILL_SUMS                                                                                     \
    "INSERT INTO sums SELECT 0, time / 900000000, (SELECT id FROM groups WHERE program = "                   \
    "coalesce(requests.program, '') AND model = coalesce(requests.model, '') AND dialect = "                 \
    "coalesce(requests.dialect, '') AND host = coalesce(requests.host, '')), " HR_SQL_TOTALS(                \
        HR_SQL_SUM) " " HR_SQL_REQUESTS
#define HR_SQL_FILL_TOOLS                                                                                    \
    "INSERT INTO tool_sums SELECT 0, time / 900000000, coalesce(json_extract(value, '$.tool'), "             \
    "''), " HR_SQL_TOOL(HR_SQL_SUM) " " HR_SQL_RESULTS
#define HR_SQL_FILL_DAYS                                                                                     \
    "INSERT INTO sums SELECT 1, slot / 96, grp, " HR_SQL_COLUMNS(HR_SQL_SUM) " FROM sums WHERE level = 0"
#define HR_SQL_FILL_ALL                                                                                      \
    "INSERT INTO sums SELECT 2, slot, 0, " HR_SQL_COLUMNS(HR_SQL_SUM) " FROM sums WHERE level = 0"

/* ---- rollup.c; the handle is entered, and, where something is written, in a transaction ---- */
/* Add the request of this row, which is stored in the same transaction. 0 or <0. */
int hr_rollup_add(hr_store *s, const headroom_row *row);
/* Drop the slots of the oldest day that is to go. 1: there was one, 0: there is none, <0. */
int hr_rollup_expire(hr_store *s, int64_t now_us);
/* Requests from before this time were deleted: so are their sums. INT64_MAX: all. */
int hr_rollup_purge(hr_store *s, int64_t before_us);

#endif
