/* prices.h - what tokens cost: the user's prices, else those of the active table.

   Setting `prices`: GLOB = INPUT OUTPUT [CACHE_READ [CACHE_WRITE]], in $ for a million tokens; the first entry whose pattern (glob.h) is
   the model's name, or HOST/MODEL, counts. A price of the cache that is not said is that of the input.

   The active table is the one that is linked in, or the one that `headroom prices update` put into the state directory, whichever has the
   later day (of two of one day the user's). It is read once a process, at the first question. One that cannot be used is none.

   Nobody's price is guessed: a model that neither knows has none. An address that the table does not know is taken for a gateway that
   bills as the maker of the model does; Ollama's own API has no price. What a price does not depend on here: service tiers, speeds and
   batches, regions, anything but text. */
#ifndef HR_PRICES_H
#define HR_PRICES_H

#include <stdatomic.h>

#include "price_table.h"

struct headroom;
struct headroom_request;

typedef struct hr_prices {
    _Atomic int state; /* 0: not read, 1: being read, 2: table is valid and constant */
    hr_price_table table;
    void *memory; /* of a table that was read, and where from; NULL: the one that is linked in */
    char *path;
} hr_prices;

/* All parts are known: what the data leaves open is filled as it bills. */
typedef struct hr_price {
    int64_t above;                /* holds for prompts of more tokens than this */
    int64_t part[HR_PRICE_PARTS]; /* 1e-12 $ a token */
} hr_price;

enum { HR_PRICE_TIERS = 6, HR_PRICES_FILE_MAX = 16 << 20 };

typedef struct hr_price_list {
    hr_price tier[HR_PRICE_TIERS]; /* the first for any prompt, the others for longer ones */
    uint32_t n;                    /* 0: no price is known */
} hr_price_list;

/* What is billed for this at this time. false: no price is known. Any thread. */
bool hr_prices_find(struct headroom *h, const hr_price_key *key, int64_t time_us, hr_price_list *out);
/* Of a list that is not empty, the price for a prompt of so many tokens. */
const hr_price *hr_price_at(const hr_price_list *list, int64_t prompt_tokens);
/* The same for a request, whose model has this name. */
bool hr_prices_of_request(struct headroom_request *r, hr_str model, hr_price_list *out);
/* The active table. */
const hr_price_table *hr_prices_table(struct headroom *h);
void hr_prices_free(hr_prices *p);

/* The entry of the setting that counts. false: there is none. */
bool hr_prices_given(const struct headroom *h, const hr_price_key *key, hr_str *entry);
/* One entry of the setting, "GLOB=2.5 10 1.25": the prices. 0; HR_ESHAPE. */
int hr_price_entry(hr_str entry, hr_str *glob, hr_price *out);

#define HR_PRICES_FILE "prices.table"

#endif
