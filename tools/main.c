/* main.c - the command table of `headroom`. */
#include "../core/headroom.h"
#include "cli.h"
#include "files.h"
#include "nearest.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
    &command_run,    &command_simulate, &command_restore, &command_stats, &command_log,     &command_show,
    &command_diff,   &command_watch,    &command_capture, &command_audit, &command_export,  &command_tokens,
    &command_config, &command_doctor,   &command_purge,   &command_scan,  &command_metrics, &command_report,
    &command_serve,  &command_prices,   &command_breaker,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *f)
{
    fputs("usage: headroom COMMAND [OPTION..] [ARGUMENT..]\n"
          "\n"
          "Shrinks the tool outputs in the LLM requests of unmodified programs, and shows what was done.\n"
          "\n"
          "commands:\n",
          f);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(f, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n"
          "  -h, --help     this text; 'headroom COMMAND --help' for one command\n"
          "  -V, --version  print the version\n"
          "\n"
          "example:\n"
          "  headroom run -- python3 agent.py\n"
          "  headroom stats\n",
          f);
}

static int unknown_command(const char *word)
{
    const char *names[COMMANDS];
    const char *nearest;

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    nearest = nearest_word(word, names, COMMANDS);
    if (nearest != NULL)
        return cli_fail(EX_USAGE, "unknown command '%s'; did you mean '%s'?", word, nearest);
    return cli_fail(EX_USAGE, "unknown command '%s'; 'headroom --help' lists the commands", word);
}

/* Were one of the three standard descriptors closed, the database could be opened under its number and
   printed into. Each gets a file that refuses its use; close-on-exec, so that `run` hands them on closed as
   they were. */
static bool guard_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC) != fd)
            return false;
    }
    return true;
}

static int dispatch(int argc, char **argv)
{
    const char *word = argv[1];
    bool help = strcmp(word, "help") == 0;

    if (help && argc > 2)
        word = argv[2];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_help(stdout);
        return EX_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("headroom %s\n", HEADROOM_VERSION);
        return EX_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(word, commands[i]->name) != 0)
            continue;
        if (!help)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
        fputs(commands[i]->help, stdout);
        return EX_OK;
    }
    if (word[0] == '-')
        return cli_fail(EX_USAGE, "option '%s' must follow a command; see 'headroom --help'", word);
    return unknown_command(word);
}

int main(int argc, char **argv)
{
    int code;

    if (!guard_standard_descriptors())
        return EX_OSERR;
    if (headroom_abi() >> 16 != HEADROOM_ABI_MAJOR)
        return cli_fail(EX_UNAVAILABLE,
                        "libheadroom.so has another ABI than this program; install both anew");
    if (argc < 2) {
        print_help(stderr);
        return EX_USAGE;
    }
    code = dispatch(argc, argv);
    return code == EX_OK ? files_flush_stdout() : code;
}
