/* fields.c - what the fields of a head or trailer section say about the body. See fields.h. */
#include "fields.h"

#include <string.h>

#include "view.h"

/* Fields that sign or hash the body (law 7). Lower case; how they are compared: */
enum match { WHOLE, PREFIX, INSIDE };
static const struct {
    const char *name;
    enum match match;
} signing[] = {
    {"content-md5", WHOLE},
    {"digest", WHOLE},
    {"content-digest", WHOLE},
    {"repr-digest", WHOLE},
    {"signature", WHOLE},
    {"signature-input", WHOLE},
    {"x-amz-signature", WHOLE},
    {"x-amz-trailer", WHOLE}, /* names a checksum that stands behind the body */
    {"dpop", WHOLE},          /* some profiles put a hash of the body into the proof */
    {"x-amz-checksum-", PREFIX},
    {"x-hub-signature", PREFIX},
    {"x-signature", PREFIX},
    {"content-sha256", INSIDE}, /* x-amz-, x-ms-, x- */
    {"-hmac", INSIDE},
};

static bool token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static struct view trimmed(struct view v)
{
    while (v.n > 0 && (v.p[0] == ' ' || v.p[0] == '\t')) {
        v.p++;
        v.n--;
    }
    while (v.n > 0 && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    return v;
}

static struct view after_comma(struct view v)
{
    size_t n = find(v, ',');

    return n < v.n ? (struct view){v.p + n + 1, v.n - n - 1} : (struct view){NULL, 0};
}

static bool signs(struct view name, struct view value)
{
    if (is(name, "authorization") || is(name, "proxy-authorization")) {
        struct view scheme = {value.p, find(value, ' ')};

        return starts(scheme, "aws4-") || is(scheme, "signature") || holds(scheme, "hmac");
    }
    for (; is(name, "trailer") && value.n > 0; value = after_comma(value)) {
        struct view announced = {value.p, find(value, ',')};

        if (signs(trimmed(announced), (struct view){NULL, 0}))
            return true;
    }
    for (size_t i = 0; i < sizeof(signing) / sizeof(*signing); i++) {
        const char *s = signing[i].name;
        enum match m = signing[i].match;

        if (m == WHOLE ? is(name, s) : m == PREFIX ? starts(name, s) : holds(name, s))
            return true;
    }
    return false;
}

static void content_type(struct view value, struct fields *f)
{
    struct view type = trimmed((struct view){value.p, find(value, ';')});

    /* Two of them: who knows which one the server takes. */
    f->type_json = is(type, "application/json") && !f->type_seen;
    f->type_seen = true;
    f->multipart |= starts(type, "multipart/");
    f->signature |= starts(type, "application/jose") || is(type, "application/jwt");
}

/* RFC 9110 8.4.1: names in any case; x-gzip is another name of gzip. */
static void content_coding(struct view value, struct fields *f, struct gate_head *out)
{
    bool known = is(value, "gzip") || is(value, "x-gzip") || is(value, "zstd");

    if (f->coding_seen || !(known || is(value, "identity")))
        f->coding_other = true;
    f->coding_seen = true;
    if (known) {
        out->encoding = value.p;
        out->encoding_len = value.n;
    }
}

/* False: the digits are not what RFC 9110 8.6 calls a length. */
static bool content_length(struct view value, const char *head, struct gate_head *out)
{
    if (out->has_length || value.n == 0 || value.n > 18)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return false;
        out->length = out->length * 10 + (size_t)(value.p[i] - '0');
    }
    out->has_length = true;
    out->length_off = (size_t)(value.p - head);
    out->length_len = value.n;
    return true;
}

static const char *const overrides[HEADROOM_OVERRIDE_UNKNOWN] = {
    [HEADROOM_OVERRIDE_MODE] = "mode",
    [HEADROOM_OVERRIDE_LEVEL] = "level",
    [HEADROOM_OVERRIDE_OUTPUT_BUFFER] = "output-buffer-tokens",
    [HEADROOM_OVERRIDE_KEEP_TURNS] = "keep-turns",
    [HEADROOM_OVERRIDE_TOOL_PROFILES] = "tool-profiles",
    [HEADROOM_OVERRIDE_BYPASS] = "bypass",
};

/* name is without "X-Headroom-". */
static void setting_of_ours(struct view name, struct view value, struct gate_head *out)
{
    static const char *const modes[] = {"off", "audit", "simulate", "optimize"};
    int which = 0;

    while (which < HEADROOM_OVERRIDE_UNKNOWN && !is(name, overrides[which]))
        which++;
    if (which == HEADROOM_OVERRIDE_UNKNOWN)
        value = name;
    out->override[which] = (headroom_span){value.p, value.n};
    for (int i = 0; i < 4 && which == HEADROOM_OVERRIDE_MODE; i++) {
        if (is(value, modes[i]))
            out->mode = i;
    }
}

static const char ours[] = "x-headroom-";

static bool field(struct view name, struct view value, const char *head, struct fields *f,
                  struct gate_head *out)
{
    if (is(name, "host")) {
        if (f->host_seen)
            return false;
        f->host_seen = true;
        if (!out->host) {
            out->host = value.p;
            out->host_len = value.n;
        }
    } else if (is(name, "content-length")) {
        return content_length(value, head, out);
    } else if (is(name, "content-type")) {
        content_type(value, f);
    } else if (is(name, "content-encoding")) {
        content_coding(value, f, out);
    } else if (is(name, "transfer-encoding")) {
        f->transfer_other |= out->chunked || !is(value, "chunked");
        out->chunked = true;
    } else if (is(name, "expect")) {
        f->expect_other |= out->expect || !is(value, "100-continue");
        out->expect = true;
    } else if (is(name, "upgrade")) {
        f->upgrade = true;
    } else if (starts(name, ours)) {
        f->ours_seen = true;
        setting_of_ours((struct view){name.p + sizeof(ours) - 1, name.n - sizeof(ours) + 1}, value, out);
    } else {
        f->signature |= signs(name, value);
    }
    return true;
}

bool fields_read(const char *text, size_t at, size_t n, struct fields *f, struct gate_head *out)
{
    for (;;) {
        struct view line = {text + at, n - at}, name, value;
        size_t end = find(line, '\n');

        if (end == line.n || end == 0 || line.p[end - 1] != '\r')
            return false;
        at += end + 1;
        if (end == 1)
            return at == n;
        line.n = end - 1;
        name = (struct view){line.p, find(line, ':')};
        if (name.n == 0 || name.n == line.n || find(line, '\r') != line.n || find(line, '\0') != line.n)
            return false;
        for (size_t i = 0; i < name.n; i++) {
            if (!token_char(name.p[i]))
                return false;
        }
        value = trimmed((struct view){name.p + name.n + 1, line.n - name.n - 1});
        if (!field(name, value, text, f, out))
            return false;
    }
}

const char *fields_judge_trailers(const char *p, size_t n)
{
    struct fields f = {0};
    struct gate_head g = {0};

    if (!fields_read(p, 0, n, &f, &g))
        return "chunked";
    if (f.signature)
        return "signed";
    return g.has_length || g.chunked || g.expect || f.host_seen || f.type_seen || f.coding_seen ||
                   f.upgrade || f.ours_seen
               ? "chunked"
               : NULL;
}
