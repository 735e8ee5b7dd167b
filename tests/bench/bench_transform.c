/* bench_transform.c - the road of one tool result through the router (core/transform/transform.h), for a text of each row of its table and
   for texts that no row takes, against memcpy of the same bytes. Token counting is no part of it.

   usage: bench_transform                        every row, as 1 MB
          bench_transform run ROW BYTES ROUNDS   only do it, for a profiler
          bench_transform body ROW BYTES         print a request body with such a text as its newest result
          bench_transform results FILE           transform all results of a body, in turn; one row, named after the file */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bodies.h"
#include "context.h"
#include "dialect/dialect.h"
#include "kinds.h"
#include "limits.h"
#include "measure.h"
#include "transform/transform.h"

enum { MEGABYTE = 1000 * 1000, ROUNDS = 9, RESULTS_ROUNDS = 60 };

struct run {
    hr_buf text;
    char *copy;
    hr_transform_in in;
    hr_arena *query, *arena; /* of the question; of the last run */
    hr_transform_out out;
    int result;
};

static void make(struct run *r, const kind *k, size_t n)
{
    *r = (struct run){.query = hr_arena_new()};
    k->add(&r->text, n, 1);
    while (r->text.len && r->text.data[r->text.len - 1] ==
                              '\n') /* the white space at a result's end is no part of what is transformed */
        r->text.len--;
    measure_check(r->query && !r->text.err && (r->copy = malloc(r->text.len)), "memory for the text");
    r->in = (hr_transform_in){.text = hr_buf_view(&r->text),
                              .query = hr_query_new(r->query, hr_str_make(k->question, strlen(k->question))),
                              .allow_lossy = k->lossy,
                              .offers_command = true,
                              .max_items = HR_MAX_ITEMS,
                              .id = "0123456789abcdef0123"};
}

static void fresh_arena(void *arg)
{
    struct run *r = arg;
    hr_arena_free(r->arena);
    r->arena = hr_arena_new();
}

static void transform(void *arg)
{
    struct run *r = arg;
    r->result = hr_transform(r->arena, &r->in, &r->out);
}

static void copy(void *arg)
{
    struct run *r = arg;
    memcpy(r->copy, r->text.data, r->text.len);
    __asm__ volatile("" : : "r"(r->copy) : "memory"); /* the copy is wanted */
}

static void check(const struct run *r, const kind *k)
{
    measure_check(r->result == (k->transform ? 1 : 0), k->row);
    measure_check(!k->transform || (strcmp(r->out.transform, k->transform) == 0 && r->out.text.n > 0 &&
                                    r->out.text.n < r->text.len),
                  k->row);
}

static void one_kind(const kind *k)
{
    struct run r;
    make(&r, k, MEGABYTE);
    struct contestant list[] = {{.prepare = fresh_arena, .run = transform, .arg = &r},
                                {.run = copy, .arg = &r}};
    char row[64];
    measure_rounds(MEASURE_CPU, list, 2, ROUNDS);
    check(&r, k);
    snprintf(row, sizeof row, "transform.%s", k->row);
    /* Texts are a little longer than a megabyte. */
    measure_say_rate(row, list[0].p50 * MEGABYTE / (double)r.text.len,
                     list[1].p50 * MEGABYTE / (double)r.text.len);
    hr_arena_free(r.arena);
    hr_arena_free(r.query);
    hr_buf_free(&r.text);
    free(r.copy);
}

static void only_run(const char *row, size_t n, unsigned rounds)
{
    const kind *k = kind_of(row);
    struct run r;
    measure_check(k != NULL, "a row of that name");
    make(&r, k, n);
    const double start = measure_now(MEASURE_CPU);
    for (unsigned i = 0; i < rounds; i++) {
        fresh_arena(&r);
        transform(&r);
    }
    fprintf(stderr, "%s: %s, %zu -> %zu bytes, %.0f MB/s\n", row, r.result == 1 ? r.out.transform : "nothing",
            r.text.len, r.result == 1 ? r.out.text.n : r.text.len,
            (double)r.text.len * rounds / (measure_now(MEASURE_CPU) - start) * 1e3);
    check(&r, k);
}

