/* page_charts.c - days as inline SVG. See page.h.

   A drawing is as many units wide as it has bars, times ten, and a hundred high, and is stretched to the page: so all text stands outside
   of it, in HTML. What a bar says in full is in its <title>, and once more in the table below the charts. */
#include "format.h"
#include "html.h"
#include "page.h"
#include "sure.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { STEP = 10, BAR = 8, HIGH = 100 };

struct chart {
    const char *title, *note;
    const char *low_class,
        *high_class; /* of the part at the foot and of the one on top of it; the second may be NULL */
    void (*parts)(const headroom_totals *, double *low, double *high);
    void (*say)(FILE *, const headroom_totals *); /* the figure in full */
    void (*say_top)(FILE *, double);              /* the value of the line at the top */
    double top;                                   /* 0: the next round value above the largest bar */
    const char *key[2];                           /* what the parts are; NULL: nothing need be said */
};

/* ------------------------------------------------------------------ what is shown */
static void tokens_parts(const headroom_totals *t, double *low, double *high)
{
    *low = (double)t->tokens_after;
    *high = (double)figures_saved(t);
}

static void tokens_say(FILE *f, const headroom_totals *t)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT], share[FORMAT_SHARE];

    fprintf(f, "%s (%s) of %s tokens saved", format_count(a, figures_saved(t)),
            format_share(share, figures_saved(t), t->tokens_before), format_count(b, t->tokens_before));
}

static void count_top(FILE *f, double top)
{
    char a[FORMAT_COUNT];

    fprintf(f, "%s tokens", format_count(a, (int64_t)top));
}

static void cost_parts(const headroom_totals *t, double *low, double *high)
{
    *low = (double)t->cost;
    *high = t->saved > 0 ? (double)t->saved : 0;
}

static void cost_say(FILE *f, const headroom_totals *t)
{
    char cost[FORMAT_USD], saved[FORMAT_USD], n[FORMAT_COUNT], of[FORMAT_COUNT];

    fprintf(f, "%s spent, %s saved, in %s of %s requests with a price", format_usd(cost, t->cost),
            format_usd(saved, t->saved), format_count(n, t->priced), format_count(of, t->requests));
}

static void usd_top(FILE *f, double top)
{
    char a[FORMAT_USD];

    fputs(format_usd(a, (int64_t)top), f);
}

static void cache_parts(const headroom_totals *t, double *low, double *high)
{
    *low = t->input > 0 ? (double)t->cached / (double)t->input : 0;
    *high = 0;
}

static void cache_say(FILE *f, const headroom_totals *t)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT], share[FORMAT_SHARE];

    fprintf(f, "%s: %s of %s input tokens read from the cache", format_share(share, t->cached, t->input),
            format_count(a, t->cached), format_count(b, t->input));
}

static void share_top(FILE *f, double top)
{
    fprintf(f, "%.0f %%", top * 100);
}

/* ------------------------------------------------------------------ drawing */
/* 1, 2 or 5 times a power of ten, not below value. */
static double round_up(double value)
{
    double unit = value > 0 ? pow(10, floor(log10(value))) : 1;

    return value <= unit ? unit : value <= 2 * unit ? 2 * unit : value <= 5 * unit ? 5 * unit : 10 * unit;
}

static void say_days(FILE *f, const struct figures_bar *g)
{
    fputs(g->first, f);
    if (strcmp(g->first, g->last) != 0)
        fprintf(f, " to %s", g->last);
}

static void rect(FILE *f, const char *class, size_t i, double from, double to)
{
    if (to > from)
        fprintf(f, "<rect class=\"%s\" x=\"%zu\" y=\"%.2f\" width=\"%d\" height=\"%.2f\"/>", class,
                i * STEP + (STEP - BAR) / 2, HIGH - to, BAR, to - from);
}

static void bar(FILE *f, const struct chart *c, const struct figures_bar *g, size_t i, double top)
{
    double low, high;

    c->parts(&g->totals, &low, &high);
    fputs("<g class=\"bar\"><title>", f);
    say_days(f, g);
    fputs(": ", f);
    c->say(f, &g->totals);
    /* All of the column can be pointed at, however low the bar. */
    fprintf(f, "</title><rect class=\"hit\" x=\"%zu\" y=\"0\" width=\"%d\" height=\"%d\"/>", i * STEP, STEP,
            HIGH);
    rect(f, c->low_class, i, 0, low / top * HIGH);
    if (c->high_class != NULL)
        rect(f, c->high_class, i, low / top * HIGH, (low + high) / top * HIGH);
    fputs("</g>", f);
}

