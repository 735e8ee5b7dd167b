/* prices.c - see prices.h. */
#include "prices.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "context.h"
#include "glob.h"
#include "ini.h"
#include "price_compile.h"
#include "store/vfs.h"

/* ------------------------------------------------------------------ the table */
/* The whole file, if it is ours; NULL: none, or no memory. */
static void *read_file(const char *path, size_t *n)
{
    struct stat st;
    size_t got = 0;
    ssize_t step = 1;
    void *memory = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 || (fd = hr_vfs_raise(fd)) < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0 &&
        st.st_size > 0 && st.st_size <= HR_PRICES_FILE_MAX)
        memory = hr_malloc((size_t)st.st_size);
    while (memory && got < (size_t)st.st_size &&
           (step = read(fd, (char *)memory + got, (size_t)st.st_size - got)) > 0)
        got += (size_t)step;
    close(fd);
    *n = got;
    return memory;
}

static void load(struct headroom *h, hr_prices *p)
{
    char path[4096];
    size_t n = 0;
    int length;
    hr_price_table own;
    const char *directory = h->flags & HEADROOM_NO_STATE ? NULL : h->config.state_directory;

    hr_price_table_builtin(&p->table);
    if (!directory ||
        (length = snprintf(path, sizeof path, "%s/" HR_PRICES_FILE, directory)) >= (int)sizeof path)
        return;
    p->memory = read_file(path, &n);
    if (p->memory && hr_price_table_view(&own, p->memory, n) && own.head->day >= p->table.head->day &&
        (p->path = hr_malloc((size_t)length + 1))) {
        memcpy(p->path, path, (size_t)length + 1);
        p->table = own;
        return;
    }
    hr_free(p->memory);
    p->memory = NULL;
}

const hr_price_table *hr_prices_table(struct headroom *h)
{
    static hr_price_table builtin;
    static _Atomic bool viewed;
    hr_prices *p = &h->prices;
    int none = 0;

    if (atomic_load_explicit(&p->state, memory_order_acquire) == 2)
        return &p->table;
    if (atomic_compare_exchange_strong(&p->state, &none, 1)) {
        load(h, p);
        atomic_store_explicit(&p->state, 2, memory_order_release);
        return &p->table;
    }
    /* Another thread reads it, or did when this process was forked. All who come here write the same. */
    if (!atomic_load_explicit(&viewed, memory_order_acquire)) {
        hr_price_table_builtin(&builtin);
        atomic_store_explicit(&viewed, true, memory_order_release);
    }
    return &builtin;
}

void hr_prices_free(hr_prices *p)
{
    hr_free(p->memory);
    hr_free(p->path);
}

/* ------------------------------------------------------------------ the user's */
int hr_price_entry(hr_str entry, hr_str *glob, hr_price *out)
{
    const char *mark = entry.n ? memchr(entry.p, '=', entry.n) : NULL;
    int64_t given[4];
    int n = 0;

    if (!mark)
        return HR_ESHAPE;
    *glob = hr_ini_trim(hr_str_make(entry.p, (size_t)(mark - entry.p)));
    hr_str rest = hr_ini_trim(hr_str_make(mark + 1, (size_t)(entry.p + entry.n - mark) - 1));
    while (rest.n) {
        size_t len = 0;
        while (len < rest.n && rest.p[len] != ' ' && rest.p[len] != '\t')
            len++;
        if (n == 4 || !hr_price_decimal(hr_str_make(rest.p, len), 6, &given[n]) || given[n++] >= UINT32_MAX)
            return HR_ESHAPE;
        rest = hr_ini_trim(hr_str_make(rest.p + len, rest.n - len));
    }
    if (n < 2 || !hr_glob_valid(*glob))
        return HR_ESHAPE;
    *out = (hr_price){.part = {[HR_PRICE_INPUT] = given[0],
                               [HR_PRICE_CACHE_READ] = n > 2 ? given[2] : given[0],
                               [HR_PRICE_CACHE_WRITE] = n > 3 ? given[3] : given[0],
                               [HR_PRICE_CACHE_WRITE_1H] = n > 3 ? given[3] : given[0],
                               [HR_PRICE_OUTPUT] = given[1]}};
    return 0;
}

