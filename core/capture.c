/* capture.c - bodies on their way into a file. See capture.h. */
#include "capture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "context.h"
#include "limits.h"

/* ------------------------------------------------------------------ the switch */
static void put_in_force(hr_capture_switch *w, const hr_config *c, bool environment)
{
    int64_t until = c->number[HR_SET_CAPTURE_UNTIL];

    /* An end in the file is that of the file's switch, not of one in the environment. */
    if (until == 0 || (environment && c->origin[HR_SET_CAPTURE_UNTIL] != 'e'))
        until = INT64_MAX;
    else
        until *= 1000000;
    atomic_store(&w->cap, c->number[HR_SET_CAPTURE_MB] << 20);
    atomic_store(&w->days, c->number[HR_SET_CAPTURE_DAYS]);
    atomic_store(&w->until_us, c->number[HR_SET_CAPTURE] == 1 ? until : 0);
}

/* Which file stands there now? Never 0. */
static uint64_t stamp_of(const char *path)
{
    struct stat st;

    if (!path || stat(path, &st) != 0)
        return 1;
    uint64_t v = (uint64_t)st.st_mtim.tv_sec * UINT64_C(1000000007) + (uint64_t)st.st_mtim.tv_nsec;
    return (v * 31 + (uint64_t)st.st_ino) * 31 + (uint64_t)st.st_size + 2;
}

static void read_again(headroom *h, uint64_t stamp)
{
    hr_config c;
    bool first = atomic_load(&h->capture.stamp) == 0;

    if (first || h->config.origin[HR_SET_CAPTURE] == 'e') {
        put_in_force(&h->capture, &h->config, h->config.origin[HR_SET_CAPTURE] == 'e');
    } else if (hr_config_defaults(&c) == 0) {
        c.path = h->config.path;
        if (hr_config_read_file(&c) == 0)
            put_in_force(&h->capture, &c, false);
        c.path = NULL;
        hr_config_free(&c);
    }
    atomic_store(&h->capture.stamp, stamp);
}

bool hr_capture_is_on(headroom *h)
{
    uint64_t stamp = stamp_of(h->config.path);

    if (atomic_load(&h->capture.stamp) != stamp)
        read_again(h, stamp);
    int64_t until = atomic_load(&h->capture.until_us);
    return until > 0 && hr_wall_us() < until;
}

/* ------------------------------------------------------------------ the request */
void hr_capture_begin(headroom_request *r)
{
    headroom *h = r->h;

    /* Without a deadline it is `simulate`, which sends nothing. */
    if (r->capture || r->row.skipped || r->mode == HEADROOM_OFF || !h->store ||
        (h->flags & HEADROOM_NO_DEADLINE) || !h->config.state_directory || !hr_capture_is_on(h))
        return;
    if (!(r->capture = hr_arena_zalloc(r->keep, sizeof *r->capture)))
        return;
    r->capture->response.max = HR_MAX_CAPTURED_RESPONSE;
    int64_t last = atomic_load(&h->capture.last_time_us), mine;
    do
        mine = r->row.time_us > last ? r->row.time_us : last + 1;
    while (!atomic_compare_exchange_weak(&h->capture.last_time_us, &last, mine));
    r->row.time_us = mine;
}

void hr_capture_bodies(headroom_request *r, hr_str made, hr_str sent)
{
    hr_capture *c = r->capture;

    if (!c)
        return;
    hr_buf_free(&c->made);
    hr_buf_free(&c->sent);
    c->made = c->sent = (hr_buf){0};
    hr_buf_str(&c->made, made);
    c->differs = sent.p != NULL;
    if (c->differs)
        hr_buf_str(&c->sent, sent);
}

static void add_member(hr_buf *b, const char *name, const char *text)
{
    hr_buf_puts(b, ",\"");
    hr_buf_puts(b, name);
    hr_buf_puts(b, "\":");
    if (!text) {
        hr_buf_puts(b, "null");
        return;
    }
    hr_buf_putc(b, '"');
    hr_string_encode(b, hr_str_make(text, strlen(text)));
    hr_buf_putc(b, '"');
}

