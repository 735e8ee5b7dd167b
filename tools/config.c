/* config.c - `headroom config`: the settings in force, and where each came from. */
#include "../core/headroom.h"
#include "cli.h"
#include "config_set.h"
#include "format.h"
#include "json.h"
#include "settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct printing {
    headroom *h;
    struct json_tree *tree; /* NULL: for people */
    cJSON *object;          /* or array, of findings */
    const char *only;       /* NULL: all */
    size_t printed;
};

static void add_setting(struct printing *p, const char *name, const char *value, const char *origin,
                        const char *env, const char *error)
{
    cJSON *o = json_object(p->tree, p->object, p->only == NULL ? name : NULL);

    json_string(p->tree, o, "value", value);
    json_string(p->tree, o, "origin", origin);
    json_string(p->tree, o, "environment", env);
    json_string(p->tree, o, "error", error);
}

static int print_setting(void *arg, const char *name, const char *value, const char *origin, const char *env,
                         const char *error)
{
    struct printing *p = arg;

    if (p->only != NULL && strcmp(p->only, name) != 0)
        return 0;
    p->printed++;
    if (p->tree != NULL)
        add_setting(p, name, value, origin, env, error);
    else if (p->only != NULL)
        puts(value == NULL ? "" : value);
    else
        printf("%-25s = %-10s  (%s)\n", name, value == NULL ? "" : value, origin == NULL ? "-" : origin);
    return 0;
}

/* For people on standard error, in JSON an object each. */
static void print_finding(void *arg, const struct settings_finding *f)
{
    struct printing *p = arg;
    cJSON *o;

    if (p->tree == NULL) {
        cli_fail(0, f->file ? "%s: %s" : "%.0s%s", f->place, f->text);
        return;
    }
    o = json_object(p->tree, p->object, NULL);
    json_string(p->tree, o, "file", f->file ? headroom_config_path(p->h) : NULL);
    if (f->line > 0)
        json_int(p->tree, o, "line", f->line);
    else
        json_string(p->tree, o, "line", NULL);
    json_string(p->tree, o, "name", f->name);
    json_string(p->tree, o, "error", f->text);
}

static void print_places(const headroom *h)
{
    const char *file = headroom_config_path(h);
    const char *state = headroom_state_directory(h);

    printf("# file:  %s\n", file == NULL ? "none (HOME is not set)" : file);
    printf("# state: %s\n",
           state == NULL ? "none (HOME is not set); nothing is stored, hence nothing rewritten" : state);
}

static int print_settings(headroom *h, const char *only, bool json)
{
    struct json_tree t = {NULL, false};
    struct printing p = {.h = h, .only = only}, told = {.h = h};
    int code = EX_OK;

    if (json) {
        p.tree = &t;
        p.object = only == NULL ? json_object(&t, NULL, NULL) : NULL;
    }
    if (!json && only == NULL)
        print_places(h);
    headroom_each_setting(h, print_setting, &p);
    if (p.printed == 0)
        return cli_fail(EX_USAGE, "config: there is no setting '%s'; 'headroom config' lists them", only);
    if (json)
        code = json_print(&t, true);
    return settings_check(h, print_finding, &told) > 0 && code == EX_OK ? EX_CONFIG : code;
}

static int count_setting(void *arg, const char *name, const char *value, const char *origin, const char *env,
                         const char *error)
{
    (void)name, (void)value, (void)origin, (void)env, (void)error;
    ++*(size_t *)arg;
    return 0;
}

static int check(headroom *h, bool json)
{
    struct json_tree t = {NULL, false};
    struct printing p = {.h = h};
    const char *file = headroom_config_path(h);
    size_t wrong, settings = 0;
    int code = EX_OK;

    if (json) {
        p.tree = &t;
        p.object = json_array(&t, NULL, NULL);
    }
    wrong = settings_check(h, print_finding, &p);
    headroom_each_setting(h, count_setting, &settings);
    if (json)
        code = json_print(&t, true);
    else if (wrong == 0)
        printf("all %zu settings have a value that they take; file %s\n", settings,
               file == NULL ? "none (HOME is not set)" : file);
    return code == EX_OK && wrong > 0 ? EX_CONFIG : code;
}

