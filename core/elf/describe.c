/* describe.c - texts that name things. */
#include "elf/describe.h"
#include "elf/pairs.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- version */
typedef struct version_search {
    const uint8_t *p;
    size_t n;
    char *out;
    size_t size;
} version_search;

static bool version_hit(void *arg, size_t at)
{
    static const char word[] = "OpenSSL ";
    version_search *v = arg;
    size_t n = 0, w = sizeof(word) - 1;

    if (v->n - at < w + 6 || memcmp(v->p + at, word, w) != 0 || v->p[at + w] < '0' || v->p[at + w] > '9' ||
        v->p[at + w + 1] != '.')
        return true;
    while (n < v->n - at && n < v->size - 1 && v->p[at + n] >= 0x20 && v->p[at + n] < 0x7f)
        n++;
    if (n == v->n - at || v->p[at + n] != 0)
        return true;
    memcpy(v->out, v->p + at, n);
    v->out[n] = 0;
    return strstr(v->out, "(compatible;") == NULL; /* BoringSSL's and aws-lc's form is the sure one */
}

static void find_version(const hr_image *img, char *out, size_t size)
{
    static const hr_pair pair = {0, 0xff, 'O', 4, 0xff, 'S'};

    out[0] = 0;
    for (size_t i = 0; i < img->segments; i++) {
        const hr_segment *g = &img->segment[i];
        version_search v = {.p = img->p + g->offset, .n = (size_t)g->size, .out = out, .size = size};

        if (!g->write && !hr_pairs_search(v.p, v.n, &pair, 1, version_hit, &v))
            break;
    }
}

/* ---------------------------------------------------------------- needed libraries */
static void find_needed(const hr_image *img, char *out, size_t size)
{
    /* In this order: who needs libssl itself is reached there. */
    static const char *const libraries[] = {"libssl.so",  "libcurl",       "libgnutls.so",
                                            "libssl3.so", "libmbedtls.so", "libwolfssl.so"};
    const char *name;

    out[0] = 0;
    for (size_t k = 0; k < sizeof(libraries) / sizeof(libraries[0]); k++) {
        for (size_t i = 0; (name = hr_image_needed(img, i)) != NULL; i++) {
            if (strncmp(name, libraries[k], strlen(libraries[k])) == 0) {
                snprintf(out, size, "%s", name);
                return;
            }
        }
    }
}

/* ---------------------------------------------------------------- other implementations */
typedef struct text_search {
    const uint8_t *p;
    size_t n;
    const char *text;
    size_t size;
} text_search;

static bool text_hit(void *arg, size_t at)
{
    text_search *s = arg;

    return s->size > s->n - at || memcmp(s->p + at, s->text, s->size) != 0;
}

static bool holds(const hr_image *img, const char *text, bool writable, size_t limit)
{
    const hr_pair pair = {0, 0xff, (uint8_t)text[0], 2, 0xff, (uint8_t)text[2]};

    for (size_t i = 0; i < img->segments; i++) {
        const hr_segment *g = &img->segment[i];
        text_search s = {img->p + g->offset, g->size < limit ? (size_t)g->size : limit, text, strlen(text)};

        if (g->write == writable && !hr_pairs_search(s.p, s.n, &pair, 1, text_hit, &s))
            return true;
    }
    return false;
}

static const char *find_other(const hr_image *img)
{
    /* Go's tools look for this mark in the first 64 KB of the data. */
    if (holds(img, "\xff Go buildinf:", true, 64 << 10) || holds(img, "\xff Go buildinf:", false, SIZE_MAX))
        return holds(img, "crypto/tls.", false, SIZE_MAX) ? "Go" : NULL;
    /* Part of the source paths in Rust's panic messages. */
    if (holds(img, "/rustls-", false, SIZE_MAX))
        return "rustls";
    return NULL;
}

void hr_describe(const hr_image *img, headroom_located *out)
{
    find_version(img, out->version, sizeof(out->version));
    find_needed(img, out->needs, sizeof(out->needs));
    out->other = find_other(img);
}
