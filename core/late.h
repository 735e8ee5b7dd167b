/* late.h - results that are first met when later turns already stand behind them (DESIGN.md): whether new decisions are taken on them.

   Setting adopt: never; always, where nothing sealed follows; net, where it pays as well (adopt.h). For decide.c. */
#ifndef HR_LATE_H
#define HR_LATE_H

#include "context.h"

/* Tell of each result what stands behind it: late, sealed. */
void hr_late_tell(const hr_conversation *conv, hr_item *items, size_t n);

/* What the setting comes to in this request. HR_ADOPT_NET: *prices are those of its model. The rule supposes that the whole prompt is
   sent again, so it is never followed in a batch, nor where the provider holds the history, nor where no price is known. */
enum hr_adopt hr_late_adopt(headroom_request *r, const hr_conversation *conv, hr_price_list *prices);

/* Once all results are decided: new decisions on late ones that do not pay are taken back. 0 or HR_ENOMEM. */
int hr_late_pay(headroom_request *r, const hr_conversation *conv, hr_item *items, size_t n,
                const hr_price_list *prices);

/* It stays as it is for ever, as a new decision. Its keys are set. */
void hr_late_leave(const hr_conversation *conv, hr_item *it, uint32_t tokens);

/* The tool that gave the RESULT at index event. */
hr_str hr_result_tool(const hr_conversation *conv, size_t event);

#endif
