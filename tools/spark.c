/* spark.c - figures as a line of characters. See spark.h. */
#include "spark.h"

#include <string.h>

enum { LEVELS = 8 };

const char *spark(char out[SPARK_TEXT], const double *figures, size_t n, double top, bool utf8)
{
    static const char ascii[LEVELS + 1] = "._-~=+*#";
    char *p = out;

    for (size_t i = 0; i < n && i < SPARK_MOST; i++) {
        double part = top > 0 ? figures[i] / top * LEVELS : 0;
        int level = part <= 0 ? 0 : part >= LEVELS ? LEVELS : (int)part + 1;

        if (level > LEVELS)
            level = LEVELS;
        if (level == 0) {
            *p++ = ' ';
        } else if (!utf8) {
            *p++ = ascii[level - 1];
        } else {
            /* U+2581, the lowest of eight blocks, and those behind it. */
            memcpy(p, "\xE2\x96", 2);
            p[2] = (char)(0x80 + level);
            p += 3;
        }
    }
    *p = '\0';
    return out;
}
