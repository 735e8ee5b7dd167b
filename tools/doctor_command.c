/* doctor_command.c - `headroom doctor -- COMMAND`: what will happen when this command is run under Headroom. See doctor.h.

     words ─► file in PATH ─► scripts ─► executable ─► the TLS it has, or loads ─► may that be patched here? ─► verdict

   The command itself is not run. */
#include "doctor.h"
#include "doctor_linked.h"
#include "follow.h"
#include "format.h"
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
    const char *mode, *level, *endpoints, *endpoints_origin, *attribution;
};

struct subject {
    const char *name; /* as given */
    struct target t;  /* of the last script on the way, or of the command */
    struct judgement j;
    struct settings s;
    bool installed, storing; /* the library comes into a child; something can be stored */
    bool attested;           /* Claude Code, with its attestation in force */
};

static int take_setting(void *arg, const char *name, const char *value, const char *origin, const char *env,
                        const char *error)
{
    struct settings *s = arg;

    (void)env, (void)error;
    if (value == NULL)
        return 0;
    if (strcmp(name, "mode") == 0)
        s->mode = value;
    else if (strcmp(name, "level") == 0)
        s->level = value;
    else if (strcmp(name, "claude.attribution_header") == 0)
        s->attribution = value;
    else if (strcmp(name, "endpoints.add") == 0) {
        s->endpoints = value;
        s->endpoints_origin = origin;
    }
    return 0;
}

__attribute__((format(printf, 3, 4))) static void conclude(struct verdict *v, bool reached,
                                                           const char *format, ...)
{
    char text[sizeof(v->sentence)];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    v->reached = reached;
    format_word(v->sentence, sizeof(v->sentence), text);
}

/* ------------------------------------------------------------------ from the words to an executable */
/* env NAME=VALUE .. COMMAND: the command. */
static const char *command_word(char **argv)
{
    if (strcmp(target_base_name(argv[0]), "env") != 0)
        return argv[0];
    for (char **p = argv + 1; *p != NULL; p++) {
        if (strchr(*p, '=') == NULL)
            return **p == '-' ? argv[0] : *p;
    }
    return argv[0];
}

static void say_step(void *arg, const char *script, const char *next)
{
    doctor_say(arg, DOCTOR_OK, "command", NULL, "%s is a script that hands over to %s", script, next);
}

/* False: the verdict is out. */
static bool find_executable(struct report *r, struct subject *c, struct verdict *v)
{
    char real[PATH_MAX];

    follow(c->name, &c->t, say_step, r);
    if (!c->t.found) {
        doctor_say(r, DOCTOR_FAIL, "command", "Is it installed, and its directory in PATH?",
                   "%s: no such command", c->name);
        conclude(v, false, "%s: no such command", c->name);
        return false;
    }
    if (realpath(c->t.path, real) == NULL)
        snprintf(real, sizeof(real), "%s", c->t.path);
    snprintf(v->path, sizeof(v->path), "%s", real);
    snprintf(v->program, sizeof(v->program), "%s", c->t.program);
    if (!c->t.reached) {
        doctor_say(r, DOCTOR_FAIL, "command", "Nothing to do here yet; it runs unchanged.", "%s",
                   c->t.sentence);
        conclude(v, false, "%s: will not be reached: %s", target_base_name(c->name), c->t.sentence);
        return false;
    }
    doctor_say(r, DOCTOR_OK, "command", NULL, "%s%s%s, which is looked at, not run", real,
               follow_is_script(&c->t) ? ", a script for " : "", follow_is_script(&c->t) ? c->t.program : "");
    return true;
}

/* ------------------------------------------------------------------ its TLS */
/* False: the verdict is out. */
static bool judge_executable(struct report *r, headroom *h, struct subject *c, struct verdict *v)
{
    const char *program = judge_is_python(c->t.path) ? c->t.path : c->t.program;
    const char *name = target_base_name(c->name), *why;
    struct hooks hooks;

    if (!c->installed || !judge_hooks(&hooks)) {
        conclude(
            v, false,
            "%s: will not be reached: the library is not complete, or does not come into a child (see above)",
            name);
        return false;
    }
    if (follow_ends_open(&c->t)) {
        doctor_say(r, DOCTOR_WARN, "tls", "headroom doctor -- PROGRAM, for the one that it starts.",
                   "%s starts other programs; each gets the library, and is reached or not by itself",
                   c->t.path);
        conclude(v, false, "%s: cannot be told: the programs that it starts decide", name);
        return false;
    }
    judge_program(program, &hooks, &c->j);
    doctor_say(r,
               c->j.reach == REACH_YES  ? DOCTOR_OK
               : c->j.reach == REACH_NO ? DOCTOR_FAIL
                                        : DOCTOR_WARN,
               "tls", c->j.advice, "%s", c->j.text);
    if (c->j.reach == REACH_NOTHING) {
        conclude(v, false, "%s: cannot be told: %s", name,
                 c->j.linked ? "no TLS is seen in it before it runs" : "nothing could be learned from it");
        return false;
    }
    if (c->j.reach == REACH_NO)
        why = c->j.linked ? c->j.facts.why : c->j.text;
    else
        why = c->j.linked && c->j.facts.result == 1 ? doctor_linked(r, h, program, &c->j.facts) : NULL;
    if (why != NULL)
        conclude(v, false, "%s: will not be reached: %s", name, why);
    return why == NULL;
}

