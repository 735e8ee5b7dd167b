/* bench_token.c - bench_token ENCODING FILE..: one line for the start of the tokenizer, then one for each file, in nanoseconds of processor time.

     {"start": to the first count of this process, "private": bytes that are this process's alone behind it and all files}
     {"file": .., "tokens": .., "first": the first sight of it, "again": the least of three more}

   token_speed.py runs it in turn with its peers, which print the same. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "measure.h"
#include "token/token.h"

/* Bytes of private dirty memory. */
static long dirty(void)
{
    char line[256];
    long kb = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    measure_check(f != NULL, "/proc/self/smaps_rollup can be read");
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "Private_Dirty:", 14) == 0)
            kb = atol(line + 14);
    fclose(f);
    return kb * 1024;
}

/* A file, mapped: malloc would keep memory of it, which is none of the tokenizer's. */
static char *map_file(const char *path, size_t *n)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    measure_check(fd >= 0 && fstat(fd, &st) == 0, "a file can be read");
    *n = (size_t)st.st_size;
    char *p = mmap(NULL, *n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    measure_check(p != MAP_FAILED, "a file can be mapped");
    close(fd);
    return p;
}

static double count(enum hr_encoding e, const char *text, size_t n, size_t *tokens)
{
    const double from = measure_now(MEASURE_CPU);
    const int r = hr_encoding_count(e, text, n, tokens);
    const double took = measure_now(MEASURE_CPU) - from;
    measure_check(r == 0, "the vocabulary is there");
    return took;
}

int main(int argc, char **argv)
{
    const enum hr_encoding e = hr_encoding_named(argc > 1 ? argv[1] : "");
    size_t tokens, n;
    measure_check(e != HR_ENCODING_NONE, "an encoding is named");
    dirty(); /* stdio has its memory before, too */
    const long before = dirty();
    measure_now(MEASURE_CPU); /* the clock's own first call is not ours */
    printf("{\"start\": %.0f}\n", count(e, "exactly", 7, &tokens));
    fflush(stdout);
    for (int i = 2; i < argc; i++) {
        char *text = map_file(argv[i], &n);
        const double first = count(e, text, n, &tokens);
        double again = first;
        for (int k = 0; k < 3; k++) {
            const double took = count(e, text, n, &tokens);
            again = k == 0 || took < again ? took : again;
        }
        printf("{\"file\": \"%s\", \"tokens\": %zu, \"first\": %.0f, \"again\": %.0f}\n", argv[i], tokens,
               first, again);
        munmap(text, n);
    }
    printf("{\"private\": %ld}\n", dirty() - before);
    return 0;
}
