/* doctor_settings.c - are all settings right, and what do those in force mean? See doctor.h. */
#include "attribution.h"
#include "capture.h"
#include "doctor.h"
#include "format.h"
#include "settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SETTINGS = 64 };

struct settings {
    const char *name[MAX_SETTINGS], *value[MAX_SETTINGS];
    size_t n;
};

static int take(void *arg, const char *name, const char *value, const char *origin, const char *env,
                const char *error)
{
    struct settings *s = arg;

    (void)origin, (void)env, (void)error;
    if (s->n == MAX_SETTINGS)
        return 1;
    s->name[s->n] = name;
    s->value[s->n++] = value;
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

static void say_finding(void *arg, const struct settings_finding *f)
{
    struct report *r = arg;

    if (!f->file)
        doctor_say(r, DOCTOR_WARN, "environment",
                   "Set it to what it takes, or unset it; 'headroom config --json' lists the names.", "%s",
                   f->text);
    else if (f->line == 0)
        doctor_say(r, DOCTOR_WARN, "settings", "Make it a file that you can read.", "%s: %s", f->place,
                   f->text);
    else
        doctor_say(r, DOCTOR_WARN, "settings",
                   "Correct or remove the line; 'headroom config' prints what is in force.", "%s: %s",
                   f->place, f->text);
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

static void check_capture(struct report *r, headroom *h)
{
    struct capture_facts f;
    char words[80], files[FORMAT_COUNT], bytes[FORMAT_COUNT];

    if (capture_facts(h, &f) < 0)
        doctor_say(r, DOCTOR_WARN, "capture",
                   "Make it a directory of yours that nobody else may write to, or remove it.",
                   "%s/captures cannot be used", headroom_state_directory(h));
    else if (f.on)
        doctor_say(r, DOCTOR_WARN, "capture",
                   "'headroom capture off' ends it, 'headroom purge --captures' deletes.",
                   "%s: whole bodies are stored; %s requests of %s bytes are there",
                   capture_state(&f, words, sizeof(words)), format_count(files, f.files),
                   format_count(bytes, f.bytes));
    else if (f.files > 0)
        doctor_say(r, DOCTOR_OK, "capture", NULL, "off; %s requests of %s bytes are kept from before",
                   format_count(files, f.files), format_count(bytes, f.bytes));
    else
        doctor_say(r, DOCTOR_OK, "capture", NULL, "off; no body is stored");
}

void doctor_settings(struct report *r, headroom *h)
{
    struct settings s = {.n = 0};

    headroom_each_setting(h, take, &s);
    if (settings_check(h, say_finding, r) == 0)
        doctor_say(r, DOCTOR_OK, "settings", NULL, "all %zu have a value that they take; file %s", s.n,
                   headroom_config_path(h) == NULL ? "none (HOME is not set)" : headroom_config_path(h));
    check_mode(r, &s);
    check_attribution(r, &s);
    check_capture(r, h);
}
