/* fields.h - the fields of a head, and of the trailers behind a chunked body: which of them say something about the body.

   Pure functions over the caller's bytes; any thread. */
#ifndef HR_FIELDS_H
#define HR_FIELDS_H

#include "gate.h"

/* What was met beside that which stands in struct gate_head. *_other: said in a form that is not followed. */
struct fields {
    bool signature; /* a field that signs or hashes the body (law 7) */
    bool coding_seen;
    bool coding_other; /* Content-Encoding but for one of gzip, x-gzip, zstd */
    bool multipart, upgrade;
    bool type_seen, type_json;
    bool expect_other;   /* Expect but for 100-continue */
    bool transfer_other; /* Transfer-Encoding but for chunked */
    bool host_seen, ours_seen;
};

/* Read the fields from text[at..n), which ends behind the empty line. f and *out begin zeroed. False: not what RFC 9112 says,
   folded lines included. */
bool fields_read(const char *text, size_t at, size_t n, struct fields *f, struct gate_head *out) HR_HIDDEN;

/* May a body be changed that these trailers stand behind? NULL: yes. "signed": one of them covers the body. "chunked": not what
   RFC 9112 says, or fields that belong into a head (RFC 9110 6.5.1). p[0..n) ends behind the empty line. */
const char *fields_judge_trailers(const char *p, size_t n) HR_HIDDEN;

#endif
