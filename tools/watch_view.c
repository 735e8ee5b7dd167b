/* watch_view.c - what `watch` shows. See watch_view.h. */
#include "watch_view.h"
#include "cells.h"
#include "format.h"
#include "spark.h"
#include "sure.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PLAIN, GOOD, BAD, SOFT }; /* pairs of colours */
enum { HEAD_LINES = 7, FOOT_LINES = 1, MINUTE_US = 60000000, LABEL = 8 };
enum {
    MINUTES_NOTE = 38,
    LEAST_MINUTES = 12
}; /* columns of what stands behind the minutes, and when it is left out */

/* ------------------------------------------------------------------ text on the screen */
static attr_t look(int pair, attr_t more)
{
    return (attr_t)COLOR_PAIR(pair) | more;
}

/* Text from (y, x) on, in exactly `width` columns: cut or filled up, nothing that steers the terminal. */
static void put(const struct watch_model *m, int y, int x, int width, bool right, const char *text,
                attr_t attributes)
{
    char line[1024];
    size_t len = 0, n = strlen(text);
    int used = 0;

    while (n > 0) {
        struct cell c;
        size_t step = cells_next(text, n, (unsigned)used, &c);
        bool plain = m->utf8 || (unsigned char)c.text[0] < 0x80;

        if (used + (int)c.width > width || len + c.len >= sizeof(line))
            break;
        memcpy(line + len, plain ? c.text : "?", plain ? c.len : 1);
        len += plain ? c.len : 1;
        used += plain ? (int)c.width : 1;
        text += step;
        n -= step;
    }
    attr_set(attributes, (short)PAIR_NUMBER(attributes), NULL);
    if (right && used < width)
        x += width - used;
    mvaddnstr(y, x, line, (int)len);
    attrset(A_NORMAL);
}

static void put_label(const struct watch_model *m, int y, const char *label, const char *text)
{
    put(m, y, 0, LABEL, false, label, look(SOFT, A_BOLD));
    put(m, y, LABEL, COLS - LABEL, false, text, A_NORMAL);
}

/* Plain text over as many lines as it takes; the line behind it. */
static int put_words(const struct watch_model *m, int y, const char *text)
{
    do {
        size_t n = strlen(text), room = COLS > 1 ? (size_t)COLS : 1;
        char line[256];

        if (n > room) {
            for (n = room; n > 0 && text[n] != ' '; n--)
                ;
            if (n == 0)
                n = room;
        }
        snprintf(line, sizeof(line), "%.*s", (int)n, text);
        put(m, y++, 0, COLS, false, line, A_NORMAL);
        text += n + (text[n] == ' ');
    } while (*text != '\0' && y < LINES - FOOT_LINES);
    return y;
}

/* ------------------------------------------------------------------ the columns of requests */
struct column {
    const char *title;
    int width, most; /* at least, and where there is room */
    int keep;        /* the lowest go first where there is not enough room */
    bool right;
    void (*text)(char *out, size_t size, const struct recent_request *);
};

static void time_text(char *out, size_t size, const struct recent_request *q)
{
    char when[RECENT_TIME];

    snprintf(out, size, "%s", recent_time_text(when, q));
}

static void program_text(char *out, size_t size, const struct recent_request *q)
{
    snprintf(out, size, "%s", q->program);
}

static void model_text(char *out, size_t size, const struct recent_request *q)
{
    snprintf(out, size, "%s", q->model);
}

static void before_text(char *out, size_t size, const struct recent_request *q)
{
    char n[FORMAT_COUNT];

    snprintf(out, size, "%s", format_count(n, q->before));
}

static void after_text(char *out, size_t size, const struct recent_request *q)
{
    char n[FORMAT_COUNT];

    snprintf(out, size, "%s", format_count(n, q->after));
}

static void saved_text(char *out, size_t size, const struct recent_request *q)
{
    char share[FORMAT_SHARE];

    snprintf(out, size, "%s", q->before > 0 ? format_share(share, q->before - q->after, q->before) : "-");
}

static void cached_text(char *out, size_t size, const struct recent_request *q)
{
    char share[FORMAT_SHARE];

    snprintf(out, size, "%s",
             q->input > 0 && q->cached >= 0 ? format_share(share, q->cached, q->input) : "-");
}

static void status_text(char *out, size_t size, const struct recent_request *q)
{
    if (q->status == 0)
        snprintf(out, size, "-%s%s", q->note[0] == '\0' ? "" : " ", q->note);
    else
        snprintf(out, size, "%d%s%s", q->status, q->note[0] == '\0' ? "" : " ", q->note);
}

