/* volatile.c - see volatile.h. Sentences are found line by line; only where there are any is the text laid out in lines and what stands
   around each of them looked at. */
#include "transform/volatile.h"

#include <string.h>

#include "transform/lines.h"
#include "transform/volatile_units.h"
#include "transform/volatile_values.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static hr_str trimmed(hr_str s)
{
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    while (s.n && is_space(*s.p)) {
        s.p++;
        s.n--;
    }
    return s;
}

size_t hr_line_indent(hr_str line)
{
    size_t n = 0;
    while (n < line.n && is_space(line.p[n]))
        n++;
    return n;
}

size_t hr_line_bullet(hr_str line)
{
    static const char *const bullets[] = {"- ", "* ", "+ ", "\xe2\x80\xa2 "};
    const size_t n = hr_line_indent(line);

    for (size_t i = 0; i < sizeof bullets / sizeof *bullets; i++) {
        size_t k = strlen(bullets[i]);
        if (line.n - n > k && memcmp(line.p + n, bullets[i], k) == 0)
            return n + k + hr_line_indent(hr_str_make(line.p + n + k, line.n - n - k));
    }
    return n;
}

/* ------------------------------------------------------------------ sentences */
/* A moment has a figure in it, or the name of a day. */
static bool may_say_when(hr_str line)
{
    static const unsigned char wanted[256] = {
        ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1,
        ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['y'] = 2};
    for (size_t i = 0; i < line.n; i++) {
        const unsigned char w = wanted[(unsigned char)line.p[i]];
        if (w == 1 || (w == 2 && i > 1 && line.p[i - 1] == 'a' && line.p[i - 2] == 'd'))
            return true;
    }
    return false;
}

/* Numbered items stay, so that the numbers do; so do quotations, tables and headings. */
static bool may_lose_sentences(hr_str content)
{
    size_t n = 0;
    if (content.n == 0 || strchr(">|#", *content.p))
        return false;
    while (n < content.n && content.p[n] >= '0' && content.p[n] <= '9')
        n++;
    return n == 0 || n > 3 || n + 1 >= content.n || !strchr(".)", content.p[n]) || content.p[n + 1] != ' ';
}

/* "Note: ..", "Assistant: ..": what follows is said under that word. */
static bool has_label(hr_str content)
{
    const char *colon = memchr(content.p, ':', content.n < 40 ? content.n : 40);
    size_t spaces = 0;

    if (!colon || (colon + 1 < content.p + content.n && !is_space(colon[1])))
        return false;
    for (const char *p = content.p; p < colon; p++) {
        if (strchr(".!?", *p))
            return false;
        spaces += *p == ' ';
    }
    return spaces < 2;
}

/* Does the sentence end with the mark at i? */
static bool ends_at(hr_str s, size_t i)
{
    size_t next = i + 1;

    if (s.p[i] != '.' && s.p[i] != '!' && s.p[i] != '?')
        return false;
    if (next == s.n)
        return true;
    if (s.p[next] != ' ')
        return false;
    while (next < s.n && s.p[next] == ' ')
        next++;
    if (next < s.n && ((s.p[next] >= 'a' && s.p[next] <= 'z') || (s.p[next] >= '0' && s.p[next] <= '9')))
        return false;
    /* Behind a letter that stands alone, as in "a.m. UTC", it may be an abbreviation's. */
    return s.p[i] != '.' || i == 0 || !hr_is_letter(s.p[i - 1]) || (i > 1 && hr_is_alnum(s.p[i - 2]));
}

struct search {
    hr_arena *arena;
    hr_layout *layout;
    size_t line;
    bool full, failed;
};

static void add_unit(struct search *s, hr_str text, bool whole, const hr_saying *says)
{
    hr_layout *l = s->layout;

    if (!l->units && !(l->units = hr_arena_alloc(s->arena, HR_MAX_UNITS * sizeof *l->units))) {
        s->failed = true;
        return;
    }
    if (l->n == HR_MAX_UNITS) {
        s->full = true;
        return;
    }
    l->units[l->n++] = (hr_unit){
        .line = s->line, .off = (size_t)(text.p - l->text.p), .len = text.n, .whole = whole, .says = *says};
}

/* <current_date>2025-01-07</current_date> */
static bool is_element(hr_str s, hr_saying *says)
{
    const char *end = s.n > 5 && *s.p == '<' ? memchr(s.p, '>', s.n) : NULL;
    char label[128];

    if (!end)
        return false;
    const size_t n = (size_t)(end - s.p) - 1, inside = s.n - (n + 2);
    if (n == 0 || inside < n + 3)
        return false;
    const hr_str name = hr_str_make(s.p + 1, n), value = hr_str_make(end + 1, inside - (n + 3));
    const char *close = value.p + value.n;
    if (memcmp(close, "</", 2) != 0 || memcmp(close + 2, name.p, n) != 0 || n + value.n + 2 > sizeof label)
        return false;
    memcpy(label, name.p, n);
    memcpy(label + n, ": ", 2);
    memcpy(label + n + 2, value.p, value.n);
    return hr_says_when(hr_str_make(label, n + 2 + value.n), says);
}

