/* config.c - the table of settings, and what becomes of the values that are given. See config.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_lists.h"
#include "ini.h"
#include "limits.h"

struct setting {
    const char *name, *env, *value; /* value: the default */
    const char *words;              /* space separated; NULL: number (max > 0) or text */
    int64_t max;
    hr_entry_check *check; /* of each entry of a text; NULL: any text */
    const char *divide;    /* bytes between entries, the usual one first; "": the text is one entry */
    bool section;          /* one of its name holds entries, too */
};

static const struct setting table[HR_SETTINGS] = {
    [HR_SET_MODE] = {"mode", "HEADROOM_MODE", "optimize", "off audit simulate optimize", .max = 0},
    [HR_SET_LEVEL] = {"level", "HEADROOM_LEVEL", "crush", "replay lossless crush", .max = 0},
    [HR_SET_ADOPT] = {"adopt", "HEADROOM_ADOPT", "net", "never net always", .max = 0},
    [HR_SET_BOUND] = {"bound", "HEADROOM_BOUND", "rewrite", "rewrite leave", .max = 0},
    [HR_SET_ORIGINALS] = {"originals", "HEADROOM_ORIGINALS", "on", "off on", .max = 0},
    [HR_SET_ORIGINALS_DAYS] = {"originals.days", "HEADROOM_ORIGINALS_DAYS", "14", NULL, .max = 3650},
    [HR_SET_ORIGINALS_MB] = {"originals.mb", "HEADROOM_ORIGINALS_MB", "256", NULL, .max = 1 << 20},
    [HR_SET_REPLACEMENTS_DAYS] = {"replacements.days", "HEADROOM_REPLACEMENTS_DAYS", "90", NULL, .max = 3650},
    [HR_SET_REQUESTS_DAYS] = {"requests.days", "HEADROOM_REQUESTS_DAYS", "90", NULL, .max = 3650},
    [HR_SET_REQUESTS_MAX] = {"requests.max", "HEADROOM_REQUESTS_MAX", "1000000", NULL, .max = 1000000000},
    [HR_SET_MIN_TOKENS] = {"min_tokens_to_crush", "HEADROOM_MIN_TOKENS_TO_CRUSH", "200", NULL,
                           .max = 1 << 30},
    [HR_SET_MAX_ITEMS] = {"max_items_after_crush", "HEADROOM_MAX_ITEMS_AFTER_CRUSH", "15", NULL,
                          .max = 1 << 20},
    [HR_SET_DEADLINE_MS] = {"deadline_ms", "HEADROOM_DEADLINE_MS", "50", NULL, .max = 60000},
    [HR_SET_ALIGNER] = {"aligner", "HEADROOM_ALIGNER", "auto", "auto on off", .max = 0},
    [HR_SET_WINDOW] = {"window", "HEADROOM_WINDOW", "auto", "auto on off", .max = 0},
    [HR_SET_KEEP_TURNS] = {"keep_turns", "HEADROOM_KEEP_TURNS", "4", NULL, .max = 1000},
    [HR_SET_OUTPUT_BUFFER] = {"output_buffer_tokens", "HEADROOM_OUTPUT_BUFFER_TOKENS", "4000", NULL,
                              .max = 1 << 24},
    [HR_SET_CONTEXT_LIMITS] = {"model_context_limits", "HEADROOM_MODEL_CONTEXT_LIMITS", "", NULL, 0,
                               hr_entry_limit, " ,\t", true},
    [HR_SET_TOOL_PROFILES] = {"tool_profiles", "HEADROOM_TOOL_PROFILES", "", NULL, 0, hr_entry_profile, ";\n",
                              true},
    [HR_SET_PROTECTED_TOOLS] = {"protected_tools", "HEADROOM_PROTECTED_TOOLS", "", NULL, 0, hr_entry_glob,
                                " ,\t", false},
    [HR_SET_PROTECTED_PATHS] = {"protected_paths", "HEADROOM_PROTECTED_PATHS", "", NULL, 0, hr_entry_glob,
                                " ,\t", false},
    [HR_SET_ENDPOINTS_ADD] = {"endpoints.add", "HEADROOM_ENDPOINTS_ADD", "", NULL, 0, hr_entry_endpoint, ";",
                              false},
    [HR_SET_PRICES] = {"prices", "HEADROOM_PRICES", "", NULL, 0, hr_entry_price, ";\n", true},
    [HR_SET_BUDGET] = {"budget.daily_usd", "HEADROOM_BUDGET_DAILY_USD", "", NULL, 0, hr_entry_dollars, "",
                       false},
    [HR_SET_BUDGET_PROGRAMS] = {"budget.programs", "HEADROOM_BUDGET_PROGRAMS", "", NULL, 0, hr_entry_budget,
                                " ,\t", true},
    [HR_SET_BUDGET_WARN] = {"budget.warn_percent", "HEADROOM_BUDGET_WARN_PERCENT", "80", NULL, .max = 100},
    [HR_SET_BUDGET_REFUSE] = {"budget.refuse", "HEADROOM_BUDGET_REFUSE", "off", "off on", .max = 0},
    [HR_SET_CAPTURE] = {"capture", "HEADROOM_CAPTURE", "off", "off on", .max = 0},
    [HR_SET_CAPTURE_MB] = {"capture.mb", "HEADROOM_CAPTURE_MB", "256", NULL, .max = 1 << 20},
    [HR_SET_CAPTURE_DAYS] = {"capture.days", "HEADROOM_CAPTURE_DAYS", "7", NULL, .max = 3650},
    [HR_SET_CAPTURE_UNTIL] = {"capture.until", "HEADROOM_CAPTURE_UNTIL", "0", NULL, .max = INT64_C(1) << 40},
    [HR_SET_ATTRIBUTION] = {"claude.attribution_header", "HEADROOM_CLAUDE_ATTRIBUTION_HEADER", "vendor",
                            "vendor off", .max = 0},
    [HR_SET_LOG] = {"log", "HEADROOM_LOG", "warn", "error warn info debug", .max = 0},
    [HR_SET_LOG_FILE] = {"log_file", "HEADROOM_LOG_FILE", "", NULL, 0, hr_entry_log_file, "", false},
};

