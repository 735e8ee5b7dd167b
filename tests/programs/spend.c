/* spend PROGRAM DOLLARS - a request of that program that has cost so much today, in the database of this user. */
#include <string.h>

#include "budget.h"
#include "context.h"

int main(int argc, char **argv)
{
    int64_t cost = HEADROOM_UNPRICED;
    headroom *h = headroom_open(0);

    if (argc != 3 || !h || !hr_dollars_read(hr_str_make(argv[2], strlen(argv[2])), &cost))
        return 64;
    const headroom_row row = {.time_us = hr_wall_us(),
                              .pid = 1,
                              .program = argv[1],
                              .host = "api.example.com",
                              .path = "/v1/messages",
                              .dialect = "anthropic",
                              .model = "claude-sonnet-4-5",
                              .mode = "optimize",
                              .status = 200,
                              .complete = true,
                              .transforms = "",
                              .usage = "{}",
                              .input_tokens = 1000,
                              .output_tokens = 10,
                              .cached_tokens = 0,
                              .cache_written_tokens = 0,
                              .cost = cost,
                              .saved = 0};
    hr_store_request(h->store, &row);
    hr_budget_spent(h, &row);
    headroom_at_exit(h);
    headroom_close(h);
    return 0;
}
