/* doctor.c - `headroom doctor`: what works here, what does not, why, and what to do. */
#include "doctor.h"
#include "cli.h"
#include "format.h"
#include "json.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {"ok", "warn", "fail"};

struct report {
    struct json_tree *tree;
    cJSON *checks; /* NULL: for people */
    int64_t count[3];
};

void doctor_say(struct report *r, enum doctor_state state, const char *check, const char *advice,
                const char *format, ...)
{
    char text[2048], clean[2048], way[2048];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    format_word(clean, sizeof(clean), text);
    r->count[state]++;
    if (r->checks != NULL) {
        cJSON *o = json_object(r->tree, r->checks, NULL);

        json_string(r->tree, o, "check", check);
        json_string(r->tree, o, "state", words[state]);
        json_string(r->tree, o, "text", clean);
        json_string(r->tree, o, "advice", advice);
        return;
    }
    printf("%-4s  %-11s %s\n", words[state], check, clean);
    if (advice != NULL)
        printf("                  -> %s\n", format_word(way, sizeof(way), advice));
    fflush(stdout); /* the next check may take a second */
}

int64_t doctor_failures(const struct report *r)
{
    return r->count[DOCTOR_FAIL];
}

static void examine(struct report *r, headroom *h)
{
    doctor_libraries(r);
    doctor_tokens(r);
    doctor_settings(r, h);
    doctor_state(r, h);
    doctor_requests(r, h, NULL);
    doctor_health(r, h, NULL);
    doctor_log(r, h, NULL);
    doctor_programs(r);
    doctor_patching(r);
    doctor_system(r);
}

static void verdict_to_json(struct json_tree *t, cJSON *root, const struct verdict *v)
{
    cJSON *o = json_object(t, root, "command");

    json_string(t, o, "path", v->path[0] == '\0' ? NULL : v->path);
    json_string(t, o, "program", v->program[0] == '\0' ? NULL : v->program);
    json_bool(t, o, "reached", v->reached);
    json_string(t, o, "verdict", v->sentence);
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct json_tree t = {NULL, false};
    struct report r = {.tree = &t};
    cJSON *root = NULL;
    bool json = false;
    headroom *h;
    struct verdict v = {.reached = true};
    char **command;
    int option, code = EX_OK;

    while ((option = cli_option(self, argc, argv, "+:jh", names)) != -1) {
        if (option != 'j')
            return cli_option_exit(option);
        json = true;
    }
    command = optind == argc ? NULL : argv + optind;
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "doctor: no memory");
    if (json) {
        root = json_object(&t, NULL, NULL);
        r.checks = json_array(&t, root, "checks");
    }
    if (command == NULL)
        examine(&r, h);
    else
        doctor_command(&r, h, command, &v);
    headroom_close(h);
    if (json) {
        json_int(&t, root, "ok", r.count[DOCTOR_OK]);
        json_int(&t, root, "warn", r.count[DOCTOR_WARN]);
        json_int(&t, root, "fail", r.count[DOCTOR_FAIL]);
        if (command != NULL)
            verdict_to_json(&t, root, &v);
        code = json_print(&t, true);
    } else {
        printf("\n%lld ok, %lld warnings, %lld failures\n", (long long)r.count[DOCTOR_OK],
               (long long)r.count[DOCTOR_WARN], (long long)r.count[DOCTOR_FAIL]);
        if (command != NULL)
            printf("%s\n", v.sentence);
    }
    return code == EX_OK && (r.count[DOCTOR_FAIL] > 0 || !v.reached) ? 1 : code;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "what works here, what does not, and what to do",
    .help =
        "usage: headroom doctor [--json] [-- COMMAND [ARGUMENT..]]\n"
        "\n"
        "Tries, in this shell and for this user, what Headroom needs, and says one line for each: ok, warn "
        "or\n"
        "fail, then what to do. Among it: a child that really has the library in it; the bare name in\n"
        "LD_PRELOAD; the state directory and its database; settings and environment variables; why requests\n"
        "were passed on; which of claude, codex, opencode, node, python3, curl and git are reached, and "
        "how.\n"
        "Changes nothing; a file is made in the state directory and removed again.\n"
        "\n"
        "With COMMAND: what will become of its requests when it is run under Headroom, in one sentence at "
        "the "
        "end.\n"
        "It is looked at, not run: its scripts are followed to an executable (an interpreter of Python is "
        "asked "
        "for\n"
        "its ssl module), its TLS is found, and a child of this command tries whether that may be patched "
        "here.\n"
        "\n"
        "  -j, --json  one object: checks (check, state, text, advice), the counts ok, warn, fail, and with\n"
        "              COMMAND command (path, program, reached, verdict)\n"
        "  -h, --help  this text\n"
        "\n"
        "exit status: 0 nothing fails, and COMMAND is reached; 1 else; 64 wrong usage\n"
        "\n"
        "example: headroom doctor | grep -v ^ok\n"
        "         headroom doctor -- claude\n",
    .run = run,
};