static void search_line(struct search *s, hr_str line)
{
    hr_str content = trimmed(line), item = content;
    hr_saying says;

    if (!may_say_when(content) || !may_lose_sentences(content))
        return;
    const size_t bullet = hr_line_bullet(content);
    item = hr_str_make(content.p + bullet, content.n - bullet);
    if (hr_says_when(item, &says) || is_element(item, &says)) {
        if (bullet)
            says.today = (hr_str){0}; /* an item of a list stays one */
        add_unit(s, content, true, &says);
        return;
    }
    if (has_label(item))
        return;
    for (size_t from = 0, i = 0; i < item.n; i++) {
        if (i + 1 < item.n && !ends_at(item, i))
            continue;
        const hr_str sentence = trimmed(hr_str_make(item.p + from, i + 1 - from));
        if (may_say_when(sentence) && hr_says_when(sentence, &says))
            add_unit(s, sentence, false, &says);
        from = i + 1;
    }
}

/* The lines of the layout; NULL: no memory. */
static const hr_text_line *lay_out(hr_arena *a, hr_layout *l, size_t n)
{
    hr_text_line *lines = hr_arena_alloc(a, n * sizeof *lines);
    hr_str rest = l->text, line;
    size_t unit = 0;
    bool ended;

    for (size_t i = 0; lines && hr_line_next(&rest, &line, &ended); i++) {
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        lines[i] = (hr_text_line){(uint32_t)(line.p - l->text.p), (uint32_t)line.n, (uint32_t)unit, 0};
        for (; unit < l->n && l->units[unit].line == i; unit++)
            lines[i].units++;
    }
    l->lines = lines;
    l->nlines = n;
    return lines;
}

/* Find what may move. 1, 0, HR_ENOMEM. */
static int find_units(hr_arena *a, hr_str text, hr_layout *l)
{
    struct search s = {.arena = a, .layout = l};
    hr_str rest = text, line;
    bool ended;

    *l = (hr_layout){.text = text};
    for (; !s.full && !s.failed && hr_line_next(&rest, &line, &ended); s.line++)
        search_line(&s, line);
    if (s.failed)
        return HR_ENOMEM;
    if (s.full || l->n == 0)
        return 0;
    if (!lay_out(a, l, s.line))
        return HR_ENOMEM;
    return hr_units_settle(l);
}

/* ------------------------------------------------------------------ the new text */
/* Append what stays of a line. */
static void add_rest(hr_buf *b, const hr_layout *l, size_t line)
{
    size_t at = l->lines[line].off;
    const size_t begin = b->len, end = at + l->lines[line].len;

    for (size_t i = 0; i < l->lines[line].units; i++) {
        const hr_unit *u = &l->units[l->lines[line].unit + i];
        if (u->stays)
            continue;
        hr_buf_add(b, l->text.p + at, u->off - at);
        for (at = u->off + u->len; at < end && is_space(l->text.p[at]);)
            at++;
    }
    hr_buf_add(b, l->text.p + at, end - at);
    /* The space before a sentence that ended the line. */
    while (!b->err && at == end && b->len > begin && is_space(b->data[b->len - 1]))
        b->len--;
}

bool hr_line_empties(const hr_layout *l, size_t line)
{
    const hr_str text = hr_line_text(l, line);
    size_t at = l->lines[line].off + hr_line_bullet(text);
    const size_t end = l->lines[line].off + text.n;
    bool any = false;

    for (size_t i = 0; i < l->lines[line].units; i++) {
        const hr_unit *u = &l->units[l->lines[line].unit + i];
        if (u->stays)
            continue;
        if (u->off > at)
            return false;
        any = true;
        for (at = u->off + u->len; at < end && is_space(l->text.p[at]);)
            at++;
    }
    return any && at == end;
}

static bool is_blank(const hr_layout *l, size_t line)
{
    return line >= l->nlines || trimmed(hr_line_text(l, line)).n == 0;
}

