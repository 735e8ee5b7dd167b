/* cases.c - runs a fuzz target a given number of times on inputs that keep the form of its seeds: lines and records are repeated, dropped,
   swapped and taken from other seeds, digits and words change. libFuzzer finds what no rule thinks of; this makes the number of cases
   a promise, without sanitizers, some ten times as fast.

   usage: NAME CASES SEEDS_DIRECTORY
   Seeds whose first bytes agree in their lowest three bits (which is how targets are told the transform) are a group of their own, and
   each group gets CASES cases. The same cases each time. A claim that fails ends the program by a signal; the input is then in
   ./case-NAME. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUPS = 8, MOST_SEEDS = 256, MOST_SEED = 4096, MOST_CASE = 8192, HEAD = 2 };

struct seed {
    size_t len;
    unsigned char data[MOST_SEED];
};

static struct seed *seeds[GROUPS][MOST_SEEDS];
static size_t n_seeds[GROUPS];
static unsigned char input[MOST_CASE];
static size_t input_len;
static char case_file[64];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t random_state = 0x9e3779b97f4a7c15u;

/* splitmix64; 0 <= x < n */
static size_t draw(size_t n)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (size_t)((z ^ z >> 31) % n);
}

/* ------------------------------------------------------------------ mutations; the first HEAD bytes stay */
static void insert(size_t at, const unsigned char *p, size_t n)
{
    unsigned char copy[MOST_SEED];
    if (n > MOST_CASE - input_len || n > sizeof copy || at > input_len)
        return;
    memcpy(copy, p, n);
    memmove(input + at + n, input + at, input_len - at);
    memcpy(input + at, copy, n);
    input_len += n;
}

static void drop(size_t at, size_t n)
{
    memmove(input + at, input + at + n, input_len - at - n);
    input_len -= n;
}

/* A piece that ends where pieces end: a line, a JSON record, a sentence. */
static size_t piece(const unsigned char *p, size_t len, size_t *from)
{
    const unsigned char ends[] = {'\n', '\n', '\n', '}', ',', ' ', '>'};
    const unsigned char end = ends[draw(sizeof ends)];
    size_t at, n = 0;

    if (len <= HEAD)
        return 0;
    for (at = HEAD + draw(len - HEAD); at > HEAD && p[at - 1] != end; at--)
        ;
    while (at + n < len && p[at + n++] != end)
        ;
    *from = at;
    return n;
}

static void mutate(size_t group)
{
    static const char *const words[] = {
        "error", "0",  "null", "\"", "\\",   "\n", "\n\n", "FAILED", "é", "\xe2\x82\xac", ",",
        "{}",    "[]", " ",    "\t", "\r\n", "-",  "1e9",  ":",      "~", "@1",           "#1 "};
    size_t from, n = piece(input, input_len, &from);
    const struct seed *other = seeds[group][draw(n_seeds[group])];

    switch (draw(8)) {
    case 0:
        if (n && input_len - n > HEAD)
            drop(from, n);
        break;
    case 1:
    case 2: /* a piece again, up to eight times */
        for (size_t k = 1 + draw(8); n && k-- > 0;)
            insert(from, input + from, n);
        break;
    case 3: /* one of another seed */
        if ((n = piece(other->data, other->len, &from)) > 0)
            insert(HEAD + draw(input_len - HEAD + 1), other->data + from, n);
        break;
    case 4: /* its digits */
        for (size_t i = from; n && i < from + n; i++)
            if (input[i] >= '0' && input[i] <= '9')
                input[i] = (unsigned char)('0' + draw(10));
        break;
    case 5: /* one letter */
        if (n && input[from] < 0x80 && input[from + n / 2] < 0x80)
            input[from + n / 2] = (unsigned char)(' ' + draw(95));
        break;
    case 6: {
        const char *word = words[draw(sizeof words / sizeof *words)];
        if (n)
            insert(from + draw(n), (const unsigned char *)word, strlen(word));
        break;
    }
    default: /* the end is missing */
        if (draw(4) == 0 && input_len > HEAD + 1)
            input_len = HEAD + 1 + draw(input_len - HEAD - 1);
    }
}

/* ------------------------------------------------------------------ seeds, and a case that fails */
static int read_seeds(const char *directory)
{
    DIR *d = opendir(directory);
    char path[4096];
    int all = 0;

    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "rb");
        struct seed *s = f ? malloc(sizeof *s) : NULL;
        if (s && (s->len = fread(s->data, 1, MOST_SEED, f)) > HEAD) {
            size_t group = s->data[0] % GROUPS;
            if (n_seeds[group] < MOST_SEEDS)
                seeds[group][n_seeds[group]++] = s;
            all++;
        }
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
    return all;
}

static int by_content(const void *x, const void *y)
{
    const struct seed *a = *(struct seed *const *)x, *b = *(struct seed *const *)y;
    int c = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return c ? c : (a->len > b->len) - (a->len < b->len);
}

static void on_failure(int signal)
{
    FILE *f = fopen(case_file, "wb"); /* the program ends here anyway */
    if (f) {
        fwrite(input, 1, input_len, f);
        fclose(f);
    }
    raise(signal); /* SA_RESETHAND: as without us */
}

int main(int argc, char **argv)
{
    const long cases = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    const struct sigaction act = {.sa_handler = on_failure, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    int groups = 0;

    if (cases < 1)
        return fprintf(stderr, "usage: %s CASES SEEDS_DIRECTORY\n", name), 2;
    if (read_seeds(argv[2]) < 1)
        return fprintf(stderr, "%s: no seeds in %s\n", name, argv[2]), 2;
    snprintf(case_file, sizeof case_file, "case-%.50s", name);
    for (int s = 0; s < 3; s++)
        sigaction((int[]){SIGILL, SIGSEGV, SIGABRT}[s], &act, NULL);
    for (size_t g = 0; g < GROUPS; g++) {
        qsort(seeds[g], n_seeds[g], sizeof *seeds[g], by_content);
        groups += n_seeds[g] > 0;
        for (long i = 0; n_seeds[g] && i < cases; i++) {
            const struct seed *s = seeds[g][draw(n_seeds[g])];
            memcpy(input, s->data, input_len = s->len);
            for (size_t k = 1 + draw(8); k-- > 0;)
                mutate(g);
            LLVMFuzzerTestOneInput(input, input_len);
        }
    }
    printf("  ok     %s: %ld cases of each of %d kinds\n", name, cases, groups);
    return 0;
}
