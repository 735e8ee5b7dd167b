/* framing.h - where does an HTTP/1.1 request end? http_parser behind three fields.

   A struct framing is a plain value: copy it to look ahead, assign it back to commit. No allocation, nothing
   to free, one thread at a time. */
#ifndef HR_FRAMING_H
#define HR_FRAMING_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim.h"

struct framing {
    http_parser parser;
    bool head_done; /* the empty line behind the head was eaten */
    bool complete;  /* the whole request was eaten */
    bool broken;    /* not HTTP, or not unambiguous: nothing behind the eaten bytes can be trusted */
    bool upgrade; /* behind the head another protocol may begin: CONNECT, or an upgrade that was asked for */
};

/* A request begins. */
void framing_begin(struct framing *f) HR_HIDDEN;

/* Eat p[0..n). Stops behind the head where stop_at_head is set or upgrade comes out, and always behind the
   request, so that the next request of a pipeline is never touched. Returns how many bytes were eaten: n, or
   less at one of those ends or when broken. Not to be called again once complete or broken. */
size_t framing_follow(struct framing *f, const char *p, size_t n, bool stop_at_head) HR_HIDDEN;

#endif
