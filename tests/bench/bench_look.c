/* bench_look.c - the parts of the look for linked-in TLS that one process can time.

   usage: bench_look locate ROW FILE   the whole search of a file by its anchors, as if it had no symbols and no earlier answer; against
                                       the bytes of its code at 1 GB/s
          bench_look gate FILE         the look for anchors before any search, in a file that has none; against libc's memmem for each
          bench_look later             a connect() after the first one, against libc's own; runs with the preload library in LD_PRELOAD
          bench_look machine           how fast this machine is (measure.h) */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../../hooks/anchors.h"
#include "elf/locate.h"
#include "measure.h"

enum { SEARCHES = 12, LOOKS = 40, ROUNDS = 400, CONNECTS = 1000 };

/* ------------------------------------------------------------------ locate */
static void search(void *arg)
{
    headroom_located found;

    measure_check(hr_locate_file(arg, HEADROOM_LOCATE_ANCHORS_ONLY, NULL, &found) == 1, "SSL_write is found");
    measure_check(found.tier == HEADROOM_TIER_ANCHOR, "by its anchors");
}

/* At 1 GB/s a byte takes a nanosecond. */
static double code_bytes(const char *path)
{
    const char *why;
    hr_image img;
    double n = 0;

    measure_check(hr_image_open(&img, path, &why) == 0, "an ELF file");
    for (size_t i = 0; i < img.segments; i++)
        n += img.segment[i].execute ? (double)img.segment[i].size : 0;
    hr_image_close(&img);
    return n;
}

static void bench_locate(const char *row, char *path)
{
    struct contestant one = {.run = search, .arg = path};

    measure_rounds(MEASURE_CPU, &one, 1, SEARCHES);
    measure_say_numbers(row, one.p50, code_bytes(path));
}

/* ------------------------------------------------------------------ gate */
static const char *program;
static size_t program_size;

static void look(void *arg)
{
    (void)arg;
    measure_check(!anchors_in(program, program_size), "no anchor is there");
}

static void look_by_libc(void *arg)
{
    (void)arg;
    measure_check(!memmem(program, program_size, "ssl/ssl_lib.c", 13) &&
                      !memmem(program, program_size, "\0SSL_write\0", 11),
                  "no anchor is there");
}

static void bench_gate(const char *path)
{
    struct contestant list[] = {{.run = look}, {.run = look_by_libc}};
    const char *why;
    hr_image img;

    measure_check(hr_image_open(&img, path, &why) == 0, "an ELF file");
    program = (const char *)img.p;
    program_size = img.n;
    measure_rounds(MEASURE_CPU, list, 2, LOOKS);
    measure_say("look.gate", &list[0], &list[1]);
}

/* ------------------------------------------------------------------ later */
typedef int connect_fn(int, const struct sockaddr *, socklen_t);

/* On no socket: the kernel has the least to do. */
static void connect_often(void *arg)
{
    connect_fn *f = *(connect_fn **)arg;

    for (int i = 0; i < CONNECTS; i++)
        measure_check(f(-1, NULL, 0) == -1, "no socket, no connection");
}

static void bench_later(void)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), *symbol = libc ? dlsym(libc, "connect") : NULL;
    connect_fn *bare, *hooked = connect;
    Dl_info where;

    measure_check(symbol != NULL, "libc's own connect");
    memcpy(&bare, &symbol, sizeof bare);
    memcpy(&symbol, &hooked, sizeof symbol);
    measure_check(dladdr(symbol, &where) && strstr(where.dli_fname, "headroom_preload"),
                  "connect is our hook");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    measure_check(fd >= 0 && connect(fd, NULL, 0) == -1, "the first one has been");
    struct contestant list[] = {{.run = connect_often, .arg = &hooked}, {.run = connect_often, .arg = &bare}};
    measure_rounds(MEASURE_CPU, list, 2, ROUNDS);
    list[0].p50 /= CONNECTS;
    list[1].p50 /= CONNECTS;
    measure_say("look.later", &list[0], &list[1]);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "locate") == 0 && argc == 4)
        bench_locate(argv[2], argv[3]);
    else if (strcmp(what, "gate") == 0 && argc == 3)
        bench_gate(argv[2]);
    else if (strcmp(what, "later") == 0)
        bench_later();
    else if (strcmp(what, "machine") == 0)
        measure_say_limit("machine", 0);
    else
        measure_check(false, "locate ROW FILE, gate FILE, later or machine");
    return 0;
}
