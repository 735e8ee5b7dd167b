/* serve_access.h - who may ask `serve`. */
#ifndef SERVE_ACCESS_H
#define SERVE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

enum { SERVE_TOKEN_LEAST = 16, SERVE_TOKEN_MOST = 256 };

/* 16 to 256 visible characters of ASCII. */
bool serve_token_fits(const char *token);
/* Equal? The time it takes does not tell how much of it is. */
bool serve_token_is(const char *token, const char *given, size_t len);
/* A value of the field Authorization: "Bearer TOKEN", or "Basic" with any name and the token as password, which is what a browser can
   ask a person for. value may be NULL. */
bool serve_authorized(const char *token, const char *value);

/* The field Host of a request that came over loopback: localhost, an address of loopback, or host (as given to --host), with or without
   a port. Anything else is a page of another site whose name was made to lead here. value may be NULL. */
bool serve_host_is_local(const char *value, const char *host);

#endif
