/* doctor_health.c - do rewrites do harm, what is spent of a budget, and how far are token counts off? See doctor.h. */
#include "doctor.h"
#include "format.h"

#include <stdio.h>
#include <string.h>

#define DAY_US INT64_C(86400000000)

/* ------------------------------------------------------------------ harm */
struct harm {
    struct report *report;
    const char *program; /* NULL: all */
    int64_t since_us;
    size_t open, faults;
};

static bool is_meant(const struct harm *h, const char *program)
{
    return h->program == NULL || strcmp(h->program, program) == 0;
}

static int say_breaker(void *arg, const headroom_breaker *b)
{
    struct harm *h = arg;
    char age[FORMAT_AGE];

    if (!is_meant(h, b->program))
        return 0;
    h->open++;
    doctor_say(h->report, DOCTOR_WARN, "breaker",
               "'headroom breaker' shows what happened; 'headroom breaker reset' allows new rewrites again.",
               "%s, %s: no new rewrites since %s ago: %s", b->program, b->dialect,
               format_age(age, b->since_us, format_now_us()),
               strcmp(b->kind, "refused") == 0 ? "the provider refused what was rewritten"
                                               : "rewrites lost the provider's prompt cache");
    return 0;
}

static int count_fault(void *arg, const headroom_fault *f)
{
    struct harm *h = arg;

    h->faults += is_meant(h, f->program) && f->time_us >= h->since_us && !f->settled;
    return 0;
}

static void check_harm(struct report *r, headroom *h, const char *program)
{
    struct harm harm = {.report = r, .program = program, .since_us = format_now_us() - DAY_US};

    if (headroom_each_breaker(h, say_breaker, &harm) < 0 ||
        headroom_each_fault(h, 1000, count_fault, &harm) < 0)
        return;
    if (harm.faults > 0)
        doctor_say(r, DOCTOR_WARN, "cache", "'headroom breaker' lists them.",
                   "%zu times within a day a rewrite lost the provider's prompt cache or was refused",
                   harm.faults);
    else if (harm.open == 0)
        doctor_say(r, DOCTOR_OK, "cache", NULL, "no rewrite of the last day has done harm");
}

/* ------------------------------------------------------------------ budget */
static int say_budget(void *arg, const headroom_budget *b)
{
    char unpriced[96] = "", who[300] = "";
    const bool all = b->spent >= b->limit;

    if (*b->program != '\0')
        snprintf(who, sizeof(who), "%s: ", b->program);
    if (b->unpriced > 0)
        snprintf(unpriced, sizeof(unpriced), "; %lld requests have no price and count as nothing",
                 (long long)b->unpriced);
    doctor_say(arg,
               b->refused         ? DOCTOR_FAIL
               : b->warned || all ? DOCTOR_WARN
                                  : DOCTOR_OK,
               "budget",
               b->refused         ? "Raise budget.daily_usd or budget.programs, or set budget.refuse = off."
               : b->warned || all ? "'headroom stats' says what it was spent on."
                                  : NULL,
               "%s$%.2f of $%.2f are spent today%s%s", who, (double)b->spent / 1e9, (double)b->limit / 1e9,
               b->refused ? ": requests are refused" : "", unpriced);
    return 0;
}

/* ------------------------------------------------------------------ calibration */
static int say_family(void *arg, const char *name, double factor, double error_percent, int64_t requests)
{
    char n[FORMAT_COUNT];

    doctor_say(
        arg, DOCTOR_OK, "tokens", NULL,
        "%s: the provider counts %.2f times our vocabulary, +-%.1f %% (over %s requests); estimates follow",
        name, factor, error_percent, format_count(n, requests));
    return 0;
}

void doctor_health(struct report *r, headroom *h, const char *program)
{
    check_harm(r, h, program);
    headroom_each_budget(h, say_budget, r);
    headroom_each_family(h, say_family, r);
}
