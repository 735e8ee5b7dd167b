/* run.c - `headroom run`: start a program with the library in it.

   exec, not fork: the program keeps the pid, the terminal and the exit status that it would have had. */
#include "../core/headroom.h"
#include "attribution.h"
#include "cli.h"
#include "format.h"
#include "notice.h"
#include "preload.h"
#include "target.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 }; /* as shells say it */

struct plan {
    bool mode_given, level_given;
    char mode[32], level[32];
    bool originals;
    char days[16]; /* how long originals are kept */
    bool attribution_off;
    const char *file; /* config.ini */
    int code;         /* first error of a setting, or 0 */
};

static int no_memory(void)
{
    return cli_fail(EX_OSERR, "run: no memory for the environment");
}

/* An option that was given must be right; a wrong word elsewhere only costs that setting. The options stand in the environment. */
static int say_error(void *arg, bool file, unsigned line, const char *name, const char *error)
{
    struct plan *p = arg;
    const char *option = file                                                    ? NULL
                         : p->mode_given && strcmp(name, "HEADROOM_MODE") == 0   ? "mode"
                         : p->level_given && strcmp(name, "HEADROOM_LEVEL") == 0 ? "level"
                                                                                 : NULL;
    if (option != NULL)
        p->code = cli_fail(EX_USAGE, "run: --%s: %s", option, error);
    else if (file && line == 0)
        cli_fail(0, "%s %s; see 'headroom config check'", p->file, error);
    else if (file)
        cli_fail(0, "%s:%u: %s%s%s; see 'headroom config check'", p->file, line, name,
                 *name == '\0' ? "" : ": ", error);
    else
        cli_fail(0, "%s: %s; see 'headroom config check'", name, error);
    return 0;
}

/* The library in the program may read the environment alone; it must hold what is in force. */
static int take_setting(void *arg, const char *name, const char *value, const char *origin, const char *env,
                        const char *error)
{
    struct plan *p = arg;
    bool exported = strcmp(name, "endpoints.add") == 0 && value != NULL && *value != '\0';

    (void)origin, (void)error;
    if (value != NULL && strcmp(name, "mode") == 0) {
        snprintf(p->mode, sizeof(p->mode), "%s", value);
        exported = true;
    } else if (value != NULL && strcmp(name, "level") == 0) {
        snprintf(p->level, sizeof(p->level), "%s", value);
        exported = true;
    } else if (value != NULL && strcmp(name, "originals") == 0) {
        p->originals = strcmp(value, "off") != 0;
    } else if (value != NULL && strcmp(name, "originals.days") == 0) {
        snprintf(p->days, sizeof(p->days), "%s", value);
    } else if (value != NULL && strcmp(name, ATTRIBUTION_SETTING) == 0) {
        p->attribution_off = strcmp(value, "off") == 0;
    }
    if (exported && env != NULL && setenv(env, value, 1) != 0)
        p->code = no_memory();
    return 0;
}

static int apply_settings(struct plan *p, const char *command)
{
    headroom *h = headroom_open(HEADROOM_READ_ONLY);

    if (h == NULL)
        return cli_fail(EX_OSERR, "run: no memory");
    headroom_each_setting(h, take_setting, p);
    p->file = headroom_config_path(h);
    headroom_each_setting_error(h, say_error, p);
    if (p->code == 0 && strcmp(p->mode, "off") != 0)
        notice_capture(h);
    if (p->code == 0) {
        if (strcmp(p->mode, "off") != 0)
            notice_budget(h, target_base_name(command));
        if (strcmp(p->mode, "optimize") != 0) {
            notice_mode(h, p->mode);
        } else {
            notice_storage(h, p->originals ? p->days : "");
            if (!attribution_choose(h, p->attribution_off, command))
                p->code = no_memory();
        }
    }
    headroom_close(h);
    return p->code;
}

static int start(char **argv, const struct target *t)
{
    char name[256];
    int err;

    execvp(argv[0], argv);
    err = errno;
    format_word(name, sizeof(name), argv[0]);
    if (err == ENOENT && t->found)
        return cli_fail(EXIT_NOT_FOUND,
                        "run: cannot run %s: the interpreter or loader that it names is missing", name);
    if (err == ENOENT)
        return cli_fail(EXIT_NOT_FOUND, "run: %s: %s", name,
                        strchr(argv[0], '/') == NULL ? "command not found" : "no such file");
    return cli_fail(EXIT_NOT_EXECUTABLE, "run: cannot run %s: %s", name, strerror(err));
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"mode", required_argument, NULL, 'm'},
        {"level", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct plan plan = {.mode = "optimize", .originals = true, .days = "14"};
    char library[PATH_MAX];
    struct target target;
    int option, code;

    while ((option = cli_option(self, argc, argv, "+:m:l:h", names)) != -1) {
        if (option != 'm' && option != 'l')
            return cli_option_exit(option);
        if (option == 'm')
            plan.mode_given = true;
        else
            plan.level_given = true;
        if (setenv(option == 'm' ? "HEADROOM_MODE" : "HEADROOM_LEVEL", optarg, 1) != 0)
            return no_memory();
    }
    if (optind == argc)
        return cli_usage(self, "no command to run");
    if (!preload_find(library))
        return cli_fail(EX_UNAVAILABLE,
                        "run: libheadroom_preload.so is neither beside this program nor in ../lib;"
                        " run 'make' or 'make install'");
    if (!preload_can_name(library))
        return cli_fail(EX_UNAVAILABLE,
                        "run: %s: LD_PRELOAD cannot hold a path with a space or colon;"
                        " install elsewhere",
                        library);
    code = apply_settings(&plan, argv[optind]);
    if (code != 0)
        return code;
    target_examine(argv[optind], &target);
    if (!target.reached)
        cli_fail(0, "%s", target.sentence);
    if (!(target.harmed ? preload_withdraw() : preload_export(library)))
        return no_memory();
    return start(argv + optind, &target);
}

const struct command command_run = {
    .name = "run",
    .summary = "run a program with the library in it",
    .help = "usage: headroom run [--mode M] [--level L] [--] COMMAND [ARGUMENT..]\n"
            "\n"
            "Runs COMMAND with libheadroom_preload.so in it and in all programs that it starts. Says on "
            "stderr, in one\n"
            "line, where the library cannot reach it (static, setuid, 32-bit, another C library); it runs "
            "all the same.\n"
            "\n"
            "  -m, --mode M   off        do nothing\n"
            "                 audit      observe and record, change nothing\n"
            "                 simulate   record what optimize would do, change nothing\n"
            "                 optimize   shrink tool outputs (default)\n"
            "  -l, --level L  replay     only what was decided before\n"
            "                 lossless   the same facts in fewer tokens\n"
            "                 crush      lossless first, then a selection with a note (default)\n"
            "  -h, --help     this text\n"
            "\n"
            "Sets LD_PRELOAD, ASAN_OPTIONS (verify_asan_link_order=0), HEADROOM_MODE and HEADROOM_LEVEL. "
            "Modes off,\n"
            "audit and simulate send the originals of what was rewritten before: the provider's prompt cache "
            "is lost,\n"
            "and models that bind their reasoning refuse the conversation. Level replay does not have that "
            "effect.\n"
            "Where claude.attribution_header is off, CLAUDE_CODE_ATTRIBUTION_HEADER=0 is set too, unless it "
            "is set.\n"
            "\n"
            "exit status: COMMAND's own; 127 not found, 126 not executable, 64 wrong usage, 69 no library\n"
            "\n"
            "example: headroom run --level lossless -- python3 agent.py\n",
    .run = run,
};
