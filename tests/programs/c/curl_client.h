/* curl_client.h - what the libcurl programs share: PROGRAM URL CA BODY-FILE [WORD|WORD=VALUE]..., a handle made for an LLM API, a
   buffer that receives an answer, and the counters that a program can look at. */
#ifndef CURL_CLIENT_H
#define CURL_CLIENT_H

#define CURL_DISABLE_DEPRECATION /* programs still use the old ones */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
    const char *url, *ca, *path; /* path: of the file */
    char **words;
    int word_count;
};

static struct job job;

static inline const char *word_value(const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < job.word_count; i++)
        if (strncmp(job.words[i], name, n) == 0 && (job.words[i][n] == '=' || job.words[i][n] == '\0'))
            return job.words[i][n] ? job.words[i] + n + 1 : "";
    return NULL;
}

static inline bool word(const char *name)
{
    return word_value(name) != NULL;
}

static inline long number(const char *name, long otherwise)
{
    const char *value = word_value(name);
    return value ? atol(value) : otherwise;
}

struct bytes {
    char *p;
    size_t n;
};

static inline void bytes_add(struct bytes *b, const void *p, size_t n)
{
    char *grown = realloc(b->p, b->n + n + 1);
    if (!grown)
        abort();
    b->p = grown;
    memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

static inline void bytes_free(struct bytes *b)
{
    free(b->p);
    *b = (struct bytes){NULL, 0};
}

/* A fresh copy of the body, NUL-terminated: the program may do with it what it likes. */
static inline char *read_body(size_t *n)
{
    struct bytes b = {NULL, 0};
    char piece[4096];
    size_t got;
    FILE *f = fopen(job.path, "rb");
    if (!f)
        abort();
    bytes_add(&b, "", 0);
    while ((got = fread(piece, 1, sizeof piece, f)) > 0)
        bytes_add(&b, piece, got);
    fclose(f);
    if (n)
        *n = b.n;
    return b.p;
}

static inline void job_read(int argc, char **argv)
{
    if (argc < 4)
        exit(2);
    job = (struct job){argv[1], argv[2], argv[3], argv + 4, argc - 4};
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static inline size_t keep(char *p, size_t size, size_t n, void *to)
{
    bytes_add(to, p, size * n);
    return size * n;
}

/* The URL with another path behind the host. */
static inline char *url_with(const char *path)
{
    const char *slash = strchr(strstr(job.url, "://") + 3, '/');
    size_t n = slash ? (size_t)(slash - job.url) : strlen(job.url);
    char *url = malloc(n + strlen(path) + 1);
    if (!url)
        abort();
    memcpy(url, job.url, n);
    memcpy(url + n, path, strlen(path) + 1);
    return url;
}

static inline CURL *client(struct curl_slist *lines, const char *body, struct bytes *answer)
{
    CURL *h = curl_easy_init();
    curl_easy_setopt(h, CURLOPT_URL, job.url);
    curl_easy_setopt(h, CURLOPT_CAINFO, job.ca);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT, 60L);
    if (answer) {
        curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(h, CURLOPT_WRITEDATA, answer);
    }
    return h;
}

/* delay=MS: the server reads no body for so long. */
static inline struct curl_slist *json_lines(void)
{
    struct curl_slist *lines = curl_slist_append(NULL, "Content-Type: application/json");
    char line[64];
    snprintf(line, sizeof line, "X-Test-Read-Delay: %ld", number("delay", 0));
    return word("delay") ? curl_slist_append(lines, line) : lines;
}

/* What the program is told of its upload. */
static inline void print_counters(CURL *h, const char *who, CURLcode rc)
{
    long status = 0;
    double size = 0, length = 0;
    curl_off_t size_t_ = 0, length_t_ = 0;
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(h, CURLINFO_SIZE_UPLOAD, &size);
    curl_easy_getinfo(h, CURLINFO_CONTENT_LENGTH_UPLOAD, &length);
    curl_easy_getinfo(h, CURLINFO_SIZE_UPLOAD_T, &size_t_);
    curl_easy_getinfo(h, CURLINFO_CONTENT_LENGTH_UPLOAD_T, &length_t_);
    printf("%s: %s, status %ld, uploaded %.0f of %.0f, %ld of %ld\n", who, curl_easy_strerror(rc), status,
           size, length, (long)size_t_, (long)length_t_);
}

#endif
