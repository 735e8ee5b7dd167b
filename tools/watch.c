/* watch.c - `headroom watch`: requests and sums as they come, in a terminal.

   One thread waits for keys, signals and the next look at the database together. Signals are read, not caught: whatever ends the view,
   the terminal is given back as it was. */
#include "cli.h"
#include "format.h"
#include "moment.h"
#include "older.h"
#include "watch_view.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <term.h>
#include <unistd.h>

enum {
    KEPT = 5000, /* requests that can be scrolled through, and that the minutes are drawn from */
    SUMS_MS = 5000,
    LOOK_MS = 500, /* between two looks at the database */
    ESCAPE_MS = 50 /* a key's bytes come together, also over a slow line */
};

static int take_setting(void *arg, const char *name, const char *value, const char *origin, const char *env,
                        const char *error)
{
    struct watch_model *m = arg;

    (void)origin, (void)env, (void)error;
    if (value != NULL && strcmp(name, "mode") == 0)
        snprintf(m->mode, sizeof(m->mode), "%s", value);
    if (value != NULL && strcmp(name, "level") == 0)
        snprintf(m->level, sizeof(m->level), "%s", value);
    return 0;
}

/* ------------------------------------------------------------------ the figures */
/* Sums are read where a request is new, at midnight, and now and then, since a purge makes none. */
static int read_sums(headroom *h, struct watch_model *m, bool fresh)
{
    int64_t midnight = moment_midnight(m->now_us, 0);
    struct figures today;
    int err;

    if (!fresh && m->today.from_us == midnight && m->now_us - m->summed_us < SUMS_MS * 1000 &&
        m->now_us >= m->summed_us)
        return 0;
    err = figures_read(h, midnight, INT64_MAX, FIGURES_ALL, &today);
    if (err == 0) {
        figures_free(&m->today);
        m->today = today;
        m->summed_us = m->now_us;
    }
    return err;
}

static int read_figures(headroom *h, struct watch_model *m)
{
    size_t fresh;
    int err = recent_read(h, &m->recent, KEPT, &fresh);

    if (err == 0 && m->scroll > 0)
        m->scroll += fresh; /* what is being read stays where it is */
    return err == 0 ? read_sums(h, m, fresh > 0) : err;
}

/* A handle that failed is given up: the next look begins anew. */
static void look_again(headroom **h, struct watch_model *m)
{
    int err;

    if (*h == NULL)
        *h = headroom_open(HEADROOM_READ_ONLY);
    err = *h == NULL ? -1 : read_figures(*h, m);
    m->trouble = err < 0 ? headroom_strerror(err) : NULL;
    if (err < 0 && *h != NULL) {
        headroom_close(*h);
        *h = NULL;
    }
}

/* ------------------------------------------------------------------ keys and signals */
/* False: the view ends. */
static bool take_key(struct watch_model *m, int key)
{
    size_t page = watch_view_rows(), back = m->scroll;

    switch (key) {
    case 'q':
    case 'Q':
        return false;
    case 'p':
        m->paused = !m->paused;
        break;
    case '?':
    case 'h':
        m->help = !m->help;
        break;
    case KEY_UP:
    case 'k':
        m->scroll -= back > 0;
        break;
    case KEY_DOWN:
    case 'j':
        m->scroll++;
        break;
    case KEY_PPAGE:
        m->scroll -= back < page ? back : page;
        break;
    case KEY_NPAGE:
    case ' ':
        m->scroll += page;
        break;
    case KEY_HOME:
        m->scroll = 0;
        break;
    case KEY_END:
        m->scroll = m->recent.n;
        break;
    case '\f':
        clearok(curscr, TRUE);
        break;
    default:
        break;
    }
    return true;
}

static bool take_keys(struct watch_model *m)
{
    int key;

    while ((key = getch()) != ERR) {
        if (!take_key(m, key))
            return false;
    }
    return true;
}

static bool take_signal(int fd)
{
    struct signalfd_siginfo info;
    struct winsize size;

    if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return true;
    if (info.ssi_signo != SIGWINCH)
        return false;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    return true;
}

/* Before ncurses begins, so that none of its own handlers runs. Ctrl-Z stays its own: it gives the terminal back meanwhile. */
static int signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGWINCH);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void show(headroom **h, struct watch_model *m, int signal_fd)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
    int64_t looked = 0;

    for (;;) {
        m->now_us = format_now_us();
        if (!m->paused && (m->now_us - looked >= LOOK_MS * 1000 || m->now_us < looked)) {
            looked = m->now_us;
            look_again(h, m);
        }
        watch_view_draw(m);
        if (poll(fds, 2, LOOK_MS) == -1 && errno != EINTR)
            return;
        if ((fds[1].revents & POLLIN) != 0 && !take_signal(signal_fd))
            return;
        if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 || !take_keys(m))
            return;
    }
}

/* ------------------------------------------------------------------ the terminal */
/* NULL, or why no view can be drawn. */
static const char *judge_terminal(void)
{
    const char *name = getenv("TERM");
    int err;

    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return "standard input and output must be a terminal";
    if (name == NULL || *name == '\0')
        return "TERM is not set";
    if (setupterm(name, STDOUT_FILENO, &err) != OK)
        return "TERM names no terminal that is known here";
    return cursor_address == NULL ? "TERM names a terminal whose cursor cannot be placed" : NULL;
}

static int watch(headroom **h, struct watch_model *m)
{
    int signal_fd = signals();
    SCREEN *screen;

    setlocale(LC_CTYPE, "");
    m->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    m->colour = getenv("NO_COLOR") == NULL || *getenv("NO_COLOR") == '\0';
    screen = signal_fd == -1 ? NULL : newterm(NULL, stdout, stdin);
    if (screen == NULL) {
        if (signal_fd != -1)
            close(signal_fd);
        return cli_fail(EX_OSERR, "watch: cannot take the terminal: %s", strerror(errno));
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_MS);
    curs_set(0);
    watch_view_begin(m);
    show(h, m, signal_fd);
    endwin();
    delscreen(screen);
    close(signal_fd);
    return EX_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct watch_model model = {.now_us = format_now_us()};
    int option, code, err;
    const char *why;
    headroom *h;

    if ((option = cli_option(self, argc, argv, ":h", names)) != -1)
        return cli_option_exit(option);
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    why = judge_terminal();
    if (why != NULL)
        return cli_fail(EX_UNAVAILABLE, "watch: %s; 'headroom log --follow' prints requests as lines", why);
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "watch: no memory");
    older_sum(h);
    headroom_each_setting(h, take_setting, &model);
    err = read_figures(h, &model);
    code = err < 0 ? cli_fail_core(self, h, err) : watch(&h, &model);
    recent_free(&model.recent);
    figures_free(&model.today);
    if (h != NULL)
        headroom_close(h);
    return code;
}

const struct command command_watch = {
    .name = "watch",
    .summary = "requests and savings as they come, in a terminal",
    .help =
        "usage: headroom watch\n"
        "\n"
        "Shows the requests of all programs of this user as they end, newest first, above them the sums of\n"
        "today: savings, cost and the part that providers read from their caches, and the tokens of each of\n"
        "the last minutes. It only looks. NO_COLOR is obeyed.\n"
        "\n"
        "  -h, --help  this text\n"
        "\n"
        "keys: q ends, p pauses, arrows PgUp PgDn Home End scroll, ? explains the columns\n"
        "\n"
        "exit status: 0, also by Ctrl-C and SIGTERM; 64 wrong usage, 69 no terminal that it can draw on, or\n"
        "database not usable\n"
        "\n"
        "example: headroom watch\n",
    .run = run,
};
