/* gate.c - which requests matter, judged from their heads. See gate.h.

   A head is read twice: by http_parser, whose framing is what the stream follows, and by fields.c,
   which finds the fields and their places. Where the two do not agree to the byte the request is not ours. */
#include "gate.h"

#include <http_parser.h>
#include <string.h>

#include "../core/endpoints.h"
#include "fields.h"
#include "view.h"

/* Rows of the user. Written once, in the constructor of the library. */
enum { EXTRA_ROWS = 16, EXTRA_HOST = 128, EXTRA_PATH = 128, EXTRA_DIALECT = 32 };
static struct extra {
    char host[EXTRA_HOST], path[EXTRA_PATH], dialect[EXTRA_DIALECT];
} extras[EXTRA_ROWS];
static size_t extra_count;

/* Split off the authority of an absolute target: "https://host/path". False: neither form. */
static bool split_target(struct view target, struct view *authority, struct view *path)
{
    *authority = (struct view){NULL, 0};
    if (target.n > 0 && target.p[0] != '/') {
        size_t scheme = starts(target, "https://") ? 8 : starts(target, "http://") ? 7 : target.n;

        target.p += scheme;
        target.n -= scheme;
        *authority = (struct view){target.p, find(target, '/')};
        target.p += authority->n;
        target.n -= authority->n;
    }
    *path = target;
    return target.n > 0;
}

/* The path alone, without query and fragment. */
static struct view bare(struct view path)
{
    path.n = find(path, '?');
    path.n = find(path, '#');
    return path;
}

static bool path_wanted(struct view path)
{
    path = bare(path);
    for (size_t i = 0; i < extra_count; i++) {
        if (ends(path, extras[i].path))
            return true;
    }
    return endpoint_of(path.p, path.n) != NULL;
}

static bool printable(struct view v)
{
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];

        if (c <= ' ' || c >= 0x7f)
            return false;
    }
    return true;
}

int gate_request_line(const char *p, size_t n)
{
    static const char post[] = "POST ";
    const size_t verb = sizeof(post) - 1;
    struct view target, authority, path;

    if (n < verb)
        return n == 0 || memcmp(p, post, n) == 0;
    if (memcmp(p, post, verb) != 0)
        return 0;
    target = (struct view){p + verb, n - verb};
    target.n = find(target, ' ');
    if (target.n == n - verb)
        return find(target, '\n') == target.n; /* a line without a version is over, and not ours */
    return split_target(target, &authority, &path) && path_wanted(path) && printable(target) ? 2 : 0;
}

/* A row's host names any port where it names none. */
static bool host_is(struct view host, const char *wanted)
{
    if (strcmp(wanted, "*") == 0 || is(host, wanted))
        return true;
    host.n = find(host, ':');
    return is(host, wanted);
}

static bool match_row(struct view host, struct view path, struct gate_head *out)
{
    const struct endpoint *e;

    path = bare(path);
    for (size_t i = 0; i < extra_count; i++) {
        if (ends(path, extras[i].path) && host_is(host, extras[i].host)) {
            out->dialect = extras[i].dialect;
            return true;
        }
    }
    e = endpoint_of(path.p, path.n);
    if (e) {
        out->dialect = e->dialect;
        out->count_only = e->count_only;
    }
    return e != NULL;
}

static const char *reason(const struct fields *f, const struct gate_head *out, bool http_1_0)
{
    if (f->signature)
        return "signed";
    if (f->coding_other)
        return "encoding";
    if (f->multipart)
        return "multipart";
    if (!f->type_json)
        return "content_type";
    if (f->upgrade)
        return "upgrade";
    /* The head is gone before the body comes: its length cannot change any more, chunks can. */
    if (f->expect_other || (out->expect && !out->chunked))
        return "expect";
    if (f->transfer_other)
        return "chunked";
    if (!out->has_length && !out->chunked)
        return "no_length";
    if (http_1_0)
        return "http_1_0";
    if (out->length > SHIM_MAX_BODY)
        return "too_large";
    return NULL;
}

static int pause_there(http_parser *parser)
{
    http_parser_pause(parser, 1);
    return 0;
}

/* Does http_parser see the same head, ending at the same byte, with the same length? */
static bool parser_agrees(const char *head, size_t n, const struct gate_head *out)
{
    static const http_parser_settings settings = {.on_headers_complete = pause_there};
    http_parser parser;
    size_t eaten;

    http_parser_init(&parser, HTTP_REQUEST);
    eaten = http_parser_execute(&parser, &settings, head, n);
    return HTTP_PARSER_ERRNO(&parser) == HPE_PAUSED && eaten + 1 == n && parser.method == HTTP_POST &&
           (!out->has_length || parser.content_length == out->length) &&
           out->chunked == ((parser.flags & F_CHUNKED) != 0);
}

