/* doctor_programs.c - the programs that people run: does the library get into them, and does it see their TLS? See doctor.h.

   Nothing of a program runs, but of python3 and git, which say only so where their TLS lies: the loader itself lists what it
   would load, with the preload in force. */
#include "child.h"
#include "doctor.h"
#include "elfkind.h"
#include "elfsym.h"
#include "format.h"
#include "preload.h"
#include "reach.h"
#include "target.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LIST = 64 << 10, SECONDS = 10 };

struct hooks {
    char library[PATH_MAX];
    bool ssl, curl; /* what this build of the library interposes */
};

/* ------------------------------------------------------------------ one executable */
/* What the loader of program would load. False: it says nothing. */
static bool list_libraries(const char *program, const struct hooks *hooks, char *out, size_t size)
{
    struct elf_facts facts;
    char *argv[4];
    struct child c = {argv, hooks->library, false, SECONDS};

    elf_facts_of_file(program, &facts);
    if (facts.kind != ELF_KIND_REACHED || facts.detail[0] != '/')
        return false;
    argv[0] = facts.detail;
    argv[1] = (char *)"--list";
    argv[2] = (char *)program;
    argv[3] = NULL;
    return child_run(&c, out, size) == 0;
}

static bool is_shell(const char *program)
{
    static const char *const shells[] = {"sh", "bash", "dash", "zsh", "ksh", "busybox"};
    const char *slash = strrchr(program, '/');

    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(slash == NULL ? program : slash + 1, shells[i]) == 0)
            return true;
    }
    return false;
}

/* list: what it loads. */
/* It loads no TLS library at its start; it may have one inside. */
static void judge_linked(struct report *r, const char *name, const char *program)
{
    struct reach_facts facts;

    reach_examine(program, false, &facts);
    if (facts.reach == REACH_YES)
        doctor_say(r, DOCTOR_OK, name, NULL, "reached in the TLS that is linked in, %s: %s", facts.why,
                   program);
    else if (facts.reach == REACH_NO)
        doctor_say(r, DOCTOR_WARN, name, "Nothing to do here yet; it runs unchanged.", "not reached: %s: %s",
                   program, facts.why);
    else
        doctor_say(r, DOCTOR_WARN, name, "Nothing to do here yet; it runs unchanged.",
                   "not reached: %s loads no TLS library at its start, and none is linked in", program);
}

static void judge_tls(struct report *r, const char *name, const char *program, const char *list,
                      const struct hooks *hooks)
{
    bool ssl = strstr(list, "libssl.so") != NULL, curl = strstr(list, "libcurl") != NULL;

    if (strstr(list, "/libheadroom_preload.so") == NULL)
        doctor_say(r, DOCTOR_FAIL, name, "See the check 'preload'.",
                   "%s: its loader does not take the library", program);
    else if (curl && hooks->curl)
        doctor_say(r, DOCTOR_OK, name, NULL, "reached above libcurl: %s", program);
    else if (curl && ssl && hooks->ssl)
        doctor_say(r, DOCTOR_OK, name, NULL, "reached below libcurl, in libssl, where it speaks HTTP/1.1: %s",
                   program);
    else if (ssl && hooks->ssl)
        doctor_say(r, DOCTOR_OK, name, NULL, "reached in libssl: %s", program);
    else if (strstr(list, "libgnutls") != NULL || strstr(list, "libnss3") != NULL)
        doctor_say(r, DOCTOR_WARN, name, "Nothing to do here yet; it runs unchanged.",
                   "not reached: %s has its TLS from GnuTLS or NSS", program);
    else
        judge_linked(r, name, program);
}

static void check_program(struct report *r, const char *name, const struct target *t,
                          const struct hooks *hooks)
{
    char list[LIST];

    if (is_shell(t->program))
        doctor_say(r, DOCTOR_WARN, name,
                   "Let 'headroom run' start it; 'headroom log' shows whether requests were seen.",
                   "%s is a shell script; what it starts decides", t->path);
    else if (!list_libraries(t->program, hooks, list, sizeof(list)))
        doctor_say(r, DOCTOR_WARN, name,
                   "Let 'headroom run' start it; 'headroom log' shows whether requests were seen.",
                   "%s: nothing could be learned from it", t->path);
    else
        judge_tls(r, name, t->program, list, hooks);
}

/* ------------------------------------------------------------------ those that load their TLS later */
/* The ssl module decides, and only Python knows where it lies. */
static void check_python(struct report *r, const char *name, const struct target *t,
                         const struct hooks *hooks)
{
    static const char code[] =
        "import ssl, sys; sys.stdout.write(sys.executable + '\\n' + open('/proc/self/maps').read())";
    char *argv[] = {(char *)t->path, (char *)"-I", (char *)"-c", (char *)code, NULL};
    const struct child c = {argv, hooks->library, false, SECONDS};
    char *maps, out[LIST * 4];
    int ended = child_run(&c, out, sizeof(out));

    maps = strchr(out, '\n');
    if (ended != 0 || maps == NULL) {
        doctor_say(r, DOCTOR_WARN, name, "Is its ssl module there? python3 -c 'import ssl'",
                   "%s: could not be tried (exit status %d)", t->path, ended);
        return;
    }
    *maps++ = '\0';
    if (strstr(maps, "/libheadroom_preload.so") == NULL)
        doctor_say(r, DOCTOR_FAIL, name, "See the check 'preload'.", "%s runs without the library", out);
    else if (strstr(maps, "libssl.so") != NULL && hooks->ssl)
        doctor_say(r, DOCTOR_OK, name, NULL, "reached in libssl, as it ran with both: %s", out);
    else
        doctor_say(r, DOCTOR_WARN, name, "Use a Python that loads libssl, such as the distribution's.",
                   "not reached: TLS is linked into %s", out);
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

    if (find_remote(t, &remote) && list_libraries(remote.program, hooks, list, sizeof(list)))
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
    {"claude", check_program}, {"codex", check_program}, {"opencode", check_program}, {"node", check_program},
    {"python3", check_python}, {"curl", check_program},  {"git", check_git},
};

void doctor_programs(struct report *r)
{
    struct hooks hooks = {.ssl = false};
    char missing[128] = "";
    struct target t;

    if (!preload_find(hooks.library) || !preload_can_name(hooks.library))
        return; /* said already */
    hooks.ssl = elf_file_defines(hooks.library, "SSL_write");
    hooks.curl = elf_file_defines(hooks.library, "curl_easy_perform");
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        target_examine(programs[i].name, &t);
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
