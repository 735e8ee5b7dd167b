/* doctor_settings.c - are all settings right, and what do those in force mean? See doctor.h. */
#include "attribution.h"
#include "doctor.h"
#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { MAX_SETTINGS = 64, MAX_NAME = 128 };

struct settings {
    const char *name[MAX_SETTINGS], *env[MAX_SETTINGS], *error[MAX_SETTINGS], *value[MAX_SETTINGS];
    size_t n;
};

static int take(void *arg, const char *name, const char *value, const char *origin, const char *env,
                const char *error)
{
    struct settings *s = arg;

    (void)origin;
    if (s->n == MAX_SETTINGS)
        return 1;
    s->name[s->n] = name;
    s->value[s->n] = value;
    s->env[s->n] = env;
    s->error[s->n++] = error;
    return 0;
}

static const char *value_of(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->name[i], name) == 0)
            return s->value[i] == NULL ? "" : s->value[i];
    }
    return "";
}

/* ------------------------------------------------------------------ config.ini */
static char *trim(char *p)
{
    char *end;

    p += strspn(p, " \t\r\n");
    end = p + strlen(p);
    while (end > p && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return p;
}

struct place {
    const char *path;
    int number;
    char section[MAX_NAME];
};

/* The error of core quotes the value that it was about: was it this one? */
static bool is_about(const char *error, const char *value)
{
    char quoted[100];

    snprintf(quoted, sizeof(quoted), "\"%.80s\"", value);
    return error != NULL && strncmp(error, quoted, strlen(quoted)) == 0;
}

static void check_value(struct report *r, const struct settings *s, const struct place *at, char *name,
                        char *value)
{
    char full[2 * MAX_NAME];
    const char *nearest;

    for (char *c = value; *c != '\0'; c++) { /* as inih reads it: a comment behind white space */
        if (*c == ';' && (c == value || isspace((unsigned char)c[-1]))) {
            *c = '\0';
            break;
        }
    }
    value = trim(value);
    snprintf(full, sizeof(full), "%s%s%.100s", at->section, *at->section == '\0' ? "" : ".", trim(name));
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(full, s->name[i]) != 0)
            continue;
        if (is_about(s->error[i], value))
            doctor_say(r, DOCTOR_WARN, "settings",
                       "Correct the line; 'headroom config' prints what is in force.",
                       "%s:%d: %s: %s; %s is in force", at->path, at->number, full, s->error[i], s->value[i]);
        return;
    }
    nearest = nearest_word(full, s->name, s->n);
    doctor_say(r, DOCTOR_WARN, "settings", "Correct or remove the line; 'headroom config' lists the names.",
               "%s:%d: %s is no setting%s%s", at->path, at->number, full,
               nearest == NULL ? "" : "; meant is perhaps ", nearest == NULL ? "" : nearest);
}

static void check_line(struct report *r, const struct settings *s, struct place *at, char *line)
{
    char *p = trim(line), *mark;

    if (*p == '\0' || *p == ';' || *p == '#')
        return;
    if (*p == '[') {
        p[strcspn(p, "]")] = '\0';
        snprintf(at->section, sizeof(at->section), "%s", p + 1);
        return;
    }
    mark = strpbrk(p, "=:");
    if (mark == NULL) {
        doctor_say(r, DOCTOR_WARN, "settings", "Write it as name = value, or remove it.",
                   "%s:%d: not \"name = value\"", at->path, at->number);
        return;
    }
    *mark = '\0';
    check_value(r, s, at, p, mark + 1);
}

static void check_file(struct report *r, const headroom *h, const struct settings *s)
{
    struct place at = {headroom_config_path(h), 0, ""};
    FILE *f = at.path == NULL ? NULL : fopen(at.path, "re");
    const char *error = headroom_config_error(h);
    char line[4096];

    if (f == NULL && error != NULL)
        doctor_say(r, DOCTOR_WARN, "settings", "Make it a file that you can read.", "%s: %s", at.path, error);
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        at.number++;
        if (line[0] == ' ' || line[0] == '\t') /* inih: the line above goes on */
            continue;
        check_line(r, s, &at, line);
    }
    if (f != NULL)
        fclose(f);
}