bool gate_head(const char *head, size_t n, struct gate_head *out)
{
    struct fields f = {0};
    struct view target, authority, path, query, version;
    bool http_1_0;

    memset(out, 0, sizeof(*out));
    out->mode = -1;
    if (gate_request_line(head, n) != 2)
        return false;
    target = (struct view){head + 5, n - 5};
    target.n = find(target, ' ');
    version = (struct view){target.p + target.n, n - 5 - target.n};
    version.n = find(version, '\n');
    http_1_0 = version.n == 10 && memcmp(version.p, " HTTP/1.0\r", 10) == 0;
    if (!http_1_0 && (version.n != 10 || memcmp(version.p, " HTTP/1.1\r", 10) != 0))
        return false;
    split_target(target, &authority, &path);
    out->path = path.p;
    out->path_len = path.n;
    if (authority.n > 0) {
        out->host = authority.p; /* RFC 9112 3.2.2: it goes before the Host field */
        out->host_len = authority.n;
    }
    if (!fields_read(head, 5 + target.n + version.n + 1, n, &f, out) || !parser_agrees(head, n, out))
        return false;
    if (!match_row((struct view){out->host, out->host_len}, path, out))
        return false;
    query = (struct view){path.p + bare(path).n, path.n - bare(path).n};
    f.signature |= holds(query, "x-amz-signature=");
    out->skip = reason(&f, out, http_1_0);
    return true;
}

bool gate_wanted(const void *buf, size_t len)
{
    const char *p = buf;
    size_t i = 0;
    while (i < len && i < 16 && ((p[i] >= 'A' && p[i] <= 'Z') || p[i] == '-'))
        i++;
    if (i < len && (i == 0 || p[i] != ' '))
        return false;
    return !(len >= 4 && memcmp(p, "PRI ", 4) == 0); /* HTTP/2 with prior knowledge */
}

headroom_head gate_about(const struct gate_head *g, const char *skip)
{
    headroom_head about = {.host = g->host,
                           .host_len = g->host_len,
                           .path = g->path,
                           .path_len = g->path_len,
                           .dialect = g->dialect,
                           .count_only = g->count_only,
                           .skip = g->skip ? g->skip : skip,
                           .encoding = g->encoding,
                           .encoding_len = g->encoding_len};

    memcpy(about.override, g->override, sizeof(about.override));
    return about;
}

size_t gate_without_ours(char *head, size_t n)
{
    size_t from = 0, to = 0;

    while (from < n) {
        struct view line = {head + from, n - from};
        size_t len = find(line, '\n') + 1;

        if (!starts(line, "x-headroom-")) {
            memmove(head + to, head + from, len);
            to += len;
        }
        from += len;
    }
    return to;
}

static bool copy_word(char *to, size_t room, struct view v)
{
    if (v.n == 0 || v.n >= room)
        return false;
    memcpy(to, v.p, v.n);
    to[v.n] = '\0';
    return true;
}

/* One "HOST/PATH DIALECT". False: no such thing. */
static bool parse_extra(struct view v, struct extra *x)
{
    struct view host, path, dialect;

    while (v.n > 0 && (v.p[0] == ' ' || v.p[0] == '\t')) {
        v.p++;
        v.n--;
    }
    while (v.n > 0 && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    host = (struct view){v.p, find(v, '/')};
    path = (struct view){v.p + host.n, v.n - host.n};
    path.n = find(path, ' ');
    if (path.n < 2 || find(host, ' ') != host.n)
        return false;
    dialect = (struct view){path.p + path.n, v.n - host.n - path.n};
    while (dialect.n > 0 && dialect.p[0] == ' ') {
        dialect.p++;
        dialect.n--;
    }
    for (size_t i = 0; i < dialect.n; i++) {
        char c = dialect.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    for (size_t i = 0; i < path.n; i++) {
        if (strchr("?#\t", path.p[i]))
            return false;
    }
    if (!copy_word(x->host, sizeof(x->host), host) || !copy_word(x->path, sizeof(x->path), path) ||
        !copy_word(x->dialect, sizeof(x->dialect), dialect))
        return false;
    for (char *c = x->host; *c; c++)
        *c = lower(*c);
    return true;
}

void gate_init(const char *endpoints_add)
{
    struct view rest = {endpoints_add, endpoints_add ? strlen(endpoints_add) : 0};

    extra_count = 0;
    while (rest.n > 0 && extra_count < EXTRA_ROWS) {
        struct view one = {rest.p, find(rest, ';')};
        size_t step = one.n < rest.n ? one.n + 1 : one.n;

        if (parse_extra(one, &extras[extra_count]))
            extra_count++;
        rest.p += step;
        rest.n -= step;
    }
}

const char *gate_extra_host(size_t i)
{
    return i < extra_count ? extras[i].host : NULL;
}
