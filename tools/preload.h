/* preload.h - the environment under which `headroom run` starts a program. */
#ifndef PRELOAD_H
#define PRELOAD_H

#include <linux/limits.h>
#include <stdbool.h>

/* Absolute path of libheadroom_preload.so that belongs to this CLI: beside it, or in the lib directory of its
   prefix. False: there is none. */
bool preload_find(char out[PATH_MAX]);
/* Could LD_PRELOAD name this path? Its separators, space and colon, have no escape. */
bool preload_can_name(const char *path);
/* Put library at the front of LD_PRELOAD and verify_asan_link_order=0 at the end of ASAN_OPTIONS, what else
   stands there kept; nothing is added twice. False: no memory. */
bool preload_export(const char *library);
/* Take every libheadroom_preload.so out of LD_PRELOAD. False: no memory. */
bool preload_withdraw(void);

#endif
