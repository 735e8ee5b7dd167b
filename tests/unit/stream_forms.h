/* stream_forms.h - POST requests in every form of HTTP/1.1 framing and coding, what must arrive of each, and a check of what did.
   For one test program, like stream_rig.h. */
#ifndef STREAM_FORMS_H
#define STREAM_FORMS_H

#include "stream_rig.h"

#define JSON "Host: api.example.com\r\nContent-Type: application/json\r\n"

/* ---- what is sent, and what must arrive ---- */

enum framed { COUNTED, CHUNKED };

struct form {
    enum framed framed;
    hr_coding coding;
    const char *fields;   /* of the head, beside the ordinary ones */
    const char *trailers; /* behind the chunks */
    bool extension;       /* on a chunk */
    bool touched;         /* may be rewritten */
};

/* One request. The head and, where nothing was coded anew, the body are known to the byte; of a body that was coded anew the decoded
   bytes are. */
struct arrival {
    struct bytes head;  /* all of it; for a counted body that is coded anew: up to its length */
    struct bytes rest;  /* the body and trailers; coded anew: the trailers */
    struct bytes plain; /* coded anew: the decoded body */
    hr_coding coding;   /* NONE: not coded anew */
    enum framed framed;
};

enum { ARRIVALS = 16 };
struct talk {
    struct bytes in;
    struct arrival wanted[ARRIVALS];
    size_t count;
};

static void talk_free(struct talk *t)
{
    bytes_free(&t->in);
    for (size_t i = 0; i < t->count; i++) {
        bytes_free(&t->wanted[i].head);
        bytes_free(&t->wanted[i].rest);
        bytes_free(&t->wanted[i].plain);
    }
    *t = (struct talk){0};
}

static void print(struct bytes *b, const char *format, size_t n)
{
    char text[64];

    snprintf(text, sizeof(text), format, n);
    bytes_text(b, text);
}

/* The body in chunks of random sizes, written in the ways that RFC 9112 allows. */
static void add_chunks(struct bytes *to, const char *p, size_t n, const struct form *f)
{
    static const char *const lines[] = {"%zx\r\n", "%zX\r\n", "0%zx\r\n", "00%zX\r\n"};
    unsigned most = chance(3) == 0 ? 8 : chance(2) ? 300 : 50000;

    for (size_t at = 0, size; at < n; at += size) {
        size = 1 + chance(most);
        if (size > n - at)
            size = n - at;
        print(to, at == 0 && f->extension ? "%zx;name=value\r\n" : lines[chance(4)], size);
        bytes_add(to, p + at, size);
        bytes_text(to, "\r\n");
    }
    bytes_text(to, chance(3) ? "0\r\n" : "000\r\n");
    bytes_text(to, f->trailers ? f->trailers : "");
    bytes_text(to, "\r\n");
}

static struct bytes body_in(hr_coding coding, const char *plain, size_t n)
{
    hr_buf coded = {0};
    struct bytes b = {0};

    if (coding == HR_CODING_NONE) {
        bytes_add(&b, plain, n);
        return b;
    }
    assert_int_equal(hr_coding_encode(coding, hr_str_make(plain, n), &coded), 0);
    bytes_add(&b, coded.data, coded.len);
    hr_buf_free(&coded);
    return b;
}

static bool lines_of_ours = true;

