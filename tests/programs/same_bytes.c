/* same_bytes.c - what `simulate` would send of each FILE, as a digest: the claim is that it is the same in any locale, thread, process
   and build.

   usage: same_bytes LOCALE THREADS FILE...
   Prints "DIGEST LENGTH FILE" a file, from the first thread; exit status 1 where another thread got other bytes, 2 where the
   locale or a file cannot be had. */
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headroom.h"

enum { MOST_FILES = 512, MOST_THREADS = 16 };

struct file {
    char *body;
    size_t len;
};

struct sent {
    uint64_t digest;
    size_t len;
};

static struct file files[MOST_FILES];
static struct sent sent[MOST_THREADS][MOST_FILES];
static int n_files;

static uint64_t digest(const unsigned char *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static void *work(void *arg)
{
    struct sent *mine = arg;
    headroom *h = headroom_open(HEADROOM_NO_STATE | HEADROOM_NO_DEADLINE);
    const headroom_head head = {.host = "h", .host_len = 1, .path = "/", .path_len = 1};

    for (int i = 0; h && i < n_files; i++) {
        headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
        const void *out = files[i].body;
        size_t len = files[i].len;
        if (!r)
            abort();
        if (headroom_request_body(r, files[i].body, files[i].len, &out, &len) != 1) {
            out = files[i].body;
            len = files[i].len;
        }
        mine[i] = (struct sent){digest(out, len), len};
        headroom_request_drop(r);
    }
    headroom_close(h);
    return NULL;
}

static int read_file(const char *name, struct file *f)
{
    FILE *in = fopen(name, "rb");
    if (!in || fseek(in, 0, SEEK_END) != 0)
        return -1;
    f->len = (size_t)ftell(in);
    rewind(in);
    f->body = malloc(f->len + 1);
    int r = f->body && fread(f->body, 1, f->len, in) == f->len ? 0 : -1;
    fclose(in);
    return r;
}

int main(int argc, char **argv)
{
    pthread_t thread[MOST_THREADS];
    int threads = argc > 3 ? atoi(argv[2]) : 0, differ = 0;

    if (threads < 1 || threads > MOST_THREADS || argc - 3 > MOST_FILES)
        return fprintf(stderr, "usage: same_bytes LOCALE THREADS FILE...\n"), 2;
    if (!setlocale(LC_ALL, argv[1]))
        return fprintf(stderr, "same_bytes: no locale %s\n", argv[1]), 2;
    for (int i = 3; i < argc; i++)
        if (read_file(argv[i], &files[n_files++]) != 0)
            return perror(argv[i]), 2;
    for (int t = 0; t < threads; t++)
        if (pthread_create(&thread[t], NULL, work, sent[t]) != 0)
            return perror("pthread_create"), 2;
    for (int t = 0; t < threads; t++)
        pthread_join(thread[t], NULL);
    for (int i = 0; i < n_files; i++) {
        for (int t = 1; t < threads; t++)
            differ |= sent[t][i].digest != sent[0][i].digest || sent[t][i].len != sent[0][i].len;
        printf("%016llx %zu %s\n", (unsigned long long)sent[0][i].digest, sent[0][i].len, argv[3 + i]);
    }
    return differ;
}
