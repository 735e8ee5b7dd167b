/* curl.h - what other hooks may ask of the libcurl hook. */
#ifndef HR_CURL_H
#define HR_CURL_H

#include "../shim/shim.h"

/* Does the libcurl in this module (resolve_module of an address in it) have our hook above it? True once one of its handles was
   made through us: its requests are rewritten and recorded there, HTTP/2 included. Any thread, no lock. */
bool curl_module_hooked(const void *module_base) HR_HIDDEN;

#endif