/* A head without the line of its length. X-Headroom lines are for us and never arrive. */
static void add_head(struct bytes *to, const struct form *f, const char *path, const char *ours)
{
    bytes_text(to, "POST ");
    bytes_text(to, path);
    bytes_text(to, " HTTP/1.1\r\n" JSON);
    bytes_text(to, ours);
    bytes_text(to, f->fields ? f->fields : "");
    if (f->coding != HR_CODING_NONE)
        bytes_text(to,
                   f->coding == HR_CODING_GZIP ? "Content-Encoding: gzip\r\n" : "content-encoding: ZSTD\r\n");
    bytes_text(to, f->framed == CHUNKED ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: ");
}

/* fresh: what core makes of the body, or NULL: nothing. */
static void add_request(struct talk *t, const struct form *f, const char *path, const char *plain, size_t n,
                        const struct bytes *fresh)
{
    struct bytes body = body_in(f->coding, plain, n), framed = {0};
    struct arrival *a = &t->wanted[t->count++];

    assert_true(t->count <= ARRIVALS);
    if (f->framed == CHUNKED)
        add_chunks(&framed, body.p, body.n, f);
    else
        bytes_add(&framed, body.p, body.n);
    add_head(&t->in, f, path,
             lines_of_ours && f->touched && chance(2) ? "X-Headroom-Level: lossless\r\n" : "");
    if (f->framed == COUNTED)
        print(&t->in, "%zu\r\n\r\n", body.n);
    bytes_add(&t->in, framed.p, framed.n);

    a->framed = f->framed;
    add_head(&a->head, f, path, "");
    if (!fresh || !f->touched) {
        if (f->framed == COUNTED)
            print(&a->head, "%zu\r\n\r\n", body.n);
        bytes_add(&a->rest, framed.p, framed.n);
    } else if (f->coding != HR_CODING_NONE) {
        a->coding = f->coding;
        bytes_add(&a->plain, fresh->p, fresh->n);
    } else if (f->framed == COUNTED) {
        print(&a->head, "%zu\r\n\r\n", fresh->n);
        bytes_add(&a->rest, fresh->p, fresh->n);
    } else {
        print(&a->rest, "%zx\r\n", fresh->n);
        bytes_add(&a->rest, fresh->p, fresh->n);
        bytes_text(&a->rest, "\r\n");
    }
    if (fresh && f->touched &&
        f->framed == CHUNKED) { /* the last chunk and the trailers, as they were written */
        size_t end = 4 + (f->trailers ? strlen(f->trailers) : 0);

        while (framed.p[framed.n - end - 2] == '0')
            end++;
        bytes_add(&a->rest, framed.p + framed.n - end - 1, end + 1);
    }
    bytes_free(&body);
    bytes_free(&framed);
}

static void add_exact(struct talk *t, const char *text)
{
    bytes_text(&t->in, text);
    bytes_text(&t->wanted[t->count++].head, text);
}

/* ---- what has arrived ---- */

static void take(struct bytes *from, const struct bytes *want)
{
    if (from->n < want->n || (want->n && memcmp(from->p, want->p, want->n) != 0))
        fail_msg("arrived:\n%.300s\nwanted:\n%.300s", from->p, want->p);
    from->p += want->n;
    from->n -= want->n;
}

/* Digits, then CR LF once or twice. */
static size_t take_number(struct bytes *from, int base, const char *behind)
{
    char *end;
    size_t v = strtoul(from->p, &end, base);
    struct bytes line = {(char *)behind, strlen(behind)};

    assert_true(end > from->p);
    from->n -= (size_t)(end - from->p);
    from->p = end;
    take(from, &line);
    return v;
}

static void check_arrivals(const struct talk *t)
{
    struct bytes at = sim.server, end = {(char *)"\r\n", 2};

    for (size_t i = 0; i < t->count; i++) {
        const struct arrival *a = &t->wanted[i];

        take(&at, &a->head);
        if (a->coding != HR_CODING_NONE) {
            size_t n = a->framed == COUNTED ? take_number(&at, 10, "\r\n\r\n") : take_number(&at, 16, "\r\n");
            hr_buf plain = {0};

            assert_true(n <= at.n);
            assert_int_equal(hr_coding_decode(a->coding, hr_str_make(at.p, n), &plain), 0);
            assert_int_equal(plain.len, a->plain.n);
            assert_memory_equal(plain.data, a->plain.p, plain.len);
            hr_buf_free(&plain);
            at.p += n;
            at.n -= n;
            if (a->framed == CHUNKED)
                take(&at, &end);
        }
        take(&at, &a->rest);
    }
    assert_int_equal(at.n, 0);
}

/* ---- the forms ---- */

static const char harmless[] = "X-Checked: no\r\nServer-Timing: a;dur=1\r\n";
static const char signing[] = "X-Checked: no\r\nContent-Digest: sha-256=:x:\r\n";

static const struct form forms[] = {
    {COUNTED, HR_CODING_NONE, NULL, NULL, false, true},
    {COUNTED, HR_CODING_GZIP, NULL, NULL, false, true},
    {COUNTED, HR_CODING_ZSTD, NULL, NULL, false, true},
    {CHUNKED, HR_CODING_NONE, NULL, NULL, false, true},
    {CHUNKED, HR_CODING_NONE, "Trailer: X-Checked, Server-Timing\r\n", harmless, false, true},
    {CHUNKED, HR_CODING_GZIP, NULL, harmless, false, true},
    {CHUNKED, HR_CODING_ZSTD, NULL, NULL, false, true},
    {CHUNKED, HR_CODING_NONE, "Expect: 100-continue\r\n", NULL, false, true},
    {CHUNKED, HR_CODING_ZSTD, "Expect: 100-continue\r\n", harmless, false, true},
    {CHUNKED, HR_CODING_NONE, NULL, signing, false, false},
    {CHUNKED, HR_CODING_GZIP, "Trailer: X-Amz-Checksum-Crc32\r\n", NULL, false, false},
    {CHUNKED, HR_CODING_NONE, NULL, NULL, true, false},
    {CHUNKED, HR_CODING_NONE, "Transfer-Encoding: gzip\r\n", NULL, false, false},
    {COUNTED, HR_CODING_NONE, "Expect: 100-continue\r\n", NULL, false, false},
    {COUNTED, HR_CODING_NONE, "Content-Encoding: br\r\n", NULL, false, false},
    {COUNTED, HR_CODING_NONE, "Content-Encoding: gzip\r\n", NULL, false, false}, /* it is not */
    {COUNTED, HR_CODING_NONE, "Content-Digest: x\r\n", NULL, false, false},
};
enum { FORMS = sizeof(forms) / sizeof(*forms) };

static void add_form(struct talk *t, const struct form *f, const char *path, const struct bytes *body)
{
    struct bytes fresh;
    bool changes = rig_rewrite(body->p, body->n, &fresh);

    add_request(t, f, path, body->p, body->n, changes ? &fresh : NULL);
    bytes_free(&fresh);
}

#endif
