/* fuzz_road.c - the whole road of one request without state: the input is a body, and the text of a tool result. Claims: a body that is
   no request passes unchanged; a rewritten one is valid JSON, differs only inside the result, and is not longer by tokens. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "headroom.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static headroom *h;

/* Send a body; the new one in *out (owned by the request), or NULL. */
static headroom_request *send_body(const void *body, size_t len, const void **out, size_t *out_len)
{
    const headroom_head head = {
        .host = "h", .host_len = 1, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
    if (!r)
        abort();
    if (headroom_request_body(r, body, len, out, out_len) != 1)
        *out = NULL;
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char before[] =
        "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
        "\"n\","
        "\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\","
        "\"content\":\"";
    static const char after[] = "\"},{\"type\":\"text\",\"text\":\"top 3? id 17\"}]}]}";
    const void *out;
    size_t out_len;

    if (!h) {
        setenv("HEADROOM_MIN_TOKENS_TO_CRUSH", "5", 1);
        h = headroom_open(HEADROOM_NO_STATE | HEADROOM_NO_DEADLINE);
    }
    headroom_request_drop(send_body(data, size, &out, &out_len));
    if (!hr_utf8_valid((const char *)data, size))
        return 0;
    hr_buf body = {0};
    hr_buf_puts(&body, before);
    hr_string_encode(&body, hr_str_make((const char *)data, size));
    hr_buf_puts(&body, after);
    headroom_request *r = send_body(body.data, body.len, &out, &out_len);
    if (out) {
        headroom_row row;
        hr_scan s;
        headroom_request_row(r, &row);
        hr_scan_init(&s, out, out_len);
        if (hr_scan_value(&s, NULL) != 0 || hr_scan_end(&s) != 0 || row.tokens_after >= row.tokens_before)
            abort();
        if (out_len < sizeof before + sizeof after || memcmp(out, before, sizeof before - 1) != 0 ||
            memcmp((const char *)out + out_len - (sizeof after - 1), after, sizeof after - 1) != 0)
            abort();
    }
    headroom_request_drop(r);
    hr_buf_free(&body);
    return 0;
}
