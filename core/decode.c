/* decode.c - content codings of responses, by zlib, libbrotli and libzstd. See decode.h.

       bytes --> stage (the coding applied last) --> stage (the one before) --> sink */
#include "decode.h"

#include <brotli/decode.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "limits.h"
#include "zstd_heap.h"

enum {
    STAGES = 2,
    PIECE = 16 << 10,      /* what a program reads at once; more costs memory, less calls */
    GZIP_WINDOW = 15 + 16, /* zlib's ways to say: 32 KiB and a gzip header, */
    ZLIB_WINDOW = 15,      /* and its own header, */
    BARE_WINDOW = -15      /* and none */
};

enum kind { GZIP, DEFLATE, BROTLI, ZSTD };

struct stage {
    enum kind kind;
    bool begun; /* the library's state exists */
    bool over;  /* ended or broken: what follows is not looked at */
    uint8_t first;
    bool has_first; /* DEFLATE: one byte has come, which does not tell the form yet */
    z_stream z;
    ZSTD_DCtx *zstd;
    BrotliDecoderState *brotli;
    char out[PIECE];
};

struct hr_decode {
    hr_decode_sink *sink;
    void *arg;
    unsigned n;
    struct stage *stage[STAGES]; /* the first one takes the bytes */
};

/* ------------------------------------------------------------------ memory */
static void *zlib_alloc(void *opaque, unsigned n, unsigned size)
{
    (void)opaque;
    return hr_calloc(n, size);
}

static void *brotli_alloc(void *opaque, size_t n)
{
    (void)opaque;
    return hr_malloc(n);
}

static void heap_free(void *opaque, void *p)
{
    (void)opaque;
    hr_free(p);
}

/* ------------------------------------------------------------------ one stage */
static bool begin_zlib(struct stage *s, int window)
{
    s->z = (z_stream){.zalloc = zlib_alloc, .zfree = heap_free};
    s->begun = inflateInit2(&s->z, window) == Z_OK;
    return s->begun;
}

/* Two bytes tell zlib's header (RFC 1950 2.2) from the beginning of a bare stream, which would have to begin with a stored block of odd
   padding to look like one. */
static bool is_zlib_header(uint8_t a, uint8_t b)
{
    return (a & 15) == 8 && (a * 256 + b) % 31 == 0;
}

static bool begin(struct stage *s)
{
    switch (s->kind) {
    case GZIP:
        return begin_zlib(s, GZIP_WINDOW);
    case DEFLATE: /* when its second byte is there */
        return true;
    case BROTLI:
        s->brotli = BrotliDecoderCreateInstance(brotli_alloc, heap_free, NULL);
        return s->begun = s->brotli != NULL;
    case ZSTD:
        s->zstd = ZSTD_createDCtx_advanced(hr_zstd_heap);
        if (s->zstd)
            ZSTD_DCtx_setMaxWindowSize(s->zstd, HR_MAX_ZSTD_WINDOW);
        return s->begun = s->zstd != NULL;
    }
    return false;
}

static void end(struct stage *s)
{
    if (!s)
        return;
    if (s->begun && (s->kind == GZIP || s->kind == DEFLATE))
        inflateEnd(&s->z);
    BrotliDecoderDestroyInstance(s->brotli);
    ZSTD_freeDCtx(s->zstd);
    hr_free(s);
}

/* Each takes from *in, fills s->out and returns how much it made; sets s->over at an end or an error. */
static size_t inflate_some(struct stage *s, hr_str *in)
{
    s->z.next_in = (z_const Bytef *)in->p;
    s->z.avail_in = in->n > PIECE ? PIECE : (uInt)in->n;
    const uInt given = s->z.avail_in;
    s->z.next_out = (Bytef *)s->out;
    s->z.avail_out = PIECE;
    int r = inflate(&s->z, Z_NO_FLUSH);
    in->p += given - s->z.avail_in;
    in->n -= given - s->z.avail_in;
    if (r == Z_STREAM_END && s->kind == GZIP) /* another member may follow */
        r = inflateReset(&s->z);
    s->over = r != Z_OK && r != Z_BUF_ERROR;
    return PIECE - s->z.avail_out;
}

static size_t decompress_some(struct stage *s, hr_str *in)
{
    ZSTD_inBuffer from = {in->p, in->n, 0};
    ZSTD_outBuffer to = {s->out, PIECE, 0};
    s->over = ZSTD_isError(ZSTD_decompressStream(s->zstd, &to, &from)) != 0;
    in->p += from.pos;
    in->n -= from.pos;
    return to.pos;
}