static int pack_about(const headroom_row *row, hr_buf *file)
{
    hr_buf b = {0};

    hr_buf_puts(&b, "{\"time_us\":");
    hr_buf_u64(&b, (uint64_t)row->time_us);
    hr_buf_puts(&b, ",\"pid\":");
    hr_buf_u64(&b, (uint64_t)row->pid);
    add_member(&b, "program", row->program);
    add_member(&b, "host", row->host);
    add_member(&b, "path", row->path);
    add_member(&b, "dialect", row->dialect);
    add_member(&b, "model", row->model);
    hr_buf_putc(&b, '}');
    int r =
        b.err ? b.err : hr_capture_pack(file, HEADROOM_CAPTURE_ABOUT, false, hr_buf_view(&b), (hr_str){0});
    hr_buf_free(&b);
    return r;
}

/* A file of the request, made or appended to. */
static bool keep(headroom_request *r, const hr_buf *bytes, int (*put)(int, const char *, hr_str))
{
    char name[HR_CAPTURE_NAME];
    int directory = hr_capture_directory(r->h->config.state_directory, true);

    if (directory < 0)
        return false;
    hr_capture_name(r->row.time_us, r->row.pid, name);
    bool kept = put(directory, name, hr_buf_view(bytes)) == 0;
    close(directory);
    if (kept)
        atomic_fetch_add(&r->h->capture.since_trim, (int64_t)bytes->len);
    return kept;
}

void hr_capture_write(headroom_request *r)
{
    hr_capture *c = r->capture;
    uint64_t start = hr_now_us();
    hr_buf file = {0};

    if (!c || c->written || c->made.len == 0)
        return;
    int err = c->made.err ? c->made.err : c->sent.err ? c->sent.err : pack_about(&r->row, &file);
    if (err == 0)
        err = hr_capture_pack(&file, HEADROOM_CAPTURE_MADE, false, hr_buf_view(&c->made), (hr_str){0});
    if (err == 0 && c->differs)
        err = hr_capture_pack(&file, HEADROOM_CAPTURE_SENT, false, hr_buf_view(&c->sent),
                              hr_buf_view(&c->made));
    c->written = err == 0 && keep(r, &file, hr_capture_make);
    if (!c->written)
        hr_log_write(&r->h->log, HR_LOG_WARN,
                     "a request was not captured: no memory, or no file could be made");
    hr_buf_free(&file);
    hr_buf_free(&c->made);
    hr_buf_free(&c->sent);
    r->row.elapsed_us += (int64_t)(hr_now_us() - start);
}

void hr_capture_response_head(headroom_request *r, hr_str coding)
{
    hr_capture *c = r->capture;

    if (c && coding.n < sizeof c->response_coding)
        memcpy(c->response_coding, coding.n ? coding.p : "", coding.n);
}

void hr_capture_response(headroom_request *r, const void *data, size_t len)
{
    hr_capture *c = r->capture;

    if (!c || c->cut)
        return;
    size_t room = c->response.max - c->response.len;
    c->cut = len > room;
    hr_buf_add(&c->response, data, len < room ? len : room);
}

/* Once this process has written a sixteenth of what all may take, and at its first. */
static void trim_now_and_then(headroom *h)
{
    hr_capture_switch *w = &h->capture;
    int64_t cap = atomic_load(&w->cap), written = atomic_load(&w->since_trim);

    if (atomic_load(&w->trimmed) && written < cap / 16)
        return;
    atomic_store(&w->trimmed, true);
    atomic_store(&w->since_trim, 0);
    int directory = hr_capture_directory(h->config.state_directory, false);
    if (directory < 0)
        return;
    hr_capture_trim(directory, cap, hr_wall_us() - atomic_load(&w->days) * INT64_C(86400000000));
    close(directory);
}

void hr_capture_end(headroom_request *r)
{
    hr_capture *c = r->capture;
    hr_buf more = {0};

    if (!c || !c->written)
        return;
    int err = c->response.err;
    if (err == 0 && c->response.len > 0)
        err =
            hr_capture_pack(&more, HEADROOM_CAPTURE_RESPONSE, c->cut, hr_buf_view(&c->response), (hr_str){0});
    if (err == 0 && c->response.len > 0 && c->response_coding[0])
        err = hr_capture_pack(&more, (enum headroom_capture_part)HR_CAPTURE_CODING, false,
                              hr_str_make(c->response_coding, strlen(c->response_coding)), (hr_str){0});
    if (err == 0 && more.len > 0)
        keep(r, &more, hr_capture_append);
    hr_buf_free(&more);
    c->written = false; /* once */
    trim_now_and_then(r->h);
}

void hr_capture_free(headroom_request *r)
{
    if (!r->capture)
        return;
    hr_buf_free(&r->capture->made);
    hr_buf_free(&r->capture->sent);
    hr_buf_free(&r->capture->response);
}
