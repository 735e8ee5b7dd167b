/* prices.c - `headroom prices`: what tokens cost, where that is known from, and another table. */
#include "../core/headroom.h"
#include "cli.h"
#include "files.h"
#include "format.h"
#include "json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PRICE = 32, NOT_WRITTEN = -15 /* HR_EIO */ };

struct printing {
    struct json_tree *tree; /* NULL: for people */
    cJSON *array;
    size_t printed;
};

/* Millionths as a decimal number: 2500000 -> "2.5". */
static const char *decimal(char out[PRICE], int64_t millionths)
{
    int n = snprintf(out, PRICE, "%" PRId64 ".%06" PRId64, millionths / 1000000, millionths % 1000000);

    while (out[n - 1] == '0')
        out[--n] = 0;
    if (out[n - 1] == '.')
        out[n - 1] = 0;
    return out;
}

static void add_price(struct printing *p, cJSON *o, const char *key, int64_t millionths)
{
    char text[PRICE];

    if (millionths < 0)
        json_null(p->tree, o, key);
    else
        json_text(p->tree, o, key, decimal(text, millionths));
}

static void add(struct printing *p, const headroom_price *price)
{
    cJSON *o = json_object(p->tree, p->array, NULL);

    json_string(p->tree, o, "provider", *price->provider ? price->provider : NULL);
    json_string(p->tree, o, "model", price->model);
    json_int(p->tree, o, "above_tokens", price->above);
    add_price(p, o, "input", price->input);
    add_price(p, o, "cache_read", price->cache_read);
    add_price(p, o, "cache_write", price->cache_write);
    add_price(p, o, "cache_write_1h", price->cache_write_1h);
    add_price(p, o, "output", price->output);
}

static const char *cell(char out[PRICE], int64_t millionths)
{
    return millionths < 0 ? "-" : decimal(out, millionths);
}

static int print_price(void *arg, const headroom_price *price)
{
    struct printing *p = arg;
    char in[PRICE], read[PRICE], write[PRICE], hour[PRICE], out[PRICE], above[FORMAT_COUNT], provider[64],
        model[128];

    if (price->input < 0)
        return 0;
    if (p->tree != NULL) {
        add(p, price);
        p->printed++;
        return 0;
    }
    if (p->printed++ == 0)
        printf("%10s %10s %11s %14s %10s  %s\n", "input", "cache read", "cache write", "cache write 1h",
               "output", "model");
    printf("%10s %10s %11s %14s %10s  %s%s%s", cell(in, price->input), cell(read, price->cache_read),
           cell(write, price->cache_write), cell(hour, price->cache_write_1h), cell(out, price->output),
           *price->provider ? format_word(provider, sizeof(provider), price->provider) : "setting",
           *price->provider ? "/" : " prices: ", format_word(model, sizeof(model), price->model));
    if (price->above > 0)
        printf(", prompts above %s tokens", format_count(above, price->above));
    putchar('\n');
    return 0;
}

static void print_source(const headroom_price_source *s)
{
    char models[FORMAT_COUNT], providers[FORMAT_COUNT];

    printf("$ for a million tokens; %s of %s, %s models of %s providers, %s%s\n", s->source, s->day,
           format_count(models, s->models), format_count(providers, s->providers),
           s->path ? "from " : "built in", s->path ? s->path : "");
}

static int print_json(headroom *h, const char *model, const char *host, const char *dialect,
                      const headroom_price_source *s)
{
    struct json_tree t = {NULL, false};
    cJSON *o = json_object(&t, NULL, NULL);
    struct printing p = {.tree = &t};

    json_string(&t, o, "source", s->source);
    json_string(&t, o, "day", s->day);
    json_string(&t, o, "path", s->path);
    json_string(&t, o, "unit", "USD per million tokens");
    p.array = json_array(&t, o, "prices");
    headroom_each_price(h, model, host, dialect, print_price, &p);
    return json_print(&t, model != NULL);
}