static const struct column columns[] = {
    {"TIME", 8, 8, 9, false, time_text},     {"PROGRAM", 8, 16, 4, false, program_text},
    {"MODEL", 12, 30, 3, false, model_text}, {"TOKENS", 9, 11, 6, true, before_text},
    {"SENT", 9, 11, 5, true, after_text},    {"SAVED", 6, 7, 8, true, saved_text},
    {"CACHED", 6, 7, 2, true, cached_text},  {"STATUS", 6, 40, 7, false, status_text},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* Widths for a screen: 0 for what is left out. */
static void fit_columns(int width[COLUMNS])
{
    int sum = -1;

    for (int i = 0; i < COLUMNS; i++) {
        width[i] = columns[i].width;
        sum += width[i] + 1;
    }
    for (int keep = 0; sum > COLS && keep < 9; keep++) {
        for (int i = 0; i < COLUMNS; i++) {
            if (columns[i].keep == keep) {
                sum -= width[i] + 1;
                width[i] = 0;
            }
        }
    }
    for (bool grew = true; grew && sum < COLS;) {
        grew = false;
        for (int i = 0; i < COLUMNS && sum < COLS; i++) {
            if (width[i] > 0 && width[i] < columns[i].most) {
                width[i]++;
                sum++;
                grew = true;
            }
        }
    }
}

static void draw_titles(const struct watch_model *m, int y, const int width[COLUMNS])
{
    int x = 0;

    for (int i = 0; i < COLUMNS; i++) {
        if (width[i] == 0)
            continue;
        put(m, y, x, width[i], columns[i].right, columns[i].title, look(SOFT, A_BOLD));
        x += width[i] + 1;
    }
}

static void draw_request(const struct watch_model *m, int y, const int width[COLUMNS],
                         const struct recent_request *q)
{
    bool failed = q->status == 0 || q->status >= 400;
    char text[80];
    int x = 0;

    for (int i = 0; i < COLUMNS; i++) {
        int pair = columns[i].text == saved_text && q->after < q->before ? GOOD
                   : columns[i].text == status_text && failed            ? BAD
                                                                         : PLAIN;

        if (width[i] == 0)
            continue;
        columns[i].text(text, sizeof(text), q);
        put(m, y, x, width[i], columns[i].right, text, look(pair, A_NORMAL));
        x += width[i] + 1;
    }
}

/* ------------------------------------------------------------------ the lines at the top */
static void draw_title(const struct watch_model *m)
{
    time_t seconds = (time_t)(m->now_us / 1000000);
    char text[128], clock[16] = "";
    struct tm t;

    if (localtime_r(&seconds, &t) != NULL)
        strftime(clock, sizeof(clock), "%H:%M:%S", &t);
    snprintf(text, sizeof(text), "headroom  mode %s, level %s%s", m->mode, m->level,
             m->paused ? "  PAUSED" : "");
    put(m, 0, 0, COLS - 9, false, text, A_BOLD);
    put(m, 0, COLS - 8, 8, true, clock, A_NORMAL);
}

static void draw_sums(const struct watch_model *m)
{
    const headroom_totals *t = &m->today.all;
    char a[FORMAT_COUNT], b[FORMAT_COUNT], c[FORMAT_COUNT], share[FORMAT_SHARE], cost[FORMAT_USD],
        saved[FORMAT_USD];
    char text[256];

    snprintf(text, sizeof(text), "saved %s of %s tokens in %s requests, %s failed",
             format_share(share, figures_saved(t), t->tokens_before), format_count(a, t->tokens_before),
             format_count(b, t->requests), format_count(c, t->failed));
    put_label(m, 1, "today", text);
    if (t->priced > 0)
        snprintf(text, sizeof(text), "%s spent, %s saved net, in %s of %s requests with a price",
                 format_usd(cost, t->cost), format_usd(saved, t->saved), format_count(a, t->priced),
                 format_count(b, t->requests));
    else
        snprintf(text, sizeof(text), "no price is known for any of %s requests",
                 format_count(a, t->requests));
    put_label(m, 2, "cost", text);
    if (t->input > 0)
        snprintf(text, sizeof(text), "%s of %s input tokens, reported for %s of %s requests",
                 format_share(share, t->cached, t->input), format_count(a, t->input),
                 format_count(b, t->reported), format_count(c, t->requests));
    else
        snprintf(text, sizeof(text), "no usage was reported for any of %s requests",
                 format_count(a, t->requests));
    put_label(m, 3, "cached", text);
}

/* Tokens made and saved in each of the last minutes, on one scale; the newest minute stands at the right. */
static void draw_minutes(const struct watch_model *m)
{
    double made[SPARK_MOST] = {0}, saved[SPARK_MOST] = {0}, top = 0;
    bool wide = COLS >= LABEL + MINUTES_NOTE + LEAST_MINUTES;
    int room = COLS - LABEL - (wide ? MINUTES_NOTE : 0);
    size_t n = room < 1 ? 1 : room < 60 ? (size_t)room : 60;
    char text[SPARK_TEXT], line[SPARK_TEXT + 64], a[FORMAT_COUNT];

    for (size_t i = 0; i < m->recent.n; i++) {
        const struct recent_request *q = &m->recent.rows[i];
        int64_t ago = m->now_us / MINUTE_US - q->time_us / MINUTE_US;

        if (ago >= 0 && ago < (int64_t)n) {
            made[n - 1 - (size_t)ago] += (double)q->before;
            saved[n - 1 - (size_t)ago] += (double)(q->before - q->after);
        }
    }
    for (size_t i = 0; i < n; i++)
        top = made[i] > top ? made[i] : top;
    spark(text, made, n, top, m->utf8);
    snprintf(line, sizeof(line), wide ? "%s  in %zu min, up to %s in one" : "%s", text, n,
             format_count(a, (int64_t)top));
    put_label(m, 4, "tokens", line);
    spark(text, saved, n, top, m->utf8);
    snprintf(line, sizeof(line), wide ? "%s  of them saved" : "%s", text);
    put_label(m, 5, "saved", line);
}

/* ------------------------------------------------------------------ the lines below */
static void draw_help(const struct watch_model *m)
{
    char text[SURE_TEXT], off[SURE_TEXT], sure[2 * SURE_TEXT];
    const char *const error = sure_error(off, &m->today.all);
    const char *const lines[] = {
        "TOKENS as the program made them, SENT as they left, SAVED the part between; by our count, today:",
        sure,
        "CACHED: of the input tokens that the provider reported, those read from its cache.",
        "STATUS: HTTP status, or - without a response; the provider's error, or why it was left alone.",
        "Today's sums begin at midnight. Cost is at the models' prices, savings are net of cache effects.",
        "",
        "up, down, k, j         a request newer, older",
        "PgUp, PgDn             a screen newer, older",
        "Home, End              the newest, the oldest of those kept",
        "p                      pause, and go on",
        "?                      this text, and back",
        "q                      quit",
    };

    int y = HEAD_LINES - 1;

    snprintf(sure, sizeof(sure), "%s%s%s.", sure_sums(text, &m->today.all), *error == '\0' ? "" : ", ",
             error);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        y = put_words(m, y, lines[i]);
}

static void draw_requests(struct watch_model *m)
{
    int rows = (int)watch_view_rows(), width[COLUMNS];
    size_t most = m->recent.n > (size_t)rows ? m->recent.n - (size_t)rows : 0;

    if (m->scroll > most)
        m->scroll = most;
    fit_columns(width);
    draw_titles(m, HEAD_LINES - 1, width);
    for (int i = 0; i < rows && m->scroll + (size_t)i < m->recent.n; i++)
        draw_request(m, HEAD_LINES + i, width, &m->recent.rows[m->recent.n - 1 - m->scroll - (size_t)i]);
    if (m->recent.n == 0)
        put(m, HEAD_LINES, 0, COLS, false, "No request is recorded yet; it will appear here.",
            look(SOFT, A_NORMAL));
}

static void draw_foot(const struct watch_model *m)
{
    char text[160], n[FORMAT_COUNT];

    if (m->trouble != NULL)
        snprintf(text, sizeof(text), "%s", m->trouble);
    else if (m->scroll > 0)
        snprintf(text, sizeof(text), "q quit  p pause  ? help  Home newest  (%s newer)",
                 format_count(n, (int64_t)m->scroll));
    else
        snprintf(text, sizeof(text), "q quit  p %s  ? help  PgDn older", m->paused ? "go on" : "pause");
    put(m, LINES - 1, 0, COLS - 1, false, text, look(m->trouble != NULL ? BAD : SOFT, A_NORMAL));
}

size_t watch_view_rows(void)
{
    return LINES > HEAD_LINES + FOOT_LINES ? (size_t)(LINES - HEAD_LINES - FOOT_LINES) : 1;
}

void watch_view_begin(struct watch_model *m)
{
    if (!m->colour || !has_colors() || start_color() != OK) {
        m->colour = false;
        return;
    }
    use_default_colors();
    init_pair(GOOD, COLOR_GREEN, -1);
    init_pair(BAD, COLOR_RED, -1);
    init_pair(SOFT, COLOR_CYAN, -1);
}

void watch_view_draw(struct watch_model *m)
{
    erase();
    draw_title(m);
    draw_sums(m);
    draw_minutes(m);
    if (m->help)
        draw_help(m);
    else
        draw_requests(m);
    draw_foot(m);
    refresh();
}