static int print_paths(headroom *h, bool json)
{
    const char *file = headroom_config_path(h);
    const char *state = headroom_state_directory(h);
    struct json_tree t = {NULL, false};

    if (json) {
        cJSON *o = json_object(&t, NULL, NULL);

        json_string(&t, o, "config", file);
        json_string(&t, o, "state", state);
        return json_print(&t, true);
    }
    if (file == NULL)
        return cli_fail(
            EX_CONFIG,
            "config: there is no place for a file: set HOME or XDG_CONFIG_HOME to an absolute path");
    puts(file);
    return EX_OK;
}

static int change(const struct command *self, headroom *h, const char *name, const char *value)
{
    const struct config_change one = {name, value};

    return config_set(self, h, &one, 1);
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct word {
        const char *name;
        int operands;
        enum { LIST, CHECK, PATH, CHANGE } what;
        const char *takes;
    } words[] = {
        {"list", 0, LIST, "'list' takes no argument"},
        {"get", 1, LIST, "'get' takes one NAME"},
        {"set", 2, CHANGE, "'set' takes a NAME and a VALUE"},
        {"unset", 1, CHANGE, "'unset' takes one NAME"},
        {"check", 0, CHECK, "'check' takes no argument"},
        {"path", 0, PATH, "'path' takes no argument"},
        {NULL, 0, LIST, NULL},
    };
    const struct word *word;
    bool json = false;
    int option, left, code;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":jh", names)) != -1) {
        if (option != 'j')
            return cli_option_exit(option);
        json = true;
    }
    argv += optind;
    left = argc - optind;
    for (word = words; left > 0 && word->name != NULL && strcmp(argv[0], word->name) != 0;)
        word++;
    if (word->name == NULL)
        return cli_usage(self, "only list, get, set, unset, check and path are known");
    if (left > 0 && left != 1 + word->operands)
        return cli_usage(self, word->takes);
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "config: no memory");
    if (word->what == CHECK)
        code = check(h, json);
    else if (word->what == PATH)
        code = print_paths(h, json);
    else if (word->what == CHANGE)
        code = change(self, h, argv[1], left == 3 ? argv[2] : NULL);
    else
        code = print_settings(h, left == 2 ? argv[1] : NULL, json);
    headroom_close(h);
    return code;
}

const struct command command_config = {
    .name = "config",
    .summary = "the settings in force, where each came from; change them",
    .help = "usage: headroom config [list] [--json]\n"
            "       headroom config get NAME [--json]\n"
            "       headroom config set NAME VALUE\n"
            "       headroom config unset NAME\n"
            "       headroom config check [--json]\n"
            "       headroom config path [--json]\n"
            "\n"
            "Prints every setting with its value and origin: default, environment, or the path of the file. "
            "'get' prints\n"
            "one value, 'check' what is wrong, 'path' where the file is looked for. 'set' and 'unset' change "
            "that file:\n"
            "one line of it, comments and order stay; programs that run already keep what they began with, "
            "but for\n"
            "capture. A setting a.b stands in config.ini as b under [a] (or as a.b = ..) and has the "
            "environment name\n"
            "HEADROOM_A_B, which goes before the file.\n"
            "\n"
            "  -j, --json  an object: per setting value, origin, environment, error; with 'path': config and "
            "state;\n"
            "              with 'check' an array of what is wrong: file, line, name, error\n"
            "  -h, --help  this text\n"
            "\n"
            "exit status: 0; 64 wrong usage, no such setting or a value that it does not take, 73 the file "
            "cannot be\n"
            "written, 78 a setting has a wrong value (the default is in force)\n"
            "\n"
            "example: headroom config set level lossless\n"
            "         HEADROOM_LEVEL=lossless headroom config get level\n",
    .run = run,
};
