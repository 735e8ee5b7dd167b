/* doctor_tokens.c - are the vocabularies there and whole? See doctor.h. */
#include "doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void doctor_tokens(struct report *r)
{
    static const char *const names[] = {"o200k_base", "cl100k_base"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[PATH_MAX];

        if (headroom_check_encoding(names[i], path, sizeof(path)) == 0)
            doctor_say(r, DOCTOR_OK, "tokens", NULL, "%s is whole: counts of its models are exact", path);
        else
            doctor_say(r, DOCTOR_WARN, "tokens", "Install all parts anew: make install.",
                       "%s: %s; token counts of its models are estimated", path[0] == '\0' ? names[i] : path,
                       access(path, R_OK) != 0 ? strerror(errno) : "of another version, or damaged");
    }
}
