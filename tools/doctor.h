/* doctor.h - the checks of `headroom doctor`, one file per subject, and how each says what it found.

   A check says one line: what was tried and came out. ok means that it was tried, or read from the system, in this run. What
   does not work, or could, has an advice. Nothing is changed but for a file that is made in the state directory and removed
   again. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "../core/headroom.h"

#include <linux/limits.h>
#include <stdbool.h>

enum doctor_state { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct report;

/* check: one word. advice: what to do, one sentence; NULL for ok. Foreign text in the line may hold anything: control
   characters are taken out. */
void doctor_say(struct report *r, enum doctor_state state, const char *check, const char *advice,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

void doctor_libraries(struct report *r);
void doctor_tokens(struct report *r);
void doctor_settings(struct report *r, headroom *h);
void doctor_state(struct report *r, headroom *h);
void doctor_programs(struct report *r);
/* program: only its rows, by the name of its executable; NULL: all. */
void doctor_requests(struct report *r, headroom *h, const char *program);
/* program: only its faults and breakers; NULL: all. */
void doctor_health(struct report *r, headroom *h, const char *program);
void doctor_patching(struct report *r);
void doctor_log(struct report *r, const headroom *h, const char *program);
void doctor_system(struct report *r);

/* What will become of one command: its answer in one sentence. */
struct verdict {
    bool reached;
    char path[PATH_MAX],
        program[PATH_MAX]; /* the file that would be run; the executable behind its scripts; or "" */
    char sentence[512];
};
/* argv: the command and its arguments, as a shell would get them; it is not run. All checks that bear on it. */
void doctor_command(struct report *r, headroom *h, char **argv, struct verdict *out);
/* Does this shell limit the address space of a program below what a request may take? */
bool doctor_memory_is_short(void);
/* How many checks have failed so far. */
int64_t doctor_failures(const struct report *r);

#endif
