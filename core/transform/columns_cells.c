/* columns_cells.c - where a cell of the form `columns` ends. See columns.h. */
#include "transform/columns.h"

#include <string.h>

#include "transform/runs.h"
#include "json/lex.h"

/* Does a cell end at the beginning of s? */
bool hr_cell_ends(hr_str s, unsigned place)
{
    return s.n == 0 || (s.p[0] != '"' && s.p[0] != '\\' && hr_cell_stops[(unsigned char)s.p[0]] & place);
}

/* Length of the string with quotes at the beginning of s; 0: there is none. */
size_t hr_cell_string(hr_str s)
{
    bool escaped;
    const char *q = s.n > 1 && s.p[0] == '"' ? hr_lex_skip(s.p + 1, s.p + s.n, &escaped) : NULL;

    return q ? (size_t)(q + 1 - s.p) : 0;
}

/* Bytes of the cell without quotes at the beginning of s. */
static inline size_t bare_length(hr_str s, const char *end, unsigned place)
{
    size_t n = 0;
#ifdef __SSE2__
    const char divider = place & HR_CELL_NARROW ? ' ' : ',';
    for (unsigned found; end - (s.p + n) >= 16; n += 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + n));
        __m128i stops = _mm_or_si128(hr_run_is(v, ','), hr_run_is(v, divider));
        stops = _mm_or_si128(stops, _mm_or_si128(hr_run_is(v, '"'), hr_run_is(v, '\\')));
        stops = _mm_or_si128(stops, _mm_or_si128(hr_run_is(v, '\n'), hr_run_is(v, 0)));
        if (place & HR_CELL_INNER)
            stops = _mm_or_si128(
                stops, _mm_or_si128(hr_run_is(v, ';'), _mm_or_si128(hr_run_is(v, ']'), hr_run_is(v, '}'))));
        if ((found = (unsigned)_mm_movemask_epi8(stops))) {
            n += (unsigned)__builtin_ctz(found);
            return n < s.n ? n : s.n;
        }
    }
#else
    (void)end;
#endif
    while (n < s.n && !(hr_cell_stops[(unsigned char)s.p[n]] & place))
        n++;
    return n < s.n ? n : s.n;
}

/* Bytes of the cell at the beginning of s, as it stands; 0: it cannot be read. */
static inline size_t cell_length(hr_str s, const char *end, unsigned place)
{
    hr_scan scan;
    hr_value v;
    size_t n = 0;

    switch (s.n > 0 ? s.p[0] : 0) {
    case HR_CELL_SAME:
        return hr_cell_ends(hr_str_make(s.p + 1, s.n - 1), place) ? 1 : hr_cell_string(s);
    case HR_CELL_QUOTED:
        n = hr_cell_string(hr_str_make(s.p + 1, s.n - 1));
        return n ? n + 1 : 0;
    case '{':
    case '[':
        hr_scan_init(&scan, s.p, s.n);
        return hr_scan_value(&scan, &v) == 0 ? v.len : 0;
    default:
        return bare_length(s, end, place);
    }
}

bool hr_cell_take(hr_str *s, const char *end, unsigned place, hr_str *cell)
{
    size_t n = cell_length(*s, end, place);

    *cell = hr_str_make(s->p, n);
    *s = hr_str_make(s->p + n, s->n - n);
    return n > 0 && hr_cell_ends(*s, place);
}
