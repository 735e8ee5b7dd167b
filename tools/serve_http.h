/* serve_http.h - libmicrohttpd, loaded when a server starts.

   Linked in, it would bring GnuTLS and nine other libraries into each `headroom run` and triple its start. */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include <microhttpd.h>
#include <stdbool.h>

#define SERVE_HTTP_LIBRARY "libmicrohttpd.so.12"

#define SERVE_HTTP_FUNCTIONS(X)                                                                              \
    X(start_daemon)                                                                                          \
    X(stop_daemon)                                                                                           \
    X(get_daemon_info)                                                                                       \
    X(get_timeout)                                                                                           \
    X(run)                                                                                                   \
    X(lookup_connection_value)                                                                               \
    X(create_response_from_buffer)                                                                           \
    X(add_response_header)                                                                                   \
    X(queue_response)                                                                                        \
    X(destroy_response)

/* http.run is MHD_run, and so on; valid after serve_http_load. */
struct serve_http {
#define MEMBER(name) __typeof__(MHD_##name) *name;
    SERVE_HTTP_FUNCTIONS(MEMBER)
#undef MEMBER
};
extern struct serve_http http;

/* NULL, or why it cannot be used, in words. */
const char *serve_http_load(void);

#endif
