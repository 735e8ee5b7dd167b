/* otlp.h - requests as OpenTelemetry spans (semantic conventions for generative AI), in OTLP's JSON encoding. */
#ifndef OTLP_H
#define OTLP_H

#include "../core/headroom.h"
#include "json.h"

#include <stdbool.h>

/* A span for this row? Connections that were only watched, and counting of tokens, are no generation. */
bool otlp_wants(const headroom_row *row);
/* Begins a request of the collector's: *spans is the array that otlp_add fills. */
void otlp_begin(struct json_tree *t, cJSON **spans);
/* Ids are made from what the row alone says: who exports a row twice sends the same span twice. */
void otlp_add(struct json_tree *t, cJSON *spans, const headroom_row *row);

#endif
