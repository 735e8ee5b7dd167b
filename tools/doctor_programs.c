/* doctor_programs.c - the programs that people run: does the library get into them, and does it see their TLS? See doctor.h. */
#include "child.h"
#include "doctor.h"
#include "follow.h"
#include "judge.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LIST = 64 << 10, SECONDS = 10 };

static void check_program(struct report *r, const char *name, const struct target *t,
                          const struct hooks *hooks)
{
    /* A python3 that is a script (pyenv) chooses another one. */
    const char *program = judge_is_python(t->path) ? t->path : t->program;
    struct judgement j;

    if (follow_ends_open(t)) {
        doctor_say(r, DOCTOR_WARN, name,
                   "Let 'headroom run' start it; 'headroom log' shows whether requests were seen.",
                   "%s is a script; what it starts decides", t->path);
        return;
    }
    judge_program(program, hooks, &j);
    doctor_say(r,
               j.refused              ? DOCTOR_FAIL
               : j.reach == REACH_YES ? DOCTOR_OK
                                      : DOCTOR_WARN,
               name, j.advice, "%s%s", j.reach == REACH_NO && !j.refused ? "not reached: " : "", j.text);
}

/* git itself has no TLS; it starts this. */
static bool find_remote(const struct target *t, struct target *out)
{
    char *argv[] = {(char *)t->path, (char *)"--exec-path", NULL};
    const struct child c = {argv, NULL, false, SECONDS};
    char directory[PATH_MAX - 32], path[PATH_MAX];

    if (child_run(&c, directory, sizeof(directory)) != 0)
        return false;
    directory[strcspn(directory, "\n")] = '\0';
    snprintf(path, sizeof(path), "%s/git-remote-https", directory);
    target_examine(path, out);
    return out->found && out->reached;
}

static void check_git(struct report *r, const char *name, const struct target *t, const struct hooks *hooks)
{
    struct target remote;
    char list[LIST];

    if (find_remote(t, &remote) && judge_libraries(remote.program, hooks, list, sizeof(list)))
        doctor_say(r, DOCTOR_OK, name, NULL,
                   "runs with the library; its requests are no LLM calls and pass unchanged: %s",
                   remote.path);
    else
        doctor_say(r, DOCTOR_OK, name, NULL, "makes no LLM calls: %s", t->path);
}

static const struct {
    const char *name;
    void (*check)(struct report *, const char *, const struct target *, const struct hooks *);
} programs[] = {
    {"claude", check_program}, {"codex", check_program},   {"opencode", check_program},
    {"node", check_program},   {"python3", check_program}, {"curl", check_program},
    {"git", check_git},
};

void doctor_programs(struct report *r)
{
    struct hooks hooks;
    char missing[128] = "";
    struct target t;

    if (!judge_hooks(&hooks))
        return; /* said already */
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        follow(programs[i].name, &t, NULL, NULL);
        if (!t.found) {
            size_t n = strlen(missing);
            snprintf(missing + n, sizeof(missing) - n, " %s", programs[i].name);
        } else if (!t.reached) {
            doctor_say(r, DOCTOR_WARN, programs[i].name, "Nothing to do here yet; it runs unchanged.",
                       "not reached: %s", t.sentence);
        } else {
            programs[i].check(r, programs[i].name, &t, &hooks);
        }
    }
    if (missing[0] != '\0')
        doctor_say(r, DOCTOR_OK, "programs", NULL, "not in PATH:%s", missing);
}
