/* doctor_log.c - what kept the library from working in a program, as the log file has it. See doctor.h. */
#include "doctor.h"
#include "format.h"

#include <stdio.h>
#include <string.h>

enum { TAIL = 64 << 10 };
static const int64_t RECENT_US = INT64_C(86400) * 1000000; /* what is older may long be mended */

static int take_file(void *arg, const char *name, const char *value, const char *origin, const char *env,
                     const char *error)
{
    const char **file = arg;

    (void)origin, (void)env, (void)error;
    if (strcmp(name, "log_file") == 0)
        *file = value;
    return 0;
}

static FILE *open_log(const headroom *h)
{
    char path[PATH_MAX];
    const char *file = NULL, *directory = headroom_state_directory(h);

    headroom_each_setting((headroom *)h, take_file, &file);
    if (file != NULL && *file == '/')
        return fopen(file, "re");
    if ((file != NULL && *file != '\0') || directory == NULL ||
        (size_t)snprintf(path, sizeof(path), "%s/headroom.log", directory) >= sizeof(path))
        return NULL;
    return fopen(path, "re");
}

/* "TIME WARN headroom[PID]: PROGRAM: .. is not patched: WHY" -> where PROGRAM begins; NULL: another line. */
static const char *refusal(const char *line, const char *since, const char *program)
{
    const char *name = strstr(line, "]: ");
    size_t n = program == NULL ? 0 : strlen(program);

    if (name == NULL || strstr(name, " is not patched: ") == NULL || strcmp(line, since) < 0)
        return NULL;
    name += 3;
    return program == NULL || (strncmp(name, program, n) == 0 && name[n] == ':') ? name : NULL;
}

void doctor_log(struct report *r, const headroom *h, const char *program)
{
    char line[1100], since[FORMAT_TIME], last[1100] = "";
    FILE *f = open_log(h);

    if (f == NULL)
        return;
    format_time(since, format_now_us() - RECENT_US);
    if (fseek(f, -TAIL, SEEK_END) == 0 && fgets(line, sizeof(line), f) == NULL) /* the rest of a line */
        line[0] = '\0';
    while (fgets(line, sizeof(line), f) != NULL) {
        const char *found = refusal(line, since, program);

        if (found != NULL && strstr(found, ": SSL_write") != NULL)
            snprintf(last, sizeof(last), "%.19sZ %s", line, found);
    }
    fclose(f);
    last[strcspn(last, "\n")] = '\0';
    if (last[0] != '\0')
        doctor_say(r, DOCTOR_WARN, "log",
                   program == NULL ? "headroom doctor -- PROGRAM says whether that is still so."
                                   : "The checks above say whether that is still so.",
                   "the last refusal of a day: %s", last);
}