static size_t unbrotli_some(struct stage *s, hr_str *in)
{
    const uint8_t *from = (const uint8_t *)in->p;
    uint8_t *to = (uint8_t *)s->out;
    size_t room = PIECE;
    BrotliDecoderResult r = BrotliDecoderDecompressStream(s->brotli, &in->n, &from, &room, &to, NULL);
    in->p = (const char *)from;
    s->over = r == BROTLI_DECODER_RESULT_ERROR || r == BROTLI_DECODER_RESULT_SUCCESS;
    return PIECE - room;
}

static void push(hr_decode *d, unsigned at, hr_str in);

static void run(hr_decode *d, unsigned at, hr_str in)
{
    struct stage *s = d->stage[at];
    size_t made = 0;

    /* Output that filled its room may have left more behind, also without further input. */
    while (!s->over && (in.n > 0 || made == PIECE)) {
        made = s->kind == BROTLI ? unbrotli_some(s, &in)
               : s->kind == ZSTD ? decompress_some(s, &in)
                                 : inflate_some(s, &in);
        if (made)
            push(d, at + 1, hr_str_make(s->out, made));
    }
}

/* The form of a stream called "deflate" is known with its second byte. */
static bool tell_form(struct stage *s, hr_str *in)
{
    if (!s->has_first) {
        s->first = (uint8_t)*in->p++;
        in->n--;
        s->has_first = true;
    }
    if (in->n == 0)
        return false;
    s->over = !begin_zlib(s, is_zlib_header(s->first, (uint8_t)*in->p) ? ZLIB_WINDOW : BARE_WINDOW);
    return !s->over;
}

static void push(hr_decode *d, unsigned at, hr_str in)
{
    if (at == d->n) {
        d->sink(d->arg, in.p, in.n);
        return;
    }
    struct stage *s = d->stage[at];
    if (s->over)
        return;
    if (!s->begun) {
        if (!tell_form(s, &in))
            return;
        const char first = (char)s->first;
        run(d, at, hr_str_make(&first, 1));
    }
    run(d, at, in);
}

/* ------------------------------------------------------------------ the chain */
/* The next name of a list; false: it is at its end. */
static bool next_name(hr_str *list, hr_str *name)
{
    while (list->n && (*list->p == ',' || *list->p == ' ' || *list->p == '\t'))
        list->p++, list->n--;
    const char *comma = list->n ? memchr(list->p, ',', list->n) : NULL;
    *name = hr_str_make(list->p, comma ? (size_t)(comma - list->p) : list->n);
    list->p += name->n;
    list->n -= name->n;
    while (name->n && (name->p[name->n - 1] == ' ' || name->p[name->n - 1] == '\t'))
        name->n--;
    return name->n > 0;
}

/* 1: *kind; 0: it stands for no coding; HR_ECODING: not known. */
static int kind_of(hr_str name, enum kind *kind)
{
    static const struct {
        const char *name;
        enum kind kind;
    } names[] = {{"gzip", GZIP}, {"x-gzip", GZIP}, {"deflate", DEFLATE}, {"br", BROTLI}, {"zstd", ZSTD}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (name.n == strlen(names[i].name) && strncasecmp(name.p, names[i].name, name.n) == 0) {
            *kind = names[i].kind;
            return 1;
        }
    return name.n == 8 && strncasecmp(name.p, "identity", 8) == 0 ? 0 : HR_ECODING;
}

/* The coding that was applied last is undone first. */
static int add_stage(hr_decode *d, enum kind kind)
{
    if (d->n == STAGES)
        return HR_ELIMIT;
    d->stage[1] = d->stage[0];
    d->n++;
    struct stage *s = hr_malloc(sizeof *s);
    if ((d->stage[0] = s))
        memset(s, 0, offsetof(struct stage, out));
    if (!s)
        return HR_ENOMEM;
    s->kind = kind;
    return begin(s) ? 0 : HR_ENOMEM;
}

hr_decode *hr_decode_new(hr_str names, hr_decode_sink *sink, void *arg)
{
    hr_decode *d = hr_calloc(1, sizeof *d);
    hr_str name;

    if (!d)
        return NULL;
    d->sink = sink;
    d->arg = arg;
    while (next_name(&names, &name)) {
        enum kind kind = GZIP;
        int r = kind_of(name, &kind);
        if (r == 1)
            r = add_stage(d, kind);
        if (r < 0) {
            hr_decode_free(d);
            return NULL;
        }
    }
    return d;
}

void hr_decode_add(hr_decode *d, const char *p, size_t n)
{
    if (n)
        push(d, 0, hr_str_make(p, n));
}

void hr_decode_free(hr_decode *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < STAGES; i++)
        end(d->stage[i]);
    hr_free(d);
}
