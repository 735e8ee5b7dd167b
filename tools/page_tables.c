/* page_tables.c - groups and the last requests as tables. See page.h. Each cell repeats its column's name for narrow pages. */
#include "format.h"
#include "html.h"
#include "page.h"
#include "recent.h"

enum { MOST_ROWS = 40 };

static void begin(FILE *f, const char *heading)
{
    fprintf(f, "<section><h2>%s</h2><div class=\"rows\"><table><thead><tr>", heading);
}

static void end(FILE *f)
{
    fputs("</tbody></table></div></section>", f);
}

static void cell(FILE *f, const char *label)
{
    fprintf(f, "<td data-label=\"%s\">", label);
}

/* "12,500 (25.0 % of 50,000)", the second part below the first where there is room. */
static void saved_cell(FILE *f, const headroom_totals *t)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT], share[FORMAT_SHARE];

    cell(f, "Tokens saved");
    fprintf(f, "<span>%s <small class=\"soft\">%s of %s</small></span>", format_count(a, figures_saved(t)),
            format_share(share, figures_saved(t), t->tokens_before), format_count(b, t->tokens_before));
}

static void group_row(FILE *f, const char *name, const headroom_totals *t)
{
    char a[FORMAT_COUNT], share[FORMAT_SHARE], usd[FORMAT_USD];

    fputs("<tr><th scope=\"row\">", f);
    html_word(f, name);
    cell(f, "Requests");
    fputs(format_count(a, t->requests), f);
    saved_cell(f, t);
    cell(f, "From the cache");
    if (t->input > 0)
        fprintf(f, "<span>%s <small class=\"soft\">of %s</small></span>",
                format_share(share, t->cached, t->input), format_count(a, t->input));
    else
        fputs("<span class=\"soft\">not reported</span>", f);
    cell(f, "Cost");
    if (t->priced == 0) {
        fputs("<span class=\"soft\">no price</span>", f);
        cell(f, "Money saved");
        fputs("<span class=\"soft\">no price</span>", f);
        return;
    }
    fprintf(f, "<span>%s <small class=\"soft\">of %s requests</small></span>", format_usd(usd, t->cost),
            format_count(a, t->priced));
    cell(f, "Money saved");
    fprintf(f, "<span class=\"%s\">%s</span>", t->saved < 0 ? "bad" : "", format_usd(usd, t->saved));
}

void page_table(FILE *f, const char *heading, const char *what, const struct groups *groups)
{
    char others[64], n[FORMAT_COUNT];

    if (groups->n == 0)
        return;
    begin(f, heading);
    fprintf(f,
            "<th>%s<th>Requests<th>Tokens saved, of those made<th>Read from the cache, of reported "
            "input<th>Cost, of "
            "requests with a price<th>"
            "Money saved, of the same</thead><tbody>",
            what);
    for (size_t i = 0; i < groups->n && i < MOST_ROWS; i++)
        group_row(f, groups->list[i].name, &groups->list[i].totals);
    if (groups->n > MOST_ROWS) {
        headroom_totals rest = figures_rest(groups, MOST_ROWS);

        snprintf(others, sizeof(others), "%s others", format_count(n, (int64_t)(groups->n - MOST_ROWS)));
        group_row(f, others, &rest);
    }
    end(f);
}

static void tool_row(FILE *f, const char *name, const headroom_totals *t)
{
    char a[FORMAT_COUNT];

    fputs("<tr><th scope=\"row\">", f);
    html_word(f, name);
    cell(f, "Results");
    fputs(format_count(a, t->requests), f);
    cell(f, "Sent as before");
    fputs(format_count(a, t->replayed), f);
    saved_cell(f, t);
}

void page_tools(FILE *f, const struct groups *groups)
{
    char others[64], n[FORMAT_COUNT];

    if (groups->n == 0)
        return;
    begin(f, "By tool");
    fputs("<th>Tool<th>Results, each time they are sent<th>Sent as they were rewritten before<th>Tokens "
          "saved, of those in results"
          "</thead><tbody>",
          f);
    for (size_t i = 0; i < groups->n && i < MOST_ROWS; i++)
        tool_row(f, groups->list[i].name, &groups->list[i].totals);
    if (groups->n > MOST_ROWS) {
        headroom_totals rest = figures_rest(groups, MOST_ROWS);

        snprintf(others, sizeof(others), "%s others", format_count(n, (int64_t)(groups->n - MOST_ROWS)));
        tool_row(f, others, &rest);
    }
    end(f);
}

static void request_row(FILE *f, const struct recent_request *q)
{
    char when[RECENT_TIME], a[FORMAT_COUNT], b[FORMAT_COUNT], share[FORMAT_SHARE];

    fprintf(f, "<tr><th scope=\"row\" class=\"time\">%s<td class=\"word\" data-label=\"Program\">",
            recent_time_text(when, q));
    html_word(f, q->program);
    fputs("<td class=\"word\" data-label=\"Model\">", f);
    html_word(f, q->model);
    cell(f, "Tokens");
    fprintf(f, "<span>%s of %s <small class=\"soft\">%s saved%s</small></span>", format_count(a, q->after),
            format_count(b, q->before), format_share(share, q->before - q->after, q->before),
            q->exact || q->before == 0 ? "" : ", estimated");
    cell(f, "From the cache");
    fputs(q->input > 0 && q->cached >= 0 ? format_share(share, q->cached, q->input) : "-", f);
    cell(f, "Status");
    fprintf(f, "<span class=\"%s\">", q->status == 0 || q->status >= 400 ? "bad" : "");
    if (q->status != 0)
        fprintf(f, "%d ", q->status);
    if (q->note[0] != '\0')
        html_word(f, q->note);
    else if (q->status == 0)
        fputs("no response", f);
    fputs("</span>", f);
}

void page_recent(FILE *f, const struct recent *r)
{
    if (r->n == 0)
        return;
    begin(f, "The last requests");
    fputs("<th>Time<th class=\"word\">Program<th class=\"word\">Model<th>Tokens sent, of those made<th>Read "
          "from the cache, of input<th>"
          "Status</thead><tbody>",
          f);
    for (size_t i = r->n; i-- > 0;)
        request_row(f, &r->rows[i]);
    end(f);
}
