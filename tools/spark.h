/* spark.h - figures as a line of characters, one a figure, higher for more. Pure. */
#ifndef SPARK_H
#define SPARK_H

#include <stdbool.h>
#include <stddef.h>

enum { SPARK_MOST = 120, SPARK_TEXT = 3 * SPARK_MOST + 1 }; /* a block is three bytes of UTF-8 */

/* n figures, at most SPARK_MOST, of 0 to top. 0 is a blank; whatever is more is seen. Where not utf8, in ASCII. */
const char *spark(char out[SPARK_TEXT], const double *figures, size_t n, double top, bool utf8);

#endif
