/* shim.h - what the files of the preload library share. libc only, no symbol newer than GLIBC_2.17, no fortify.

   hooks/ take plaintext from a library and hand it to stream.c; stream.c asks gate.c which requests matter and core.c for the
   loaded libheadroom.so. shim/ knows HTTP, nothing of OpenSSL and nothing of JSON. */
#ifndef HR_SHIM_H
#define HR_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/headroom.h"

#define HR_HIDDEN __attribute__((visibility("hidden")))

enum {
    /* A request head larger than this is passed on (servers refuse beyond 8-64 KB). */
    SHIM_MAX_HEAD = 64 << 10,
    /* Bodies above this are never held (DESIGN.md, Write path). */
    SHIM_MAX_BODY = 32 << 20,
    /* Requests on one connection that wait for their responses; beyond it responses are no longer followed. */
    SHIM_MAX_WAITING = 64
};

/* The functions of libheadroom.so that the shim calls; filled by core.c. All NULL-free once loaded. */
struct shim_core {
    enum headroom_mode mode;
    headroom *h;
    headroom_request *(*request_new)(headroom *, const headroom_head *, enum headroom_mode);
    bool (*refuses)(headroom *, const headroom_head *);
    int (*request_body)(headroom_request *, const void *, size_t, const void **, size_t *);
    void (*request_sent)(headroom_request *);
    void (*response_head)(headroom_request *, int, const char *, size_t, const char *, size_t);
    void (*response_error)(headroom_request *, const char *, size_t);
    void (*response_body)(headroom_request *, const void *, size_t);
    void (*request_end)(headroom_request *, bool);
    void (*request_drop)(headroom_request *);
    void (*at_exit)(headroom *);
    int (*locate)(headroom *, const char *, unsigned, headroom_located *);
    int (*read_entry)(const void *, size_t, headroom_entry *);
    void (*warn)(headroom *, const char *);
};

/* core.c: libheadroom.so beside ourselves, loaded at the first LLM request. NULL: cannot be loaded (idle for ever), or the
   mode is off. Any thread. Saves and restores nothing: callers guard errno. Unit tests give their own. */
const struct shim_core *shim_core_get(void) HR_HIDDEN;
/* f is called when the process ends, before core is told so. One function per process. */
void shim_before_exit(void (*f)(void)) HR_HIDDEN;
/* Is there anything to do at all? False in mode off (HEADROOM_MODE=off) and after a failed load. Cheap. */
bool shim_enabled(void) HR_HIDDEN;
/* The mode as far as it is known without loading core: HEADROOM_MODE, or -1 where only the configuration file can tell. */
int shim_known_mode(void) HR_HIDDEN;

/* The one heap of the shim, so that tests can make each call fail in turn. */
void *shim_malloc(size_t n) HR_HIDDEN;
void *shim_realloc(void *p, size_t n) HR_HIDDEN;
void shim_free(void *p) HR_HIDDEN;

#endif
