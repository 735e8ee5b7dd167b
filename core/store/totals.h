/* totals.h - sums over requests, kept as they come (headroom_each_total).

   Table sums has a row for each slot of time and each group of requests, that is program, model, dialect and host (table groups): level
   HR_SLOTS, 15 minutes of UTC, of which the days of every time zone are made; level HR_DAYS, whole days of UTC; and level
   HR_SLOTS_OF_ALL, slots of all groups together. All are added to in the transaction that stores the request. Table tool_sums has slots by tool. A span of time is what its whole days and slots say, and
   what the requests themselves say at both ends (index requests_time), so it is exact to the microsecond.

   Table tallies has what these cannot say (headroom_tally), a row for each day of UTC. What is asked of all time comes from sums alone and
   never becomes less when old requests go; a purge of the user's takes what it deletes, of tallies what was deleted of its last day.

   Requests that an older version stored are summed by the CLI, in steps (unsummed.c), as a host must not wait for a million of them.

   Slots are kept as long as requests are, and HR_REQUEST_DAYS at least; then only the days are left, and a span that begins or ends inside of such a
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

/* What a row of requests adds to each member of headroom_totals, in its order: those that sums began with, in version 7 of the tables, and
   those of version 9. */
/* clang-format off */
#define HR_SQL_TOTALS_7(S) \
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
#define HR_SQL_TOTALS_9(S) \
    S("(" HR_SQL_MADE ") > 0") ", " \
    S("exact AND (" HR_SQL_MADE ") > 0")
#define HR_SQL_TOTALS(S) HR_SQL_TOTALS_7(S) ", " HR_SQL_TOTALS_9(S)
/* clang-format on */
#define HR_SQL_SUM(x)  "coalesce(sum(" x "), 0)"
#define HR_SQL_ZERO(x) "0"

/* The columns of sums behind its key, in the order of headroom_totals. */
/* clang-format off */
#define HR_SQL_COLUMNS_7(S) \
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
#define HR_SQL_COLUMNS_9(S) \
    S("counted") ", " \
    S("exact")
#define HR_SQL_COLUMNS(S) HR_SQL_COLUMNS_7(S) ", " HR_SQL_COLUMNS_9(S)
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

#define HR_SQL_GROUP_OF                                                                                      \
    "(SELECT id FROM groups WHERE program = coalesce(requests.program, '') AND model = "                     \
    "coalesce(requests.model, '') AND dialect = coalesce(requests.dialect, '') AND host = "                  \
    "coalesce(requests.host, ''))"
#define HR_SQL_INTO_SUMS   "INSERT INTO sums(level, slot, grp, " HR_SQL_COLUMNS(HR_SQL_NAME) ") "
#define HR_SQL_MERGE_SUMS  " ON CONFLICT(level, slot, grp) DO UPDATE SET " HR_SQL_COLUMNS(HR_SQL_ADD)
#define HR_SQL_MERGE_TOOLS " ON CONFLICT(level, slot, tool) DO UPDATE SET " HR_SQL_TOOL_COLUMNS(HR_SQL_ADD)

/* Sums of requests, of results and of slots that stand there already; a condition on the time and GROUP BY 2, 3 are to follow. */
#define HR_SQL_FILL_SUMS                                                                                     \
    HR_SQL_INTO_SUMS "SELECT 0, time / 900000000, " HR_SQL_GROUP_OF                                          \
                     ", " HR_SQL_TOTALS(HR_SQL_SUM) " " HR_SQL_REQUESTS
#define HR_SQL_FILL_TOOLS                                                                                    \
    "INSERT INTO tool_sums SELECT 0, time / 900000000, coalesce(json_extract(value, '$.tool'), "             \
    "''), " HR_SQL_TOOL(HR_SQL_SUM) " " HR_SQL_RESULTS
#define HR_SQL_FILL_DAYS                                                                                     \
    HR_SQL_INTO_SUMS "SELECT 1, slot / 96, grp, " HR_SQL_COLUMNS(HR_SQL_SUM) " FROM sums WHERE level = 0"
