/* scan.c - `headroom scan`: which TLS a file has, where its functions lie, and whether Headroom reaches it. */
#include "cli.h"
#include "format.h"
#include "json.h"
#include "reach.h"
#include "walk.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROGRESS_AFTER_US = 1000000, PROGRESS_EVERY_US = 200000 };

struct options {
    bool json, all, anchors;
};

struct scan {
    struct options o;
    bool walking;
    bool terminal; /* progress may be shown */
    int64_t began_us, told_us;
    size_t files, with_tls, reached;
    int code; /* the worst so far */
};

static const char *const functions[HEADROOM_SSL_FUNCTIONS] = {"SSL_write", "SSL_write_ex", "SSL_read",
                                                              "SSL_read_ex"};
static const char *const tiers[] = {"none", "dynamic symbol", "symbol", "cache", "anchors"};
static const struct {
    unsigned bit;
    const char *word;
} checks[] = {
    {HEADROOM_CHECK_CALLED, "called"},     {HEADROOM_CHECK_TAKEN, "taken"},
    {HEADROOM_CHECK_BOUNDARY, "boundary"}, {HEADROOM_CHECK_ALIGNED, "aligned"},
    {HEADROOM_CHECK_FRAME, "frame"},       {HEADROOM_CHECK_PROLOGUE, "prologue"},
};

/* ------------------------------------------------------------------ output */
static void check_words(unsigned bits, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if ((bits & checks[i].bit) != 0 && n < size)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n == 0 ? "" : ",", checks[i].word);
    }
}

static void hex(const uint8_t *p, size_t n, char *out)
{
    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static void functions_to_json(struct json_tree *t, cJSON *parent, const headroom_located *at)
{
    cJSON *all = json_object(t, parent, "functions");

    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        const headroom_function *f = &at->function[i];
        char text[64];
        cJSON *o;

        if (f->address == 0)
            continue;
        o = json_object(t, all, functions[i]);
        snprintf(text, sizeof(text), "0x%" PRIx64, f->address);
        json_string(t, o, "address", text);
        snprintf(text, sizeof(text), "0x%" PRIx64, f->offset);
        json_string(t, o, "offset", text);
        check_words(f->checks, text, sizeof(text));
        json_names(t, o, "checks", text);
    }
}

static const char *confidence(const headroom_located *at)
{
    switch (at->tier) {
    case HEADROOM_TIER_DYNAMIC:
    case HEADROOM_TIER_SYMTAB:
        return "symbol";
    case HEADROOM_TIER_CACHE:
    case HEADROOM_TIER_ANCHOR:
        return "certain";
    default:
        return at->library == HEADROOM_TLS_NONE ? NULL : "refused";
    }
}

static int print_json(const char *path, const struct reach_facts *f)
{
    const headroom_located *at = &f->located;
    char id[2 * sizeof(at->build_id) + 1];
    struct json_tree t = {NULL, false};
    cJSON *o = json_object(&t, NULL, NULL);

    hex(at->build_id, at->build_id_len, id);
    json_string(&t, o, "path", path);
    json_string(&t, o, "library", reach_library(f));
    json_string(&t, o, "version", at->version[0] == '\0' ? NULL : at->version);
    json_string(&t, o, "linkage", f->linkage);
    json_string(&t, o, "needs", at->needs[0] == '\0' ? NULL : at->needs);
    json_string(&t, o, "machine", f->result < 0 ? NULL : at->arm ? "aarch64" : "x86-64");
    json_bool(&t, o, "position_independent", at->relocatable);
    json_string(&t, o, "build_id", at->build_id_len == 0 ? NULL : id);
    json_string(&t, o, "tier", tiers[at->tier]);
    json_string(&t, o, "confidence", confidence(at));
    functions_to_json(&t, o, at);
    if (f->reach == REACH_NOTHING)
        json_null(&t, o, "reachable");
    else
        json_bool(&t, o, "reachable", f->reach == REACH_YES);
    json_string(&t, o, "why", f->why);
    json_string(&t, o, "note", at->reason[0] == '\0' ? NULL : at->reason);
    return json_print(&t, false);
}

static void print_text(const char *path, const struct reach_facts *f)
{
    const headroom_located *at = &f->located;
    const char *library = reach_library(f);
    char word[512], text[96];

    printf("%s\n", format_word(word, sizeof(word), path));
    if (f->reach != REACH_NOTHING && library != NULL)
        printf("  library    %s%s%s, %s\n", library, at->version[0] == '\0' ? "" : ": ",
               at->version[0] == '\0' ? "" : format_word(word, sizeof(word), at->version), f->linkage);
    if (at->needs[0] != '\0')
        printf("  needs      %s\n", format_word(word, sizeof(word), at->needs));
    if (at->tier != HEADROOM_TIER_NONE)
        printf("  found by   %s\n", tiers[at->tier]);
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        if (at->function[i].address == 0)
            continue;
        check_words(at->function[i].checks, text, sizeof(text));
        printf("  %-12s 0x%" PRIx64 " (file offset 0x%" PRIx64 "; %s)\n", functions[i],
               at->function[i].address, at->function[i].offset, text);
    }
    printf("  reachable  %s%s\n",
           f->reach == REACH_NOTHING ? ""
           : f->reach == REACH_YES   ? "yes, "
                                     : "no: ",
           format_word(word, sizeof(word), f->why));
    if (at->tier != HEADROOM_TIER_NONE && at->reason[0] != '\0')
        printf("  note       %s\n", at->reason);
}

