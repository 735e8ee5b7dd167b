/* price_compile.c - see price_compile.h. */
#include "price_compile.h"

#include <stdio.h>
#include <string.h>

#include "price_regex.h"
#include "price_table.h"
#include "json/json.h"

enum { MAX_NESTED = 6, MAX_TIERS = 6, MAX_TEXT = 1 << 22, PICO = 6 };

struct work {
    hr_arena *a;
    const hr_tree *t;
    hr_buf providers, models, clauses, links, rates, text;
    uint32_t n_providers, n_models, n_clauses, n_links, n_rates, priced;
    char *problem;
    size_t room;
    hr_str provider, model; /* that are being read, for what is said of them */
};

static const char *const parts[HR_PRICE_PARTS] = {
    [HR_PRICE_INPUT] = "input_mtok",
    [HR_PRICE_CACHE_READ] = "cache_read_mtok",
    [HR_PRICE_CACHE_WRITE] = "cache_write_mtok",
    [HR_PRICE_CACHE_WRITE_1H] = "cache_write_1h_mtok",
    [HR_PRICE_OUTPUT] = "output_mtok",
};

static int wrong(struct work *w, const char *what)
{
    const hr_str p = w->provider, m = w->model;

    snprintf(w->problem, w->room, "%.*s%s%.*s%s%s", p.n < 80 ? (int)p.n : 80, p.n ? p.p : "", m.n ? "/" : "",
             m.n < 80 ? (int)m.n : 80, m.n ? m.p : "", p.n ? ": " : "", what);
    return HR_ESHAPE;
}

/* ------------------------------------------------------------------ JSON */
static const hr_node *member(const struct work *w, const hr_node *o, const char *name)
{
    for (uint32_t i = o && o->type == HR_JSON_OBJECT ? o->child : 0; i; i = w->t->nodes[i].next) {
        const hr_node *m = &w->t->nodes[i];
        const hr_value key = {HR_JSON_STRING, m->key_escaped, m->key_off, m->key_len};
        if (hr_lexeme_is(w->t->text, &key, name))
            return m->type == HR_JSON_NULL ? NULL : m;
    }
    return NULL;
}

static int string(struct work *w, const hr_node *v, hr_str *out)
{
    *out = (hr_str){0};
    if (!v || v->type != HR_JSON_STRING)
        return wrong(w, "a string is missing or something else stands there");
    int r = hr_string_decode(w->a, w->t->text + v->off, v->len, out);
    return r == 0 || r == HR_ENOMEM ? r : wrong(w, "a string cannot be read");
}

static bool is(const hr_node *v, hr_json_type type)
{
    return v && v->type == type;
}

/* ------------------------------------------------------------------ text */
/* The offset of s among the strings, each of which stands there once. */
static int intern(struct work *w, hr_str s, bool in_lower_case, uint32_t *out)
{
    char *z = hr_arena_dup(w->a, s.p, s.n);

    if (!z)
        return HR_ENOMEM;
    if (memchr(z, 0, s.n))
        return wrong(w, "a string holds a NUL");
    for (size_t i = 0; i < s.n && in_lower_case; i++)
        if (z[i] >= 'A' && z[i] <= 'Z')
            z[i] = (char)(z[i] + 32);
    const char *found = w->text.len ? memmem(w->text.data, w->text.len, z, s.n + 1) : NULL;
    *out = (uint32_t)(found ? (size_t)(found - w->text.data) : w->text.len);
    if (!found)
        hr_buf_add(&w->text, z, s.n + 1);
    return w->text.err;
}

