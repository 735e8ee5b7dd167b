/* metrics.h - the figures as text that Prometheus reads (its exposition format 0.0.4), for `metrics` and `serve`. */
#ifndef METRICS_H
#define METRICS_H

#include "../core/headroom.h"

#include <stdio.h>

/* Writes all metrics into f. 0 or a negative code of headroom.h; what was written then is not complete. Whether f took it the caller
   asks f. One thread. */
int metrics_write(headroom *h, FILE *f);

#endif
