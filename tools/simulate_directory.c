/* simulate_directory.c - what would be sent in place of many bodies. See simulate.h. */
#include "files.h"
#include "format.h"
#include "json.h"
#include "reason.h"
#include "scratch.h"
#include "simulate.h"
#include "sure.h"
#include "tally.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sums {
    int64_t files, skipped, results, rewritten, elapsed_us;
    int64_t tokens_before, tokens_after, bytes_before, bytes_after;
    headroom_totals sure;    /* counted and exact alone */
    struct tally reasons;    /* why whole bodies were passed on */
    struct tally transforms; /* n: results */
    bool no_memory;
};

/* ------------------------------------------------------------------ one file */
static void add_result(struct sums *s, const headroom_result *r)
{
    struct tally_row *row;

    s->results++;
    if (r->transform == NULL)
        return;
    s->rewritten++;
    row = tally_at(&s->transforms, r->transform, "");
    if (row == NULL) {
        s->no_memory = true;
        return;
    }
    row->n++;
    row->before += r->tokens_before;
    row->after += r->tokens_after;
}

static void add_request(struct sums *s, const headroom_request *r)
{
    struct tally_row *reason;
    headroom_row row;

    headroom_request_row(r, &row);
    s->files++;
    s->elapsed_us += row.elapsed_us;
    s->sure.counted += row.tokens_before > 0;
    s->sure.exact += row.tokens_before > 0 && row.exact;
    s->tokens_before += row.tokens_before;
    s->tokens_after += row.tokens_after;
    s->bytes_before += row.bytes_before;
    s->bytes_after += row.bytes_after;
    for (size_t i = 0; i < headroom_request_results(r); i++) {
        headroom_result result;

        if (headroom_request_result(r, i, &result) == 0)
            add_result(s, &result);
    }
    if (row.skipped == NULL)
        return;
    s->skipped++;
    reason = tally_at(&s->reasons, row.skipped, "");
    if (reason == NULL)
        s->no_memory = true;
    else
        reason->n++;
}

static char *member(const cJSON *about, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(about, key));

    return text == NULL ? NULL : strdup(text);
}

/* A capture knows its host and path; of a plain body the options may say the path. */
static int simulate_file(const struct command *self, headroom *h, const struct simulate_options *options,
                         const char *path, struct sums *s)
{
    struct simulate_options o = *options;
    headroom_bytes file, about = {NULL, 0}, made = {NULL, 0};
    char *host = NULL, *target = NULL;
    int code = files_read(self, path, &file);
    headroom_request *r;
    const void *body;
    size_t len;

    if (code != EX_OK)
        return code;
    if (headroom_read_capture(file.data, file.len, HEADROOM_CAPTURE_ABOUT, &about, NULL) == 1 &&
        headroom_read_capture(file.data, file.len, HEADROOM_CAPTURE_MADE, &made, NULL) == 1) {
        cJSON *root = cJSON_Parse(about.data);

        o.host = host = member(root, "host");
        o.path = target = member(root, "path");
        cJSON_Delete(root);
    }
    r = simulate_body(self, h, &o, made.data == NULL ? &file : &made, &body, &len, &code);
    if (r != NULL) {
        headroom_request_sent(r);
        add_request(s, r);
        headroom_request_drop(r);
    }
    free(host);
    free(target);
    headroom_free(about.data);
    headroom_free(made.data);
    free(file.data);
    return code;
}

/* ------------------------------------------------------------------ the directory */
static int no_dots(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static void show_progress(int done, int all)
{
    enum { WIDTH = 40 };
    int full = all == 0 ? 0 : (int)((long)done * WIDTH / all);

    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "\r[%-*.*s] %d of %d ", WIDTH, full, "########################################", done,
                all);
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO) == 1)
        fputs("\r\033[K", stderr);
}

static int each_file(const struct command *self, headroom *h, const struct simulate_options *o,
                     const char *path, struct sums *s)
{
    struct dirent **names;
    int n = scandir(path, &names, no_dots, alphasort), code = EX_OK;

    if (n < 0)
        return cli_fail(EX_NOINPUT, "%s: cannot read '%s': %s", self->name, path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char file[4096];
        struct stat st;

        show_progress(i, n);
        if (code == EX_OK && !scratch_stopped() &&
            snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name) < (int)sizeof(file) &&
            stat(file, &st) == 0 && S_ISREG(st.st_mode))
            code = simulate_file(self, h, o, file, s);
        free(names[i]);
    }
    free(names);
    end_progress();
    return code;
}