/* ------------------------------------------------------------------ clauses */
static int read_clause(struct work *w, const hr_node *v, unsigned nested)
{
    static const char *const names[] = {"equals", "starts_with", "ends_with", "contains",
                                        "regex",  "or",          "and"};
    hr_price_clause c = {0};
    const hr_node *given = NULL;
    hr_str text = HR_STR("");
    const uint32_t at = w->n_clauses++;
    int r = 0;

    while (c.kind < sizeof names / sizeof *names && !(given = member(w, v, names[c.kind])))
        c.kind++;
    const bool list = c.kind >= HR_CLAUSE_OR;
    if (!given || v->count != 1 || nested > MAX_NESTED || list != is(given, HR_JSON_ARRAY))
        return wrong(w, "what a name is matched by cannot be understood");
    if (!list && (r = string(w, given, &text)) < 0)
        return r;
    if (c.kind == HR_CLAUSE_REGEX && !hr_price_regex_valid(text))
        return wrong(w, "a regular expression cannot be understood");
    if ((r = intern(w, text, c.kind != HR_CLAUSE_REGEX, &c.text)) < 0)
        return r;
    hr_buf_add(&w->clauses, &c, sizeof c);
    for (uint32_t i = list ? given->child : 0; i && r == 0; i = w->t->nodes[i].next)
        r = read_clause(w, &w->t->nodes[i], nested + 1);
    if (r == 0 && w->n_clauses - at > UINT16_MAX)
        r = wrong(w, "too many names");
    if (r == 0 && !w->clauses.err)
        ((hr_price_clause *)(void *)w->clauses.data)[at].skip = (uint16_t)(w->n_clauses - at);
    return r < 0 ? r : w->clauses.err;
}

static int read_match(struct work *w, const hr_node *v, uint32_t *out)
{
    *out = v ? w->n_clauses : HR_PRICE_NONE;
    return v ? read_clause(w, v, 0) : 0;
}

/* ------------------------------------------------------------------ prices */
static int read_number(struct work *w, const hr_node *v, int scale, uint32_t *out)
{
    int64_t n;

    if (!is(v, HR_JSON_NUMBER) || !hr_price_decimal(hr_str_make(w->t->text + v->off, v->len), scale, &n) ||
        n >= UINT32_MAX || n > INT64_C(4000000000))
        return wrong(w, "a price is no number that can be one");
    *out = (uint32_t)n;
    return 0;
}

struct rates {
    hr_price_rate list[MAX_TIERS];
    uint32_t n;
};

static hr_price_rate *tier_of(struct rates *r, uint32_t above)
{
    uint32_t i = 0;

    while (i < r->n && r->list[i].above < above)
        i++;
    if (i < r->n && r->list[i].above == above)
        return &r->list[i];
    if (r->n == MAX_TIERS)
        return NULL;
    memmove(&r->list[i + 1], &r->list[i], (r->n - i) * sizeof *r->list);
    r->list[i] = r->list[0];
    for (int k = 0; k < HR_PRICE_PARTS; k++)
        r->list[i].price[k] = HR_PRICE_NONE;
    r->list[i].above = above;
    r->n++;
    return &r->list[i];
}

static int read_part(struct work *w, const hr_node *v, int part, struct rates *r)
{
    if (!is(v, HR_JSON_OBJECT))
        return read_number(w, v, PICO, &r->list[0].price[part]);
    const hr_node *tiers = member(w, v, "tiers");
    int err = read_number(w, member(w, v, "base"), PICO, &r->list[0].price[part]);

    for (uint32_t i = is(tiers, HR_JSON_ARRAY) ? tiers->child : 0; i && err == 0; i = w->t->nodes[i].next) {
        uint32_t above = 0, price = 0;
        err = read_number(w, member(w, &w->t->nodes[i], "start"), 0, &above);
        if (err == 0)
            err = read_number(w, member(w, &w->t->nodes[i], "price"), PICO, &price);
        hr_price_rate *tier = err == 0 && above > 0 ? tier_of(r, above) : NULL;
        if (tier)
            tier->price[part] = price;
        else if (err == 0)
            err = wrong(w, "too many sizes of prompts have a price of their own");
    }
    return err;
}

/* A price that is not said for long prompts is that of shorter ones. */
static void fill_tiers(struct rates *r)
{
    for (uint32_t i = 1; i < r->n; i++)
        for (int k = 0; k < HR_PRICE_PARTS; k++)
            if (r->list[i].price[k] == HR_PRICE_NONE)
                r->list[i].price[k] = r->list[i - 1].price[k];
}

static int read_prices(struct work *w, const hr_node *v, hr_price_rate when)
{
    struct rates r = {.list = {when}, .n = 1};
    uint32_t each = 0;
    int err = is(v, HR_JSON_OBJECT) ? 0 : wrong(w, "prices are missing");

    for (int k = 0; k < HR_PRICE_PARTS; k++)
        r.list[0].price[k] = HR_PRICE_NONE;
    for (int k = 0; k < HR_PRICE_PARTS && err == 0; k++) {
        const hr_node *part = member(w, v, parts[k]);
        if (part)
            err = read_part(w, part, k, &r);
    }
    if (err == 0 && member(w, v, "requests_kcount"))
        err = read_number(w, member(w, v, "requests_kcount"), PICO, &each);
    fill_tiers(&r);
    const uint32_t *base = r.list[0].price;
    if (each || base[HR_PRICE_INPUT] == HR_PRICE_NONE || base[HR_PRICE_OUTPUT] == HR_PRICE_NONE) {
        r.n = 1;
        r.list[0].price[HR_PRICE_INPUT] = HR_PRICE_NONE;
    }
    hr_buf_add(&w->rates, r.list, r.n * sizeof *r.list);
    w->n_rates += r.n;
    return err < 0 ? err : w->rates.err;
}

