/* number.c - decimal to double. See number.h. */
#include "transform/number.h"

/* 10^e by squaring; exponents beyond the range give infinity or nothing left. */
static double scale(double v, long e)
{
    static const double power[] = {1e1, 1e2, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128, 1e256};
    bool down = e < 0;
    unsigned long k = (unsigned long)(down ? -e : e);
    if (v == 0.0)
        return v;
    if (k > 700)
        k = 700;
    for (size_t i = 0; i < sizeof power / sizeof *power && k; i++, k >>= 1)
        if (k & 1)
            v = down ? v / power[i] : v * power[i];
    for (; k; k--)
        v = down ? v / 1e256 / 1e256 : v * 1e256 * 1e256;
    return v;
}

double hr_number_kind(const char *p, size_t n, bool *integer)
{
    enum { DIGITS = 18, MAX_EXPONENT = 100000 };
    const bool negative = n > 0 && p[0] == '-';
    size_t i = negative;
    uint64_t mantissa = 0;
    int digits = 0;
    long exponent = 0;
    bool point = false, whole = true;

    while (n < DIGITS && i < n && (unsigned char)(p[i] - '0') < 10)
        mantissa = mantissa * 10 + (uint64_t)(p[i++] - '0');
    if (n < DIGITS && i == n) { /* most are short integers */
        *integer = true;
        return negative ? -(double)mantissa : (double)mantissa;
    }
    if (n < DIGITS && p[i] == '.') { /* and fractions */
        const size_t behind = ++i;
        while (i < n && (unsigned char)(p[i] - '0') < 10)
            mantissa = mantissa * 10 + (uint64_t)(p[i++] - '0');
        if (i == n) {
            const double v = scale((double)mantissa, -(long)(n - behind));
            *integer = false;
            return negative ? -v : v;
        }
    }
    mantissa = 0;
    for (i = negative; i < n && p[i] != 'e' && p[i] != 'E'; i++) {
        if (p[i] == '.') {
            point = true;
            whole = false;
            continue;
        }
        if (digits < DIGITS) {
            mantissa = mantissa * 10 + (uint64_t)(p[i] - '0');
            digits += mantissa != 0;
            exponent -= point;
        } else {
            exponent += !point;
        }
    }
    if (i < n) {
        long e = 0;
        bool down = false;
        whole = false;
        for (i++; i < n; i++) {
            if (p[i] == '-')
                down = true;
            else if (p[i] != '+' && e < MAX_EXPONENT)
                e = e * 10 + (p[i] - '0');
        }
        exponent += down ? -e : e;
    }
    *integer = whole;
    double v = scale((double)mantissa, exponent);
    return negative ? -v : v;
}

double hr_number(const char *p, size_t n)
{
    bool integer;
    return hr_number_kind(p, n, &integer);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

size_t hr_number_of_word(hr_str s)
{
    enum { MOST_UNIT = 3 };
    size_t i = s.n > 0 && s.p[0] == '-', from = i;

    while (i < s.n && is_digit(s.p[i]))
        i++;
    if (i == from || (s.p[from] == '0' && i > from + 1))
        return 0;
    if (i + 1 < s.n && s.p[i] == '.' && is_digit(s.p[i + 1]))
        for (i++; i < s.n && is_digit(s.p[i]);)
            i++;
    for (size_t k = i; k < s.n; k++)
        if (!((s.p[k] | 0x20) >= 'a' && (s.p[k] | 0x20) <= 'z') && s.p[k] != '%')
            return 0;
    return s.n - i <= MOST_UNIT ? i : 0;
}
