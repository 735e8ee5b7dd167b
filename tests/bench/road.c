/* road.c - see road.h. */
#include "road.h"

#include "measure.h"

struct road_done road_send(headroom *h, const hr_buf *body)
{
    static const char host[] = "api.example.org", path[] = "/v1/messages", level[] = "crush";
    const headroom_head head = {.host = host,
                                .host_len = sizeof host - 1,
                                .path = path,
                                .path_len = sizeof path - 1,
                                .dialect = "anthropic",
                                .override = {[HEADROOM_OVERRIDE_LEVEL] = {level, sizeof level - 1}}};
    struct road_done done = {0};
    headroom_row row;
    const void *out;
    size_t len;
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);

    measure_check(r != NULL, "a request begins");
    if (headroom_request_body(r, body->data, body->len, &out, &len) == 1)
        done.len = len;
    headroom_request_row(r, &row);
    done.results = row.results;
    done.rewritten = row.rewritten;
    done.replayed = row.replayed;
    done.skipped = row.skipped;
    headroom_request_sent(r);
    headroom_response_head(r, 200, NULL, 0, NULL, 0);
    headroom_request_end(r, true);
    return done;
}
