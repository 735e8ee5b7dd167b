/* budget.c - see budget.h. */
#include "budget.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "context.h"
#include "glob.h"

#define NANO   INT64_C(1000000000)
#define DAY_US INT64_C(86400000000)

enum { MAX_DOLLARS = 1000000, DECIMALS = 9 };

bool hr_dollars_read(hr_str text, int64_t *amount)
{
    int64_t v = 0;
    int decimals = -1; /* behind the point; -1: there was none */
    bool digit = false;

    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        if (c == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9' || decimals == DECIMALS || (decimals < 0 && v >= MAX_DOLLARS))
            return false;
        digit = true;
        v = v * 10 + (c - '0');
        decimals += decimals >= 0;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < DECIMALS; i++)
        v *= 10;
    *amount = v;
    return digit && v > 0 && v <= MAX_DOLLARS * NANO;
}

int64_t hr_local_midnight(int64_t now_us)
{
    time_t t = (time_t)(now_us / 1000000);
    struct tm tm;

    if (!localtime_r(&t, &tm))
        return now_us - now_us % DAY_US;
    t -= tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
    /* The clock was set in between: midnight is an hour off. */
    if (localtime_r(&t, &tm) && (tm.tm_hour || tm.tm_min))
        t += tm.tm_hour >= 12 ? 86400 - (tm.tm_hour * 3600 + tm.tm_min * 60)
                              : -(tm.tm_hour * 3600 + tm.tm_min * 60);
    return (int64_t)t * 1000000;
}

/* ------------------------------------------------------------------ the settings */
/* The next entry of the list that config.c has checked. */
static hr_str next_entry(hr_str *rest)
{
    size_t n = 0;

    while (n < rest->n && rest->p[n] != ' ')
        n++;
    const hr_str one = hr_str_make(rest->p, n);
    *rest = hr_str_make(rest->p + n + (n < rest->n), rest->n - n - (n < rest->n));
    return one;
}

static void add_scope(hr_budget *b, hr_str program, hr_str dollars)
{
    int64_t limit;

    if (hr_dollars_read(dollars, &limit)) {
        b->scopes[b->n].program = program;
        b->scopes[b->n++].limit = limit;
    }
}

int hr_budget_init(hr_budget *b, const struct hr_config *c)
{
    const hr_str all = hr_str_make(c->text[HR_SET_BUDGET], strlen(c->text[HR_SET_BUDGET]));
    hr_str rest = hr_str_make(c->text[HR_SET_BUDGET_PROGRAMS], strlen(c->text[HR_SET_BUDGET_PROGRAMS]));
    size_t most = 1;

    *b =
        (hr_budget){.percent = c->number[HR_SET_BUDGET_WARN], .refuse = c->number[HR_SET_BUDGET_REFUSE] != 0};
    if (!all.n && !rest.n)
        return 0;
    for (size_t i = 0; i < rest.n; i++)
        most += rest.p[i] == ' ';
    if (!(b->scopes = hr_calloc(most + 1, sizeof *b->scopes)))
        return HR_ENOMEM;
    add_scope(b, (hr_str){0}, all);
    while (rest.n) {
        const hr_str entry = next_entry(&rest);
        const char *mark = memchr(entry.p, '=', entry.n);
        if (!mark)
            continue;
        const size_t n = (size_t)(mark - entry.p);
        add_scope(b, hr_str_make(entry.p, n), hr_str_make(mark + 1, entry.n - n - 1));
    }
    return 0;
}

void hr_budget_free(hr_budget *b)
{
    hr_free(b->scopes);
    *b = (hr_budget){0};
}

/* ------------------------------------------------------------------ the sums */
static bool names(const hr_budget_scope *s, const char *program)
{
    return s->program.n == 0 || hr_glob_match(s->program, hr_str_make(program, strlen(program)));
}

struct sum {
    const hr_budget_scope *scope;
    int64_t spent, unpriced;
};

struct sums {
    const hr_budget *b;
    struct sum *list;
};

static int add_program(void *arg, const char *program, const headroom_totals *t)
{
    const struct sums *s = arg;
    const int64_t unpriced = t->requests - t->failed - t->priced;

    for (size_t i = 0; i < s->b->n; i++) {
        if (!names(&s->b->scopes[i], program))
            continue;
        s->list[i].spent += t->cost;
        s->list[i].unpriced += unpriced > 0 ? unpriced : 0;
    }
    return 0;
}

