/* tokens.c - `headroom tokens`: how many tokens a text is, or which. */
#include "cli.h"
#include "files.h"
#include "json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ENCODING "o200k_base"

struct options {
    const char *encoding, *model; /* NULL: not said */
    bool ids, json;
};

static void print_ids(const uint32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%u\n", ids[i]);
}

static int print_json(const char *encoding, bool exact, const headroom_bytes *in, size_t n,
                      const uint32_t *ids)
{
    struct json_tree t = {NULL, false};
    cJSON *o = json_object(&t, NULL, NULL), *list;

    json_string(&t, o, "encoding", encoding);
    json_bool(&t, o, "exact", exact);
    json_int(&t, o, "bytes", (int64_t)in->len);
    json_int(&t, o, "tokens", (int64_t)n);
    if (ids != NULL) {
        list = json_array(&t, o, "ids");
        for (size_t i = 0; i < n; i++)
            json_int(&t, list, NULL, ids[i]);
    }
    return json_print(&t, true);
}

/* exact: `encoding` is what was asked for, not what stands in for a model's own. */
static int count(const struct options *o, const char *encoding, bool exact, const headroom_bytes *in)
{
    uint32_t *ids = NULL;
    size_t n = 0;
    int code = EX_OK, err = o->ids ? headroom_token_ids(encoding, in->data, in->len, &ids, &n)
                                   : headroom_count_tokens(encoding, in->data, in->len, &n);

    if (err < 0)
        return cli_fail(EX_UNAVAILABLE,
                        "tokens: the vocabulary of %s: %s; 'headroom doctor' says where it should be",
                        encoding, headroom_strerror(err));
    if (o->json)
        code = print_json(encoding, exact, in, n, ids);
    else if (o->ids)
        print_ids(ids, n);
    else
        printf("%zu\n", n);
    headroom_free(ids);
    return code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"encoding", required_argument, NULL, 'e'},
        {"model", required_argument, NULL, 'm'},
        {"ids", no_argument, NULL, 'i'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {.ids = false};
    const char *encoding;
    headroom_bytes in;
    int option, code;

    while ((option = cli_option(self, argc, argv, ":e:m:ijh", names)) != -1) {
        switch (option) {
        case 'e':
            o.encoding = optarg;
            break;
        case 'm':
            o.model = optarg;
            break;
        case 'i':
            o.ids = true;
            break;
        case 'j':
            o.json = true;
            break;
        default:
            return cli_option_exit(option);
        }
    }
    if (argc - optind != 1)
        return cli_usage(self, "exactly one FILE (or -) is needed");
    if (o.encoding != NULL && o.model != NULL)
        return cli_usage(self, "--model chooses an encoding; --encoding names one");
    if (o.encoding != NULL && strcmp(o.encoding, "o200k_base") != 0 && strcmp(o.encoding, "cl100k_base") != 0)
        return cli_usage(self, "--encoding is o200k_base or cl100k_base");
    encoding = o.model != NULL ? headroom_encoding_of(o.model) : o.encoding;
    if (encoding == NULL && o.model != NULL && o.ids)
        return cli_fail(EX_DATAERR, "tokens: the vocabulary of %s is not public: it has no ids to print",
                        o.model);
    if (encoding == NULL && o.model != NULL)
        fprintf(stderr,
                "headroom: tokens: the vocabulary of %s is not public: estimated by " DEFAULT_ENCODING "\n",
                o.model);
    code = files_read(self, argv[optind], &in);
    if (code != EX_OK)
        return code;
    code =
        count(&o, encoding == NULL ? DEFAULT_ENCODING : encoding, encoding != NULL || o.model == NULL, &in);
    free(in.data);
    return code;
}

const struct command command_tokens = {
    .name = "tokens",
    .summary = "count the tokens of a text",
    .help = "usage: headroom tokens [--encoding E | --model M] [--ids] [--json] FILE|-\n"
            "\n"
            "Prints how many tokens FILE is, exactly as tiktoken's encode_ordinary counts: special tokens "
            "are text like\n"
            "any other, and what is not UTF-8 counts as U+FFFD.\n"
            "\n"
            "  -e, --encoding E  o200k_base (default) or cl100k_base\n"
            "  -m, --model M     the encoding of this model, for example gpt-4o; where the vocabulary is not "
            "public, as\n"
            "                    Claude's and Gemini's, the count is an estimate and stderr says so\n"
            "  -i, --ids         print the ids of the tokens, one a line\n"
            "  -j, --json        one object: encoding exact bytes tokens, and ids with --ids\n"
            "  -h, --help        this text\n"
            "\n"
            "exit status: 0; 64 wrong usage, 65 no ids are known for the model, 66 no such file, 69 no "
            "vocabulary\n"
            "\n"
            "example: git diff | headroom tokens -\n",
    .run = run,
};