/* ------------------------------------------------------------------ environment */
static void check_variable(struct report *r, const struct settings *s, const char *entry)
{
    char name[MAX_NAME];
    const char *nearest;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(entry, "="), entry);
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(name, s->env[i]) != 0)
            continue;
        if (is_about(s->error[i], strchr(entry, '=') == NULL ? "" : strchr(entry, '=') + 1))
            doctor_say(r, DOCTOR_WARN, "environment", "Set it to one of the values, or unset it.",
                       "%s: %s; %s is in force", name, s->error[i], s->value[i]);
        return;
    }
    nearest = nearest_word(name, s->env, s->n);
    doctor_say(r, DOCTOR_WARN, "environment",
               "Correct or unset it; 'headroom config --json' lists the names.",
               "%s is no variable of Headroom%s%s", name, nearest == NULL ? "" : "; meant is perhaps ",
               nearest == NULL ? "" : nearest);
}

static void check_environment(struct report *r, const struct settings *s)
{
    for (char **e = environ; *e != NULL; e++) {
        if (strncmp(*e, "HEADROOM_", 9) == 0)
            check_variable(r, s, *e);
    }
}

/* ------------------------------------------------------------------ what is in force */
static void check_mode(struct report *r, const struct settings *s)
{
    const char *mode = value_of(s, "mode"), *level = value_of(s, "level");

    if (strcmp(mode, "optimize") != 0)
        doctor_say(
            r, DOCTOR_WARN, "mode",
            "Mode optimize with level replay stops new rewrites without that effect: "
            "HEADROOM_MODE=optimize HEADROOM_LEVEL=replay.",
            "%s: nothing is rewritten, and what was rewritten before goes out in its original form: such "
            "conversations lose the provider's prompt cache, and models that bind their reasoning refuse "
            "them",
            mode);
    else if (strcmp(level, "replay") == 0)
        doctor_say(r, DOCTOR_WARN, "mode", "HEADROOM_LEVEL=crush or lossless allows new ones.",
                   "optimize, level replay: only what was decided before is rewritten");
    else
        doctor_say(r, DOCTOR_OK, "mode", NULL, "%s, level %s", mode,
                   strcmp(value_of(s, "originals"), "off") == 0 ? "lossless (because originals = off)"
                                                                : level);
}

/* What the user set in the environment goes before the setting. */
static void check_attribution(struct report *r, const struct settings *s)
{
    const char *set = getenv(ATTRIBUTION_SWITCH);

    if (strcmp(value_of(s, ATTRIBUTION_SETTING), "off") != 0)
        return;
    if (set != NULL && strcmp(set, "0") != 0)
        doctor_say(r, DOCTOR_WARN, "attribution", "Unset it, or set it to 0.",
                   ATTRIBUTION_SETTING " is off, but " ATTRIBUTION_SWITCH
                                       " has a value of its own in this environment, which goes before it");
    else
        doctor_say(r, DOCTOR_OK, "attribution", NULL,
                   "'headroom run' sets " ATTRIBUTION_SWITCH "=0 for Claude Code");
}

void doctor_settings(struct report *r, headroom *h)
{
    struct settings s = {.n = 0};
    size_t wrong = 0;

    headroom_each_setting(h, take, &s);
    check_file(r, h, &s);
    check_environment(r, &s);
    for (size_t i = 0; i < s.n; i++)
        wrong += s.error[i] != NULL;
    if (wrong == 0 && headroom_config_error(h) == NULL)
        doctor_say(r, DOCTOR_OK, "settings", NULL, "all %zu have a value that they take; file %s", s.n,
                   headroom_config_path(h) == NULL ? "none (HOME is not set)" : headroom_config_path(h));
    check_mode(r, &s);
    check_attribution(r, &s);
}
