/* child.c - trying a program. See child.h. */
#include "child.h"
#include "format.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(const struct child *c, int out)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setpgid(0, 0); /* so that a deadline reaches what it starts, too */
    if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 ||
        dup2(c->errors ? out : null, STDERR_FILENO) == -1)
        _exit(127);
    if ((c->preload == NULL ? unsetenv("LD_PRELOAD") : setenv("LD_PRELOAD", c->preload, 1)) == 0)
        execvp(c->argv[0], c->argv);
    _exit(127);
}

/* Until the end of what it prints. False: the deadline passed. */
static bool read_all(int fd, char *out, size_t size, int64_t deadline_us)
{
    char rest[4096];
    size_t n = 0;

    for (;;) {
        int64_t left = (deadline_us - format_now_us()) / 1000;
        struct pollfd p = {fd, POLLIN, 0};
        ssize_t got;

        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            break;
        got = n + 1 < size ? read(fd, out + n, size - 1 - n) : read(fd, rest, sizeof(rest));
        if (got <= 0) {
            out[n] = '\0';
            return true;
        }
        n += n + 1 < size ? (size_t)got : 0;
    }
    out[n] = '\0';
    return false;
}

int child_run(const struct child *c, char *out, size_t size)
{
    int pipes[2], status = 0;
    bool ended;
    pid_t pid;

    *out = '\0';
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return CHILD_NOT_STARTED;
    pid = fork();
    if (pid == 0)
        become(c, pipes[1]);
    close(pipes[1]);
    if (pid < 0) {
        close(pipes[0]);
        return CHILD_NOT_STARTED;
    }
    ended = read_all(pipes[0], out, size, format_now_us() + c->seconds * INT64_C(1000000));
    close(pipes[0]);
    if (!ended && kill(-pid, SIGKILL) != 0)
        kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) != pid)
        return CHILD_NOT_STARTED;
    if (!ended)
        return CHILD_TIMEOUT;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