const char *hr_setting_name(enum hr_setting s)
{
    return table[s].name;
}

const char *hr_setting_env(enum hr_setting s)
{
    return table[s].env;
}

enum hr_setting hr_setting_find(const char *name)
{
    int s = 0;
    while (s < HR_SETTINGS && strcmp(name, table[s].name) != 0)
        s++;
    return (enum hr_setting)s;
}

bool hr_setting_has_section(enum hr_setting s)
{
    return table[s].section;
}

static char *copy(hr_str s)
{
    char *p = hr_malloc(s.n + 1);
    if (!p)
        return NULL;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
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

static int64_t whole_number(hr_str z, int64_t max)
{
    int64_t v = 0;
    if (z.n == 0)
        return -1;
    for (size_t i = 0; i < z.n; i++) {
        if (z.p[i] < '0' || z.p[i] > '9' || v > max)
            return -1;
        v = v * 10 + (z.p[i] - '0');
    }
    return v <= max ? v : -1;
}

int64_t hr_setting_value(enum hr_setting s, hr_str value)
{
    return table[s].words ? word_index(table[s].words, value) : whole_number(value, table[s].max);
}

void hr_setting_allowed(enum hr_setting s, char *out, size_t room)
{
    if (table[s].words)
        snprintf(out, room, "one of: %s", table[s].words);
    else
        snprintf(out, room, "a whole number up to %lld", (long long)table[s].max);
}

/* ------------------------------------------------------------------ errors */
int hr_config_tell(hr_config *c, enum hr_setting s, const hr_given *given, const char *text)
{
    if (c->n_errors == HR_MAX_CONFIG_ERRORS)
        return 0;
    hr_config_error *grown = hr_realloc(c->errors, (c->n_errors + 1) * sizeof *grown);
    if (!grown)
        return HR_ENOMEM;
    c->errors = grown;
    hr_config_error *e = &grown[c->n_errors++];
    *e = (hr_config_error){s, given->line, given->origin == 'f', NULL, NULL};
    e->name = copy(hr_str_make(given->name, strlen(given->name)));
    e->text = copy(hr_str_make(text, strlen(text)));
    return e->name && e->text ? 0 : HR_ENOMEM;
}

const char *hr_config_error_of(const hr_config *c, enum hr_setting s)
{
    for (size_t i = 0; i < c->n_errors; i++)
        if (c->errors[i].setting == s)
            return c->errors[i].text;
    return NULL;
}

/* ------------------------------------------------------------------ values */
static int put(hr_config *c, enum hr_setting s, hr_str text, char origin)
{
    char *kept = copy(text);

    if (!kept)
        return HR_ENOMEM;
    hr_free(c->text[s]);
    c->text[s] = kept;
    c->origin[s] = origin;
    return 0;
}

/* Length of the first entry. A profile in JSON is one, whatever stands in it. */
static size_t entry_length(const struct setting *t, hr_str rest)
{
    size_t n = 0;

    if (t->check == hr_entry_profile && rest.n > 0 && rest.p[0] == '{')
        return rest.n;
    while (n < rest.n && !(t->divide[0] && strchr(t->divide, rest.p[n])))
        n++;
    return n;
}

/* The right entries count, the others are told. Where none is right, what was in force stays. */
static int set_list(hr_config *c, enum hr_setting s, hr_str value, bool more, const hr_given *given)
{
    const struct setting *t = &table[s];
    char problem[512];
    hr_buf good = {0};
    int r = 0, wrong = 0;

    if (more)
        hr_buf_puts(&good, c->text[s]);
    for (hr_str rest = hr_ini_trim(value); r == 0 && rest.n > 0;) {
        hr_str one = {rest.p, entry_length(t, rest)}, entry = hr_ini_trim(one);
        size_t step = one.n + (one.n < rest.n);

        rest = hr_str_make(rest.p + step, rest.n - step);
        if (entry.n == 0)
            continue;
        int right = t->check(entry, problem, sizeof problem);
        wrong += right != 1;
        if (right != 1)
            r = right < 0 ? right : hr_config_tell(c, s, given, problem);
        if (right > 0) {
            if (good.len)
                hr_buf_putc(&good, t->divide[0]);
            hr_buf_str(&good, entry);
        }
    }
    if (r == 0 && (good.len > 0 || good.err || wrong == 0))
        r = good.err ? good.err : put(c, s, good.len ? hr_buf_view(&good) : HR_STR(""), given->origin);
    hr_buf_free(&good);
    return r;
}

int hr_config_set(hr_config *c, enum hr_setting s, hr_str value, bool more, const hr_given *given)
{
    const struct setting *t = &table[s];
    char allowed[256], message[512];

    if (t->check)
        return set_list(c, s, value, more, given);
    if (!t->words && !t->max)
        return put(c, s, value, given->origin);
    int64_t number = hr_setting_value(s, value);
    if (number < 0) {
        hr_setting_allowed(s, allowed, sizeof allowed);
        snprintf(message, sizeof message, "\"%.*s\" is not %s", value.n < 80 ? (int)value.n : 80, value.p,
                 allowed);
        return hr_config_tell(c, s, given, message);
    }
    c->number[s] = number;
    return put(c, s, value, given->origin);
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
    return n > 0 && (size_t)n < sizeof path ? copy(hr_str_make(path, (size_t)n)) : NULL;
}

/* What is wrong with the value was told when it was set. */
static int read_profiles(hr_config *c)
{
    const char *text = c->text[HR_SET_TOOL_PROFILES];
    char problem[8];

    if (!*text)
        return 0;
    if (!(c->memory = hr_arena_new()))
        return HR_ENOMEM;
    int r =
        hr_profiles_read(c->memory, hr_str_make(text, strlen(text)), &c->profiles, problem, sizeof problem);
    return r < 0 ? r : 0;
}

int hr_config_defaults(hr_config *c)
{
    int r = 0;
    *c = (hr_config){0};
    for (int s = 0; s < HR_SETTINGS && r == 0; s++) {
        const hr_given given = {'d', 0, table[s].name};
        r = hr_config_set(c, (enum hr_setting)s, hr_str_make(table[s].value, strlen(table[s].value)), false,
                          &given);
    }
    return r;
}

int hr_config_load(hr_config *c)
{
    int r = hr_config_defaults(c);
    if (r == 0) {
        c->path = home_path("XDG_CONFIG_HOME", ".config", "/config.ini");
        c->state_directory = home_path("XDG_STATE_HOME", ".local/state", "");
        r = hr_config_read_file(c);
    }
    for (int s = 0; s < HR_SETTINGS && r == 0; s++) {
        const char *value = secure_getenv(table[s].env);
        const hr_given given = {'e', 0, table[s].env};
        if (value)
            r = hr_config_set(c, (enum hr_setting)s, hr_str_make(value, strlen(value)), false, &given);
    }
    if (r == 0)
        r = read_profiles(c);
    if (r < 0)
        hr_config_free(c);
    return r;
}

void hr_config_free(hr_config *c)
{
    for (int s = 0; s < HR_SETTINGS; s++)
        hr_free(c->text[s]);
    for (size_t i = 0; i < c->n_errors; i++) {
        hr_free(c->errors[i].name);
        hr_free(c->errors[i].text);
    }
    hr_free(c->errors);
    hr_arena_free(c->memory);
    hr_free(c->path);
    hr_free(c->state_directory);
    *c = (hr_config){0};
}
