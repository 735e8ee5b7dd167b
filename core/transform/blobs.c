/* blobs.c - see blobs.h. */
#include "transform/blobs.h"

#include <string.h>

#include "transform/note.h"
#include "transform/watch.h"

enum {
    LEAST_KNOWN = 256,
    LEAST_UNKNOWN = 2048, /* the longest signatures, of 8192 bits, have 1368 */
    HEAD = 24,            /* characters that stay */
    LEAST_LINE = 60,      /* of a blob with line breaks; base64 tools break at 60, 64 or 76 */
    LOOK = 256,           /* characters by which a run is judged */
    MOST_BLOB = 1 << 30
};

/* 0-63: base64, in either alphabet; 64 and more: none. */
static uint8_t value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint8_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint8_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0' + 52);
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : 64;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Characters of a text that are letters of base64, and the others, once for all. */
static void fill(bool table[256])
{
    for (int i = 0; i < 256; i++)
        table[i] = value((char)i) < 64;
}

/* ------------------------------------------------------------------ one run */
struct run {
    const char *from, *end; /* line breaks and padding included */
    uint32_t characters;
};

/* The length of a line break: a line feed, or its escape in JSON. */
static size_t line_break(const char *p, const char *end)
{
    if (p < end && *p == '\n')
        return 1;
    return end - p > 1 && p[0] == '\\' && p[1] == 'n' ? 2 : 0;
}

/* The run that begins at p, whose first line ends at `first`. */
static struct run read_run(const bool *letter, const char *p, const char *first, const char *end)
{
    struct run r = {p, first, (uint32_t)(first - p)};
    size_t line = (size_t)(first - p), gap;

    while (line >= LEAST_LINE && (gap = line_break(r.end, end)) > 0) {
        const char *q = r.end + gap, *stop = q;
        while (stop < end && letter[(unsigned char)*stop])
            stop++;
        /* All lines but the last are as long as the first. */
        if (stop == q || (size_t)(stop - q) > line ||
            (stop < end && *stop != '=' && *stop != '"' && !line_break(stop, end)))
            break;
        r.characters += (uint32_t)(stop - q) + 1;
        r.end = stop;
        if ((size_t)(stop - q) < line)
            break;
    }
    for (int padding = 0; padding < 2 && r.end < end && *r.end == '='; padding++) {
        r.end++;
        r.characters++;
    }
    return r;
}

/* ------------------------------------------------------------------ may it go? */
/* The first bytes of formats that no model reads as text. */
static const struct {
    const char *bytes;
    size_t n;
} formats[] = {{"\x89PNG", 4},
               {"\xff\xd8\xff", 3},
               {"GIF8", 4},
               {"RIFF", 4},
               {"%PDF", 4},
               {"PK\3\4", 4},
               {"\x1f\x8b\x08", 3},
               {"BZh", 3},
               {"\xfd"
                "7zXZ",
                5},
               {"\x28\xb5\x2f\xfd", 4},
               {"7z\xbc\xaf", 4},
               {"\x7f"
                "ELF",
                4},
               {"MZ", 2},
               {"\0asm", 4},
               {"OTTO", 4},
               {"wOFF", 4},
               {"wOF2", 4},
               {"\0\1\0\0", 4},
               {"ID3", 3},
               {"OggS", 4},
               {"fLaC", 4},
               {"BM", 2},
               {"II*\0", 4},
               {"MM\0*", 4},
               {"SQLite", 6},
               {"\0\0\1\0", 4}};

static size_t decode(const struct run *r, bool hex, uint8_t bytes[LOOK])
{
    uint32_t v = 0;
    unsigned bits = 0;
    size_t n = 0;

    for (const char *p = r->from; p < r->end && p - r->from < LOOK; p++) {
        uint8_t d = hex ? (uint8_t)(*p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10) : value(*p);
        if (d > 63 || (hex && d > 15))
            break;
        v = v << (hex ? 4 : 6) | d;
        bits += hex ? 4 : 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[n++] = (uint8_t)(v >> bits);
        }
    }
    return n;
}

static bool is_text(const uint8_t *bytes, size_t n)
{
    size_t plain = 0;

    for (size_t i = 0; i < n; i++)
        plain += (bytes[i] >= 0x20 && bytes[i] != 0x7f && bytes[i] < 0xf8) || bytes[i] == '\n' ||
                 bytes[i] == '\t' || bytes[i] == '\r';
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == 0)
            return false;
    return plain * 100 >= n * 95;
}

static bool is_format(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (n > formats[i].n && memcmp(bytes, formats[i].bytes, formats[i].n) == 0)
            return true;
    return false;
}

/* Letters and digits as random bytes have them: no rule of dashes, no sequence of a genome, no long name. */
static bool is_mixed(const struct run *r, bool hex)
{
    size_t upper = 0, lower = 0, digits = 0, n = 0;

    for (const char *p = r->from; p < r->end && n < LOOK; p++, n++) {
        upper += *p >= 'A' && *p <= 'Z';
        lower += *p >= 'a' && *p <= 'z';
        digits += *p >= '0' && *p <= '9';
    }
    if (hex)
        return digits * 10 >= n && (upper + lower) * 10 >= n;
    return upper * 12 >= n && lower * 12 >= n && digits * 25 >= n;
}