/* ------------------------------------------------------------------ files */
static void tell_progress(struct scan *s, const char *path)
{
    int64_t now = format_now_us();
    char word[60];

    if (!s->terminal || now - s->began_us < PROGRESS_AFTER_US || now - s->told_us < PROGRESS_EVERY_US)
        return;
    s->told_us = now;
    fprintf(stderr, "\r\033[K%zu files, %zu with TLS  %s", s->files, s->with_tls,
            format_word(word, sizeof(word), path));
}

static void clear_progress(struct scan *s)
{
    if (s->told_us != 0)
        fputs("\r\033[K", stderr);
    s->told_us = 0;
}

static int scan_file(void *arg, const char *path)
{
    struct scan *s = arg;
    struct reach_facts f;

    tell_progress(s, path);
    reach_examine(path, s->o.anchors, &f);
    s->files++;
    if (f.result >= 0 && f.reach != REACH_NOTHING)
        s->with_tls++;
    s->reached += f.reach == REACH_YES;
    if (s->walking && !s->o.all && (f.reach == REACH_NOTHING || f.result < 0))
        return 0;
    clear_progress(s);
    if (!s->o.json)
        print_text(path, &f);
    else if (print_json(path, &f) != EX_OK)
        s->code = EX_OSERR;
    return 0;
}

/* What the command line names must be there and be an ELF file; what a walk meets need not. */
static void scan_operand(struct scan *s, const char *path)
{
    struct elf_facts facts;
    struct stat st;

    if (stat(path, &st) != 0 || (!S_ISDIR(st.st_mode) && access(path, R_OK) != 0)) {
        s->code = cli_fail(EX_NOINPUT, "scan: %s: %s", path, strerror(errno));
        return;
    }
    s->walking = S_ISDIR(st.st_mode);
    if (s->walking) {
        if (walk_elf_files(path, scan_file, s) == -1)
            s->code = cli_fail(EX_NOINPUT, "scan: %s: %s", path, strerror(errno));
        clear_progress(s);
        return;
    }
    elf_facts_of_file(path, &facts);
    if (facts.kind == ELF_KIND_SCRIPT) {
        s->code = cli_fail(EX_DATAERR, "scan: %s: a script; scan its interpreter (%s)", path, facts.detail);
        return;
    }
    if (facts.kind == ELF_KIND_NONE) {
        s->code = cli_fail(EX_DATAERR, "scan: %s: not an ELF executable or shared object", path);
        return;
    }
    scan_file(s, path);
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {{"json", no_argument, NULL, 'j'},
                                          {"all", no_argument, NULL, 'a'},
                                          {"anchors", no_argument, NULL, 'A'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct scan s = {.code = EX_OK};
    bool walked = false;
    int option;

    while ((option = cli_option(self, argc, argv, ":ah", names)) != -1) {
        if (option == 'j')
            s.o.json = true;
        else if (option == 'a')
            s.o.all = true;
        else if (option == 'A')
            s.o.anchors = true;
        else
            return cli_option_exit(option);
    }
    if (optind == argc)
        return cli_usage(self, "name at least one file or directory");
    s.terminal = isatty(STDERR_FILENO) == 1;
    s.began_us = format_now_us();
    for (int i = optind; i < argc; i++) {
        scan_operand(&s, argv[i]);
        walked |= s.walking;
    }
    if (walked && !s.o.json)
        printf("%zu ELF files looked at, %zu with TLS, %zu of them reachable\n", s.files, s.with_tls,
               s.reached);
    return s.code;
}

const struct command command_scan = {
    "scan",
    "where a program's TLS is, and whether Headroom reaches it",
    "usage: headroom scan [--json] [--all] [--anchors] FILE|DIRECTORY..\n"
    "\n"
    "Reads executables and shared objects, runs nothing of them, and says which TLS library each has,\n"
    "whether it is linked in or shared, where SSL_write and SSL_read lie, what that answer rests on, and\n"
    "whether Headroom reaches it. A directory is walked; of its files only those with TLS are listed.\n"
    "\n"
    "  -a, --all      list the files of a directory that have no TLS, too\n"
    "      --anchors  find functions by the anchors alone, as if there were no symbols\n"
    "      --json     one JSON object a line and file\n"
    "  -h, --help     this text\n"
    "\n"
    "exit status: 0; 65 a named file is no ELF file, 66 it cannot be read\n"
    "example: headroom scan /usr/bin/curl /opt\n",
    run,
};
