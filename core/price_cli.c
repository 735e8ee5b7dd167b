/* price_cli.c - the prices for people: what is known, where it comes from, another table. See headroom.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "context.h"
#include "ini.h"
#include "price_compile.h"
#include "store/directory.h"
#include "store/vfs.h"

static hr_str str(const char *z)
{
    return z ? hr_str_make(z, strlen(z)) : (hr_str){0};
}

static int64_t said(uint32_t price)
{
    return price == HR_PRICE_NONE ? -1 : (int64_t)price;
}

static int tell_model(const hr_price_table *t, const hr_price_provider *p, const hr_price_model *m,
                      int (*cb)(void *, const headroom_price *), void *arg)
{
    uint32_t n = 0;
    const hr_price_rate *r = hr_price_rates_at(t, m, hr_wall_us(), &n);
    int stop = 0;

    for (uint32_t i = 0; i < n && stop == 0; i++) {
        const headroom_price price = {.provider = t->text + p->id,
                                      .model = t->text + m->id,
                                      .above = r[i].above,
                                      .input = said(r[i].price[HR_PRICE_INPUT]),
                                      .cache_read = said(r[i].price[HR_PRICE_CACHE_READ]),
                                      .cache_write = said(r[i].price[HR_PRICE_CACHE_WRITE]),
                                      .cache_write_1h = said(r[i].price[HR_PRICE_CACHE_WRITE_1H]),
                                      .output = said(r[i].price[HR_PRICE_OUTPUT])};
        stop = cb(arg, &price);
    }
    return stop;
}

static int tell_given(hr_str entry, int (*cb)(void *, const headroom_price *), void *arg)
{
    char pattern[HR_MAX_GLOB + 1];
    hr_price price;
    hr_str glob;

    if (hr_price_entry(hr_ini_trim(entry), &glob, &price) < 0)
        return 0;
    snprintf(pattern, sizeof pattern, "%.*s", (int)(glob.n < sizeof pattern ? glob.n : 0), glob.p);
    const headroom_price out = {.provider = "",
                                .model = pattern,
                                .input = price.part[HR_PRICE_INPUT],
                                .cache_read = price.part[HR_PRICE_CACHE_READ],
                                .cache_write = price.part[HR_PRICE_CACHE_WRITE],
                                .cache_write_1h = price.part[HR_PRICE_CACHE_WRITE_1H],
                                .output = price.part[HR_PRICE_OUTPUT]};
    return cb(arg, &out);
}

static int tell_all(headroom *h, int (*cb)(void *, const headroom_price *), void *arg)
{
    const hr_price_table *t = hr_prices_table(h);
    int stop = 0;

    for (const char *z = h->config.text[HR_SET_PRICES]; *z && stop == 0;) {
        const char *end = strchrnul(z, ';');
        stop = tell_given(hr_str_make(z, (size_t)(end - z)), cb, arg);
        z = *end ? end + 1 : end;
    }
    for (uint32_t i = 0; i < t->head->providers && stop == 0; i++)
        for (uint32_t k = 0; k < t->providers[i].models && stop == 0; k++)
            stop = tell_model(t, &t->providers[i], &t->models[t->providers[i].model + k], cb, arg);
    return stop;
}

int headroom_each_price(headroom *h, const char *model, const char *host, const char *dialect,
                        int (*cb)(void *, const headroom_price *), void *arg)
{
    const hr_price_key key = {.host = str(host), .model = str(model), .dialect = dialect};
    const hr_price_table *t = hr_prices_table(h);
    hr_str entry;

    if (!model)
        return tell_all(h, cb, arg);
    if (hr_prices_given(h, &key, &entry))
        return tell_given(entry, cb, arg);
    const hr_price_provider *p = hr_price_provider_of(t, &key);
    const hr_price_model *m = p ? hr_price_model_of(t, p, key.model) : NULL;
    return m ? tell_model(t, p, m, cb, arg) : 0;
}

void headroom_get_price_source(headroom *h, headroom_price_source *out)
{
    const hr_price_table *t = hr_prices_table(h);
    const time_t day = (time_t)t->head->day * 86400;
    struct tm tm;

    *out = (headroom_price_source){
        .path = h->prices.path, .providers = t->head->providers, .models = t->head->models};
    snprintf(out->source, sizeof out->source, "%s", t->text + t->head->source);
    if (gmtime_r(&day, &tm))
        strftime(out->day, sizeof out->day, "%Y-%m-%d", &tm);
}

/* ------------------------------------------------------------------ another table */
static int failed(char *problem, size_t room, const char *what)
{
    snprintf(problem, room, "%s: %s", what, strerror(errno));
    return HR_EIO;
}

/* The whole of it, or nothing: a file of another name takes its place when it is complete. */
static int put(int dir, const hr_buf *table, char *problem, size_t room)
{
    char name[64];
    size_t at = 0;
    ssize_t n = 1;

    snprintf(name, sizeof name, HR_PRICES_FILE ".%ld", (long)getpid());
    unlinkat(dir, name, 0);
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(problem, room, "the state directory cannot be written to");
    while (at < table->len && (n = write(fd, table->data + at, table->len - at)) > 0)
        at += (size_t)n;
    int r = n > 0 && fsync(fd) == 0 ? 0 : failed(problem, room, "the table cannot be written");
    close(fd);
    if (r == 0 && renameat(dir, name, dir, HR_PRICES_FILE) != 0)
        r = failed(problem, room, "the table cannot be put in place");
    if (r != 0)
        unlinkat(dir, name, 0);
    return r;
}

int headroom_prices_update(headroom *h, const void *json, size_t len, const char *day, char *problem,
                           size_t room)
{
    char source[64];
    hr_buf table = {.max = HR_PRICES_FILE_MAX};
    const char *reason = NULL;
    int32_t number = 0;

    if (!hr_price_day(str(day), &number)) {
        snprintf(problem, room, "\"%.20s\" is no day: 2026-11-21", day);
        return HR_ESHAPE;
    }
    snprintf(source, sizeof source, "genai-prices, read %s", day);
    int r = hr_price_compile(&table, hr_str_make(json, len), number, str(source), problem, room);
    if (r == 0 && !h->config.state_directory) {
        snprintf(problem, room, "there is no state directory: HOME is not set");
        r = HR_EIO;
    }
    if (r == 0 && (r = hr_vfs_lock(0)) == 0) {
        int dir = hr_directory_open(h->config.state_directory, true, &reason);
        hr_vfs_unlock();
        if (dir < 0)
            snprintf(problem, room, "%s cannot be used: %s", h->config.state_directory, reason ? reason : "");
        r = dir < 0 ? HR_EIO : put(dir, &table, problem, room);
        if (dir >= 0)
            close(dir);
    }
    hr_buf_free(&table);
    return r;
}