/* The sums of today, in the order of the scopes; the caller frees them. NULL: not known. */
static struct sum *sum_up(headroom *h, int64_t midnight)
{
    struct sums s = {&h->budget, hr_calloc(h->budget.n, sizeof *s.list)};

    if (s.list && headroom_each_total(h, midnight, INT64_MAX, HEADROOM_BY_PROGRAM, add_program, &s) == 0)
        return s.list;
    hr_free(s.list);
    return NULL;
}

static bool is_warned(const hr_budget *b, const hr_budget_scope *s, int64_t spent)
{
    return b->percent > 0 && spent >= s->limit / 100 * b->percent;
}

static void warn(headroom *h, hr_budget_scope *s, const struct sum *sum, int64_t day)
{
    char what[280];

    if (!is_warned(&h->budget, s, sum->spent) || atomic_exchange(&s->told, day) == day)
        return;
    snprintf(what, sizeof what, "budget %.*s", (int)s->program.n, s->program.n ? s->program.p : "");
    if (!h->store || !hr_store_first_today(h->store, what, day))
        return;
    hr_log_write(&h->log, HR_LOG_WARN, "budget: $%.2f of $%.2f are spent today%s%.*s%s",
                 (double)sum->spent / 1e9, (double)s->limit / 1e9, s->program.n ? " by " : "",
                 (int)s->program.n, s->program.n ? s->program.p : "",
                 sum->spent >= s->limit && h->budget.refuse ? "; requests are refused" : "");
}

/* Read the sums again: is a limit of this program reached? */
static bool look(headroom *h)
{
    hr_budget *b = &h->budget;
    const int64_t midnight = hr_local_midnight(hr_wall_us());
    struct sum *list = sum_up(h, midnight);
    bool over = false;

    atomic_store(&b->look_at, hr_now_us() + HR_BUDGET_LOOK_US);
    for (size_t i = 0; list && i < b->n; i++) {
        over |= names(&b->scopes[i], h->program) && list[i].spent >= b->scopes[i].limit;
        warn(h, &b->scopes[i], &list[i], midnight / DAY_US);
    }
    hr_free(list);
    atomic_store(&b->over, over);
    return over;
}

/* ------------------------------------------------------------------ interface */
void hr_budget_spent(headroom *h, const headroom_row *row)
{
    if (h->budget.n && row->cost != HEADROOM_UNPRICED)
        look(h);
}

/* The row of a request that is not sent. What its body holds is not looked at. */
static void record(headroom *h, const headroom_head *head)
{
    headroom_head refused = *head;
    const void *none;
    size_t len;

    refused.skip = "budget";
    headroom_request *r = headroom_request_new(h, &refused, headroom_get_mode(h));
    if (!r)
        return;
    headroom_request_body(r, NULL, 0, &none, &len);
    headroom_request_sent(r);
    headroom_request_end(r, false);
}

bool headroom_refuses(headroom *h, const headroom_head *head)
{
    hr_budget *b = &h->budget;

    if (!b->n || !b->refuse || head->count_only)
        return false;
    hr_context_check_fork(h);
    if (!(hr_now_us() < atomic_load(&b->look_at) ? atomic_load(&b->over) : look(h)))
        return false;
    record(h, head);
    return true;
}

int headroom_each_budget(headroom *h, int (*cb)(void *, const headroom_budget *), void *arg)
{
    const hr_budget *b = &h->budget;
    struct sum *list = b->n ? sum_up(h, hr_local_midnight(hr_wall_us())) : NULL;
    int r = b->n && !list ? HR_ESTORE : 0;

    for (size_t i = 0; i < b->n && r == 0; i++) {
        const hr_budget_scope *s = &b->scopes[i];
        char name[300];
        snprintf(name, sizeof name, "%.*s", (int)s->program.n, s->program.n ? s->program.p : "");
        const headroom_budget one = {.program = name,
                                     .limit = s->limit,
                                     .spent = list[i].spent,
                                     .unpriced = list[i].unpriced,
                                     .warned = is_warned(b, s, list[i].spent),
                                     .refused = b->refuse && list[i].spent >= s->limit};
        r = cb(arg, &one);
    }
    hr_free(list);
    return r;
}
