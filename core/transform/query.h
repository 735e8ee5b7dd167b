/* query.h - what the conversation asks of a tool result: terms, and how well a row answers them.

   Built once per result from the query text (call arguments and human text around the result, DESIGN.md "Query for
   relevance"). Terms are of two sorts:
     anchors  identifiers, UUIDs, numbers, quoted text, paths, e-mail addresses, hosts: a row that holds one is asked for
     words    everything else that is not a stop word; weighed by BM25 over the rows (rare words count, common ones do not)
   plus hints: "top", "best", "highest" (ranking), "last", "latest" (end), "first", "oldest" (start), "all".
   Matching is on whole terms, case-insensitive for ASCII. */
#ifndef HR_QUERY_H
#define HR_QUERY_H

#include "../base.h"

typedef struct hr_query hr_query;

/* Parse text (valid UTF-8; only the first HR_MAX_QUERY bytes are searched for terms). Lives in the arena; the text must live as long.
   NULL: no memory. Empty text gives a query without terms. */
hr_query *hr_query_new(hr_arena *a, hr_str text);

/* Score rows. rows[i] is the raw text of a row; rows that stand one behind the other in one text cost least. On
   return picked[i] says that row i is asked for: by an anchor, or by rare words whose BM25 score stands out (a word in
   more than a tenth of the rows picks nothing). Deterministic.
   0, HR_ENOMEM, HR_ETIME. */
int hr_query_pick(const hr_query *q, hr_arena *a, const hr_str *rows, size_t n, uint64_t deadline_cpu_us,
                  bool *picked);

enum hr_query_hint { HR_HINT_TOP = 1, HR_HINT_LAST = 2, HR_HINT_FIRST = 4, HR_HINT_LOWEST = 8 };
unsigned hr_query_hints(const hr_query *q);
/* The number asked for beside a hint ("top 3", "the three best"); 0: none. At most 1000. */
unsigned hr_query_count(const hr_query *q);
/* Is this word (one word, any case) among those the query says, stop words and hints apart? */
bool hr_query_has(const hr_query *q, hr_str word);

/* The text that the query was made from, as far as it was searched; borrowed. */
hr_str hr_query_source(const hr_query *q);

#endif
