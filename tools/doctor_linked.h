/* doctor_linked.h - TLS that is linked into a program: will the functions that were found in it be patched here? */
#ifndef DOCTOR_LINKED_H
#define DOCTOR_LINKED_H

#include "doctor.h"
#include "reach.h"

/* Says what was found, and by what; how SSL_write and SSL_read begin; whether this system lets them be changed. NULL: SSL_write
   will be patched; else why not, one clause that lives as long as facts. */
const char *doctor_linked(struct report *r, headroom *h, const char *program,
                          const struct reach_facts *facts);

#endif
