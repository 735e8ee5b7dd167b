/* serve_socket.h - where `serve` listens. */
#ifndef SERVE_SOCKET_H
#define SERVE_SOCKET_H

#include <stdbool.h>

struct serve_place {
    int fd;           /* listens, close-on-exec, non-blocking */
    bool loopback;    /* only this machine can come */
    char address[64]; /* numeric, as in a URL: "127.0.0.1", "[::1]" */
    unsigned port;    /* the one it got, where 0 was asked for */
};

/* Find out what host means; nothing listens yet. NULL, or why not, in words that live until the next call. */
const char *serve_find(const char *host, unsigned port, struct serve_place *out);
/* Listen there. NULL, or why not. */
const char *serve_listen(struct serve_place *place);

#endif
