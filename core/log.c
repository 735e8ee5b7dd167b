/* log.c - one line at a time into a bounded file. See log.h. */
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"

int hr_log_init(hr_log *log, const hr_config *config)
{
    const char *file = config->text[HR_SET_LOG_FILE];
    *log = (hr_log){.level = (enum hr_log_level)config->number[HR_SET_LOG]};
    if (*file) {
        log->path = strcmp(file, "-") == 0 || *file == '/' ? file : NULL;
        return 0;
    }
    if (!config->state_directory)
        return 0;
    size_t n = strlen(config->state_directory) + sizeof "/headroom.log";
    if (!(log->owned = hr_malloc(n)))
        return HR_ENOMEM;
    snprintf(log->owned, n, "%s/headroom.log", config->state_directory);
    log->path = log->owned;
    log->directory = config->state_directory;
    return 0;
}

void hr_log_free(hr_log *log)
{
    hr_free(log->owned);
    *log = (hr_log){0};
}

/* The directory must be ours, as for the database (DESIGN.md, State directory): else somebody could make us append elsewhere. */
static bool directory_is_ours(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

static int open_file(const hr_log *log)
{
    char older[4096];
    struct stat st;
    int fd, low;

    if (log->directory && !directory_is_ours(log->directory))
        return -1;
    low =
        open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (low < 0)
        return -1;
    if (fstat(low, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > HR_MAX_LOG) {
        int n = snprintf(older, sizeof older, "%s.1", log->path);
        if (n > 0 && (size_t)n < sizeof older && rename(log->path, older) == 0) {
            close(low);
            low = open(log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
            if (low < 0)
                return -1;
        }
    }
    fd = fcntl(low, F_DUPFD_CLOEXEC, HR_FD_FLOOR);
    if (fd < 0)
        return low;
    close(low);
    return fd;
}

void hr_log_write(const hr_log *log, enum hr_log_level level, const char *format, ...)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    char line[1024];
    struct timespec now;
    struct tm tm;
    va_list ap;

    if (level > log->level || !log->path)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    int n = snprintf(line, sizeof line,
                     "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s headroom[%d]: ", tm.tm_year + 1900,
                     tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                     (int)(now.tv_nsec / 1000000), names[level], (int)getpid());
    va_start(ap, format);
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, ap);
    va_end(ap);
    if (m < 0)
        return;
    size_t len =
        (size_t)n + ((size_t)m < sizeof line - (size_t)n - 1 ? (size_t)m : sizeof line - (size_t)n - 2);
    for (size_t i = 0; i < len; i++) /* names of files may hold anything; a line stays one line */
        line[i] = (unsigned char)line[i] < ' ' ? '?' : line[i];
    line[len++] = '\n';
    bool to_stderr = strcmp(log->path, "-") == 0;
    int fd = to_stderr ? STDERR_FILENO : open_file(log);
    if (fd < 0)
        return;
    ssize_t ignored = write(fd, line, len);
    (void)ignored;
    if (!to_stderr)
        close(fd);
}
