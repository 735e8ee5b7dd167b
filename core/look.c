/* look.c - looking back, for the CLI: statistics, requests, results, originals, settings. See headroom.h. */
#include <string.h>

#include "context.h"
#include "record.h"

void headroom_free(void *p)
{
    hr_free(p);
}

int headroom_get_stats(headroom *h, headroom_stats *out)
{
    *out = (headroom_stats){0};
    int r = h->store ? hr_store_stats(h->store, out) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_each_request(headroom *h, int64_t after_id, int (*cb)(void *, const headroom_row *), void *arg)
{
    int r = h->store ? hr_store_each_request(h->store, after_id, cb, arg) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_each_request_where(headroom *h, const headroom_filter *filter,
                                int (*cb)(void *, const headroom_row *), void *arg)
{
    int r = h->store ? hr_store_each_request_where(h->store, filter, cb, arg) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_each_total(headroom *h, int64_t from_us, int64_t to_us, enum headroom_by by,
                        int (*cb)(void *, const char *, const headroom_totals *), void *arg)
{
    int r = h->store ? hr_store_each_total(h->store, from_us, to_us, by, cb, arg) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_get_tally(headroom *h, headroom_tally *out)
{
    *out = (headroom_tally){0};
    int r = h->store ? hr_store_tally(h->store, out) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_sum_older(headroom *h, int64_t most, int64_t *left)
{
    *left = 0;
    int r = h->store ? hr_store_sum_older(h->store, most, left) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_each_result(headroom *h, size_t limit, int (*cb)(void *, const headroom_result *, int64_t),
                         void *arg)
{
    int r = h->store ? hr_store_each_decision(h->store, limit, cb, arg) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_get_store_facts(headroom *h, headroom_store_facts *out)
{
    *out = (headroom_store_facts){0};
    int r = h->store ? hr_store_facts(h->store, out) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_purge_count(headroom *h, const headroom_purge_scope *scope, headroom_purge_counts *out)
{
    *out = (headroom_purge_counts){0};
    int r = h->store ? hr_store_purge_count(h->store, scope, out) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_purge(headroom *h, const headroom_purge_scope *scope, int64_t wait_us,
                   headroom_purge_counts *out)
{
    *out = (headroom_purge_counts){0};
    int r = h->store ? hr_store_purge(h->store, scope, wait_us, out) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_purge_erase(headroom *h, int64_t wait_us)
{
    int r = h->store ? hr_store_erase(h->store, wait_us) : 0;
    return r == HR_ENOENT ? 0 : r;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_id(const char *hex, uint8_t id[10])
{
    if (strlen(hex) != 20)
        return HR_ENOENT;
    for (int i = 0; i < 10; i++) {
        int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return HR_ENOENT;
        id[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

/* The decoded text of the inside of a JSON string, as bytes of the caller's. */
static int decode_inside(hr_arena *a, hr_str inside, headroom_bytes *out)
{
    hr_buf lexeme = {0};
    hr_str text;
    hr_buf_putc(&lexeme, '"');
    hr_buf_str(&lexeme, inside);
    hr_buf_putc(&lexeme, '"');
    int r = lexeme.err ? lexeme.err : hr_string_decode(a, lexeme.data, lexeme.len, &text);
    if (r == 0) {
        out->data = hr_malloc(text.n + 1);
        out->len = text.n;
        if (out->data) {
            memcpy(out->data, text.p, text.n);
            out->data[text.n] = 0;
        } else {
            r = HR_ENOMEM;
        }
    }
    hr_buf_free(&lexeme);
    return r;
}

int headroom_get_original(headroom *h, const char *hex, headroom_result *info, headroom_bytes *original,
                          headroom_bytes *sent)
{
    headroom_bytes none[2] = {{0}};
    uint8_t id[10];
    hr_decision d;
    hr_str raw;
    int r = h->store ? read_id(hex, id) : HR_ESTORE;

    if (original)
        *original = none[0];
    if (sent)
        *sent = none[1];
    if (r < 0)
        return r;
    hr_arena *a = hr_arena_new();
    if (!a)
        return HR_ENOMEM;
    r = hr_store_decision_by_id(h->store, a, id, &d);
    if (r >= 0 && info) {
        if (!h->shown)
            h->shown = hr_arena_new();
        r = h->shown ? hr_record_result(h->shown, &d, false, NULL, info) : HR_ENOMEM;
    }
    if (r >= 0 && sent)
        r = decode_inside(a, d.sent, sent);
    if (r >= 0 && original && (r = hr_store_original(h->store, a, id, &raw)) >= 0)
        r = decode_inside(a, raw, original);
    if (r < 0 && sent) {
        hr_free(sent->data);
        *sent = none[1];
    }
    hr_arena_free(a);
    return r < 0 ? r : 0;
}

int headroom_each_setting(headroom *h,
                          int (*cb)(void *, const char *name, const char *value, const char *origin,
                                    const char *env, const char *error),
                          void *arg)
{
    for (int s = 0; s < HR_SETTINGS; s++) {
        const char origin = h->config.origin[s];
        int r = cb(arg, hr_setting_name((enum hr_setting)s), h->config.text[s],
                   origin == 'd'   ? "default"
                   : origin == 'e' ? "environment"
                                   : h->config.path,
                   hr_setting_env((enum hr_setting)s), hr_config_error_of(&h->config, (enum hr_setting)s));
        if (r)
            return r;
    }
    return 0;
}

const char *headroom_state_directory(const headroom *h)
{
    return h->config.state_directory;
}

const char *headroom_config_path(const headroom *h)
{
    return h->config.path;
}

int headroom_each_setting_error(
    headroom *h, int (*cb)(void *, bool file, unsigned line, const char *name, const char *error), void *arg)
{
    for (size_t i = 0; i < h->config.n_errors; i++) {
        const hr_config_error *e = &h->config.errors[i];
        int r = cb(arg, e->file, e->line, e->name, e->text);
        if (r)
            return r;
    }
    return 0;
}

const char *headroom_store_reason(headroom *h)
{
    uint8_t key[32];
    if (!h->store)
        return NULL;
    return hr_store_key(h->store, key) < 0 ? hr_store_reason(h->store) : NULL;
}

const char *headroom_write_reason(headroom *h)
{
    return h->store ? hr_store_reason(h->store) : NULL;
}

const char *headroom_strerror(int err)
{
    switch (err) {
    case HR_ENOMEM:
        return "Not enough memory; close other programs or give a smaller file.";
    case HR_EJSON:
        return "The body is not JSON, or it is cut off.";
    case HR_EDEPTH:
        return "The JSON is nested too deeply; such bodies are passed on unchanged.";
    case HR_EUTF8:
        return "The text is not valid UTF-8.";
    case HR_ESURR:
        return "The text holds half of a surrogate pair.";
    case HR_ENUL:
        return "The text holds a NUL character.";
    case HR_EDUP:
        return "The JSON holds the same key twice in one object.";
    case HR_ESHAPE:
        return "The body is not a request of a known API; name its path with --path.";
    case HR_EPAIR:
        return "A tool result has no matching tool call.";
    case HR_ELIMIT:
        return "The input is larger than the limit.";
    case HR_ESTORE:
        return "The database cannot be used; `headroom config` names the state directory.";
    case HR_EBUSY:
        return "Another process is writing to the database; try again.";
    case HR_ETIME:
        return "The deadline of the request passed.";
    case HR_EFULL:
        return "The store of originals is full; raise originals.mb or lower originals.days.";
    case HR_EIO:
        return "A file could not be read or written.";
    case HR_ENOENT:
        return "There is no such id.";
    case HR_ECODING:
        return "The coding of the body cannot be undone; such bodies are passed on unchanged.";
    default:
        return err < 0 ? "Unknown error." : "No error.";
    }
}