#define HR_SQL_FILL_ALL                                                                                      \
    HR_SQL_INTO_SUMS "SELECT 2, slot, 0, " HR_SQL_COLUMNS(HR_SQL_SUM) " FROM sums WHERE level = 0"

/* ---- how requests were treated, and by how much each became smaller: table tallies, a row for each day of UTC ---- */
/* The columns of tallies behind the day, in the order of headroom_tally behind newest_id. */
/* clang-format off */
#define HR_SQL_TALLY_COLUMNS(S) \
    S("audit") ", " S("simulate") ", " S("optimize") ", " S("counted") ", " \
    S("at_most1") ", " S("at_most2") ", " S("at_most3") ", " S("at_most4") ", " S("at_most5") ", " \
    S("at_most6") ", " S("at_most7") ", " S("at_most8") ", " S("at_most9") ", " S("at_most10") ", " \
    S("ratio")
#define HR_SQL_AT_MOST(n) "coalesce(sum(made > 0 AND sent * 10 <= made * " n "), 0), "
/* clang-format on */
/* A condition on requests is to follow, then HR_SQL_TALLY_END. The subquery with its LIMIT is worked out once a row, and not once for each use. */
#define HR_SQL_FILL_TALLIES                                                                                  \
    "INSERT INTO tallies SELECT day, sum(mode IS 'audit'), sum(mode IS 'simulate'), sum(mode IS "            \
    "'optimize'), sum(made > 0), " HR_SQL_AT_MOST("1") HR_SQL_AT_MOST("2") HR_SQL_AT_MOST("3")               \
        HR_SQL_AT_MOST("4") HR_SQL_AT_MOST("5") HR_SQL_AT_MOST("6") HR_SQL_AT_MOST("7") HR_SQL_AT_MOST("8")  \
            HR_SQL_AT_MOST("9") HR_SQL_AT_MOST("10") "sum(CASE WHEN made > 0 THEN sent * 1000000 / made "    \
                                                     "ELSE 0 END) FROM (SELECT time / 86400000000 AS "       \
                                                     "day, mode, " HR_SQL_MADE " AS made, " HR_SQL_SENT      \
                                                     " AS sent " HR_SQL_REQUESTS
#define HR_SQL_TALLY_END                                                                                     \
    " LIMIT -1) WHERE true GROUP BY 1 ON CONFLICT(day) DO UPDATE SET " HR_SQL_TALLY_COLUMNS(HR_SQL_ADD)

/* ---- tally.c; the handle is entered and in a transaction ---- */
int hr_tally_add(hr_store *s, const headroom_row *row);
int hr_tally_purge(hr_store *s, int64_t before_us);

/* ---- unsummed.c: requests that an older version stored, and that are in no sum yet ---- */
/* Requests with numbers up to this are not; 0: all are. <0. The handle is entered. */
int64_t hr_unsummed(hr_store *s);
/* The tables became this version's from `version`: note what is to be summed, and do it at once where that is little. In a transaction. */
int hr_unsummed_begin(hr_store *s, int64_t version);
/* Sum up to `most` requests, the newest first; with the last ones the indexes that sums need are made. In a transaction. How many are left at
   most, or <0. */
int64_t hr_unsummed_step(hr_store *s, int64_t most);
/* Requests were deleted, all of those that are not summed among them. In a transaction. */
int hr_unsummed_forget(hr_store *s);

/* ---- rollup.c; the handle is entered, and, where something is written, in a transaction ---- */
/* What it adds. */
headroom_totals hr_rollup_totals(const headroom_row *row);
/* Add the request of this row, which is stored in the same transaction. 0 or <0. */
int hr_rollup_add(hr_store *s, const headroom_row *row);
/* Drop the slots of the oldest day that is to go. 1: there was one, 0: there is none, <0. */
int hr_rollup_expire(hr_store *s, int64_t now_us);
/* Requests from before this time were deleted: so are their sums. INT64_MAX: all. */
int hr_rollup_purge(hr_store *s, int64_t before_us);

#endif
