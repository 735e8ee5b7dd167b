/* token_count.c - prints "TOKENS PATH", estimated, for each file argument; token_error.py compares the figures with the
   oracle. With -s as the first argument: bytes per second instead, best of several runs. */
#include "base.h"
#include "token/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *data = NULL;
    size_t cap = 0;
    *n = 0;
    do {
        if (*n == cap) {
            cap = cap ? cap * 2 : 1 << 16;
            char *more = realloc(data, cap);
            if (!more) {
                free(data);
                fclose(f);
                return NULL;
            }
            data = more;
        }
        *n += fread(data + *n, 1, cap - *n, f);
    } while (!feof(f) && !ferror(f));
    fclose(f);
    return data;
}

int main(int argc, char **argv)
{
    bool speed = argc > 1 && strcmp(argv[1], "-s") == 0;
    for (int i = speed ? 2 : 1; i < argc; i++) {
        size_t n, sum = 0;
        char *text = slurp(argv[i], &n);
        if (!text) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
        double best = 1e9;
        for (int run = 0; run < (speed ? 9 : 1); run++) {
            double from = seconds();
            sum = hr_tokens_estimate(text, n);
            double took = seconds() - from;
            best = took < best ? took : best;
        }
        if (speed)
            printf("%.0f MB/s %s (%zu tokens)\n", (double)n / best / 1e6, argv[i], sum);
        else
            printf("%zu %s\n", sum, argv[i]);
        free(text);
    }
    return 0;
}
