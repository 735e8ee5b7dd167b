/* config.c - the table of settings and their reading with inih. See config.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"

struct setting {
    const char *name, *env, *value; /* value: the default */
    const char *words;              /* space separated; NULL: number (max > 0) or text */
    int64_t max;
};

static const struct setting table[HR_SETTINGS] = {
    [HR_SET_MODE] = {"mode", "HEADROOM_MODE", "optimize", "off audit simulate optimize", 0},
    [HR_SET_LEVEL] = {"level", "HEADROOM_LEVEL", "crush", "replay lossless crush", 0},
    [HR_SET_ADOPT] = {"adopt", "HEADROOM_ADOPT", "never", "never always", 0},
    [HR_SET_BOUND] = {"bound", "HEADROOM_BOUND", "rewrite", "rewrite leave", 0},
    [HR_SET_ORIGINALS] = {"originals", "HEADROOM_ORIGINALS", "on", "off on", 0},
    [HR_SET_ORIGINALS_DAYS] = {"originals.days", "HEADROOM_ORIGINALS_DAYS", "14", NULL, 3650},
    [HR_SET_ORIGINALS_MB] = {"originals.mb", "HEADROOM_ORIGINALS_MB", "256", NULL, 1 << 20},
    [HR_SET_REPLACEMENTS_DAYS] = {"replacements.days", "HEADROOM_REPLACEMENTS_DAYS", "90", NULL, 3650},
    [HR_SET_MIN_TOKENS] = {"min_tokens_to_crush", "HEADROOM_MIN_TOKENS_TO_CRUSH", "200", NULL, 1 << 30},
    [HR_SET_MAX_ITEMS] = {"max_items_after_crush", "HEADROOM_MAX_ITEMS_AFTER_CRUSH", "15", NULL, 1 << 20},
    [HR_SET_DEADLINE_MS] = {"deadline_ms", "HEADROOM_DEADLINE_MS", "50", NULL, 60000},
    [HR_SET_ALIGNER] = {"aligner", "HEADROOM_ALIGNER", "auto", "auto on off", 0},
    [HR_SET_WINDOW] = {"window", "HEADROOM_WINDOW", "auto", "auto on off", 0},
    [HR_SET_KEEP_TURNS] = {"keep_turns", "HEADROOM_KEEP_TURNS", "4", NULL, 1000},
    [HR_SET_OUTPUT_BUFFER] = {"output_buffer_tokens", "HEADROOM_OUTPUT_BUFFER_TOKENS", "4000", NULL, 1 << 24},
    [HR_SET_CONTEXT_LIMITS] = {"model_context_limits", "HEADROOM_MODEL_CONTEXT_LIMITS", "", NULL, 0},
    [HR_SET_ENDPOINTS_ADD] = {"endpoints.add", "HEADROOM_ENDPOINTS_ADD", "", NULL, 0},
    [HR_SET_ATTRIBUTION] = {"claude.attribution_header", "HEADROOM_CLAUDE_ATTRIBUTION_HEADER", "vendor",
                            "vendor off", 0},
    [HR_SET_LOG] = {"log", "HEADROOM_LOG", "warn", "error warn info debug", 0},
    [HR_SET_LOG_FILE] = {"log_file", "HEADROOM_LOG_FILE", "", NULL, 0},
};

const char *hr_setting_name(enum hr_setting s)
{
    return table[s].name;
}

const char *hr_setting_env(enum hr_setting s)
{
    return table[s].env;
}

static char *copy(const char *z)
{
    size_t n = strlen(z) + 1;
    char *p = hr_malloc(n);
    return p ? memcpy(p, z, n) : NULL;
}

/* Index of value among the words, -1: not one of them. */
static int64_t word_index(const char *words, hr_str value)
{
    int64_t i = 0;
    for (const char *w = words; *w; i++) {
        const char *end = strchrnul(w, ' ');
        if (hr_str_eq(hr_str_make(w, (size_t)(end - w)), value))
            return i;
        w = *end ? end + 1 : end;
    }
    return -1;
}

int64_t hr_setting_word(enum hr_setting s, hr_str word)
{
    return table[s].words ? word_index(table[s].words, word) : -1;
}

static int64_t whole_number(const char *z, int64_t max)
{
    int64_t v = 0;
    if (!*z)
        return -1;
    for (; *z; z++) {
        if (*z < '0' || *z > '9' || v > max)
            return -1;
        v = v * 10 + (*z - '0');
    }
    return v <= max ? v : -1;
}

static int set(hr_config *c, enum hr_setting s, const char *value, char origin)
{
    const struct setting *t = &table[s];
    int64_t number = 0;
    char *text;

    if (t->words)
        number = word_index(t->words, hr_str_make(value, strlen(value)));
    else if (t->max)
        number = whole_number(value, t->max);
    if (number < 0) {
        char message[512];
        if (t->words)
            snprintf(message, sizeof message, "\"%.80s\" is not one of: %s", value, t->words);
        else
            snprintf(message, sizeof message, "\"%.80s\" is not a whole number up to %lld", value,
                     (long long)t->max);
        hr_free(c->error[s]);
        c->error[s] = copy(message);
        return c->error[s] ? 0 : HR_ENOMEM;
    }
    if (!(text = copy(value)))
        return HR_ENOMEM;
    hr_free(c->text[s]);
    c->text[s] = text;
    c->number[s] = number;
    c->origin[s] = origin;
    return 0;
}