static void print_body(const char *row, size_t n)
{
    const kind *k = kind_of(row);
    hr_buf text = {0}, body = {0};
    measure_check(k != NULL, "a row of that name");
    k->add(&text, n, 1);
    body_begin(&body);
    body_turn_text(&body, 1, hr_buf_view(&text), false);
    body_end(&body);
    measure_check(!body.err && fwrite(body.data, 1, body.len, stdout) == body.len, "the body is written");
}

/* ------------------------------------------------------------------ the results of a body */
struct results {
    hr_conversation c;
    hr_item *item;
    hr_str *query;
    size_t n, rewritten;
    hr_arena *arena;
};

static void read_body(struct results *r, hr_arena *a, const char *name)
{
    hr_buf body = {0};
    const hr_dialect *d;
    char part[1 << 16];
    size_t n;
    FILE *f = fopen(name, "rb");
    measure_check(f != NULL, name);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        hr_buf_add(&body, part, n);
    fclose(f);
    measure_check(!body.err && hr_conversation_read(&r->c, a, body.data, body.len, "anthropic", &d) == 0,
                  name);
    r->item = hr_arena_zalloc(a, r->c.results * sizeof *r->item);
    r->query = hr_arena_zalloc(a, r->c.results * sizeof *r->query);
    measure_check(r->item && r->query, "memory for the results");
    for (size_t i = 0; i < r->c.n; i++) {
        if (r->c.ev[i].kind != HR_EV_RESULT)
            continue;
        measure_check(hr_item_read(&r->c, i, &r->item[r->n]) == 0 &&
                          hr_conversation_query(&r->c, i, &r->query[r->n]) == 0,
                      "a result");
        r->n++;
    }
}

static void fresh_results(void *arg)
{
    struct results *r = arg;
    hr_arena_free(r->arena);
    r->arena = hr_arena_new();
}

static void transform_all(void *arg)
{
    struct results *r = arg;
    hr_transform_out out;
    r->rewritten = 0;
    for (size_t i = 0; i < r->n; i++) {
        const hr_event *e = &r->c.ev[r->item[i].event];
        const hr_transform_in in = {.text = r->item[i].content,
                                    .query = hr_query_new(r->arena, r->query[i]),
                                    .allow_lossy = !e->is_error,
                                    .offers_command = r->c.offers_command,
                                    .max_items = HR_MAX_ITEMS,
                                    .id = "0123456789abcdef0123"};
        if (!e->for_code && in.text.n >= HR_MIN_TOKENS)
            r->rewritten += hr_transform(r->arena, &in, &out) == 1;
    }
}

static void results_of(const char *name)
{
    struct results r = {0};
    hr_arena *a = hr_arena_new();
    char row[64];
    const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    read_body(&r, a, name);
    struct contestant one = {.prepare = fresh_results, .run = transform_all, .arg = &r};
    measure_rounds(MEASURE_CPU, &one, 1, RESULTS_ROUNDS);
    measure_check(r.rewritten > 0, name);
    snprintf(row, sizeof row, "transform.%.*s", (int)strcspn(base, "."), base);
    measure_say_limit(row, one.p50);
}

/* In a process of its own: what the rows before it left in the heap is no part of it. */
static void row_alone(const kind *k)
{
    int status = -1;
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        one_kind(k);
        exit(0);
    }
    measure_check(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, k->row);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "run") == 0)
        only_run(argv[2], strtoul(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10));
    else if (argc == 4 && strcmp(argv[1], "body") == 0)
        print_body(argv[2], strtoul(argv[3], NULL, 10));
    else if (argc == 3 && strcmp(argv[1], "results") == 0)
        results_of(argv[2]);
    else
        for (size_t i = 0; i < kinds_count; i++)
            if (!kinds[i].adverse)
                row_alone(&kinds[i]);
    return 0;
}
