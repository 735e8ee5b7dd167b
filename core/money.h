/* money.h - what a request cost, and what it would have cost without us. In billionths of a dollar.

   Of the usage: I input tokens in all, C of them read from the provider's cache, W of them written to it, w1 of these for an hour, O
   output. With the prices p of the model (prices.h) at that time for a prompt of I tokens, and p' for one of I + k (U + R):

     cost(p)  = (I - C - W) p.input + C p.read + (W - w1) p.write + w1 p.write_1h + O p.output
     extra(p) = k (U - A) p.new + k (R + A) (c p.read + (1 - c) p.new) - min(k B, I - C) (p.new - p.read)

     cost     = cost(p), or what the provider says itself (OpenRouter's `cost`)
     saved    = cost(p') + extra(p') - cost(p)

   U   tokens that the results rewritten here for the first time would have had more
   A   of U: of results that were adopted, whose originals stood in the prefix that the provider had
   R   tokens that were left out by what is replayed, by a cut, or by another edit
   B   where something was adopted or newly cut: tokens that went out from there to the end of what the provider had; else 0
   p.new   what new input is billed at: p.write, for the share w1 / W p.write_1h, where W > 0; else p.input
   c   the share of the prompt that the provider read from its cache, C / I; 1 where B > 0: without us all before it had been read
   k   I / our estimate of what went out: estimates of ours become the provider's. 1 where that is below 1/4 or above 4, as with
       pictures, which we do not count

   Assumed: the program's own body would have been sent; of it as much had been cached as of what was sent, and with B > 0 all that
   stood there before; the answer had been the same. cost(p') is another tier's price for all of it where the program's body alone is
   longer than that tier's bound. Over the turns behind an adoption the sum of saved is what the net rule (adopt.h) expects.
   I not known: nothing is. O not known, as of a stream that was cut short: 0, and cost is what is known of it. Less than 0 is a loss. */
#ifndef HR_MONEY_H
#define HR_MONEY_H

#include "prices.h"

typedef struct hr_money_tokens {
    int64_t input, cached, cache_written, written_1h, output; /* of the usage; -1 unknown */
    int64_t billed;                   /* what the provider says it cost; -1: nothing */
    int64_t sent;                     /* our estimate of what went out */
    int64_t saved_new, saved_adopted; /* U; A */
    int64_t saved_again;              /* R */
    int64_t broken;                   /* B */
} hr_money_tokens;

/* *cost and *saved: HEADROOM_UNPRICED where they are not known. An empty list: no price is known. Pure; any thread. */
void hr_money(const hr_price_list *list, const hr_money_tokens *t, int64_t *cost, int64_t *saved);

/* What the usage object (JSON, NULL: none) says of money: written_1h, billed. */
void hr_money_usage(const char *usage, hr_money_tokens *t);

#endif