static void check_protocol(struct report *r, const struct subject *c)
{
    bool nameless = c->j.linked && c->j.facts.located.tier != HEADROOM_TIER_DYNAMIC;

    if (strstr(c->j.text, "above libcurl") != NULL)
        doctor_say(r, DOCTOR_OK, "http2", NULL, "HTTP/2 is as good as HTTP/1.1 here: the hook lies above it");
    else
        doctor_say(r, DOCTOR_OK, "http2", NULL,
                   "HTTP/1.1 is read and rewritten; a connection that speaks HTTP/2 passes unchanged%s",
                   nameless ? " and leaves no row" : ", recorded as http2");
}

/* ------------------------------------------------------------------ what is in force for it */
static void check_endpoints(struct report *r, const struct settings *s)
{
    if (s->endpoints == NULL || *s->endpoints == '\0')
        return;
    if (strcmp(s->endpoints_origin, "environment") == 0)
        doctor_say(r, DOCTOR_OK, "endpoints", NULL, "beside those of the known APIs: %s", s->endpoints);
    else
        doctor_say(r, DOCTOR_OK, "endpoints", NULL,
                   "beside those of the known APIs: %s ('headroom run' hands it on; with LD_PRELOAD alone "
                   "HEADROOM_ENDPOINTS_ADD must say it)",
                   s->endpoints);
}

/* Claude Code attests what it says about itself to its vendor's hosts, and only the vendor's switch ends that. A switch that is set goes
   before the setting. */
static void check_attestation(struct report *r, struct subject *c, const struct verdict *v)
{
    const char *set = getenv("CLAUDE_CODE_ATTRIBUTION_HEADER"), *url = getenv("ANTHROPIC_BASE_URL");

    if (strcmp(target_base_name(c->name), "claude") != 0 && strstr(v->path, "/claude-code/") == NULL)
        return;
    if (set != NULL && strcmp(set, "0") == 0)
        doctor_say(r, DOCTOR_OK, "attestation", NULL,
                   "CLAUDE_CODE_ATTRIBUTION_HEADER=0 in this shell: its requests carry none");
    else if (set == NULL && c->s.attribution != NULL && strcmp(c->s.attribution, "off") == 0)
        doctor_say(
            r, DOCTOR_OK, "attestation", NULL,
            "claude.attribution_header = off: 'headroom run' sets CLAUDE_CODE_ATTRIBUTION_HEADER=0 (with "
            "LD_PRELOAD alone set it yourself)");
    else if (url != NULL && *url != '\0')
        doctor_say(r, DOCTOR_OK, "attestation", NULL,
                   "it attests what goes to its vendor's own hosts, and ANTHROPIC_BASE_URL names another: %s",
                   url);
    else {
        c->attested = true;
        doctor_say(r, DOCTOR_WARN, "attestation",
                   set != NULL
                       ? "Unset CLAUDE_CODE_ATTRIBUTION_HEADER, or set it to 0, the vendor's own switch."
                       : "claude.attribution_header = off in config.ini lets 'headroom run' set the "
                         "vendor's own switch, CLAUDE_CODE_ATTRIBUTION_HEADER=0.",
                   "its requests to its vendor carry one (cch): recorded, and passed on unchanged");
    }
}

static void conclude_reached(const struct subject *c, struct verdict *v)
{
    const char *name = target_base_name(c->name), *mode = c->s.mode, *level = c->s.level;

    if (strcmp(mode, "off") == 0)
        conclude(v, false, "%s: will run unchanged: mode off", name);
    else if (!c->storing)
        conclude(v, false, "%s: requests will pass unchanged: nothing can be stored (see above)", name);
    else if (strcmp(mode, "optimize") != 0)
        conclude(v, true, "%s: requests will be recorded; nothing will be rewritten (mode %s)", name, mode);
    else if (c->attested)
        conclude(v, true, "%s: requests will be recorded and passed on unchanged, where they carry cch",
                 name);
    else if (strcmp(level, "replay") == 0)
        conclude(v, true,
                 "%s: requests will be recorded; what was decided before will be rewritten (level replay)",
                 name);
    else
        conclude(v, true, "%s: requests will be recorded; tool results will be rewritten%s", name,
                 doctor_memory_is_short() ? ", if the limit of its address space allows" : "");
}

void doctor_command(struct report *r, headroom *h, char **argv, struct verdict *out)
{
    struct subject c = {.name = command_word(argv), .s = {.mode = "optimize", .level = "crush"}};
    int64_t failures = doctor_failures(r);
    bool judged;

    memset(out, 0, sizeof(*out));
    headroom_each_setting(h, take_setting, &c.s);
    doctor_libraries(r);
    c.installed = doctor_failures(r) == failures;
    doctor_settings(r, h);
    failures = doctor_failures(r);
    doctor_state(r, h);
    c.storing = doctor_failures(r) == failures;
    check_endpoints(r, &c.s);
    judged = find_executable(r, &c, out) && judge_executable(r, h, &c, out);
    if (judged) {
        check_protocol(r, &c);
        check_attestation(r, &c, out);
    }
    if (c.t.found && c.t.program[0] != '\0') {
        char real[PATH_MAX];
        const char *program = realpath(c.t.program, real) == NULL ? c.t.program : real;

        doctor_requests(r, h, target_base_name(program));
        doctor_health(r, h, target_base_name(program));
        doctor_log(r, h, target_base_name(program));
    }
    doctor_system(r);
    if (judged)
        conclude_reached(&c, out);
}
