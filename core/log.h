/* log.h - the log file: lines for people who look for a cause. Never the host's stderr unless HEADROOM_LOG_FILE=-.
   Default $XDG_STATE_HOME/headroom/headroom.log, 0600, at most HR_MAX_LOG and one older file. The file is opened for each line
   and closed again, so no descriptor of the host's is kept; lines are rare. Any thread. Never fails the caller. */
#ifndef HR_LOG_H
#define HR_LOG_H

#include "config.h"

typedef struct hr_log {
    enum hr_log_level level;
    const char *path;      /* borrowed; "-": stderr; NULL: nowhere */
    const char *directory; /* state directory, borrowed; NULL where path was given by the user */
    char *owned;
} hr_log;

/* config must outlive the log. 0 or HR_ENOMEM. */
int hr_log_init(hr_log *log, const hr_config *config);
void hr_log_free(hr_log *log);
void hr_log_write(const hr_log *log, enum hr_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
