/* simdjson_peer.h - what simdjson's on-demand reader makes of the same bytes (simdjson is C++; a bench links the one file that
   knows it). The kernel is the best of the machine, or the one that SIMDJSON_FORCE_IMPLEMENTATION names. Buffers must be followed
   by SIMDJSON_PEER_PADDING readable bytes. One thread. */
#ifndef BENCH_SIMDJSON_PEER_H
#define BENCH_SIMDJSON_PEER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SIMDJSON_PEER_PADDING = 64 };

/* Tool results of an Anthropic body, and the bytes of their literals, quotes included. False: an error on the way. */
int simdjson_peer_locate(const char *body, size_t len, size_t *results, size_t *bytes);
/* Decode the string literal that is the whole of text[0..len). NULL: an error. The answer lives until the next call. */
const char *simdjson_peer_decode(const char *text, size_t len, size_t *decoded);
const char *simdjson_peer_kernel(void);

#ifdef __cplusplus
}
#endif
#endif