/* Keys, certificates and tokens: who asked for them may need each character. */
static bool is_credential(const struct run *r, hr_str text)
{
    static const char *const heads[] = {"eyJ", "AAAAB3NzaC1", "AAAAC3NzaC1", "AAAAE2VjZHNh", "ssh-"};
    const char *p = r->from, *end = text.p + text.n;

    if ((p > text.p && p[-1] == '.') || (r->end < end && *r->end == '.'))
        return true;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if ((size_t)(r->end - p) > strlen(heads[i]) && memcmp(p, heads[i], strlen(heads[i])) == 0)
            return true;
    while (p > text.p && (p[-1] == '\n' || (p[-1] == 'n' && p - text.p > 1 && p[-2] == '\\')))
        p -= p[-1] == '\n' ? 1 : 2;
    return p - text.p >= 5 && memcmp(p - 5, "-----", 5) == 0;
}

static bool may_go(const struct run *r, hr_str text, const hr_query *query)
{
    enum { NAMED = 16 };
    uint8_t bytes[LOOK];
    bool hex = true;

    if (r->characters < LEAST_KNOWN)
        return false;
    for (const char *p = r->from; hex && p < r->from + LEAST_LINE; p++)
        hex = is_hex(*p);
    for (const char *p = r->from; hex && p < r->end; p++)
        hex = is_hex(*p) || line_break(p, r->end) || *p == 'n';
    size_t n = decode(r, hex, bytes);
    bool known = is_format(bytes, n);
    if ((!known && (r->characters < LEAST_UNKNOWN || !is_mixed(r, hex))) || is_text(bytes, n) ||
        is_credential(r, text))
        return false;
    return hr_str_find(hr_query_source(query), hr_str_make(r->from, NAMED), 0) == SIZE_MAX;
}

static bool are_asked_for(const hr_query *query)
{
    static const char *const words[] = {"base64", "hex",   "decode",  "decoded",
                                        "blob",   "blobs", "hexdump", "xxd"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hr_query_has(query, hr_str_make(words[i], strlen(words[i]))))
            return true;
    return false;
}

/* ------------------------------------------------------------------ the text */
/* The text behind so many characters, of which a line break is one. false: it is shorter. */
static bool skip(hr_str *text, uint32_t characters)
{
    const char *p = text->p, *end = p + text->n;

    while (characters > 0 && p < end) {
        size_t n = (size_t)(end - p) < characters ? (size_t)(end - p) : characters;
        const char *escape = memchr(p, '\\', n);
        if (escape != p) {
            n = escape ? (size_t)(escape - p) : n;
            p += n;
            characters -= (uint32_t)n;
            continue;
        }
        p += line_break(p, end) ? 2 : 1;
        characters--;
    }
    *text = hr_str_make(p, (size_t)(end - p));
    return characters == 0;
}

/* Is `out` the text with the ends of blobs left out, each counted? */
static bool is_true(hr_str text, hr_str out)
{
    uint32_t omitted, of;

    while (out.n > 0) {
        size_t note = hr_str_find(out, HR_STR("[" HR_NOTE_KEY), 0);
        size_t same = note == SIZE_MAX ? out.n : note;
        if (text.n < same || memcmp(text.p, out.p, same) != 0)
            return false;
        text = hr_str_make(text.p + same, text.n - same);
        out = hr_str_make(out.p + same, out.n - same);
        if (out.n == 0)
            break;
        if (!hr_note_take_characters(&out, &omitted, &of) || omitted >= of || same < of - omitted ||
            !skip(&text, omitted))
            return false;
    }
    return text.n == 0;
}

struct work {
    const hr_transform_in *in;
    hr_watch watch;
    size_t of, kept; /* characters of blobs */
};

static int cut(struct work *w, hr_buf *b)
{
    const hr_str text = w->in->text;
    const char *p = text.p, *end = p + text.n, *copied = p;
    bool letter[256];

    fill(letter);
    while (end - p >= LEAST_LINE) { /* p stands where a run may begin */
        const char *q = p + LEAST_LINE;
        while (q > p && letter[(unsigned char)q[-1]])
            q--;
        if (q == p && p > text.p && p[-1] == '\\' && *p == 'n') { /* of an escape */
            q = p + 1;
        } else if (q == p) {
            for (q = p + LEAST_LINE; q < end && letter[(unsigned char)*q];)
                q++;
            struct run r = read_run(letter, p, q, end);
            if (may_go(&r, text, w->in->query)) {
                hr_buf_add(b, copied, (size_t)(r.from + HEAD - copied));
                hr_note_write_characters(b, r.characters - HEAD, r.characters, w->in->id,
                                         w->in->offers_command);
                w->of += r.characters;
                w->kept += HEAD;
                copied = r.end;
            }
            q = r.end;
        }
        if (hr_watch_spend(&w->watch, (size_t)(q - p)) < 0)
            return HR_ETIME;
        p = q;
    }
    if (w->of > 0) /* else nothing is left out, and all of it would be a copy in vain */
        hr_buf_add(b, copied, (size_t)(end - copied));
    return b->err;
}

int hr_blobs_cut(hr_arena *a, const hr_transform_in *in, unsigned least_percent, hr_transform_out *out)
{
    struct work w = {.in = in, .watch = {.deadline_cpu_us = in->deadline_cpu_us}};
    hr_buf b = {0};

    if (in->text.n < LEAST_KNOWN || in->text.n > MOST_BLOB || are_asked_for(in->query))
        return 0;
    int r = cut(&w, &b);
    if (r == 0)
        r = w.of > 0 && b.len < in->text.n &&
            (uint64_t)(w.of - w.kept) * 100 >= (uint64_t)in->text.n * least_percent &&
            is_true(in->text, hr_buf_view(&b));
    if (r == 1) {
        out->text = hr_str_make(hr_arena_dup(a, b.data, b.len), b.len);
        out->kept = w.kept;
        out->of = w.of;
        r = out->text.p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    return r;
}
