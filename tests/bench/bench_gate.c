/* bench_gate.c - how long it takes to see that a write is no LLM call: the gate alone, and the whole write machine of a
   connection that lives on (shim/stream.c follows the framing of what passes).

   bench_gate         the times; no allocation while they are taken
   bench_gate traced  the same writes between two marks that strace shows: no system call may stand between them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/gate.h"
#include "../../shim/stream.h"
#include "measure.h"

enum { ROUNDS = 100, CALLS = 1000, WRITES = 50 };

/* The shim's seams: its heap is counted, core is never asked for. */
static size_t allocations, core_asked;

void *shim_malloc(size_t n)
{
    allocations++;
    return malloc(n);
}

void *shim_realloc(void *p, size_t n)
{
    allocations++;
    return realloc(p, n);
}

void shim_free(void *p)
{
    free(p);
}

const struct shim_core *shim_core_get(void)
{
    core_asked++;
    return NULL;
}

bool shim_enabled(void)
{
    return true;
}

int shim_known_mode(void)
{
    return HEADROOM_OPTIMIZE;
}

/* ------------------------------------------------------------------ requests */
struct request {
    const char *name;
    char text[8192];
    size_t len;
    shim_stream *stream;
    size_t written;
};

static int wire_write(void *conn, const void *buf, size_t len, size_t *done)
{
    struct request *r = conn;
    (void)buf;
    r->written += len;
    *done = len;
    return 1;
}

static int wire_handshake(void *conn)
{
    (void)conn;
    return 1;
}

static void ask_gate(void *arg)
{
    const struct request *r = arg;
    unsigned yes = 0;
    for (int i = 0; i < CALLS; i++) {
        const char *p = r->text;
        __asm__ volatile("" : "+r"(p)); /* each call is made */
        yes += gate_request_line(p, r->len) != 0;
    }
    measure_check(yes == 0, "the gate says no");
}

static void write_all(void *arg)
{
    struct request *r = arg;
    const struct shim_wire wire = {r, wire_write, wire_handshake, NULL};
    r->written = 0;
    for (int i = 0; i < WRITES; i++) {
        size_t done = 0;
        measure_check(shim_stream_write(r->stream, &wire, r->text, r->len, &done) > 0 && done == r->len,
                      "a write");
    }
    measure_check(r->written == WRITES * r->len, "each byte passes");
}

static void make_requests(struct request list[3])
{
    static const char tail[] =
        " HTTP/1.1\r\nHost: files.example.org\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    char path[4000];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = 0;
    list[0].name = "get";
    snprintf(list[0].text, sizeof list[0].text, "GET /v1/messages%s", tail);
    list[1].name = "post";
    snprintf(list[1].text, sizeof list[1].text, "POST /v1/files%s", tail);
    list[2].name = "post-long";
    snprintf(list[2].text, sizeof list[2].text, "POST /%s%s", path, tail);
    for (int i = 0; i < 3; i++) {
        list[i].len = strlen(list[i].text);
        list[i].stream = shim_stream_new();
        measure_check(list[i].stream != NULL, "a stream");
        write_all(&list[i]);
    }
}

static void mark(const char *word)
{
    measure_check(write(-1, word, strlen(word)) < 0, "a mark for strace");
}

int main(int argc, char **argv)
{
    static struct request requests[3];
    struct contestant list[6] = {0};
    char row[40];

    make_requests(requests);
    if (argc == 2 && strcmp(argv[1], "traced") == 0) {
        mark("begin");
        for (int i = 0; i < 3; i++) {
            ask_gate(&requests[i]);
            write_all(&requests[i]);
        }
        mark("end");
        return 0;
    }
    for (int i = 0; i < 3; i++) {
        list[i] = (struct contestant){.run = ask_gate, .arg = &requests[i]};
        list[3 + i] = (struct contestant){.run = write_all, .arg = &requests[i]};
    }
    allocations = 0;
    measure_rounds(MEASURE_CPU, list, 6, ROUNDS);
    measure_check(core_asked == 0, "core is not loaded for them");
    for (int i = 0; i < 6; i++) {
        snprintf(row, sizeof row, "%s.%s", i < 3 ? "gate" : "write", requests[i % 3].name);
        measure_say_limit(row, list[i].p50 / (i < 3 ? CALLS : WRITES));
    }
    measure_say_numbers("gate.allocations", (double)allocations, 0);
    return 0;
}
