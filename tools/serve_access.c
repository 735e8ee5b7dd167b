/* serve_access.c - who may ask `serve`. See serve_access.h. */
#include "serve_access.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool serve_token_fits(const char *token)
{
    size_t n = strlen(token);

    for (size_t i = 0; i < n; i++) {
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    }
    return n >= SERVE_TOKEN_LEAST && n <= SERVE_TOKEN_MOST;
}

bool serve_token_is(const char *token, const char *given, size_t len)
{
    size_t n = strlen(token);
    volatile unsigned char differs = len != n;

    for (size_t i = 0; i < len; i++)
        differs = (unsigned char)(differs | (token[i % n] ^ given[i]));
    return differs == 0;
}

static int value_of(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c == '\0' ? NULL : strchr(letters, c);

    return p == NULL ? -1 : (int)(p - letters);
}

/* Base64 into out, at most size bytes; how many. What is no base64 ends it. */
static size_t decode(const char *text, unsigned char *out, size_t size)
{
    uint32_t bits = 0;
    size_t n = 0;
    int have = 0, v;

    while (n < size && (v = value_of(*text++)) >= 0) {
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (unsigned char)(bits >> have);
        }
    }
    return n;
}

bool serve_authorized(const char *token, const char *value)
{
    unsigned char pair[2 * SERVE_TOKEN_MOST];
    const unsigned char *colon;
    size_t n;

    if (value == NULL)
        return false;
    if (strncasecmp(value, "Bearer ", 7) == 0)
        return serve_token_is(token, value + 7, strlen(value + 7));
    if (strncasecmp(value, "Basic ", 6) != 0)
        return false;
    n = decode(value + 6, pair, sizeof(pair));
    colon = memchr(pair, ':', n);
    return colon != NULL && serve_token_is(token, (const char *)colon + 1, n - (size_t)(colon + 1 - pair));
}

static bool is_loopback_address(const char *name)
{
    struct in6_addr six;
    struct in_addr four;

    return (inet_pton(AF_INET, name, &four) == 1 && ntohl(four.s_addr) >> 24 == 127) ||
           (inet_pton(AF_INET6, name, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six));
}

bool serve_host_is_local(const char *value, const char *host)
{
    bool bracket = value != NULL && *value == '[';
    char name[256];
    size_t n;

    if (value == NULL)
        return false;
    value += bracket;
    n = strcspn(value, bracket ? "]" : ":");
    if (n == 0 || n >= sizeof(name))
        return false;
    memcpy(name, value, n);
    name[n] = '\0';
    value += n;
    if (bracket && *value++ != ']')
        return false;
    if (*value == ':' && value[1 + strspn(value + 1, "0123456789")] != '\0')
        return false;
    if (*value != ':' && *value != '\0')
        return false;
    return strcasecmp(name, "localhost") == 0 || strcasecmp(name, host) == 0 || is_loopback_address(name);
}
