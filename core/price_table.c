/* price_table.c - see price_table.h. */
#include "price_table.h"

#include <string.h>

#include "price_regex.h"

enum { MAX_NESTED = 8 };

/* ------------------------------------------------------------------ the view */
static void view(hr_price_table *t, const hr_price_head *head)
{
    t->head = head;
    t->providers = (const hr_price_provider *)(head + 1);
    t->models = (const hr_price_model *)(t->providers + head->providers);
    t->clauses = (const hr_price_clause *)(t->models + head->models);
    t->links = (const uint32_t *)(t->clauses + head->clauses);
    t->rates = (const hr_price_rate *)(t->links + head->links);
    t->text = (const char *)(t->rates + head->rates);
}

static bool within(uint32_t first, uint32_t n, uint32_t all)
{
    return first <= all && n <= all - first;
}

/* May `match` be followed? HR_PRICE_NONE may. */
static bool clause_ok(const hr_price_head *h, uint32_t match)
{
    return match == HR_PRICE_NONE || match < h->clauses;
}

static bool parts_ok(const hr_price_table *t)
{
    const hr_price_head *h = t->head;
    bool ok = h->text > 0 && t->text[h->text - 1] == 0 && h->source < h->text;

    for (uint32_t i = 0; i < h->providers && ok; i++) {
        const hr_price_provider *p = &t->providers[i];
        ok = p->id < h->text && p->pattern < h->text && clause_ok(h, p->model_match) &&
             clause_ok(h, p->provider_match) && within(p->model, p->models, h->models) &&
             within(p->link, p->fallback, h->links);
    }
    for (uint32_t i = 0; i < h->models && ok; i++) {
        const hr_price_model *m = &t->models[i];
        ok = m->id < h->text && clause_ok(h, m->match) && within(m->rate, m->rates, h->rates);
    }
    for (uint32_t i = 0; i < h->clauses && ok; i++) {
        const hr_price_clause *c = &t->clauses[i];
        ok = c->kind <= HR_CLAUSE_AND && c->skip > 0 && within(i, c->skip, h->clauses) && c->text < h->text;
    }
    for (uint32_t i = 0; i < h->links && ok; i++)
        ok = t->links[i] < h->providers;
    return ok;
}

bool hr_price_table_view(hr_price_table *t, const void *p, size_t n)
{
    const hr_price_head *h = p;
    const size_t behind = offsetof(hr_price_head, check) + sizeof h->check;

    *t = (hr_price_table){0};
    if (n < sizeof *h || n > UINT32_MAX || memcmp(h->magic, HR_PRICE_MAGIC, sizeof h->magic) != 0 ||
        h->order != HR_PRICE_ORDER || h->size != n)
        return false;
    const uint64_t size =
        sizeof *h + (uint64_t)h->providers * sizeof(hr_price_provider) +
        (uint64_t)h->models * sizeof(hr_price_model) + (uint64_t)h->clauses * sizeof(hr_price_clause) +
        (uint64_t)h->links * sizeof(uint32_t) + (uint64_t)h->rates * sizeof(hr_price_rate) + h->text;
    if (size != n || h->check != hr_price_check((const char *)p + behind, n - behind))
        return false;
    view(t, h);
    if (parts_ok(t))
        return true;
    *t = (hr_price_table){0};
    return false;
}

/* Made from data/prices by core/price_compile.c (Makefile). */
__asm__(".section .rodata\n"
        ".balign 8\n"
        ".globl hr_price_builtin\n"
        ".hidden hr_price_builtin\n"
        ".type hr_price_builtin, %object\n"
        "hr_price_builtin:\n"
        ".incbin \"build/prices.table\"\n"
        ".size hr_price_builtin, . - hr_price_builtin\n"
        ".previous\n");
extern const hr_price_head hr_price_builtin __attribute__((visibility("hidden")));

void hr_price_table_builtin(hr_price_table *t)
{
    view(t, &hr_price_builtin);
}