/* ------------------------------------------------------------------ config.ini */
struct reader {
    hr_config *c;
    int result;
    char unknown[64]; /* first name that is no setting */
};

static int on_entry(void *arg, const char *section, const char *name, const char *value)
{
    struct reader *r = arg;
    char full[128];
    int n = *section ? snprintf(full, sizeof full, "%s.%s", section, name)
                     : snprintf(full, sizeof full, "%s", name);

    for (int s = 0; n > 0 && (size_t)n < sizeof full && s < HR_SETTINGS; s++) {
        if (strcmp(full, table[s].name) != 0)
            continue;
        if ((r->result = set(r->c, (enum hr_setting)s, value, 'f')) < 0)
            return 0;
        return 1;
    }
    if (!*r->unknown)
        snprintf(r->unknown, sizeof r->unknown, "%.63s", full);
    return 1;
}

/* inih's line reader over a descriptor: stdio would take the host's locks and buffers for a file of ten lines. */
struct lines {
    char data[64 << 10];
    size_t len, at;
};

static char *next_line(char *out, int size, void *stream)
{
    struct lines *l = stream;
    size_t n = 0;
    if (l->at >= l->len)
        return NULL;
    while (l->at < l->len && n + 1 < (size_t)size) {
        out[n++] = l->data[l->at++];
        if (out[n - 1] == '\n')
            break;
    }
    out[n] = 0;
    return out;
}

static int read_file(hr_config *c)
{
    struct reader r = {c, 0, ""};
    struct stat st;
    int fd = c->path ? open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1, bad = 0;
    char message[256] = "";

    if (fd < 0 && (!c->path || errno == ENOENT || errno == ENOTDIR))
        return 0;
    struct lines *l = fd < 0 ? NULL : hr_malloc(sizeof *l);
    if (fd < 0) {
        snprintf(message, sizeof message, "cannot be read (%s)", strerror(errno));
    } else if (!l) {
        close(fd);
        return HR_ENOMEM;
    } else {
        *l = (struct lines){.len = 0};
        ssize_t n = 0;
        if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
            snprintf(message, sizeof message, "is not a regular file");
        } else {
            while (l->len < sizeof l->data && (n = read(fd, l->data + l->len, sizeof l->data - l->len)) > 0)
                l->len += (size_t)n;
            bad = ini_parse_stream(next_line, l, on_entry, &r);
        }
        close(fd);
    }
    hr_free(l);
    if (r.result < 0)
        return r.result;
    if (bad > 0)
        snprintf(message, sizeof message, "line %d is not \"name = value\"", bad);
    else if (*r.unknown)
        snprintf(message, sizeof message, "\"%s\" is no setting", r.unknown);
    if (*message && !(c->file_error = copy(message)))
        return HR_ENOMEM;
    return 0;
}

/* "$XDG/headroom/file", or "$HOME/fallback/headroom/file". Relative values do not count (XDG base directory rules). */
static char *home_path(const char *xdg, const char *fallback, const char *file)
{
    const char *base = secure_getenv(xdg), *home = secure_getenv("HOME");
    char path[4096];
    int n;

    if (base && *base == '/')
        n = snprintf(path, sizeof path, "%s/headroom%s", base, file);
    else if (home && *home == '/')
        n = snprintf(path, sizeof path, "%s/%s/headroom%s", home, fallback, file);
    else
        return NULL;
    return n > 0 && (size_t)n < sizeof path ? copy(path) : NULL;
}

int hr_config_load(hr_config *c)
{
    int r = 0;
    *c = (hr_config){0};
    for (int s = 0; s < HR_SETTINGS && r == 0; s++)
        r = set(c, (enum hr_setting)s, table[s].value, 'd');
    if (r == 0) {
        c->path = home_path("XDG_CONFIG_HOME", ".config", "/config.ini");
        c->state_directory = home_path("XDG_STATE_HOME", ".local/state", "");
        r = read_file(c);
    }
    for (int s = 0; s < HR_SETTINGS && r == 0; s++) {
        const char *value = secure_getenv(table[s].env);
        if (value)
            r = set(c, (enum hr_setting)s, value, 'e');
    }
    if (r < 0)
        hr_config_free(c);
    return r;
}

void hr_config_free(hr_config *c)
{
    for (int s = 0; s < HR_SETTINGS; s++) {
        hr_free(c->text[s]);
        hr_free(c->error[s]);
    }
    hr_free(c->path);
    hr_free(c->state_directory);
    hr_free(c->file_error);
    *c = (hr_config){0};
}
