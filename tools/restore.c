/* restore.c - `headroom restore`: a body as sent, back to the body as the program made it. */
#include "../core/headroom.h"
#include "files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct options {
    const char *out;
    bool kept, state;
};

static int core_failed(const struct command *self, const char *name, int err)
{
    return cli_fail(EX_DATAERR, "%s: '%s': %s", self->name, name, headroom_strerror(err));
}

static int kept(const struct command *self, headroom *h, const struct options *o, const char *name,
                const headroom_bytes *in)
{
    headroom_bytes json = {NULL, 0};
    int err = headroom_restore_kept(h, in->data, in->len, &json);
    int code;

    if (err < 0)
        return core_failed(self, name, err);
    code = files_write(self, o->out, json.data, json.len);
    headroom_free(json.data);
    return code;
}

static int whole(const struct command *self, headroom *h, const struct options *o, const char *name,
                 const headroom_bytes *in)
{
    headroom_bytes body = {NULL, 0};
    size_t restored = 0, missing = 0;
    uint64_t left_out = headroom_left_out(in->data, in->len);
    int err = headroom_restore(h, in->data, in->len, &body, &restored, &missing);
    int code;

    if (err < 0)
        return core_failed(self, name, err);
    code = files_write(self, o->out, body.data, body.len);
    headroom_free(body.data);
    if (code == EX_OK && missing > 0)
        code = cli_fail(EX_UNAVAILABLE, "restore: %zu of %zu replacements stay as they were sent: %s",
                        missing, restored + missing,
                        o->state ? "their originals are no longer stored"
                                 : "their originals are in the database; --state looks there");
    if ((code == EX_OK || missing > 0) && left_out > 0)
        code =
            cli_fail(EX_UNAVAILABLE,
                     "restore: %llu messages were left out of this body by the rolling window and are stored "
                     "nowhere; the program that made it has them",
                     (unsigned long long)left_out);
    return code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"kept", no_argument, NULL, 'k'},
        {"state", no_argument, NULL, 's'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {"-", false, false};
    headroom_bytes in;
    headroom *h;
    int option, code;

    while ((option = cli_option(self, argc, argv, ":kso:h", names)) != -1) {
        switch (option) {
        case 'k':
            o.kept = true;
            break;
        case 's':
            o.state = true;
            break;
        case 'o':
            o.out = optarg;
            break;
        default:
            return cli_option_exit(option);
        }
    }
    if (argc - optind != 1)
        return cli_usage(self, "exactly one FILE (or -) is needed");
    code = files_read(self, argv[optind], &in);
    if (code != EX_OK)
        return code;
    h = headroom_open(o.state ? HEADROOM_READ_ONLY : HEADROOM_NO_STATE);
    if (h == NULL)
        code = cli_fail(EX_OSERR, "restore: no memory");
    else
        code = (o.kept ? kept : whole)(self, h, &o, argv[optind], &in);
    headroom_close(h);
    free(in.data);
    return code;
}

const struct command command_restore = {
    .name = "restore",
    .summary = "turn a body as it was sent into the one that the program made",
    .help =
        "usage: headroom restore [--kept] [--state] [-o OUT] FILE|-\n"
        "\n"
        "Reads a request body as it was sent and prints it as the program made it. Lossless forms are read "
        "back from\n"
        "the body alone; selections need the stored originals.\n"
        "\n"
        "  -k, --kept        print instead a JSON array of the selections that the body's notes name, each\n"
        "                    {\"id\", \"of\", \"kept\": [index], \"items\": [slice]}\n"
        "  -s, --state       take originals from the database\n"
        "  -o, --output OUT  write to OUT\n"
        "  -h, --help        this text\n"
        "\n"
        "exit status: 0 all restored; 64 wrong usage, 65 not a request body, 66 no such file, 69 originals "
        "of some\n"
        "replacements are not there, or the rolling window left messages out, which are stored nowhere (all "
        "else\n"
        "is restored and printed), 73 or 74 OUT not written\n"
        "\n"
        "example: headroom restore --state sent.json | cmp - body.json\n",
    .run = run,
};
