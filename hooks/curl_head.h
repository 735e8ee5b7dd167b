/* curl_head.h - the head of the request that libcurl will make of a handle's options, for the gate to judge.

   Not what goes out byte by byte: only what decides. Lines of the program by libcurl's rules ("Name: value", "Name;" for an empty
   value, "Name:" to remove one of libcurl's own); Host from the URL or the program's line; Content-Length of the body. Expect and
   `Transfer-Encoding: chunked` are left out: here the body is known whole, however it is sent. */
#ifndef HR_CURL_HEAD_H
#define HR_CURL_HEAD_H

#include "curl_options.h"

/* The head of a POST, from shim_malloc; NULL: no POST over HTTP, or no memory. *whole: its body lies in o->post and may be
   replaced; false: it comes from a callback, or a line of the program's own says how it is framed. */
char *curl_head_make(const struct curl_library *l, const struct curl_options *o, size_t *len,
                     bool *whole) HR_HIDDEN;

/* The program's header list without lines of X-Headroom-*. True: *rest is to stand in its place, one block from shim_malloc that
   points to the program's strings, or NULL where nothing is left. False: no such lines, or no memory. */
bool curl_head_strip(const struct curl_slist *lines, struct curl_slist **rest) HR_HIDDEN;

#endif
