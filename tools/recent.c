/* recent.c - the last requests, kept up to date. See recent.h. */
#include "recent.h"
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NO_MEMORY = -1 };

struct taking {
    struct recent *r;
    size_t most, fresh;
};

static bool counts_only(const char *path)
{
    static const char end[] = "/count_tokens";
    size_t n = path == NULL ? 0 : strlen(path);

    return n >= sizeof(end) - 1 && strcmp(path + n - (sizeof(end) - 1), end) == 0;
}

/* What a reader should know of it besides its figures. */
static const char *note_of(const headroom_row *row)
{
    if (row->error != NULL && *row->error != '\0')
        return row->error;
    if (row->skipped != NULL && *row->skipped != '\0')
        return row->skipped;
    return counts_only(row->path) ? "count_tokens" : "";
}

/* Room for `most` rows and as many more: so the older half is dropped once in `most` rows. */
static bool make_room(struct recent *r, size_t most)
{
    struct recent_request *rows;

    if (r->n == r->room && r->room > most) {
        memmove(r->rows, r->rows + (r->n - most), most * sizeof(r->rows[0]));
        r->n = most;
    }
    if (r->n < r->room)
        return true;
    rows = realloc(r->rows, 2 * most * sizeof(*rows));
    if (rows == NULL)
        return false;
    r->rows = rows;
    r->room = 2 * most;
    return true;
}

static int take(void *arg, const headroom_row *row)
{
    struct taking *t = arg;
    struct recent_request *q;
    bool sent = row->mode != NULL && strcmp(row->mode, "optimize") == 0;
    const char *note = note_of(row);

    if (!make_room(t->r, t->most))
        return NO_MEMORY;
    q = &t->r->rows[t->r->n++];
    *q = (struct recent_request){
        .id = row->id,
        .time_us = row->time_us,
        .before = row->tokens_before,
        .after = sent ? row->tokens_after : row->tokens_before,
        .input = row->input_tokens,
        .cached = row->cached_tokens,
        .status = row->status,
        .exact = row->exact,
    };
    format_word(q->program, sizeof(q->program), row->program);
    format_word(q->model, sizeof(q->model), row->model);
    if (*note != '\0')
        format_word(q->note, sizeof(q->note), note);
    t->r->newest_id = row->id;
    t->fresh++;
    return 0;
}

/* The time of the first row, whose number is asked for by the caller. */
struct finding {
    int64_t id, time_us;
};

static int find(void *arg, const headroom_row *row)
{
    struct finding *f = arg;

    if (row->id == f->id)
        f->time_us = row->time_us;
    return 1;
}

int recent_time(headroom *h, int64_t id, int64_t *time_us)
{
    struct finding f = {id, 0};
    int err = id > 0 ? headroom_each_request(h, id - 1, find, &f) : 0;

    *time_us = f.time_us;
    return err < 0 ? err : 0;
}

int recent_read(headroom *h, struct recent *r, size_t most, size_t *fresh)
{
    struct taking t = {r, most, 0};
    headroom_tally newest;
    int64_t time_us = 0, from;
    int err = headroom_get_tally(h, &newest);

    if (err == 0)
        err = recent_time(h, r->newest_id, &time_us);
    if (err < 0)
        return err;
    if (r->n > 0 && time_us != r->rows[r->n - 1].time_us) {
        r->n = 0;
        r->newest_id = 0;
    }
    from = newest.newest_id - (int64_t)most;
    err = headroom_each_request(h, from > r->newest_id ? from : r->newest_id, take, &t);
    if (r->n > most) {
        memmove(r->rows, r->rows + (r->n - most), most * sizeof(r->rows[0]));
        r->n = most;
    }
    if (fresh != NULL)
        *fresh = t.fresh;
    return err;
}

const char *recent_time_text(char out[RECENT_TIME], const struct recent_request *q)
{
    time_t seconds = (time_t)(q->time_us / 1000000);
    bool old = format_now_us() - q->time_us >= INT64_C(86400000000);
    struct tm t;

    if (localtime_r(&seconds, &t) == NULL || strftime(out, RECENT_TIME, old ? "%b %d" : "%H:%M:%S", &t) == 0)
        strcpy(out, "-");
    return out;
}

void recent_free(struct recent *r)
{
    free(r->rows);
    *r = (struct recent){NULL, 0, 0, 0};
}
