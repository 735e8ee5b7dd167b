/* curl_head.c - options -> request head. See curl_head.h. */
#include "curl_head.h"

#include <string.h>
#include <strings.h>

struct text {
    const char *p;
    size_t n;
};

/* Two passes over the same code: at NULL the bytes are counted, then written. */
struct sink {
    char *at;
    size_t n;
};

static void put(struct sink *s, const char *p, size_t n)
{
    if (s->at)
        memcpy(s->at + s->n, p, n);
    s->n += n;
}

static void say(struct sink *s, const char *z)
{
    put(s, z, strlen(z));
}

static void put_number(struct sink *s, size_t v)
{
    char digits[24];
    size_t n = 0;

    do
        digits[sizeof digits - ++n] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    put(s, digits + sizeof digits - n, n);
}

/* ------------------------------------------------------------------ the URL */
struct place {
    struct text host; /* without user, password and port */
    struct text port; /* empty: none */
    struct text path; /* path and query */
};

static size_t until(struct text t, const char *stops)
{
    size_t n = 0;
    while (n < t.n && !strchr(stops, t.p[n]))
        n++;
    return n;
}

static bool is_text(struct text t, const char *z)
{
    return t.n == strlen(z) && strncasecmp(t.p, z, t.n) == 0;
}

/* False: not HTTP. */
static bool read_url(const char *url, struct place *out)
{
    struct text t = {url, strlen(url)}, scheme = {"http", 4};
    const char *mark = strstr(url, "://");

    if (mark && until(t, "/?#") == (size_t)(mark - url) + 1) {
        scheme = (struct text){url, (size_t)(mark - url)};
        t = (struct text){mark + 3, t.n - scheme.n - 3};
    }
    bool tls = is_text(scheme, "https");
    if (!tls && !is_text(scheme, "http"))
        return false;
    struct text host = {t.p, until(t, "/?#")};
    out->path = (struct text){t.p + host.n, until((struct text){t.p + host.n, t.n - host.n}, "#")};
    for (size_t i = host.n; i > 0; i--) {
        if (host.p[i - 1] == '@') {
            host = (struct text){host.p + i, host.n - i};
            break;
        }
    }
    size_t bracket = host.n > 0 && host.p[0] == '[' ? until(host, "]") : 0;
    size_t name = bracket + until((struct text){host.p + bracket, host.n - bracket}, ":");
    out->host = (struct text){host.p, name};
    out->port = name < host.n ? (struct text){host.p + name + 1, host.n - name - 1} : (struct text){"", 0};
    if (is_text(out->port, tls ? "443" : "80"))
        out->port.n = 0;
    return host.n > 0;
}

/* ------------------------------------------------------------------ the program's lines */
/* False: this line sends nothing. *value is empty for the form "Name;". */
static bool read_line(const char *line, struct text *name, struct text *value)
{
    size_t n = strcspn(line, ":"), skip;

    if (line[n] == '\0')
        n = strcspn(line, ";");
    *name = (struct text){line, n};
    if (line[n] == '\0')
        return false;
    skip = strspn(line + n + 1, " \t\r\n\v\f");
    *value = (struct text){line + n + 1 + skip, strlen(line + n + 1 + skip)};
    return line[n] == ':' ? value->n > 0 : value->n == 0;
}

struct lines {
    struct text host; /* p NULL: no line */
    bool type;        /* Content-Type is said, or taken away */
    bool framing;     /* so is a length, or a transfer coding that the hook does not follow */
};

static void put_lines(struct sink *s, const struct curl_slist *list, struct lines *seen)
{
    *seen = (struct lines){{NULL, 0}, false, false};
    for (; list; list = list->next) {
        struct text name, value;
        bool sent = read_line(list->data, &name, &value);

        if (is_text(name, "content-type"))
            seen->type = true;
        if (is_text(name, "content-length"))
            seen->framing = true;
        if (is_text(name, "transfer-encoding") && sent && !is_text(value, "chunked"))
            seen->framing = true;
        if (is_text(name, "host") && !seen->host.p)
            seen->host = sent ? value : (struct text){"", 0};
        if (!sent || is_text(name, "content-length") || is_text(name, "transfer-encoding") ||
            is_text(name, "expect") || is_text(name, "host"))
            continue;
        put(s, name.p, name.n);
        say(s, ": ");
        put(s, value.p, value.n);
        say(s, "\r\n");
    }
}

