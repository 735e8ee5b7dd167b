/* bench_locate.c - finding all tool results of a body, against simdjson on-demand; replacing one string of it, against cJSON.

   bench_locate [sse2]   With `sse2` our code sees a processor without more than SSE2; the caller gives simdjson its SSE4.2 kernel
                         by SIMDJSON_FORCE_IMPLEMENTATION=westmere. Without, both choose for themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "bodies.h"
#include "dialect/dialect.h"
#include "measure.h"
#include "simdjson_peer.h"

/* Where __builtin_cpu_supports looks (libgcc's documented ABI); the first word has SSE2 as bit 4 and all that is wider above. */
extern struct {
    unsigned vendor, type, subtype, features[1];
} __cpu_model;

static void hide_all_but_sse2(void)
{
    __builtin_cpu_init();
    __cpu_model.features[0] &= 0x1f;
    measure_check(!__builtin_cpu_supports("avx2") && !__builtin_cpu_supports("ssse3"),
                  "the wider units are hidden");
}

struct body {
    hr_buf b;
    size_t results, bytes; /* as last found */
    size_t len;            /* of the spliced body */
};

static void locate_ours(void *arg)
{
    struct body *x = arg;
    const hr_dialect *d;
    hr_conversation c;
    hr_arena *a = hr_arena_new();
    x->results = x->bytes = 0;
    if (hr_conversation_read(&c, a, x->b.data, x->b.len, "anthropic", &d) == 0) {
        for (size_t i = 0; i < c.n; i++) {
            if (c.ev[i].kind != HR_EV_RESULT)
                continue;
            x->results++;
            x->bytes += c.ev[i].lit.len;
        }
    }
    hr_arena_free(a);
}

static void locate_simdjson(void *arg)
{
    struct body *x = arg;
    if (!simdjson_peer_locate(x->b.data, x->b.len, &x->results, &x->bytes))
        x->results = 0;
}

static void splice_ours(void *arg)
{
    struct body *x = arg;
    const hr_dialect *d;
    hr_conversation c;
    hr_arena *a = hr_arena_new();
    hr_buf out = {0};
    x->len = 0;
    if (hr_conversation_read(&c, a, x->b.data, x->b.len, "anthropic", &d) == 0) {
        size_t last = c.n - 1;
        while (c.ev[last].kind != HR_EV_RESULT)
            last--;
        const hr_splice one = {c.ev[last].lit.off, c.ev[last].lit.len, HR_STR("\"gone\"")};
        if (hr_splice_apply(&out, c.body, c.len, &one, 1) == 0)
            x->len = out.len;
    }
    hr_buf_free(&out);
    hr_arena_free(a);
}

static void parse_cjson(void *arg)
{
    struct body *x = arg;
    cJSON *all = cJSON_ParseWithLength(x->b.data, x->b.len);
    x->results = all != NULL;
    cJSON_Delete(all);
}

static void locate(const char *row, struct body *x, size_t results, unsigned rounds)
{
    struct body theirs = *x;
    struct contestant list[] = {{.run = locate_ours, .arg = x}, {.run = locate_simdjson, .arg = &theirs}};
    measure_rounds(MEASURE_CPU, list, 2, rounds);
    measure_check(x->results == results && theirs.results == results, "all results of the body are found");
    measure_check(x->bytes == theirs.bytes && x->bytes > x->b.len * 8 / 10, "the same bytes are found");
    measure_say(row, &list[0], &list[1]);
}

static void splice(struct body *x)
{
    struct body theirs = *x;
    struct contestant list[] = {{.run = splice_ours, .arg = x}, {.run = parse_cjson, .arg = &theirs}};
    measure_rounds(MEASURE_CPU, list, 2, 60);
    measure_check(theirs.results == 1, "cJSON reads the body");
    measure_check(x->len > 0 && x->len < x->b.len - 1000, "the new body is shorter by a result");
    measure_say("splice.1m", &list[0], &list[1]);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        size_t n;
        unsigned rounds;
    } sizes[] = {{"0.2m", 220 << 10, 400}, {"1m", 1 << 20, 200}, {"8m", 8 << 20, 40}};
    const bool sse2 = argc > 1 && strcmp(argv[1], "sse2") == 0;
    if (sse2)
        hide_all_but_sse2();
    measure_check(!sse2 || strcmp(simdjson_peer_kernel(), "westmere") == 0,
                  "simdjson runs its SSE4.2 kernel");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct body x = {0};
        char row[32];
        size_t results;
        body_make(&x.b, sizes[i].n, &results);
        measure_check(hr_buf_reserve(&x.b, SIMDJSON_PEER_PADDING) == 0, "memory for the padding");
        snprintf(row, sizeof row, "locate.%s.%s", sse2 ? "sse2" : "best", sizes[i].name);
        locate(row, &x, results, sizes[i].rounds);
        if (!sse2 && i == 1)
            splice(&x);
        hr_buf_free(&x.b);
    }
    return 0;
}
