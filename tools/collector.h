/* collector.h - handing bodies to an OTLP/HTTP collector, by libcurl.

   libcurl is loaded when a collector is opened: every other command starts without it. One thread. */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "cli.h"

#include <stddef.h>

struct collector;

/* url: http or https; without a path /v1/traces is added. Headers come from OTEL_EXPORTER_OTLP_HEADERS ("name=value,name=value").
   *code: EX_UNAVAILABLE without libcurl, EX_USAGE for another kind of url; said on stderr. NULL then. */
struct collector *collector_open(const struct command *self, const char *url, int *code);
void collector_close(struct collector *c);

/* POST one body. Tried again, at most five times in all, where the collector cannot be reached or says 429, 502, 503 or 504; it waits as
   long as it is told to, up to 30 s. EX_OK; EX_TEMPFAIL after the last; EX_UNAVAILABLE where it was refused; said on stderr. *rejected:
   spans that the collector says it did not take. */
int collector_send(struct collector *c, const char *body, size_t len, long *rejected);

#endif
