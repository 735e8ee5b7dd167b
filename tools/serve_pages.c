/* serve_pages.c - what `serve` answers with. See serve_pages.h. */
#include "serve_pages.h"
#include "format.h"
#include "json.h"
#include "metrics.h"
#include "moment.h"
#include "page.h"
#include "stats.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { REFRESH_SECONDS = 10, RECENT = 20 };

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

static bool print_json(FILE *f, cJSON *tree)
{
    char *text = tree == NULL ? NULL : cJSON_Print(tree);
    bool done = text != NULL && fprintf(f, "%s\n", text) > 0;

    cJSON_free(text);
    cJSON_Delete(tree);
    return done;
}

static int answer_health(headroom *h, struct serve_state *s, struct serve_answer *out, FILE *f)
{
    static const char *const modes[] = {"off", "audit", "simulate", "optimize"};
    const char *reason = headroom_store_reason(h);
    struct json_tree t = {NULL, false};
    cJSON *o = json_object(&t, NULL, NULL), *database;

    (void)s;
    out->type = JSON;
    out->status = reason == NULL ? 200 : 503;
    json_string(&t, o, "status", reason == NULL ? "healthy" : "unhealthy");
    json_string(&t, o, "version", headroom_version());
    json_string(&t, o, "mode", modes[headroom_get_mode(h)]);
    database = json_object(&t, o, "database");
    json_bool(&t, database, "usable", reason == NULL);
    json_string(&t, database, "reason", reason);
    if (t.failed) {
        cJSON_Delete(t.root);
        return -1;
    }
    return print_json(f, t.root) ? 0 : -1;
}

static int answer_stats(headroom *h, struct serve_state *s, struct serve_answer *out, FILE *f)
{
    cJSON *tree;
    int err = stats_json(h, &tree);

    (void)s;
    out->type = JSON;
    if (err == 0 && !print_json(f, tree))
        err = -1;
    return err;
}

static int answer_metrics(headroom *h, struct serve_state *s, struct serve_answer *out, FILE *f)
{
    out->type = "text/plain; version=0.0.4; charset=utf-8";
    (void)s;
    return metrics_write(h, f);
}

static bool make_nonce(char nonce[SERVE_NONCE])
{
    unsigned char bytes[(SERVE_NONCE - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return false;
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static int answer_page(headroom *h, struct serve_state *s, struct serve_answer *out, FILE *f)
{
    struct page_options o = {.refresh = REFRESH_SECONDS, .recent_most = RECENT};

    out->type = "text/html; charset=utf-8";
    if (!make_nonce(out->nonce))
        return -1;
    o.nonce = out->nonce;
    if (!moment_read(s->since, format_now_us(), &o.from_us))
        o.from_us = 0;
    return page_write(h, &o, f);
}

static const struct {
    const char *path;
    int (*answer)(headroom *, struct serve_state *, struct serve_answer *, FILE *);
} pages[] = {
    {"/", answer_page},
    {"/health", answer_health},
    {"/stats", answer_stats},
    {"/metrics", answer_metrics},
};
enum { PAGES = sizeof(pages) / sizeof(pages[0]) };

/* A text of its own, whatever was begun. */
static bool say(struct serve_answer *out, unsigned status, const char *text)
{
    out->status = status;
    out->type = TEXT;
    out->nonce[0] = '\0';
    free(out->body);
    out->body = NULL;
    out->len = 0;
    if (asprintf(&out->body, "%s\n", text) < 0) {
        out->body = NULL;
        return false;
    }
    out->len = strlen(out->body);
    return true;
}

static bool answer_with(struct serve_state *state, size_t page, struct serve_answer *out)
{
    headroom *h = headroom_open(HEADROOM_READ_ONLY);
    FILE *f = h == NULL ? NULL : open_memstream(&out->body, &out->len);
    const char *text;
    int err = -1;
    bool done;

    if (f != NULL)
        err = pages[page].answer(h, state, out, f);
    if (f == NULL || fclose(f) != 0)
        err = -1;
    text = headroom_strerror(err);
    done = err == 0 || say(out, 503, text);
    if (h != NULL)
        headroom_close(h);
    return done;
}

bool serve_answer(struct serve_state *state, const char *path, struct serve_answer *out)
{
    *out = (struct serve_answer){.status = 200};
    for (size_t i = 0; i < PAGES; i++) {
        if (strcmp(path, pages[i].path) == 0)
            return answer_with(state, i, out);
    }
    return say(out, 404, "There is nothing here. There are: / /health /stats /metrics");
}
