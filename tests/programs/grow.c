/* grow SEED COUNT - so many requests of an agent, through the library and into the database of this user: conversations of ten turns, each with a new
   result, whose histories are sent again. Prints how many were answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "headroom.h"

enum { TURNS = 10, ROWS = 40 };

static void add_turn(hr_buf *b, unsigned long seed, int turn)
{
    char text[200];

    snprintf(text, sizeof text,
             ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_%lu_%d\",\"name\":"
             "\"search\","
             "\"input\":{\"q\":%d}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",",
             seed, turn, turn);
    hr_buf_puts(b, text);
    snprintf(text, sizeof text, "\"tool_use_id\":\"toolu_%lu_%d\",\"content\":\"[", seed, turn);
    hr_buf_puts(b, text);
    for (int i = 0; i < ROWS; i++) {
        snprintf(text, sizeof text,
                 "%s{\\\"path\\\": \\\"src/file%lu.c\\\", \\\"line\\\": %d, \\\"text\\\": \\\"call %lu\\\"}",
                 i ? ", " : "", (seed * 31 + (unsigned long)(turn * ROWS + i)) % 9973, i,
                 seed * 7 + (unsigned long)i);
        hr_buf_puts(b, text);
    }
    hr_buf_puts(b, "]\"}]}");
}

static bool send(headroom *h, const hr_buf *body)
{
    static const char answer[] = "{\"usage\":{\"input_tokens\":4000,\"output_tokens\":50}}";
    const headroom_head head = {.host = "api.example.com",
                                .host_len = 15,
                                .path = "/v1/messages",
                                .path_len = 12,
                                .dialect = "anthropic"};
    headroom_request *r = headroom_request_new(h, &head, headroom_get_mode(h));
    const void *out;
    size_t len;

    if (!r)
        return false;
    headroom_request_body(r, body->data, body->len, &out, &len);
    headroom_request_sent(r);
    headroom_response_head(r, 200, "application/json", 16, NULL, 0);
    headroom_response_body(r, answer, sizeof answer - 1);
    headroom_request_end(r, true);
    return true;
}

int main(int argc, char **argv)
{
    headroom *h = headroom_open(0);
    const unsigned long seed = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    const int count = argc == 3 ? atoi(argv[2]) : 0;
    hr_buf b = {0};
    int sent = 0;

    if (!h || count <= 0)
        return 64;
    for (int i = 0; i < count; i++) {
        const size_t turn = (size_t)(i % TURNS);
        if (turn == 0) {
            b.len = 0;
            hr_buf_puts(&b, "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":100,\"messages\":[{\"role\":"
                            "\"user\",\"content\":\"Find the call\"}");
        }
        add_turn(&b, seed * 1000003 + (unsigned long)(i / TURNS), (int)turn);
        const size_t open = b.len;
        hr_buf_puts(&b, "]}");
        sent += b.err == 0 && send(h, &b);
        b.len = open;
    }
    headroom_at_exit(h);
    headroom_close(h);
    hr_buf_free(&b);
    printf("%d\n", sent);
    return sent == count ? 0 : 1;
}
