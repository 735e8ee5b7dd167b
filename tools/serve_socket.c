/* serve_socket.c - where `serve` listens. See serve_socket.h. */
#include "serve_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 32 };

/* One server a process: serve_find leaves here what serve_listen binds to. */
static union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;
static socklen_t address_len;

static bool is_loopback(void)
{
    if (address.any.sa_family == AF_INET)
        return ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
}

static void name_address(struct serve_place *out)
{
    char text[INET6_ADDRSTRLEN] = "?";

    if (address.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof(text));
        snprintf(out->address, sizeof(out->address), "%s", text);
        out->port = ntohs(address.v4.sin_port);
    } else {
        inet_ntop(AF_INET6, &address.v6.sin6_addr, text, sizeof(text));
        snprintf(out->address, sizeof(out->address), "[%s]", text);
        out->port = ntohs(address.v6.sin6_port);
    }
}

const char *serve_find(const char *host, unsigned port, struct serve_place *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found;
    char service[16];
    int err;

    *out = (struct serve_place){.fd = -1};
    snprintf(service, sizeof(service), "%u", port);
    err = getaddrinfo(host, service, &hints, &found);
    if (err != 0)
        return err == EAI_SYSTEM ? strerror(errno) : gai_strerror(err);
    if (found->ai_addrlen > sizeof(address) ||
        (found->ai_family != AF_INET && found->ai_family != AF_INET6)) {
        freeaddrinfo(found);
        return "no address of the internet protocols";
    }
    memcpy(&address, found->ai_addr, found->ai_addrlen);
    address_len = found->ai_addrlen;
    freeaddrinfo(found);
    out->loopback = is_loopback();
    name_address(out);
    return NULL;
}

const char *serve_listen(struct serve_place *place)
{
    socklen_t len = sizeof(address);
    int one = 1, saved;

    place->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (place->fd == -1)
        return strerror(errno);
    /* A server that ended a moment ago leaves connections that are not quite over. */
    setsockopt(place->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(place->fd, &address.any, address_len) == 0 && listen(place->fd, BACKLOG) == 0 &&
        getsockname(place->fd, &address.any, &len) == 0) {
        name_address(place);
        return NULL;
    }
    saved = errno;
    close(place->fd);
    place->fd = -1;
    return saved == EADDRINUSE ? "the port is in use by another program; --port gives another"
                               : strerror(saved);
}
