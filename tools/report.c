/* report.c - `headroom report`: the figures as one HTML file. */
#include "cli.h"
#include "files.h"
#include "format.h"
#include "moment.h"
#include "older.h"
#include "page.h"

#include <stdlib.h>
#include <string.h>

#define FILE_NAME "headroom-report.html"
enum { SPAN_DAYS = 30 };

static int write_report(const struct command *self, headroom *h, const struct page_options *o,
                        const char *path)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    int err, code;

    if (f == NULL)
        return cli_fail(EX_OSERR, "report: no memory");
    err = page_write(h, o, f);
    if (fclose(f) != 0)
        code = cli_fail(EX_OSERR, "report: no memory");
    else if (err != 0)
        code = cli_fail_core(self, h, err);
    else
        code = files_replace(self, path, text, len);
    free(text);
    if (code == EX_OK && strcmp(path, "-") != 0)
        printf("%s\n", path);
    return code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"output", required_argument, NULL, 'o'},
        {"since", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int64_t now = format_now_us();
    struct page_options o = {.from_us = now - SPAN_DAYS * INT64_C(86400000000)};
    const char *path = FILE_NAME;
    int option, code;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":o:s:h", names)) != -1) {
        if (option != 'o' && option != 's')
            return cli_option_exit(option);
        if (option == 'o')
            path = optarg;
        else if (!moment_read(optarg, now, &o.from_us))
            return cli_usage(self, "--since takes " MOMENT_FORMS);
    }
    if (optind != argc)
        return cli_usage(self, "no argument is taken; -o FILE says where the report goes");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "report: no memory");
    older_sum(h);
    code = write_report(self, h, &o, path);
    headroom_close(h);
    return code;
}

const struct command command_report = {
    .name = "report",
    .summary = "the figures as one HTML file, with charts",
    .help = "usage: headroom report [--since WHEN] [-o FILE]\n"
            "\n"
            "Writes one HTML file and prints its name: savings, cost and the provider's cache by day, and "
            "sums by\n"
            "model, program and tool, each with what it is a part of. The file needs no network and no "
            "script; it\n"
            "holds names of programs, models and tools, and figures, nothing of what was sent.\n"
            "\n"
            "  -s, --since WHEN   requests since then (30d): 12h, 7d, 2w, today, 2026-11-21, "
            "2026-11-21T09:30, all\n"
            "  -o, --output FILE  write FILE (headroom-report.html) in one step; - prints it\n"
            "  -h, --help         this text\n"
            "\n"
            "exit status: 0, also where nothing is recorded; 64 wrong usage, 69 database not usable,\n"
            "73 or 74 FILE cannot be written\n"
            "\n"
            "example: headroom report --since 7d -o week.html\n",
    .run = run,
};