/* "01:00:00Z" in seconds. */
static bool second_of_day(hr_str s, uint32_t *out)
{
    uint32_t part[3] = {0};

    if (s.n < 8 || s.p[2] != ':' || s.p[5] != ':' || (s.n > 8 && !(s.n == 9 && s.p[8] == 'Z')))
        return false;
    for (size_t i = 0; i < 8; i++) {
        if (i % 3 == 2)
            continue;
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        part[i / 3] = part[i / 3] * 10 + (uint32_t)(s.p[i] - '0');
    }
    *out = part[0] * 3600 + part[1] * 60 + part[2];
    return part[0] < 24 && part[1] < 60 && part[2] < 60;
}

static int read_when(struct work *w, const hr_node *constraint, hr_price_rate *out)
{
    const hr_node *date = member(w, constraint, "start_date");
    hr_str from, to;
    int r;

    if (!constraint)
        return 0;
    if (date) {
        r = string(w, date, &from);
        return r < 0 ? r : hr_price_day(from, &out->from_day) ? 0 : wrong(w, "a day cannot be read");
    }
    if ((r = string(w, member(w, constraint, "start_time"), &from)) < 0 ||
        (r = string(w, member(w, constraint, "end_time"), &to)) < 0)
        return r;
    return second_of_day(from, &out->from_s) && second_of_day(to, &out->to_s)
               ? 0
               : wrong(w, "a time of the day cannot be read");
}

static int read_model(struct work *w, const hr_node *v)
{
    hr_price_model m = {.rate = w->n_rates};
    const hr_node *prices = member(w, v, "prices");
    int r = string(w, member(w, v, "id"), &w->model);

    if (r == 0)
        r = intern(w, w->model, false, &m.id);
    if (r == 0 && !member(w, v, "match"))
        r = wrong(w, "nothing says which names it has");
    if (r == 0)
        r = read_match(w, member(w, v, "match"), &m.match);
    if (r == 0 && !is(prices, HR_JSON_ARRAY))
        r = read_prices(w, prices, (hr_price_rate){0});
    for (uint32_t i = is(prices, HR_JSON_ARRAY) ? prices->child : 0; i && r == 0; i = w->t->nodes[i].next) {
        const hr_node *one = &w->t->nodes[i];
        hr_price_rate when = {0};
        r = read_when(w, member(w, one, "constraint"), &when);
        if (r == 0)
            r = read_prices(w, member(w, one, "prices"), when);
    }
    m.rates = w->n_rates - m.rate;
    if (r == 0) {
        const hr_price_rate *first = (const hr_price_rate *)(const void *)w->rates.data + m.rate;
        w->priced += m.rates && first->price[HR_PRICE_INPUT] != HR_PRICE_NONE;
        hr_buf_add(&w->models, &m, sizeof m);
        w->n_models++;
    }
    w->model = (hr_str){0};
    return r < 0 ? r : w->models.err;
}

/* ------------------------------------------------------------------ providers */
static int read_provider(struct work *w, const hr_node *v)
{
    const hr_node *models = member(w, v, "models");
    hr_price_provider p = {.model = w->n_models};
    hr_str pattern = {0};
    int r = string(w, member(w, v, "id"), &w->provider);

    if (r == 0)
        r = string(w, member(w, v, "api_pattern"), &pattern);
    if (r == 0 && (!hr_price_regex_valid(pattern) || !is(models, HR_JSON_ARRAY)))
        r = wrong(w, "its address or its models cannot be understood");
    if (r < 0 || (r = intern(w, w->provider, true, &p.id)) < 0 ||
        (r = intern(w, pattern, false, &p.pattern)) < 0 ||
        (r = read_match(w, member(w, v, "model_match"), &p.model_match)) < 0 ||
        (r = read_match(w, member(w, v, "provider_match"), &p.provider_match)) < 0)
        return r;
    for (uint32_t i = models->child; i && r == 0; i = w->t->nodes[i].next)
        r = read_model(w, &w->t->nodes[i]);
    p.models = w->n_models - p.model;
    hr_buf_add(&w->providers, &p, sizeof p);
    w->n_providers++;
    return r < 0 ? r : w->providers.err;
}

