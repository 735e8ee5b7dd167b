/* usage.c - reads the provider's own count from a response. See usage.h.

       pieces --lines--> event data ------.
       (SSE, JSON lines)                   >--"usage", "error" inside?--> usage object --merge--> raw --at the end--> counts
       pieces --frames--> event data -----'
       (Bedrock)
       pieces --------------------------> body ------at the end---------> usage object ---------> raw ---------------> counts
       (JSON)

   Nothing is judged before the end: the object that is left then is read strictly, or everything is unknown. */
#include "usage.h"

#include <string.h>

#include "frames.h"
#include "limits.h"
#include "shorten.h"
#include "usage_error.h"
#include "usage_mark.h"
#include "usage_object.h"

struct hr_usage {
    const hr_usage_dialect *dialect; /* NULL: knows nothing */
    enum hr_usage_form form;
    bool lines;     /* what comes is lines */
    bool failed;    /* only the error is looked for */
    bool cr;        /* the last byte was \r: a \n that follows belongs to it */
    bool begun;     /* the first line is complete */
    bool bad_event; /* a line of this event was lost */
    bool
        only_start; /* all that was said of the output so far is what a stream said before it began (Anthropic) */
    bool shortened; /* text was too long, and goes through `shorten` */
    hr_shorten shorten;
    hr_buf text; /* JSON: the body. Lines: the part of the current line that came in earlier pieces */
    hr_str
        line; /* SSE: the data of the current event where all of it is one line of the piece that is worked on */
    hr_buf event; /* SSE: the data otherwise. Frames: what a frame holds in base64 */
    hr_frames frames;
    hr_buf raw; /* the usage object */
    char error[HR_ERROR_WORD + 1];
};

static void take_frame(void *arg, const hr_frame *f);

hr_usage *hr_usage_new(const char *dialect, enum hr_usage_form form, bool failed)
{
    hr_usage *u = hr_calloc(1, sizeof *u);
    if (!u)
        return NULL;
    u->dialect = hr_usage_dialect_of(dialect);
    u->form = failed ? HR_USAGE_JSON : form;
    u->lines =
        u->form == HR_USAGE_SSE || (u->form == HR_USAGE_JSON && !failed && u->dialect && u->dialect->lines);
    u->failed = failed;
    u->text.max = u->event.max = HR_MAX_RESPONSE;
    u->raw.max = 2 * HR_USAGE_BYTES + 1;
    u->frames.sink = take_frame;
    u->frames.arg = u;
    return u;
}

void hr_usage_free(hr_usage *u)
{
    if (!u)
        return;
    hr_buf_free(&u->text);
    hr_buf_free(&u->event);
    hr_frames_free(&u->frames);
    hr_buf_free(&u->raw);
    hr_free(u);
}

/* Empty again, also after an error; keeps the memory. */
static void clear(hr_buf *b)
{
    b->len = 0;
    b->err = 0;
}

/* More of a body or of a line. */
static void keep_text(hr_usage *u, const char *p, size_t n)
{
    if (!u->shortened && !u->text.err && n > u->text.max - u->text.len) {
        u->text.len = hr_shorten_some(&u->shorten, u->text.data, u->text.data, u->text.len);
        u->shortened = true;
    }
    while (u->shortened && n && !u->text.err) {
        char some[4096] = "";
        const size_t taken = n < sizeof some ? n : sizeof some;
        hr_buf_add(&u->text, some, hr_shorten_some(&u->shorten, some, p, taken));
        p += taken;
        n -= taken;
    }
    hr_buf_add(&u->text, p, n);
}

static void clear_text(hr_usage *u)
{
    clear(&u->text);
    u->shortened = false;
    u->shorten = (hr_shorten){0};
}

/* ------------------------------------------------------------------ an event, or a body */
static void take_usage(hr_usage *u, hr_str text)
{
    hr_str usage;
    const int found = hr_usage_find(u->dialect, text, &usage);

    if (found == 0)
        return;
    if (u->dialect->merge) /* what a stream begins with knows nothing of the output yet */
        u->only_start = u->form != HR_USAGE_JSON && found == 2 && (u->raw.len == 0 || u->only_start);
    if (u->dialect->merge && u->raw.len > 0) {
        hr_usage_merge(&u->raw, usage);
        return;
    }
    clear(&u->raw);
    hr_buf_str(&u->raw, usage);
}

/* The first one stays. */
static void take_error(hr_usage *u, hr_str word)
{
    if (*u->error || !hr_error_word(word))
        return;
    memcpy(u->error, word.p, word.n);
    u->error[word.n] = 0;
}

static void take_event(hr_usage *u, hr_str text)
{
    const hr_usage_dialect *d = u->dialect;

    if (text.n == 0 || (d && hr_usage_unmarked(text, d->mark)))
        return;
    if (d && hr_usage_marked(text, d->mark, d->key != NULL))
        take_usage(u, text);
    if (hr_usage_error_marked(text))
        take_error(u, hr_error_of(text));
}

/* ------------------------------------------------------------------ lines, SSE */
static void end_event(hr_usage *u)
{
    if (!u->bad_event && !u->event.err) {
        if (u->event.len)
            take_event(u, hr_buf_view(&u->event));
        else if (u->line.n)
            take_event(u, u->line);
    }
    u->line = (hr_str){0};
    clear(&u->event);
    u->bad_event = false;
}

/* The piece that u->line lies in goes, or another line of its event follows. */
static void keep_line(hr_usage *u)
{
    hr_buf_str(&u->event, u->line);
    u->line = (hr_str){0};
}