/* ------------------------------------------------------------------ what is said */
static int print_json(const struct sums *s)
{
    struct json_tree t = {NULL, false};
    cJSON *o = json_object(&t, NULL, NULL), *part;
    int64_t saved = s->tokens_before - s->tokens_after;

    json_int(&t, o, "files", s->files);
    part = json_object(&t, o, "skipped");
    for (size_t i = 0; i < s->reasons.n; i++)
        json_int(&t, part, s->reasons.rows[i].name, s->reasons.rows[i].n);
    part = json_object(&t, o, "tokens");
    json_int(&t, part, "before", s->tokens_before);
    json_int(&t, part, "after", s->tokens_after);
    json_int(&t, part, "saved", saved);
    json_percent(&t, part, "saved_percent", saved, s->tokens_before);
    part = json_object(&t, o, "bytes");
    json_int(&t, part, "before", s->bytes_before);
    json_int(&t, part, "after", s->bytes_after);
    json_int(&t, o, "results", s->results);
    json_int(&t, o, "rewritten", s->rewritten);
    part = json_array(&t, o, "transforms");
    for (size_t i = 0; i < s->transforms.n; i++) {
        const struct tally_row *r = &s->transforms.rows[i];
        cJSON *one = json_object(&t, part, NULL);

        json_string(&t, one, "transform", r->name);
        json_int(&t, one, "results", r->n);
        json_int(&t, one, "tokens_before", r->before);
        json_int(&t, one, "tokens_after", r->after);
    }
    json_int(&t, o, "elapsed_us", s->elapsed_us);
    return json_print(&t, true);
}

static void print_table(const struct sums *s)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT], c[FORMAT_COUNT], share[FORMAT_SHARE], sure[SURE_TEXT];
    int64_t saved = s->tokens_before - s->tokens_after;

    printf("bodies   %s, of them %s passed on as they are; %s us\n", format_count(a, s->files),
           format_count(b, s->skipped), format_count(c, s->elapsed_us));
    printf("tokens   %s -> %s: %s saved, %s of the bodies as programs made them (%s)\n",
           format_count(a, s->tokens_before), format_count(b, s->tokens_after), format_count(c, saved),
           format_share(share, saved, s->tokens_before), sure_sums(sure, &s->sure));
    printf("bytes    %s -> %s\n", format_count(a, s->bytes_before), format_count(b, s->bytes_after));
    printf("results  %s, of them %s rewritten\n", format_count(a, s->results), format_count(b, s->rewritten));
    if (s->transforms.n > 0)
        printf("\n%-20s  %9s  %13s    %13s  %7s\n", "TRANSFORM", "RESULTS", "TOKENS", "SENT", "SAVED");
    for (size_t i = 0; i < s->transforms.n; i++) {
        const struct tally_row *r = &s->transforms.rows[i];

        printf("%-20s  %9s  %13s -> %13s  %7s\n", r->name, format_count(a, r->n), format_count(b, r->before),
               format_count(c, r->after), format_share(share, r->before - r->after, r->before));
    }
    if (s->reasons.n > 0)
        printf("\n%-20s  %9s\n", "PASSED ON", "BODIES");
    for (size_t i = 0; i < s->reasons.n; i++) {
        const struct reason *reason = reason_of(s->reasons.rows[i].name);

        printf("%-20s  %9s  %s\n", s->reasons.rows[i].name, format_count(a, s->reasons.rows[i].n),
               reason == NULL ? "" : reason->text);
    }
}

static int simulate_and_print(const struct command *self, headroom *h, const struct simulate_options *o,
                              const char *path)
{
    struct sums s = {.files = 0};
    int code = each_file(self, h, o, path, &s);

    tally_sort(&s.reasons);
    tally_sort(&s.transforms);
    if (code == EX_OK && s.no_memory)
        code = cli_fail(EX_OSERR, "%s: no memory", self->name);
    else if (code == EX_OK && s.files == 0)
        code = cli_fail(EX_NOINPUT, "%s: there is no file in '%s'", self->name, path);
    else if (code == EX_OK && o->json)
        code = print_json(&s);
    else if (code == EX_OK)
        print_table(&s);
    tally_free(&s.reasons);
    tally_free(&s.transforms);
    return code;
}

int simulate_directory(const struct command *self, const struct simulate_options *o, const char *path)
{
    char scratch[4096];
    headroom *h;
    int code;

    if (!o->state && !scratch_begin(scratch, sizeof(scratch)))
        return cli_fail(EX_CANTCREAT, "%s: no temporary directory can be made: %s", self->name,
                        strerror(errno));
    h = headroom_open(HEADROOM_NO_DEADLINE);
    code = h == NULL ? cli_fail(EX_OSERR, "%s: no memory", self->name) : simulate_and_print(self, h, o, path);
    headroom_close(h);
    if (!o->state)
        scratch_end(scratch);
    return code;
}
