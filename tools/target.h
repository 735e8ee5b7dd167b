/* target.h - will a preload reach the program that a command line names? */
#ifndef TARGET_H
#define TARGET_H

#include <linux/limits.h>
#include <stdbool.h>

struct target {
    bool found; /* path is the file that execvp will run */
    char path[PATH_MAX];
    char program[PATH_MAX]; /* the executable behind scripts; "" where it is not known */
    bool reached;           /* false: sentence says why not, in one line without "headroom: " and line feed */
    bool harmed; /* the library must not even be offered: that loader would try to load it and fail */
    char sentence[1024];
};

/* Search PATH as execvp does, follow scripts, judge the executable at the end. Where nothing is known,
   reached is true: silence is better than a wrong sentence. */
void target_examine(const char *name, struct target *out);
/* What stands behind the last slash. */
const char *target_base_name(const char *path);

#endif