/* ------------------------------------------------------------------ the head */
static void put_host(struct sink *s, const struct curl_options *o, const struct place *place,
                     const struct lines *seen)
{
    if (seen->host.p && seen->host.n == 0)
        return;
    say(s, "Host: ");
    if (seen->host.p) {
        put(s, seen->host.p, seen->host.n);
    } else {
        put(s, place->host.p, place->host.n);
        if (o->port || place->port.n > 0)
            say(s, ":");
        if (o->port)
            put_number(s, (size_t)o->port);
        else
            put(s, place->port.p, place->port.n);
    }
    say(s, "\r\n");
}

static void put_head(struct sink *s, const struct curl_options *o, const struct place *place, size_t body,
                     struct lines *seen)
{
    say(s, "POST ");
    if (o->target) {
        say(s, o->target);
    } else {
        if (place->path.n == 0 || place->path.p[0] != '/')
            say(s, "/");
        put(s, place->path.p, place->path.n);
    }
    say(s, " HTTP/1.1\r\n");
    put_lines(s, o->headers, seen);
    put_host(s, o, place, seen);
    if (!seen->type && o->method == CURL_POST)
        say(s, "Content-Type: application/x-www-form-urlencoded\r\n");
    if (o->method == CURL_FORM)
        say(s, "Content-Type: multipart/form-data\r\n");
    if (o->signs)
        say(s, "Authorization: AWS4-HMAC-SHA256\r\n");
    say(s, "Content-Length: ");
    put_number(s, body);
    say(s, "\r\n\r\n");
}

static char *make(const struct curl_options *o, const char *url, size_t *len, bool *whole)
{
    struct sink s = {NULL, 0};
    struct place place;
    struct lines seen;
    size_t body = *whole ? curl_options_body_size(o) : 0;

    if (!read_url(url, &place))
        return NULL;
    put_head(&s, o, &place, body, &seen);
    *len = s.n;
    *whole = *whole && !seen.framing;
    s = (struct sink){shim_malloc(s.n), 0};
    if (s.at)
        put_head(&s, o, &place, body, &seen);
    return s.at;
}

char *curl_head_make(const struct curl_library *l, const struct curl_options *o, size_t *len, bool *whole)
{
    bool post = o->custom ? strcmp(o->custom, "POST") == 0
                          : (o->method == CURL_POST || o->method == CURL_FORM) && !o->no_body;
    char *url = NULL, *head;

    if (!post || o->lost)
        return NULL;
    *whole = o->method == CURL_POST && o->post && !o->no_body && !(o->upload && l->upload_stays);
    if (!o->parts)
        return o->url ? make(o, o->url, len, whole) : NULL;
    if (!l->url_get || !l->release || l->url_get(o->parts, CURLUPART_URL, &url, 0) != CURLUE_OK)
        return NULL;
    head = make(o, url, len, whole);
    l->release(url);
    return head;
}

static bool is_ours(const char *line)
{
    return strncasecmp(line, "x-headroom-", 11) == 0;
}

bool curl_head_strip(const struct curl_slist *lines, struct curl_slist **rest)
{
    size_t all = 0, ours = 0;

    *rest = NULL;
    for (const struct curl_slist *i = lines; i; i = i->next) {
        all++;
        ours += is_ours(i->data);
    }
    if (ours == 0 || ours == all)
        return ours > 0;
    struct curl_slist *to = shim_malloc((all - ours) * sizeof *to);
    if (!to)
        return false;
    *rest = to;
    for (const struct curl_slist *i = lines; i; i = i->next) {
        if (is_ours(i->data))
            continue;
        to->data = i->data;
        to->next = to + 1;
        to++;
    }
    to[-1].next = NULL;
    return true;
}
