/* fuzz_window.c - the rolling window over any body: three bytes choose the dialect, the room and the turns that stay, the rest is the request. Claims: what a cut leaves is
   read by the same dialect; as many messages are missing as it says, and one of the user's, ours, stands before the others; no call and no
   result lost its other half; and it is the same cut each time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/dialect.h"
#include "headroom.h"
#include "window_elements.h"
#include "window_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 5000 };

static headroom *h;

struct sum {
    size_t n;
    uint64_t calls, results;
    bool unpaired;
    enum hr_element_kind first; /* behind system text */
};

static bool sum_up(const char *body, size_t len, const char *name, struct sum *out)
{
    hr_arena *a = hr_arena_new();
    hr_conversation c;
    hr_elements el;
    const hr_dialect *d;
    bool ok = hr_conversation_read(&c, a, body, len, name, &d) == 0 && hr_elements_read(&el, &c, d) == 0;

    *out = (struct sum){0};
    for (size_t i = 0; ok && i < el.n; i++) {
        out->calls += el.list[i].calls;
        out->results += el.list[i].results;
    }
    if (ok) {
        const size_t first = hr_window_first(el.list, el.n);
        out->n = el.n;
        out->unpaired = c.unpaired;
        out->first = first < el.n ? el.list[first].kind : HR_EL_SYSTEM;
    }
    hr_arena_free(a);
    return ok;
}

/* Messages that were left out of what goes out; *out is freed by the caller. */
static uint64_t cut(const uint8_t *choice, const char *body, size_t len, const char *name, char **out,
                    size_t *out_len)
{
    /* A Claude whose reasoning is known not to be bound; two of the dialects have the model in the path. */
    const char *path =
        strcmp(name, "bedrock") == 0 ? "/model/claude-sonnet-4-5/converse" : "/models/claude-sonnet-4-5:x";
    headroom_head head = {
        .host = "h", .host_len = 1, .path = path, .path_len = strlen(path), .dialect = name};
    char buffer[16], keep[16];
    head.override[HEADROOM_OVERRIDE_OUTPUT_BUFFER] =
        (headroom_span){buffer, (size_t)snprintf(buffer, sizeof buffer, "%d", LIMIT - 16 * (1 + choice[1]))};
    head.override[HEADROOM_OVERRIDE_KEEP_TURNS] =
        (headroom_span){keep, (size_t)snprintf(keep, sizeof keep, "%d", choice[2] % 4)};
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
    const void *sent;
    headroom_row row;
    uint64_t messages = 0;

    if (!r)
        abort();
    *out = NULL;
    if (headroom_request_body(r, body, len, &sent, out_len) == 1) {
        *out = malloc(*out_len + 1);
        memcpy(*out, sent, *out_len);
    }
    headroom_request_row(r, &row);
    const char *at = row.window ? strstr(row.window, "\"messages\":") : NULL;
    if (at)
        messages = strtoull(at + strlen("\"messages\":"), NULL, 10);
    headroom_request_drop(r);
    return messages;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"anthropic", "openai_chat", "openai_responses", "gemini",
                                        "cohere",    "ollama",      "bedrock"};
    struct sum before, after;
    char *sent, *again;
    size_t len, again_len;

    if (!h) {
        setenv("HEADROOM_WINDOW", "on", 1);
        setenv("HEADROOM_MODEL_CONTEXT_LIMITS", "*=5000", 1);
        setenv("HEADROOM_LEVEL", "lossless", 1);
        h = headroom_open(HEADROOM_NO_STATE | HEADROOM_NO_DEADLINE);
    }
    if (size < 3)
        return 0;
    const char *name = names[data[0] % (sizeof names / sizeof *names)], *body = (const char *)data + 3;
    const uint64_t messages = cut(data, body, size - 3, name, &sent, &len);
    if (messages) {
        if (!sent || !sum_up(body, size - 3, name, &before) || !sum_up(sent, len, name, &after))
            abort();
        if (before.unpaired || after.unpaired || after.n + messages != before.n + 1 ||
            after.first != HR_EL_HUMAN || before.calls - after.calls != before.results - after.results ||
            headroom_left_out(sent, len) != messages)
            abort();
        if (cut(data, body, size - 3, name, &again, &again_len) != messages || again_len != len ||
            memcmp(again, sent, len) != 0)
            abort();
        free(again);
    }
    free(sent);
    return 0;
}
