/* search.h - passes over an image: the anchor strings, the code that refers to them, the calls into a region.

   An anchor is a string that only a TLS library has: the name of the source file that SSL_write stands in, or
   the name of the function itself, both of which the library passes along when it raises an error. Each pass
   reads memory once, at the speed of pairs.h or targets.h. Pure functions over the image. */
#ifndef HR_ELF_SEARCH_H
#define HR_ELF_SEARCH_H

#include "elf/image.h"
#include "elf/targets.h"

enum hr_text {
    HR_TEXT_FILE_CC,        /* .../ssl_lib.cc: BoringSSL, aws-lc */
    HR_TEXT_FILE_C,         /* .../ssl_lib.c: OpenSSL */
    HR_TEXT_WRITE,          /* SSL_write, and so on: OpenSSL 3 passes __func__ */
    HR_TEXT_WRITE_INTERNAL, /* ssl_write_internal */
    HR_TEXT_READ,
    HR_TEXT_READ_INTERNAL,
    HR_TEXTS
};

/* A reference to any address from low to high means the text: linkers merge strings that end alike. */
typedef struct hr_anchor {
    enum hr_text text;
    uint64_t low, high;
} hr_anchor;

enum {
    HR_ANCHORS = 64,        /* copies of all texts together; one or two each are usual */
    HR_MAX_SITES = 1 << 16, /* references or calls of one pass; more means that the anchor is no anchor */
    HR_FAR = 1 << 14,       /* a jump further than this leaves its function */
    HR_PATH = 512           /* longest source path looked at in front of the file's name */
};

typedef struct hr_anchors {
    hr_anchor v[HR_ANCHORS];
    size_t n;
    bool too_many;
} hr_anchors;

/* All anchors in segments that are not writable. */
void hr_search_anchors(const hr_image *img, hr_anchors *out);
/* The anchor that an address belongs to, NULL: none. */
const hr_anchor *hr_anchor_at(const hr_anchors *a, uint64_t address);

/* An instruction at `at` (x86: one of its bytes) that refers to or calls `to`. */
typedef struct hr_site {
    uint64_t at, to;
} hr_site;

typedef struct hr_sites {
    hr_site *v; /* freed by the owner with hr_free; in no particular order */
    size_t n, capacity;
    bool failed; /* out of memory, or more than HR_MAX_SITES */
} hr_sites;
/* false: s->failed is set. */
bool hr_sites_add(hr_sites *s, uint64_t at, uint64_t to);

/* References from executable segments to anchors. On aarch64 `to` is the page of the anchor. */
void hr_search_references(const hr_image *img, const hr_anchors *anchors, hr_sites *out);

/* Direct calls, addresses taken relative to the instruction, and direct jumps over more than HR_FAR bytes, whose
   target lies in one of the windows, which are ascending and do not overlap. */
void hr_search_calls(const hr_image *img, const hr_range *windows, size_t n, hr_sites *out);

#endif