bool hr_prices_given(const struct headroom *h, const hr_price_key *key, hr_str *entry)
{
    const char *text = h->config.text[HR_SET_PRICES];
    char both[HR_MAX_GLOB * 2];
    int n = snprintf(both, sizeof both, "%.*s/%.*s", key->host.n < HR_MAX_GLOB ? (int)key->host.n : 0,
                     key->host.n ? key->host.p : "", key->model.n < HR_MAX_GLOB ? (int)key->model.n : 0,
                     key->model.n ? key->model.p : "");
    const hr_str whole = hr_str_make(both, n > 0 && n < (int)sizeof both ? (size_t)n : 0);

    while (*text) {
        const char *end = strchrnul(text, ';');
        hr_price price;
        hr_str glob;
        *entry = hr_ini_trim(hr_str_make(text, (size_t)(end - text)));
        if (hr_price_entry(*entry, &glob, &price) == 0 &&
            (hr_glob_match(glob, key->model) || hr_glob_match(glob, whole)))
            return true;
        text = *end ? end + 1 : end;
    }
    return false;
}

/* ------------------------------------------------------------------ */
static hr_price price_of(const hr_price_rate *r)
{
    hr_price p = {.above = r->above};
    static const int instead[HR_PRICE_PARTS] = {
        [HR_PRICE_INPUT] = HR_PRICE_INPUT,       [HR_PRICE_CACHE_READ] = HR_PRICE_INPUT,
        [HR_PRICE_CACHE_WRITE] = HR_PRICE_INPUT, [HR_PRICE_CACHE_WRITE_1H] = HR_PRICE_CACHE_WRITE,
        [HR_PRICE_OUTPUT] = HR_PRICE_OUTPUT,
    };
    for (int k = 0; k < HR_PRICE_PARTS; k++)
        p.part[k] = r->price[k] == HR_PRICE_NONE ? p.part[instead[k]] : (int64_t)r->price[k];
    return p;
}

bool hr_prices_find(struct headroom *h, const hr_price_key *key, int64_t time_us, hr_price_list *out)
{
    hr_str entry, glob;
    uint32_t n = 0;

    out->n = 0;
    if (hr_prices_given(h, key, &entry)) {
        hr_price_entry(entry, &glob, &out->tier[0]);
        out->n = 1;
        return true;
    }
    const hr_price_table *t = hr_prices_table(h);
    const hr_price_provider *p = hr_price_provider_of(t, key);
    const hr_price_model *m = p ? hr_price_model_of(t, p, key->model) : NULL;
    const hr_price_rate *r = m ? hr_price_rates_at(t, m, time_us, &n) : NULL;
    if (!r || r->price[HR_PRICE_INPUT] == HR_PRICE_NONE)
        return false;
    for (; out->n < n && out->n < HR_PRICE_TIERS; out->n++)
        out->tier[out->n] = price_of(&r[out->n]);
    return true;
}

const hr_price *hr_price_at(const hr_price_list *list, int64_t prompt_tokens)
{
    uint32_t i = list->n - 1;

    while (i > 0 && prompt_tokens <= list->tier[i].above)
        i--;
    return &list->tier[i];
}

bool hr_prices_of_request(struct headroom_request *r, hr_str model, hr_price_list *out)
{
    const hr_price_key key = {.host = hr_str_make(r->row.host, strlen(r->row.host)),
                              .path = hr_str_make(r->row.path, strlen(r->row.path)),
                              .model = model,
                              .dialect = r->row.dialect};

    return hr_prices_find(r->h, &key, r->row.time_us, out);
}
