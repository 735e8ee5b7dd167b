/* metrics.c - `headroom metrics`: the figures for Prometheus, printed or left where node_exporter collects them. */
#include "metrics.h"
#include "cli.h"
#include "files.h"
#include "older.h"

#include <stdlib.h>
#include <string.h>

static int write_metrics(const struct command *self, headroom *h, const char *path)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    int err, code;

    if (f == NULL)
        return cli_fail(EX_OSERR, "metrics: no memory");
    err = metrics_write(h, f);
    if (fclose(f) != 0)
        code = cli_fail(EX_OSERR, "metrics: no memory");
    else if (err != 0)
        code = cli_fail_core(self, h, err);
    else
        code = files_replace(self, path, text, len);
    free(text);
    return code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *path = "-";
    int option, code;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":o:h", names)) != -1) {
        if (option != 'o')
            return cli_option_exit(option);
        path = optarg;
    }
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "metrics: no memory");
    older_sum(h);
    code = write_metrics(self, h, path);
    headroom_close(h);
    return code;
}

const struct command command_metrics = {
    .name = "metrics",
    .summary = "the figures for Prometheus",
    .help =
        "usage: headroom metrics [-o FILE]\n"
        "\n"
        "Prints the figures of all time in the text format of Prometheus. 'headroom serve' answers with the\n"
        "same under /metrics. Tokens of requests are by our count; headroom_reported_* are what providers\n"
        "reported. Programs and models: the 50 with the most tokens each; sums without a label hold all.\n"
        "\n"
        "  -o, --output FILE  write FILE, replaced in one step, so that a reader sees the old text or the\n"
        "                     new: for the textfile collector of node_exporter, run by cron or a timer\n"
        "  -h, --help         this text\n"
        "\n"
        "exit status: 0, with zeros where nothing is recorded; 64 wrong usage, 69 database not usable,\n"
        "73 or 74 FILE cannot be written\n"
        "\n"
        "example: headroom metrics -o /var/lib/prometheus/node-exporter/headroom.prom\n",
    .run = run,
};
