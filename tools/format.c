/* format.c - figures, times and foreign text in the form that people read. */
#include "format.h"
#include "../core/headroom.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *format_count(char out[FORMAT_COUNT], int64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)n);
    char *p = out;

    for (int i = 0; i < len; i++) {
        *p++ = digits[i];
        if (digits[i] != '-' && i + 1 < len && (len - i - 1) % 3 == 0)
            *p++ = ',';
    }
    *p = '\0';
    return out;
}

int64_t format_permille(int64_t part, int64_t whole)
{
    double share;

    if (whole <= 0)
        return 0;
    share = (double)part * 1000.0 / (double)whole;
    return (int64_t)(share < 0 ? share - 0.5 : share + 0.5);
}

const char *format_share(char out[FORMAT_SHARE], int64_t part, int64_t whole)
{
    int64_t v = format_permille(part, whole);
    int64_t size = v < 0 ? -v : v;

    snprintf(out, FORMAT_SHARE, "%s%lld.%lld %%", v < 0 ? "-" : "", (long long)(size / 10),
             (long long)(size % 10));
    return out;
}

const char *format_usd(char out[FORMAT_USD], int64_t billionths)
{
    const char *sign = billionths < 0 ? "-" : "";
    char whole[FORMAT_COUNT];
    double dollars;

    if (billionths == HEADROOM_UNPRICED) {
        snprintf(out, FORMAT_USD, "unpriced");
        return out;
    }
    dollars = (double)(billionths < 0 ? -billionths : billionths) / 1e9;
    if (dollars >= 0.995) {
        int64_t cents = (int64_t)(dollars * 100 + 0.5);

        snprintf(out, FORMAT_USD, "%s$%s.%02lld", sign, format_count(whole, cents / 100),
                 (long long)(cents % 100));
    } else {
        snprintf(out, FORMAT_USD, "%s$%.*f", sign, billionths != 0 && dollars < 0.001 ? 6 : 4, dollars);
    }
    return out;
}

const char *format_time(char out[FORMAT_TIME], int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    int ms = (int)(us % 1000000 / 1000);
    struct tm t;
    char date[24];

    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    if (gmtime_r(&seconds, &t) == NULL || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &t) == 0)
        snprintf(out, FORMAT_TIME, "-");
    else
        snprintf(out, FORMAT_TIME, "%s.%03dZ", date, ms);
    return out;
}

const char *format_age(char out[FORMAT_AGE], int64_t us, int64_t now_us)
{
    long long seconds = (now_us - us) / 1000000;

    if (seconds < 0)
        seconds = 0;
    if (seconds < 120)
        snprintf(out, FORMAT_AGE, "%lld s", seconds);
    else if (seconds < 120 * 60)
        snprintf(out, FORMAT_AGE, "%lld min", seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(out, FORMAT_AGE, "%lld h", seconds / 3600);
    else
        snprintf(out, FORMAT_AGE, "%lld d", seconds / 86400);
    return out;
}

int64_t format_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

size_t format_utf8_length(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t n;

    if (p[0] < 0x80)
        return p[0] != 0;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        n = 2;
    else if ((p[0] & 0xF0) == 0xE0)
        n = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        n = 4;
    else
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    /* Overlong forms, surrogates and what lies above U+10FFFF show in the second byte. */
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

static bool is_control(const char *s, size_t n)
{
    unsigned char first = (unsigned char)s[0];

    if (n == 1)
        return first < 0x20 || first == 0x7F;
    return n == 2 && first == 0xC2 && (unsigned char)s[1] < 0xA0;
}

const char *format_word(char *out, size_t size, const char *s)
{
    size_t len = 0, fits = 0; /* fits: where ".." can still follow */

    if (s == NULL || *s == '\0')
        s = "-";
    while (*s != '\0') {
        size_t n = format_utf8_length(s);
        bool odd = n == 0 || is_control(s, n);
        size_t width = odd ? 1 : n;

        if (len + width + 1 > size) {
            memcpy(out + fits, "..", 3);
            return out;
        }
        if (odd)
            out[len] = '?';
        else
            memcpy(out + len, s, n);
        len += width;
        s += n == 0 ? 1 : n;
        if (len + 3 <= size)
            fits = len;
    }
    out[len] = '\0';
    return out;
}