/* ------------------------------------------------------------------ clauses */
static bool matches(const hr_price_table *t, const hr_price_clause *c, hr_str name, unsigned nested)
{
    const hr_str text = hr_str_make(t->text + c->text, strlen(t->text + c->text));
    const bool shorter = text.n <= name.n;

    switch ((enum hr_clause_kind)c->kind) {
    case HR_CLAUSE_EQUALS:
        return hr_str_eq(text, name);
    case HR_CLAUSE_STARTS_WITH:
        return shorter && memcmp(name.p, text.p, text.n) == 0;
    case HR_CLAUSE_ENDS_WITH:
        return shorter && memcmp(name.p + name.n - text.n, text.p, text.n) == 0;
    case HR_CLAUSE_CONTAINS:
        return hr_str_find(name, text, 0) != SIZE_MAX;
    case HR_CLAUSE_REGEX:
        return hr_price_regex(text, name, false);
    case HR_CLAUSE_OR:
    case HR_CLAUSE_AND:
        break;
    }
    const bool any = c->kind == HR_CLAUSE_OR;
    if (nested == MAX_NESTED)
        return false;
    for (const hr_price_clause *part = c + 1; part < c + c->skip; part += part->skip)
        if (matches(t, part, name, nested + 1) == any)
            return any;
    return !any;
}

static bool match(const hr_price_table *t, uint32_t clause, hr_str name)
{
    return clause != HR_PRICE_NONE && matches(t, &t->clauses[clause], name, 0);
}

/* ------------------------------------------------------------------ names */
struct name {
    char z[HR_PRICE_TEXT];
    hr_str s;
};

/* In lower case; empty where it is too long for a name. */
static void lower(struct name *out, hr_str s)
{
    size_t n = s.n < sizeof out->z ? s.n : 0;

    for (size_t i = 0; i < n; i++)
        out->z[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
    out->s = hr_str_make(out->z, n);
}

static bool digits(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < '0' || p[i] > '9')
            return false;
    return true;
}

