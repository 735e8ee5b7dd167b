/* capture.c - `headroom capture`: whole bodies on, off, and what is kept. */
#include "capture.h"
#include "cli.h"
#include "config_set.h"
#include "format.h"
#include "json.h"
#include "moment.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct options {
    const char *period, *mb;
    bool json;
};

static int print_json(const headroom *h, const struct capture_facts *f)
{
    struct json_tree t = {NULL, false};
    cJSON *o = json_object(&t, NULL, NULL);
    const char *state = headroom_state_directory(h);
    char time[FORMAT_TIME], directory[4096];

    json_bool(&t, o, "on", f->on);
    json_string(&t, o, "until", f->on && f->until_us != INT64_MAX ? format_time(time, f->until_us) : NULL);
    snprintf(directory, sizeof(directory), "%s/captures", state == NULL ? "" : state);
    json_string(&t, o, "directory", state == NULL ? NULL : directory);
    json_int(&t, o, "files", f->files);
    json_int(&t, o, "bytes", f->bytes);
    json_int(&t, o, "cap_bytes", f->cap_bytes);
    json_int(&t, o, "days", f->days);
    json_string(&t, o, "oldest", f->files > 0 ? format_time(time, f->oldest_us) : NULL);
    return json_print(&t, true);
}

static void print_facts(const headroom *h, const struct capture_facts *f)
{
    const char *state = headroom_state_directory(h);
    char bytes[FORMAT_COUNT], cap[FORMAT_COUNT], files[FORMAT_COUNT], time[FORMAT_TIME], words[80];

    printf("capture    %s\n", capture_state(f, words, sizeof(words)));
    printf("kept       %s requests, %s bytes of at most %s, for %lld days%s%s\n",
           format_count(files, f->files), format_count(bytes, f->bytes), format_count(cap, f->cap_bytes),
           (long long)f->days, f->files > 0 ? "; the oldest of " : "",
           f->files > 0 ? format_time(time, f->oldest_us) : "");
    if (state != NULL)
        printf("where      %s/captures, readable for you alone\n", state);
}

/* The state after a change is that of the new file: a handle of its own. */
static int status(const struct command *self, const struct options *o)
{
    struct capture_facts f;
    headroom *h = headroom_open(HEADROOM_READ_ONLY);
    int code = EX_OK, err;

    if (h == NULL)
        return cli_fail(EX_OSERR, "capture: no memory");
    err = capture_facts(h, &f);
    if (err < 0)
        code = cli_fail_core(self, h, err);
    else if (o->json)
        code = print_json(h, &f);
    else
        print_facts(h, &f);
    headroom_close(h);
    return code;
}

static int change(const struct command *self, const struct options *o, bool on)
{
    struct config_change list[3] = {{"capture", on ? "on" : "off"}, {"capture.until", NULL}};
    char until[24];
    int64_t period;
    size_t n = 2;
    headroom *h;
    int code;

    if (o->period != NULL) {
        if (!moment_read_age(o->period, &period) || period == 0)
            return cli_usage(self, "--for takes a time: 90s, 30m, 12h, 7d, 2w");
        snprintf(until, sizeof(until), "%lld", (long long)((format_now_us() + period) / 1000000));
        list[1].value = until;
    }
    if (o->mb != NULL)
        list[n++] = (struct config_change){"capture.mb", o->mb};
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "capture: no memory");
    code = config_set(self, h, list, n);
    headroom_close(h);
    if (code != EX_OK)
        return code;
    code = status(self, o);
    if (on && !o->json)
        puts("\nFrom its next request on every program under headroom has its requests and responses stored "
             "whole: prompts,\nfiles, tool outputs, whatever secrets stand in them. Headers never. 'headroom "
             "capture off' ends it, 'headroom\npurge --captures' deletes what is there.");
    return code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"for", required_argument, NULL, 'f'},
        {"max-mb", required_argument, NULL, 'm'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {.json = false};
    const char *word;
    int option;

    while ((option = cli_option(self, argc, argv, ":f:m:jh", names)) != -1) {
        if (option == 'f')
            o.period = optarg;
        else if (option == 'm')
            o.mb = optarg;
        else if (option == 'j')
            o.json = true;
        else
            return cli_option_exit(option);
    }
    word = optind == argc ? "status" : argv[optind];
    if (argc - optind > 1 ||
        (strcmp(word, "on") != 0 && strcmp(word, "off") != 0 && strcmp(word, "status") != 0))
        return cli_usage(self, "one of on, off and status is taken");
    if (strcmp(word, "on") != 0 && (o.period != NULL || o.mb != NULL))
        return cli_usage(self, "--for and --max-mb belong to on");
    return strcmp(word, "status") == 0 ? status(self, &o) : change(self, &o, strcmp(word, "on") == 0);
}

const struct command command_capture = {
    .name = "capture",
    .summary = "keep whole bodies of requests and responses, for a time",
    .help =
        "usage: headroom capture on [--for TIME] [--max-mb N]\n"
        "       headroom capture off\n"
        "       headroom capture [status] [--json]\n"
        "\n"
        "While capture is on the body of each request is stored as the program made it and as it was "
        "sent, and the\n"
        "body of its response: compressed, for you alone, in files below the state directory. Headers "
        "are never\n"
        "stored. On and off reach programs that run already, at their next request. 'show N --request' "
        "prints a body,\n"
        "'audit' says what was in them, 'simulate DIRECTORY' tries them again.\n"
        "\n"
        "      --for TIME   switch off after this time: 90s, 30m, 12h, 7d, 2w\n"
        "      --max-mb N   megabytes of all captures (setting capture.mb, 256); then the oldest go, as do "
        "those older\n"
        "                   than capture.days (7)\n"
        "  -j, --json       one object: on until directory files bytes cap_bytes days oldest\n"
        "  -h, --help       this text\n"
        "\n"
        "exit status: 0; 64 wrong usage, 73 config.ini cannot be written\n"
        "\n"
        "example: headroom capture on --for 1h\n"
        "         headroom show 12 --request | jq .messages\n",
    .run = run,
};
