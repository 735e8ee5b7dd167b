/* settings.c - see settings.h. */
#include "settings.h"

#include "nearest.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

enum { MAX_SETTINGS = 64, MAX_NAME = 128 };

struct check {
    headroom *h;
    void (*found)(void *, const struct settings_finding *);
    void *arg;
    const char *name[MAX_SETTINGS], *env[MAX_SETTINGS], *value[MAX_SETTINGS];
    size_t n, findings;
};

static int take(void *arg, const char *name, const char *value, const char *origin, const char *env,
                const char *error)
{
    struct check *c = arg;

    (void)origin, (void)error;
    if (c->n == MAX_SETTINGS)
        return 1;
    c->name[c->n] = name;
    c->env[c->n] = env;
    c->value[c->n++] = value == NULL ? "" : value;
    return 0;
}

static void say(struct check *c, bool file, unsigned line, const char *name, const char *text)
{
    struct settings_finding f = {NULL, file, line, name, text};
    char place[4200];

    if (file)
        snprintf(place, sizeof(place), line == 0 ? "%.4096s" : "%.4096s:%u", headroom_config_path(c->h),
                 line);
    f.place = file ? place : name;
    c->findings++;
    c->found(c->arg, &f);
}

/* words[i] is name, or n. */
static size_t place_of(const char *const *words, size_t n, const char *name)
{
    size_t i = 0;

    while (i < n && strcmp(words[i], name) != 0)
        i++;
    return i;
}

static void say_unknown(struct check *c, bool file, unsigned line, const char *name)
{
    const char *nearest = nearest_word(name, file ? c->name : c->env, c->n);
    char text[512];

    snprintf(text, sizeof(text), "%.150s is no %s%s%s", name, file ? "setting" : "variable of Headroom",
             nearest == NULL ? "" : "; meant is perhaps ", nearest == NULL ? "" : nearest);
    say(c, file, line, name, text);
}

static int take_error(void *arg, bool file, unsigned line, const char *name, const char *error)
{
    struct check *c = arg;
    size_t i = place_of(file ? c->name : c->env, c->n, name);
    char text[1024];

    if (i < c->n) {
        const char *v = c->value[i];
        bool shown = *v != '\0' && strcspn(v, " ={/") == strlen(v); /* one word, no list */

        snprintf(text, sizeof(text), "%s: %.600s%s%s%s", name, error, shown ? "; " : "", shown ? v : "",
                 shown ? " is in force" : "");
        say(c, file, line, name, text);
    } else if (*name != '\0') {
        say_unknown(c, file, line, name);
    } else {
        say(c, file, line, name, error);
    }
    return 0;
}

size_t settings_check(headroom *h, void (*found)(void *, const struct settings_finding *), void *arg)
{
    struct check c = {.h = h, .found = found, .arg = arg};

    headroom_each_setting(h, take, &c);
    headroom_each_setting_error(h, take_error, &c);
    for (char **e = environ; *e != NULL; e++) {
        char name[MAX_NAME];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(*e, "="), *e);
        if (strncmp(name, "HEADROOM_", 9) == 0 && place_of(c.env, c.n, name) == c.n)
            say_unknown(&c, false, 0, name);
    }
    return c.findings;
}
