/* price_decimal.c - the numbers and days of the price data, exactly and without a locale. See price_compile.h. */
#include "price_compile.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool hr_price_decimal(hr_str s, int scale, int64_t *out)
{
    enum { MOST = 17 }; /* digits that an int64 takes, with one to round by */
    int64_t v = 0;
    int kept = 0, power = scale;
    size_t i = 0, digits = 0;
    bool point = false;

    for (; i < s.n && (is_digit(s.p[i]) || (s.p[i] == '.' && !point)); i++) {
        if (s.p[i] == '.') {
            point = true;
            continue;
        }
        digits++;
        if (kept < MOST) {
            v = v * 10 + (s.p[i] - '0');
            kept += v > 0;
            power -= point;
        } else if (!point) {
            power++;
        }
    }
    if (digits == 0)
        return false;
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        const bool minus = ++i < s.n && s.p[i] == '-';
        int e = 0;
        i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
        if (i == s.n)
            return false;
        for (; i < s.n && is_digit(s.p[i]) && e < 100; i++)
            e = e * 10 + (s.p[i] - '0');
        power += minus ? -e : e;
    }
    if (i < s.n)
        return false;
    for (; power > 0 && v > 0; power--) {
        if (v > INT64_MAX / 10)
            return false;
        v *= 10;
    }
    int last = 0;
    for (; power < 0 && (v > 0 || last); power++) {
        last = (int)(v % 10);
        v /= 10;
    }
    *out = v + (last >= 5);
    return true;
}

bool hr_price_day(hr_str s, int32_t *out)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int part[3] = {0}, at = 0, days = 0;

    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (i == 4 || i == 7)
            at++;
        else if (!is_digit(s.p[i]))
            return false;
        else
            part[at] = part[at] * 10 + (s.p[i] - '0');
    }
    const int year = part[0], month = part[1];
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1970 || month < 1 || month > 12 || part[2] < 1 ||
        part[2] > lengths[month - 1] + (month == 2 && leap))
        return false;
    for (int y = 1970; y < year; y++)
        days += 365 + ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
    for (int m = 1; m < month; m++)
        days += lengths[m - 1] + (m == 2 && leap);
    *out = days + part[2] - 1;
    return true;
}