static int show(headroom *h, const char *model, const char *host, const char *dialect, bool json)
{
    struct printing p = {.tree = NULL};
    headroom_price_source source;
    char word[128];

    headroom_get_price_source(h, &source);
    if (json)
        return print_json(h, model, host, dialect, &source);
    print_source(&source);
    headroom_each_price(h, model, host, dialect, print_price, &p);
    if (p.printed == 0)
        printf("no price of %s is known; setting prices gives it one\n",
               format_word(word, sizeof(word), model));
    return EX_OK;
}

static int update(const struct command *self, headroom *h, const char *file, const char *day)
{
    headroom_bytes text = {NULL, 0};
    headroom_price_source source;
    char problem[512] = "no memory", today[16];
    const time_t now = time(NULL);
    struct tm tm;
    int code = files_read(self, file, &text), err;

    if (code != EX_OK)
        return code;
    if (day == NULL && gmtime_r(&now, &tm) != NULL)
        strftime(today, sizeof(today), "%Y-%m-%d", &tm);
    err = headroom_prices_update(h, text.data, text.len, day == NULL ? today : day, problem, sizeof(problem));
    free(text.data);
    if (err == 0)
        headroom_get_price_source(h, &source); /* the first question: it reads what was just written */
    if (err < 0)
        return cli_fail(err == NOT_WRITTEN ? EX_CANTCREAT : EX_DATAERR, "prices: %s: %s; nothing was changed",
                        file, problem);
    print_source(&source);
    if (source.path == NULL)
        cli_fail(0, "prices: the built-in prices are newer than these and stay in force");
    return EX_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"host", required_argument, NULL, 'H'}, {"dialect", required_argument, NULL, 'd'},
        {"day", required_argument, NULL, 'D'},  {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    const char *host = NULL, *dialect = NULL, *day = NULL;
    bool json = false, updates;
    int option, code;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":H:d:D:jh", names)) != -1) {
        if (option == 'H')
            host = optarg;
        else if (option == 'd')
            dialect = optarg;
        else if (option == 'D')
            day = optarg;
        else if (option == 'j')
            json = true;
        else
            return cli_option_exit(option);
    }
    updates = optind < argc && strcmp(argv[optind], "update") == 0;
    if (argc - optind > 1 + updates || (updates && argc - optind < 2))
        return cli_usage(self, updates ? "update takes one FILE" : "at most one MODEL is taken");
    h = headroom_open(updates ? 0 : HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "prices: no memory");
    code = updates ? update(self, h, argv[optind + 1], day)
                   : show(h, optind < argc ? argv[optind] : NULL, host, dialect, json);
    headroom_close(h);
    return code;
}

const struct command command_prices = {
    .name = "prices",
    .summary = "what tokens cost, and where that is known from",
    .help =
        "usage: headroom prices [--host H] [--dialect D] [--json] [MODEL]\n"
        "       headroom prices update [--day YYYY-MM-DD] FILE\n"
        "\n"
        "Prints what a request for MODEL would be billed at now, in $ for a million tokens, or the whole "
        "table.\n"
        "No line: no price is known, and none is guessed. The setting prices gives models of gateways "
        "theirs:\n"
        "  [prices]\n"
        "  llm.corp.example/* = 2 8 0.2 2.5      input, output, cache read, cache write\n"
        "\n"
        "update reads a newer data.json of genai-prices, checks it, and puts the table that it makes of it "
        "into\n"
        "the state directory. Processes that start from then on use it, until the built-in prices are of a "
        "later\n"
        "day. A file with anything wrong in it changes nothing.\n"
        "\n"
        "  -H, --host H     the host that is asked; without it the model's name tells the provider\n"
        "  -d, --dialect D  how it is asked: anthropic openai_chat openai_responses gemini cohere ollama "
        "bedrock\n"
        "  -D, --day D      of update: the day of the prices; default today\n"
        "  -j, --json       one JSON object: source day path unit prices [{provider model above_tokens input "
        "cache_read\n"
        "                   cache_write cache_write_1h output}]; null: not said, and billed as input\n"
        "  -h, --help       this text\n"
        "\n"
        "exit status: 0; 64 wrong usage, 65 FILE cannot be used, 66 FILE cannot be read, 73 the table cannot "
        "be "
        "written\n"
        "\n"
        "example: headroom prices claude-opus-5-5\n",
    .run = run,
};
