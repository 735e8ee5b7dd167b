/* kind_table.c - see kind_table.h. */
#include "transform/kind_table.h"

#include <string.h>

enum {
    LEAST_LINES = 3,
    ALIKE_PERCENT = 70, /* of the lines have as many cells as most */
    MOST_COLUMN = 160,  /* bytes of a line that are looked at for columns of blanks */
    MOST_CELLS = 64,
    LEAST_GAPS = 2
};

/* How often the sign stands outside of quotes; *loose: how often a blank follows it, as in prose. */
static unsigned count(hr_str line, char sign, unsigned *loose)
{
    unsigned n = 0;
    bool quoted = false;

    if (!memchr(line.p, sign, line.n)) /* most lines hold few of the signs */
        return 0;
    for (size_t i = 0; i < line.n; i++) {
        quoted ^= line.p[i] == '"';
        if (quoted || line.p[i] != sign || (sign == ';' && i + 1 == line.n)) /* a statement ends in one */
            continue;
        n++;
        *loose += i + 1 < line.n && line.p[i + 1] == ' ';
    }
    return n < MOST_CELLS ? n : MOST_CELLS;
}

/* "----+------", "|---|---|" */
static bool is_rule(hr_str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (!strchr("-+|=: ", line.p[i]))
            return false;
    return true;
}

static bool is_divided(const hr_str *line, size_t n, char sign)
{
    unsigned loose = 0, all = 0;
    size_t lines[MOST_CELLS + 1] = {0}, most = 0, told = 0;

    for (size_t i = 0; i < n; i++) {
        if (is_rule(line[i]))
            continue;
        unsigned cells = count(line[i], sign, &loose);
        all += cells;
        lines[cells]++;
        told++;
    }
    for (size_t c = 1; c <= MOST_CELLS; c++)
        most = lines[c] > most ? lines[c] : most;
    return most >= LEAST_LINES && most * 100 >= told * ALIKE_PERCENT &&
           (sign != ',' || (loose * 3 < all && all >= told));
}

/* Columns that are blank in every line, and of which some line has two side by side. */
static bool has_gaps(const hr_str *line, size_t n)
{
    size_t blank[MOST_COLUMN] = {0}, wide[MOST_COLUMN] = {0}, width = MOST_COLUMN, gaps = 0;

    for (size_t i = 0; i < n; i++)
        width = line[i].n < width ? line[i].n : width;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < width; c++) {
            blank[c] += line[i].p[c] == ' ';
            wide[c] += line[i].p[c] == ' ' && c + 1 < width && line[i].p[c + 1] == ' ';
        }
    bool text = false, was_wide = false;
    for (size_t c = 0; c < width; c++) {
        if (blank[c] == n) {
            was_wide = was_wide || wide[c] > 0 || (c > 0 && wide[c - 1] > 0);
            continue;
        }
        gaps += text && was_wide && blank[c - 1] == n;
        was_wide = false;
        text = true;
    }
    return gaps >= LEAST_GAPS;
}

bool hr_lines_are_table(const hr_str *line, size_t n)
{
    static const char signs[] = {'\t', ',', ';', '|'};

    if (n < LEAST_LINES)
        return false;
    for (size_t i = 0; i < sizeof signs; i++)
        if (is_divided(line, n, signs[i]))
            return true;
    return has_gaps(line, n);
}