/* One line without its end. ours: it lies in our memory, which the next line overwrites. */
static void end_line(hr_usage *u, hr_str line, bool ours)
{
    if (!u->begun && line.n >= 3 && memcmp(line.p, "\xEF\xBB\xBF", 3) == 0)
        line = hr_str_make(line.p + 3, line.n - 3);
    u->begun = true;
    if (u->form != HR_USAGE_SSE) { /* a line is an event */
        u->line = line;
        end_event(u);
        return;
    }
    if (line.n == 0) {
        end_event(u);
        return;
    }
    if (line.n < 5 || memcmp(line.p, "data:", 5) != 0)
        return;
    line = hr_str_make(line.p + 5, line.n - 5);
    if (line.n > 0 && *line.p == ' ')
        line = hr_str_make(line.p + 1, line.n - 1);
    if (u->line.n)
        keep_line(u);
    const bool first = u->event.len == 0 && !u->event.err;
    if (!first)
        hr_buf_putc(&u->event, '\n');
    if (first && !ours)
        u->line = line;
    else
        hr_buf_str(&u->event, line);
}

static void add_line(hr_usage *u, const char *p, size_t n)
{
    if (u->text.len == 0 && !u->text.err) { /* whole inside this piece: no copy */
        end_line(u, hr_str_make(p, n), false);
        return;
    }
    keep_text(u, p, n);
    if (u->text.err)
        u->bad_event = true;
    else
        end_line(u, hr_buf_view(&u->text), true);
    clear_text(u);
}

static void add_lines(hr_usage *u, const char *p, size_t n)
{
    const char *end = p + n;
    if (u->cr && *p == '\n')
        p++;
    u->cr = false;
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        const char *part = lf ? lf : end, *cr;
        while ((cr = memchr(p, '\r', (size_t)(part - p)))) {
            add_line(u, p, (size_t)(cr - p));
            p = cr + 1;
            if (p == lf) /* \r\n is one end */
                break;
        }
        if (!lf) {
            u->cr = p == end && p[-1] == '\r';
            keep_text(u, p, (size_t)(end - p));
            break;
        }
        if (!cr)
            add_line(u, p, (size_t)(lf - p));
        p = lf + 1;
    }
    if (u->line.n)
        keep_line(u);
}

/* ------------------------------------------------------------------ frames */
static int sextet(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Base64 (RFC 4648 4) into u->event; what is none leaves nothing there. */
static void unpack(hr_usage *u, hr_str text)
{
    uint32_t bits = 0;
    unsigned n = 0;

    clear(&u->event);
    if (hr_buf_reserve(&u->event, text.n / 4 * 3 + 3) < 0)
        return;
    while (text.n && text.p[text.n - 1] == '=')
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        const int v = sextet(text.p[i]);
        if (v < 0) {
            clear(&u->event);
            return;
        }
        bits = bits << 6 | (uint32_t)v;
        n += 6;
        if (n >= 8) {
            n -= 8;
            hr_buf_putc(&u->event, (char)(bits >> n & 255));
        }
    }
}

/* Converse's events are JSON; InvokeModel's hold the model's own in base64. */
static void take_frame(void *arg, const hr_frame *f)
{
    hr_usage *u = arg;
    hr_str bytes;
    hr_json_type type;

    if (f->type.n && !hr_str_is(f->type, "event")) {
        take_error(u, f->name);
    } else if (!hr_str_is(f->name, "chunk")) {
        take_event(u, f->payload);
    } else if (hr_usage_member(f->payload, "bytes", &bytes, &type) > 0 && type == HR_JSON_STRING) {
        unpack(u, hr_str_make(bytes.p + 1, bytes.n - 2));
        take_event(u, hr_buf_view(&u->event));
        clear(&u->event);
    }
}

/* ------------------------------------------------------------------ */
void hr_usage_add(hr_usage *u, const void *data, size_t n)
{
    if (n == 0)
        return;
    if (u->lines)
        add_lines(u, data, n);
    else if (u->form == HR_USAGE_FRAMES)
        hr_frames_add(&u->frames, data, n);
    else
        keep_text(u, data, n);
}

bool hr_usage_wants(const hr_usage *u)
{
    return u->lines ? true : u->form == HR_USAGE_FRAMES ? !u->frames.broken : !u->text.err;
}

/* A JSON body: an object, or, where a stream comes as one array of what would be events, the last of them. */
static void end_body(hr_usage *u)
{
    hr_str text = hr_buf_view(&u->text);
    hr_value v;
    hr_scan s;

    if (u->failed || !u->dialect) {
        take_error(u, hr_error_of(text));
        return;
    }
    hr_scan_init(&s, text.p, text.n);
    if (hr_scan_peek(&s) != HR_JSON_ARRAY) {
        take_event(u, text);
        return;
    }
    if (!u->dialect->array || hr_scan_enter(&s))
        return;
    while (hr_scan_item(&s) == 1 && hr_scan_value(&s, &v) == 0)
        take_event(u, hr_str_make(text.p + v.off, v.len));
}

void hr_usage_end(hr_usage *u, hr_usage_counts *out)
{
    *out = (hr_usage_counts){-1, -1, -1, -1, NULL, NULL};
    if (u->lines) {
        /* A stream that breaks off behind its last event may lack the blank line; half an event is no JSON. */
        if (u->text.len > 0 || u->text.err)
            add_line(u, "", 0);
        end_event(u);
    } else if (u->form == HR_USAGE_JSON && !u->text.err) {
        end_body(u);
    }
    if (*u->error)
        out->error = u->error;
    hr_buf_putc(&u->raw, '\0');
    if (u->raw.err || u->raw.len < 2 ||
        !hr_usage_count(u->dialect, hr_str_make(u->raw.data, u->raw.len - 1), out))
        return;
    out->raw = u->raw.data;
    if (u->only_start)
        out->output = -1;
}
