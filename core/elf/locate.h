/* locate.h - the tiers of the locator in their order (docs/locator.md).

   Pure over the image: the cache is the caller's, so that this needs no store. Any thread. */
#ifndef HR_ELF_LOCATE_H
#define HR_ELF_LOCATE_H

#include "elf/image.h"
#include "headroom.h"

enum {
    /* Part of the key of every cached answer. Raised with each change that could give another answer for the same
       file. */
    HR_LOCATE_METHOD = 2
};

/* An answer to keep, by build id: where in the file, and which bytes. offset 0: not found. Many functions begin with the same 16
   bytes: the seal covers more of the code, the build id and this record, so that a row for code that has moved, or one that was
   changed, is no answer. It guards against mistakes; who may write the database is the user. */
typedef struct hr_located_memo {
    uint32_t method;  /* HR_LOCATE_METHOD of the search */
    uint32_t library; /* enum headroom_tls */
    struct {
        uint64_t offset;
        uint8_t expected[16];
        uint32_t checks;
    } function[HEADROOM_SSL_FUNCTIONS];
    uint8_t seal[16];
} hr_located_memo;

/* Both may be NULL. get: true and *out for a build id that is known. put: best effort. */
typedef struct hr_locate_cache {
    bool (*get)(void *arg, const uint8_t *build_id, size_t len, hr_located_memo *out);
    void (*put)(void *arg, const uint8_t *build_id, size_t len, const hr_located_memo *memo);
    void *arg;
} hr_locate_cache;

/* As headroom_locate. */
int hr_locate_image(const hr_image *img, unsigned flags, const hr_locate_cache *cache, headroom_located *out);
int hr_locate_file(const char *path, unsigned flags, const hr_locate_cache *cache, headroom_located *out);

#endif
