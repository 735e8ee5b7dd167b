/* price_table.h - the compiled price table: what data/prices/data.json says, as one block of bytes that is looked up where it lies.

     head │ providers │ models │ clauses │ links │ rates │ text

   Numbers are the machine's own; all references are indexes into these arrays and offsets into text, whose strings end in NUL. What
   matches what is said by the data (equals, starts_with, ends_with, contains, regex, or, and), of names in lower case. A clause
   stands before its parts, and `skip` leads behind the last of them.

   Prices are millionths of a dollar for a million tokens, which is the same as 1e-12 $ for one.

   A view is constant; any thread may look things up. */
#ifndef HR_PRICE_TABLE_H
#define HR_PRICE_TABLE_H

#include "base.h"

enum hr_price_part {
    HR_PRICE_INPUT,
    HR_PRICE_CACHE_READ,
    HR_PRICE_CACHE_WRITE,
    HR_PRICE_CACHE_WRITE_1H,
    HR_PRICE_OUTPUT,
    HR_PRICE_PARTS
};

enum hr_clause_kind {
    HR_CLAUSE_EQUALS,
    HR_CLAUSE_STARTS_WITH,
    HR_CLAUSE_ENDS_WITH,
    HR_CLAUSE_CONTAINS,
    HR_CLAUSE_REGEX,
    HR_CLAUSE_OR,
    HR_CLAUSE_AND
};

#define HR_PRICE_NONE UINT32_MAX /* no clause, no price */

typedef struct hr_price_head {
    char magic[8];
    uint32_t order; /* HR_PRICE_ORDER as this machine writes it */
    uint32_t size;  /* of all, in bytes */
    uint64_t check; /* FNV-1a of all behind this member */
    int32_t day;    /* of the data, since 1970-01-01 */
    uint32_t source;
    uint32_t providers, models, clauses, links, rates, text; /* how many of each; bytes of text */
} hr_price_head;

typedef struct hr_price_provider {
    uint32_t id, pattern; /* pattern: a regular expression over its addresses */
    uint32_t model_match, provider_match;
    uint32_t model, models;  /* the first, how many */
    uint32_t link, fallback; /* providers whose models it offers, too */
} hr_price_provider;

typedef struct hr_price_model {
    uint32_t id, match, rate, rates;
} hr_price_model;

typedef struct hr_price_clause {
    uint16_t kind, skip;
    uint32_t text;
} hr_price_clause;

/* In the order of the data: of those that hold at a time the last counts, where none holds the first. One for prompts of more than
   `above` tokens stands behind the one that it belongs to, whose above is 0. */
typedef struct hr_price_rate {
    int32_t from_day;      /* since 1970-01-01; 0: always */
    uint32_t from_s, to_s; /* of the day, UTC, may run over midnight; equal: all day */
    uint32_t above;
    uint32_t price[HR_PRICE_PARTS]; /* HR_PRICE_NONE: not said */
} hr_price_rate;

typedef struct hr_price_table {
    const hr_price_head *head; /* NULL: no table */
    const hr_price_provider *providers;
    const hr_price_model *models;
    const hr_price_clause *clauses;
    const uint32_t *links;
    const hr_price_rate *rates;
    const char *text;
} hr_price_table;

#define HR_PRICE_MAGIC "HRPRICE1"
#define HR_PRICE_ORDER UINT32_C(0x01020304)

static inline uint64_t hr_price_check(const void *p, size_t n)
{
    const unsigned char *at = p;
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n; i++)
        h = (h ^ at[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* View n bytes at p, aligned to 8, which must outlive it. false: they are no table, or one that was damaged. */
bool hr_price_table_view(hr_price_table *t, const void *p, size_t n);
/* The table that is linked in, which is not checked. */
void hr_price_table_builtin(hr_price_table *t);

/* Who bills, and for what. Strings need not end; n 0: not known. */
typedef struct hr_price_key {
    hr_str host, path, model;
    const char *dialect; /* or NULL */
} hr_price_key;

/* The provider: by the address, else by the dialect and the path of a cloud that has its own, else by the vendor before the `/` of the
   model's name, else by the model's name. NULL: none. */
const hr_price_provider *hr_price_provider_of(const hr_price_table *t, const hr_price_key *key);
/* Its model of this name, or that of a provider whose models it offers; NULL: it is not known. */
const hr_price_model *hr_price_model_of(const hr_price_table *t, const hr_price_provider *p, hr_str name);
/* What holds at this time (microseconds since 1970): the first of *n rates, the others for longer prompts. NULL: nothing is said. */
const hr_price_rate *hr_price_rates_at(const hr_price_table *t, const hr_price_model *m, int64_t time_us,
                                       uint32_t *n);

#endif
