/* breaker.c - `headroom breaker`: programs whose requests get no new rewrites, why, and how to allow them again. */
#include "../core/headroom.h"
#include "cli.h"
#include "format.h"
#include "json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FAULTS = 20 };

struct listing {
    struct json_tree *tree; /* NULL: for people */
    cJSON *array;
    size_t n;
};

static int list_breaker(void *arg, const headroom_breaker *b)
{
    struct listing *l = arg;
    char age[FORMAT_AGE], time[FORMAT_TIME], program[80];

    l->n++;
    if (l->tree != NULL) {
        cJSON *o = json_object(l->tree, l->array, NULL);

        json_string(l->tree, o, "program", b->program);
        json_string(l->tree, o, "dialect", b->dialect);
        json_string(l->tree, o, "kind", b->kind);
        json_string(l->tree, o, "since", format_time(time, b->since_us));
        return 0;
    }
    printf("%s, %s: no new rewrites since %s ago, because %s\n",
           format_word(program, sizeof(program), b->program), b->dialect,
           format_age(age, b->since_us, format_now_us()),
           strcmp(b->kind, "refused") == 0 ? "the provider refused what was rewritten"
                                           : "rewrites lost the provider's prompt cache");
    return 0;
}

static int list_fault(void *arg, const headroom_fault *f)
{
    struct listing *l = arg;
    char time[FORMAT_TIME], program[80], model[80], held[FORMAT_COUNT], read[FORMAT_COUNT];

    l->n++;
    if (l->tree != NULL) {
        cJSON *o = json_object(l->tree, l->array, NULL);

        json_string(l->tree, o, "time", format_time(time, f->time_us));
        json_string(l->tree, o, "program", f->program);
        json_string(l->tree, o, "dialect", f->dialect);
        json_string(l->tree, o, "model", f->model);
        json_string(l->tree, o, "kind", f->kind);
        json_string(l->tree, o, "place", *f->place == '\0' ? NULL : f->place);
        json_int(l->tree, o, "held_tokens", f->held_tokens);
        json_int(l->tree, o, "cached_tokens", f->cached_tokens);
        json_bool(l->tree, o, "settled", f->settled);
        return 0;
    }
    printf("%s  %s %s: ", format_time(time, f->time_us), format_word(program, sizeof(program), f->program),
           format_word(model, sizeof(model), f->model));
    if (strcmp(f->kind, "refused") == 0)
        printf("the provider refused %s", f->place);
    else
        printf("of %s cached tokens %s were read", format_count(held, f->held_tokens),
               format_count(read, f->cached_tokens));
    puts(f->settled ? " (settled)" : "");
    return 0;
}

static int list(const struct command *self, headroom *h, bool json)
{
    struct json_tree t = {NULL, false};
    struct listing open = {.tree = json ? &t : NULL}, faults = open;
    cJSON *root = json ? json_object(&t, NULL, NULL) : NULL;
    int err;

    if (json) {
        open.array = json_array(&t, root, "open");
        faults.array = json_array(&t, root, "faults");
    }
    err = headroom_each_breaker(h, list_breaker, &open);
    if (err == 0 && !json && open.n == 0)
        puts("none is open: new rewrites are allowed");
    if (err == 0)
        err = headroom_each_fault(h, FAULTS, list_fault, &faults);
    if (err < 0)
        return cli_fail_core(self, h, err);
    return json ? json_print(&t, true) : EX_OK;
}

static int reset(const struct command *self, headroom *h, const char *program, bool json)
{
    struct json_tree t = {NULL, false};
    const int closed = headroom_reset_breaker(h, program);

    if (closed < 0)
        return cli_fail_core(self, h, closed);
    if (json) {
        json_int(&t, json_object(&t, NULL, NULL), "closed", closed);
        return json_print(&t, true);
    }
    printf(closed == 1 ? "1 breaker was open; new rewrites are allowed\n"
                       : "%d breakers were open; new rewrites are allowed\n",
           closed);
    return EX_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool json = false, resets;
    int option, left, code;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":jh", names)) != -1) {
        if (option != 'j')
            return cli_option_exit(option);
        json = true;
    }
    argv += optind;
    left = argc - optind;
    resets = left > 0 && strcmp(argv[0], "reset") == 0;
    if (left > 0 && !resets && strcmp(argv[0], "list") != 0)
        return cli_usage(self, "only 'list' and 'reset [PROGRAM]' are known");
    if (left > (resets ? 2 : 1))
        return cli_usage(self,
                         resets ? "'reset' takes one PROGRAM, or none for all" : "'list' takes no argument");
    h = headroom_open(resets ? 0 : HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "breaker: no memory");
    code = resets ? reset(self, h, left == 2 ? argv[1] : NULL, json) : list(self, h, json);
    headroom_close(h);
    return code;
}

const struct command command_breaker = {
    .name = "breaker",
    .summary = "programs that get no new rewrites, and why; reset",
    .help =
        "usage: headroom breaker [list] [--json]\n"
        "       headroom breaker reset [PROGRAM] [--json]\n"
        "\n"
        "A rewrite of ours can do harm: a provider refuses a request and names what was rewritten, or a\n"
        "conversation loses the provider's prompt cache because a result went out in other bytes than "
        "before.\n"
        "After one refusal, or two lost caches within an hour, that program gets no new rewrites for that "
        "API:\n"
        "what was decided before goes on, as at level replay. 'list' shows where that is so, and the last\n"
        "20 such events; 'reset' allows new rewrites again, of all programs or of PROGRAM. Programs that\n"
        "are running follow within five seconds.\n"
        "\n"
        "  -j, --json  list: an object with open (program, dialect, kind, since) and faults (time, program,\n"
        "              dialect, model, kind, place, held_tokens, cached_tokens, settled); reset: closed\n"
        "  -h, --help  this text\n"
        "\n"
        "exit status: 0; 64 wrong usage, 69 the database cannot be used\n"
        "\n"
        "example: headroom breaker\n"
        "         headroom breaker reset claude\n",
    .run = run,
};
