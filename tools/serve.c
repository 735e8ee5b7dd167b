/* serve.c - `headroom serve`: the figures over HTTP, on this machine only unless a token is given.

   One thread: libmicrohttpd's descriptor and that of the signals are waited for together, so a page is written in between and nothing is
   shared. Signals are read, not caught. */
#include "cli.h"
#include "files.h"
#include "format.h"
#include "moment.h"
#include "older.h"
#include "serve_access.h"
#include "serve_http.h"
#include "serve_pages.h"
#include "serve_socket.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    CONNECTIONS = 64,
    CONNECTIONS_OF_ONE = 48, /* of one address: 16 stay for others */
    IDLE_SECONDS = 15,
    CONNECTION_BYTES = 16384, /* a longer head is refused */
    DEFAULT_PORT = 8787
};

struct server {
    struct serve_place place;
    const char *host;
    char token[SERVE_TOKEN_MOST + 1]; /* "": none is demanded */
    struct serve_state state;
};

/* ------------------------------------------------------------------ one request */
static enum MHD_Result send_answer(struct MHD_Connection *c, const struct serve_answer *a, const char *field,
                                   const char *value)
{
    struct MHD_Response *r = http.create_response_from_buffer(a->len, a->body, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_NO;
    char policy[192];

    if (r == NULL)
        return MHD_NO;
    snprintf(policy, sizeof(policy),
             "default-src 'none'; %s%s%simg-src data:; base-uri 'none'; form-action 'none'; frame-ancestors "
             "'none'",
             a->nonce[0] != '\0' ? "style-src 'nonce-" : "", a->nonce, a->nonce[0] != '\0' ? "'; " : "");
    if (http.add_response_header(r, "Content-Type", a->type) == MHD_YES &&
        http.add_response_header(r, "Content-Security-Policy", policy) == MHD_YES &&
        http.add_response_header(r, "X-Content-Type-Options", "nosniff") == MHD_YES &&
        http.add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin") == MHD_YES &&
        http.add_response_header(r, "Referrer-Policy", "no-referrer") == MHD_YES &&
        http.add_response_header(r, "Cache-Control", "no-store") == MHD_YES &&
        (field == NULL || http.add_response_header(r, field, value) == MHD_YES))
        result = http.queue_response(c, a->status, r);
    http.destroy_response(r);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *text, const char *field,
                              const char *value)
{
    char body[160];
    struct serve_answer a = {.status = status, .type = "text/plain; charset=utf-8", .body = body};

    a.len = (size_t)snprintf(body, sizeof(body), "%s\n", text);
    return send_answer(c, &a, field, value);
}

static const char *field_of(struct MHD_Connection *c, const char *name)
{
    return http.lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer(struct server *s, struct MHD_Connection *c, const char *url, const char *method)
{
    struct serve_answer a;
    enum MHD_Result result;

    if (s->place.loopback && !serve_host_is_local(field_of(c, "Host"), s->host))
        return refuse(c, MHD_HTTP_FORBIDDEN, "This server answers to localhost only.", NULL, NULL);
    if (s->token[0] != '\0' && !serve_authorized(s->token, field_of(c, "Authorization")))
        return refuse(c, MHD_HTTP_UNAUTHORIZED, "A token is needed: Authorization: Bearer TOKEN.",
                      "WWW-Authenticate",
                      "Basic realm=\"headroom: the token is the password\", Bearer realm=\"headroom\"");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD are answered.", "Allow",
                      "GET, HEAD");
    result = serve_answer(&s->state, url, &a) ? send_answer(c, &a, NULL, NULL) : MHD_NO;
    free(a.body);
    return result;
}

/* libmicrohttpd calls it for the head, for each piece of a body, and at the end; only the head counts here. */
static enum MHD_Result take_call(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                 const char *version, const char *body, size_t *body_len, void **seen)
{
    static char begun;

    (void)version, (void)body;
    if (*seen == NULL && field_of(c, "Content-Length") == NULL && field_of(c, "Transfer-Encoding") == NULL) {
        *seen = &begun;
        return MHD_YES;
    }
    *body_len = 0;
    return answer(arg, c, url, method);
}

/* ------------------------------------------------------------------ the server */
static int signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static int wait_and_answer(struct MHD_Daemon *d, int signal_fd)
{
    const union MHD_DaemonInfo *info = http.get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[2] = {{.fd = signal_fd, .events = POLLIN}, {.events = POLLIN}};

    if (info == NULL)
        return cli_fail(EX_OSERR, "serve: no descriptor to wait for");
    fds[1].fd = info->epoll_fd;
    for (;;) {
        MHD_UNSIGNED_LONG_LONG ms = 1000;
        int limit = http.get_timeout(d, &ms) == MHD_YES && ms < 1000 ? (int)ms : 1000;

        if (poll(fds, 2, limit) == -1 && errno != EINTR)
            return cli_fail(EX_OSERR, "serve: cannot wait: %s", strerror(errno));
        if ((fds[0].revents & POLLIN) != 0)
            return EX_OK;
        if (http.run(d) != MHD_YES)
            return cli_fail(EX_OSERR, "serve: the server stopped");
    }
}

static void sum_older(void)
{
    headroom *h = headroom_open(HEADROOM_READ_ONLY);

    if (h == NULL)
        return;
    older_sum(h);
    headroom_close(h);
}

static int serve(struct server *s)
{
    const char *error = serve_http_load();
    struct MHD_Daemon *d;
    int code, signal_fd;

    if (error != NULL)
        return cli_fail(EX_UNAVAILABLE,
                        "serve: it needs " SERVE_HTTP_LIBRARY " (Debian: libmicrohttpd12): %s", error);
    error = serve_listen(&s->place);
    if (error != NULL)
        return cli_fail(EX_UNAVAILABLE, "serve: cannot listen on %s:%u: %s", s->place.address, s->place.port,
                        error);
    signal_fd = signals();
    d = http.start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, take_call, s, MHD_OPTION_LISTEN_SOCKET, s->place.fd,
                          MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                          MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ONE,
                          MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_END);
    if (signal_fd == -1 || d == NULL) {
        if (d != NULL)
            http.stop_daemon(d);
        return cli_fail(EX_OSERR, "serve: cannot start: %s", strerror(errno));
    }
    printf("http://%s:%u/%s\n", s->place.address, s->place.port,
           s->token[0] != '\0' ? " (with the token)" : "");
    code = files_flush_stdout();
    if (code == EX_OK)
        code = wait_and_answer(d, signal_fd);
    http.stop_daemon(d);
    close(signal_fd);
    return code;
}