/* Append the text without what moves. *from: where in it the first sentence stood. */
static void add_stable(hr_buf *b, const hr_layout *l, size_t *from)
{
    bool blank = true; /* the last line that stays */
    *from = SIZE_MAX;

    for (size_t line = 0; line < l->nlines; line++) {
        const size_t next = line + 1 < l->nlines ? l->lines[line + 1].off : l->text.n;
        const size_t end = l->lines[line].off + l->lines[line].len;
        bool touched = false;
        for (size_t i = 0; i < l->lines[line].units; i++)
            touched |= !l->units[l->lines[line].unit + i].stays;
        if (touched && *from == SIZE_MAX)
            *from = b->len;
        if (touched && hr_line_empties(l, line)) {
            while (blank && line + 1 < l->nlines && is_blank(l, line + 1))
                line++; /* one gap where two were */
            continue;
        }
        add_rest(b, l, line);
        hr_buf_add(b, l->text.p + end, next - end);
        blank = is_blank(l, line);
    }
}

static void add_moved(hr_buf *b, const hr_layout *l, hr_str eol)
{
    for (size_t i = 0; i < l->n; i++) {
        const hr_unit *u = &l->units[i];
        if (u->stays)
            continue;
        hr_buf_str(b, eol);
        if (u->says.today.n) {
            hr_buf_puts(b, "Current date: ");
            hr_buf_str(b, u->says.today);
        } else {
            hr_buf_add(b, l->text.p + u->off, u->len);
        }
    }
}

/* Does all that moves stand on lines of its own, behind everything else? */
static bool stands_at_end(const hr_layout *l)
{
    size_t first = 0;
    while (first < l->n && l->units[first].stays)
        first++;
    if (first == l->n)
        return true;
    for (size_t line = l->units[first].line; line < l->nlines; line++)
        if (!is_blank(l, line) && !hr_line_empties(l, line))
            return false;
    return true;
}

/* How often each byte stands in s, but for white space. */
static void count_bytes(hr_str s, size_t sign, size_t count[256])
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_space(s.p[i]) && s.p[i] != '\n')
            count[(unsigned char)s.p[i]] += sign;
}

/* The same bytes, but for the label. */
static bool same_bytes(const hr_layout *l, hr_str out)
{
    size_t count[256] = {0};

    count_bytes(l->text, 1, count);
    count_bytes(out, (size_t)-1, count);
    for (size_t i = 0; i < l->n; i++)
        if (!l->units[i].stays && l->units[i].says.today.n) {
            const size_t kept = l->units[i].says.today.n,
                         off = (size_t)(l->units[i].says.today.p - l->text.p);
            count_bytes(HR_STR("Current date:"), 1, count);
            count_bytes(hr_str_make(l->text.p + l->units[i].off, off - l->units[i].off), (size_t)-1, count);
            count_bytes(hr_str_make(l->text.p + off + kept, l->units[i].off + l->units[i].len - off - kept),
                        (size_t)-1, count);
        }
    for (int c = 0; c < 256; c++)
        if (count[c])
            return false;
    return true;
}

/* 1, 0, HR_ENOMEM */
static int rearrange(hr_arena *a, hr_str text, hr_moved *out)
{
    hr_layout l;
    hr_buf b = {0};
    size_t from;
    int r = find_units(a, text, &l);

    if (r <= 0 || stands_at_end(&l))
        return r < 0 ? r : 0;
    const char *feed = memchr(text.p, '\n', text.n);
    const hr_str eol = feed && feed > text.p && feed[-1] == '\r' ? HR_STR("\r\n") : HR_STR("\n");
    size_t end = text.n; /* white space at the end stays there */
    while (end > 0 && (is_space(text.p[end - 1]) || text.p[end - 1] == '\n'))
        end--;
    add_stable(&b, &l, &from);
    while (!b.err && b.len && (is_space(b.data[b.len - 1]) || b.data[b.len - 1] == '\n'))
        b.len--;
    const size_t stable = b.len;
    hr_buf_str(&b, eol);
    add_moved(&b, &l, eol);
    hr_buf_add(&b, text.p + end, text.n - end);
    const hr_str made = hr_buf_view(&b);
    if (b.err)
        r = b.err;
    else if (stable == 0 || made.p[stable - 1] == ':' || !same_bytes(&l, made))
        r = 0;
    else
        out->text = hr_str_make(hr_arena_dup(a, made.p, made.n), made.n);
    hr_buf_free(&b);
    if (r != 1)
        return r;
    out->stable = stable;
    out->from = from < stable ? from : stable;
    return out->text.p ? 1 : HR_ENOMEM;
}

int hr_volatile_move(hr_arena *a, hr_str text, hr_moved *out)
{
    hr_moved again;
    int r = text.n > UINT32_MAX ? 0 : rearrange(a, text, out);

    if (r != 1)
        return r;
    r = rearrange(a, out->text, &again);
    return r < 0 ? r : r == 0;
}