/* "-20251211" as "-2025-12-11", the way the data spells dates. Gateways write the first. false: it holds none. */
static bool spell_date(struct name *out, hr_str s)
{
    for (size_t i = 0; i + 9 <= s.n && s.n + 2 < sizeof out->z; i++) {
        const char *p = s.p + i;
        const bool ends = i + 9 == s.n || p[9] == '-' || p[9] == ':';
        if (p[0] != '-' || p[1] != '2' || p[2] != '0' || !ends || !digits(p + 1, 8) ||
            memcmp(p + 5, "01", 2) < 0 || memcmp(p + 5, "12", 2) > 0 || memcmp(p + 7, "01", 2) < 0 ||
            memcmp(p + 7, "31", 2) > 0)
            continue;
        memcpy(out->z, s.p, i + 5);
        out->z[i + 5] = '-';
        memcpy(out->z + i + 6, p + 5, 2);
        out->z[i + 8] = '-';
        memcpy(out->z + i + 9, p + 7, s.n - i - 7);
        out->s = hr_str_make(out->z, s.n + 2);
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ providers */
static const hr_price_provider *by_id(const hr_price_table *t, hr_str id)
{
    for (uint32_t i = 0; i < t->head->providers; i++)
        if (hr_str_is(id, t->text + t->providers[i].id))
            return &t->providers[i];
    return NULL;
}

static const hr_price_provider *by_address(const hr_price_table *t, hr_str host, hr_str path)
{
    struct name url;
    const size_t n = host.n + path.n + 8;

    if (host.n == 0 || n >= sizeof url.z)
        path.n = 0;
    if (host.n == 0 || host.n + 8 >= sizeof url.z)
        return NULL;
    memcpy(url.z, "https://", 8);
    memcpy(url.z + 8, host.p, host.n);
    if (path.n)
        memcpy(url.z + 8 + host.n, path.p, path.n);
    const hr_str s = hr_str_make(url.z, 8 + host.n + path.n);
    for (uint32_t i = 0; i < t->head->providers; i++) {
        const char *pattern = t->text + t->providers[i].pattern;
        if (hr_price_regex(hr_str_make(pattern, strlen(pattern)), s, true))
            return &t->providers[i];
    }
    return NULL;
}

/* Clouds whose requests look like no other's, whatever the gateway before them is called. */
static hr_str cloud_of(const hr_price_key *key)
{
    if (hr_str_find(key->path, HR_STR("/publishers/"), 0) != SIZE_MAX)
        return HR_STR("google");
    if (hr_str_find(key->path, HR_STR("/openai/deployments/"), 0) != SIZE_MAX)
        return HR_STR("azure");
    if ((key->dialect && strcmp(key->dialect, "bedrock") == 0) ||
        (key->path.n > 7 && memcmp(key->path.p, "/model/", 7) == 0))
        return HR_STR("aws");
    return (hr_str){0};
}

/* "openrouter/..", "azure/..": how gateways for many providers name models. */
static const hr_price_provider *by_vendor(const hr_price_table *t, hr_str *model)
{
    const char *slash = model->n ? memchr(model->p, '/', model->n) : NULL;
    const hr_str vendor = {model->p, slash ? (size_t)(slash - model->p) : 0};

    if (vendor.n == 0)
        return NULL;
    const hr_price_provider *found = by_id(t, vendor);
    for (uint32_t i = 0; i < t->head->providers && !found; i++)
        if (match(t, t->providers[i].provider_match, vendor))
            found = &t->providers[i];
    if (found)
        *model = hr_str_make(slash + 1, model->n - vendor.n - 1);
    return found;
}

static const hr_price_model *model_in(const hr_price_table *t, const hr_price_provider *p, hr_str name)
{
    for (uint32_t i = 0; i < p->models; i++)
        if (match(t, t->models[p->model + i].match, name))
            return &t->models[p->model + i];
    return NULL;
}

static const hr_price_model *model_or_fallback(const hr_price_table *t, const hr_price_provider *p,
                                               hr_str name)
{
    const hr_price_model *m = model_in(t, p, name);

    for (uint32_t i = 0; i < p->fallback && !m; i++)
        m = model_in(t, &t->providers[t->links[p->link + i]], name);
    return m;
}

const hr_price_provider *hr_price_provider_of(const hr_price_table *t, const hr_price_key *key)
{
    const hr_price_provider *p = by_address(t, key->host, key->path);
    const hr_str cloud = cloud_of(key);
    struct name model;
    hr_str rest;

    if (p || cloud.n)
        return p ? p : by_id(t, cloud);
    /* What runs on one's own machine bears the names of models that others sell. */
    if (key->dialect && strcmp(key->dialect, "ollama") == 0)
        return NULL;
    lower(&model, key->model);
    rest = model.s;
    if ((p = by_vendor(t, &rest)))
        return p;
    for (uint32_t i = 0; i < t->head->providers; i++)
        if (match(t, t->providers[i].model_match, model.s))
            return &t->providers[i];
    return NULL;
}

const hr_price_model *hr_price_model_of(const hr_price_table *t, const hr_price_provider *p, hr_str name)
{
    struct name model, dated;

    lower(&model, name);
    hr_str rest = model.s;
    for (int pass = 0; pass < 2 && rest.n; pass++) {
        const hr_price_model *m = model_or_fallback(t, p, rest);
        if (!m && spell_date(&dated, rest))
            m = model_or_fallback(t, p, dated.s);
        if (m || by_vendor(t, &rest) != p)
            return m;
    }
    return NULL;
}

/* ------------------------------------------------------------------ rates */
static bool holds(const hr_price_rate *r, int64_t time_us)
{
    const int64_t second = time_us / 1000000, day = second / 86400;
    const uint32_t of_day = (uint32_t)(second % 86400);

    if (r->from_day && day < r->from_day)
        return false;
    if (r->from_s == r->to_s)
        return true;
    if (r->to_s < r->from_s)
        return of_day >= r->from_s || of_day < r->to_s;
    return of_day >= r->from_s && of_day < r->to_s;
}

const hr_price_rate *hr_price_rates_at(const hr_price_table *t, const hr_price_model *m, int64_t time_us,
                                       uint32_t *n)
{
    const hr_price_rate *first = t->rates + m->rate, *end = first + m->rates, *found = NULL;

    for (const hr_price_rate *r = first; r < end; r++)
        if (r->above == 0 && (!found || holds(r, time_us)))
            found = r;
    for (*n = found != NULL; found && found + *n < end && found[*n].above; ++*n) {
    }
    return found;
}