/* ------------------------------------------------------------------ options */
static bool read_port(const char *text, unsigned *port)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 5 || text[n] != '\0' || strtoul(text, NULL, 10) > 65535)
        return false;
    *port = (unsigned)strtoul(text, NULL, 10);
    return true;
}

static int take_token(const struct command *self, struct server *s, const char *token)
{
    if (!serve_token_fits(token))
        return cli_usage(self, "a token is 16 to 256 visible characters of ASCII");
    strcpy(s->token, token);
    return EX_OK;
}

static int read_token(const struct command *self, struct server *s, const char *path)
{
    headroom_bytes file;
    int code = files_read(self, path, &file);

    if (code != EX_OK)
        return code;
    file.data[strcspn(file.data, "\r\n")] = '\0';
    code = take_token(self, s, file.data);
    free(file.data);
    return code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"host", required_argument, NULL, 'H'},
        {"port", required_argument, NULL, 'p'},
        {"token", required_argument, NULL, 't'},
        {"token-file", required_argument, NULL, 'T'},
        {"since", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct server s = {.host = "127.0.0.1", .state = {.since = "30d"}};
    int64_t from;
    unsigned port = DEFAULT_PORT;
    int option, code = EX_OK;
    const char *error;

    while (code == EX_OK && (option = cli_option(self, argc, argv, ":H:p:t:T:s:h", names)) != -1) {
        switch (option) {
        case 'H':
            s.host = optarg;
            break;
        case 'p':
            if (!read_port(optarg, &port))
                code = cli_usage(self, "--port takes a number up to 65535");
            break;
        case 't':
            code = take_token(self, &s, optarg);
            /* Others can read the arguments of this process. */
            memset(optarg, '*', strlen(optarg));
            break;
        case 'T':
            code = read_token(self, &s, optarg);
            break;
        case 's':
            s.state.since = optarg;
            if (!moment_read(optarg, format_now_us(), &from))
                code = cli_usage(self, "--since takes " MOMENT_FORMS);
            break;
        default:
            return cli_option_exit(option);
        }
    }
    if (code != EX_OK)
        return code;
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    error = serve_find(s.host, port, &s.place);
    if (error != NULL)
        return cli_fail(EX_UNAVAILABLE, "serve: %s: %s", s.host, error);
    if (!s.place.loopback && s.token[0] == '\0')
        return cli_usage(
            self,
            "other machines can reach that address: --token-file FILE gives the token that they must send");
    sum_older();
    return serve(&s);
}

const struct command command_serve = {
    .name = "serve",
    .summary = "the figures over HTTP: /health /stats /metrics and a page",
    .help =
        "usage: headroom serve [--host HOST] [--port PORT] [--token TOKEN | --token-file FILE] [--since "
        "WHEN]\n"
        "\n"
        "Answers on this machine only, unless told otherwise, until Ctrl-C or SIGTERM. Prints its address.\n"
        "Nothing is changed by a request, and nothing of what was sent is shown: figures, and names of\n"
        "programs, models and tools.\n"
        "\n"
        "  /         a page with charts, and the last requests; it loads itself again every 10 seconds\n"
        "  /health   {\"status\": \"healthy\", ..}; status 503 where the database cannot be used\n"
        "  /stats    as 'headroom stats --json'\n"
        "  /metrics  as 'headroom metrics', for Prometheus\n"
        "\n"
        "  -H, --host HOST        where to listen (127.0.0.1)\n"
        "  -p, --port PORT        the port (8787); 0 takes any that is free\n"
        "  -T, --token-file FILE  its first line, of 16 to 256 characters, must come with each request, as\n"
        "                         'Authorization: Bearer TOKEN' or as the password that a browser asks for.\n"
        "                         Needed where HOST is not loopback. HTTP is not encrypted: across a "
        "network\n"
        "                         put a TLS proxy in front\n"
        "  -t, --token TOKEN      the same on the command line, where other users may see it for a moment\n"
        "  -s, --since WHEN       what the page looks back on (30d): 12h, 7d, today, 2026-11-21, all\n"
        "  -h, --help             this text\n"
        "\n"
        "exit status: 0 after SIGINT or SIGTERM; 64 wrong usage, 66 no token file, 69 cannot listen there\n"
        "\n"
        "example: headroom serve --port 8788\n",
    .run = run,
};