static double top_of(const struct chart *c, const struct figures_bars *days)
{
    double most = 0, low, high;

    for (size_t i = 0; i < days->n; i++) {
        c->parts(&days->list[i].totals, &low, &high);
        most = fmax(most, low + high);
    }
    return c->top > 0 ? c->top : round_up(most);
}

static void chart(FILE *f, const struct chart *c, const struct figures_bars *days, bool wide)
{
    double top = top_of(c, days);

    fprintf(f, "<figure%s><figcaption>%s<small class=\"soft\">%s</small></figcaption>",
            wide ? " class=\"wide\"" : "", c->title, c->note);
    fputs("<div class=\"plot\"><small class=\"top soft\">", f);
    c->say_top(f, top);
    fprintf(
        f, "</small><svg viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s\">",
        days->n * STEP, HIGH, c->title);
    for (int y = 0; y <= HIGH; y += HIGH / 2)
        fprintf(f, "<line class=\"grid\" x1=\"0\" y1=\"%d\" x2=\"%zu\" y2=\"%d\"/>", y, days->n * STEP, y);
    for (size_t i = 0; i < days->n; i++)
        bar(f, c, &days->list[i], i, top);
    fputs("</svg></div><div class=\"ends soft\"><small>", f);
    fputs(days->list[0].first, f);
    fputs("</small>", f);
    if (c->key[0] != NULL)
        fprintf(f, "<small class=\"key\"><i class=\"%s\"></i>%s<i class=\"%s\"></i>%s</small>", c->low_class,
                c->key[0], c->high_class, c->key[1]);
    fprintf(f, "<small>%s</small></div></figure>", days->list[days->n - 1].last);
}

static void table(FILE *f, const struct figures_bars *days)
{
    fputs("<details><summary>These days as a table</summary><table><thead><tr><th>Day<th>Requests<th>Tokens "
          "saved, of those made"
          "<th>Cost and savings, of requests with a price<th>Read from the cache, of reported "
          "input</thead><tbody>",
          f);
    for (size_t i = days->n; i-- > 0;) {
        const headroom_totals *t = &days->list[i].totals;
        char n[FORMAT_COUNT];

        if (t->requests == 0)
            continue;
        fputs("<tr><th scope=\"row\">", f);
        say_days(f, &days->list[i]);
        fprintf(f, "<td data-label=\"Requests\">%s<td data-label=\"Tokens\">", format_count(n, t->requests));
        tokens_say(f, t);
        fputs("<td data-label=\"Money\">", f);
        if (t->priced > 0)
            cost_say(f, t);
        else
            fputs("no price", f);
        fputs("<td data-label=\"Cache\">", f);
        if (t->input > 0)
            cache_say(f, t);
        else
            fputs("not reported", f);
    }
    fputs("</tbody></table></details>", f);
}

void page_charts(FILE *f, const struct figures_bars *days, const headroom_totals *all)
{
    char text[SURE_TEXT], note[SURE_TEXT + 96];
    const struct chart tokens = {.title = "Tokens",
                                 .note = note,
                                 .low_class = "sent",
                                 .high_class = "saved",
                                 .parts = tokens_parts,
                                 .say = tokens_say,
                                 .say_top = count_top,
                                 .key = {"sent", "saved"}};
    static const struct chart cost = {
        .title = "Cost",
        .note = "of requests with a known price; savings net of cache effects, losses not drawn",
        .low_class = "cost",
        .high_class = "saved",
        .parts = cost_parts,
        .say = cost_say,
        .say_top = usd_top,
        .key = {"spent", "saved"}};
    static const struct chart cache = {.title = "Read from the provider's cache",
                                       .note = "of the input tokens that providers reported",
                                       .low_class = "share",
                                       .parts = cache_parts,
                                       .say = cache_say,
                                       .say_top = share_top,
                                       .top = 1};
    if (days->n == 0)
        return;
    snprintf(note, sizeof(note),
             "in requests as programs made them; %s, a history counts each time it is sent",
             sure_sums(text, all));
    fprintf(f, "<section><h2>%s</h2><div class=\"charts\">",
            strcmp(days->list[0].first, days->list[0].last) == 0 ? "By day" : "By days");
    chart(f, &tokens, days, true);
    if (all->priced > 0)
        chart(f, &cost, days, all->input == 0);
    if (all->input > 0)
        chart(f, &cache, days, all->priced == 0);
    fputs("</div>", f);
    table(f, days);
    fputs("</section>", f);
}