/* Where all providers are known: those whose models each offers, too. */
static int read_fallbacks(struct work *w, const hr_node *v, uint32_t n)
{
    const hr_node *list = member(w, v, "fallback_model_providers");
    int r = 0;

    hr_price_provider *all = (hr_price_provider *)(void *)w->providers.data;
    all[n].link = w->n_links;
    for (uint32_t i = is(list, HR_JSON_ARRAY) ? list->child : 0; i && r == 0; i = w->t->nodes[i].next) {
        hr_str id;
        uint32_t k = 0;
        r = string(w, &w->t->nodes[i], &id);
        while (r == 0 && k < w->n_providers && !hr_str_is(id, w->text.data + all[k].id))
            k++;
        if (r == 0 && k < w->n_providers) {
            hr_buf_add(&w->links, &k, sizeof k);
            w->n_links++;
        }
    }
    all[n].fallback = w->n_links - all[n].link;
    return r < 0 ? r : w->links.err;
}

static int read_all(struct work *w)
{
    const hr_node *root = &w->t->nodes[1];
    int r = root->type == HR_JSON_ARRAY && root->count ? 0 : wrong(w, "this is no list of providers");
    uint32_t n = 0;

    for (uint32_t i = r == 0 ? root->child : 0; i && r == 0; i = w->t->nodes[i].next)
        r = read_provider(w, &w->t->nodes[i]);
    for (uint32_t i = r == 0 ? root->child : 0; i && r == 0; i = w->t->nodes[i].next)
        r = read_fallbacks(w, &w->t->nodes[i], n++);
    w->provider = (hr_str){0};
    if (r == 0 && w->priced * 2 <= w->n_models)
        r = wrong(w, "most of its models have no price");
    return r;
}

/* ------------------------------------------------------------------ out */
static int write_table(struct work *w, hr_buf *out, int32_t day, uint32_t source)
{
    const hr_buf *const sections[] = {&w->providers, &w->models, &w->clauses, &w->links, &w->rates, &w->text};
    hr_price_head h = {.order = HR_PRICE_ORDER,
                       .day = day,
                       .source = source,
                       .providers = w->n_providers,
                       .models = w->n_models,
                       .clauses = w->n_clauses,
                       .links = w->n_links,
                       .rates = w->n_rates,
                       .text = (uint32_t)w->text.len};
    const size_t start = out->len, behind = offsetof(hr_price_head, check) + sizeof h.check;
    size_t size = sizeof h;

    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        size += sections[i]->len;
    memcpy(h.magic, HR_PRICE_MAGIC, sizeof h.magic);
    h.size = (uint32_t)size;
    hr_buf_add(out, &h, sizeof h);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (sections[i]->len)
            hr_buf_add(out, sections[i]->data, sections[i]->len);
    if (out->err)
        return out->err;
    h.check = hr_price_check(out->data + start + behind, size - behind);
    memcpy(out->data + start, &h, sizeof h);
    return 0;
}

int hr_price_compile(hr_buf *out, hr_str json, int32_t day, hr_str source, char *problem, size_t room)
{
    struct work w = {.a = hr_arena_new(), .problem = problem, .room = room};
    hr_tree tree;
    uint32_t at = 0;
    int r = w.a ? hr_tree_parse(&tree, w.a, json.p, json.n, NULL) : HR_ENOMEM;

    w.text.max = MAX_TEXT;
    w.t = &tree;
    if (r < 0 && r != HR_ENOMEM)
        r = wrong(&w, "it is no JSON");
    if (r == 0)
        r = intern(&w, HR_STR(""), false, &at);
    if (r == 0)
        r = read_all(&w);
    if (r == 0)
        r = intern(&w, source, false, &at);
    if (r == 0)
        r = write_table(&w, out, day, at);
    hr_buf *const all[] = {&w.providers, &w.models, &w.clauses, &w.links, &w.rates, &w.text};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        hr_buf_free(all[i]);
    hr_arena_free(w.a);
    return r;
}
