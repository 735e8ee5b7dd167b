/* fuzz_dialect.c - any bytes read as a body of each dialect. Claims about what is accepted: each literal is a whole string of the body;
   those of results stand in the body's order and do not overlap, so that they can be spliced; a result's call stands before it. */
#include <stdlib.h>
#include <string.h>

#include "dialect/dialect.h"

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(const hr_conversation *c, size_t i, size_t *from)
{
    const hr_event *e = &c->ev[i];
    const hr_value *v = &e->lit;

    CLAIM(v->off <= c->len && v->len <= c->len - v->off);
    if (e->kind == HR_EV_RESULT || e->kind == HR_EV_HUMAN)
        CLAIM(v->type == HR_JSON_STRING && v->len >= 2 && c->body[v->off] == '"' &&
              c->body[v->off + v->len - 1] == '"');
    if (e->kind != HR_EV_RESULT)
        return;
    CLAIM(v->off >= *from);
    *from = v->off + v->len;
    CLAIM(e->call <= i && (e->call == 0 || c->ev[e->call - 1].kind == HR_EV_CALL));
    CLAIM(e->call || c->unpaired || c->server_state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"anthropic", "openai_chat", "openai_responses", "gemini",
                                        "cohere",    "ollama",      "bedrock"};
    char *body = malloc(size ? size : 1); /* of exactly its size: one byte too far is seen */

    CLAIM(body);
    if (size)
        memcpy(body, data, size);
    for (size_t d = 0; d < sizeof names / sizeof *names; d++) {
        hr_arena *a = hr_arena_new();
        const hr_dialect *dialect;
        hr_conversation c;
        size_t from = 0;
        CLAIM(a);
        if (hr_conversation_read(&c, a, body, size, names[d], &dialect) == 0) {
            hr_str query;
            for (size_t i = 0; i < c.n; i++) {
                check_event(&c, i, &from);
                if (c.ev[i].kind == HR_EV_RESULT)
                    hr_conversation_query(&c, i, &query);
            }
        }
        hr_arena_free(a);
    }
    free(body);
    return 0;
}
