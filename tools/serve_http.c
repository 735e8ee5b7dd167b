/* serve_http.c - libmicrohttpd, loaded when a server starts. See serve_http.h. */
#include "serve_http.h"

#include <dlfcn.h>

struct serve_http http;

const char *serve_http_load(void)
{
    void *library = dlopen(SERVE_HTTP_LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        return dlerror();
#define LOOK_UP(name)                                                                                        \
    if ((http.name = (__typeof__(MHD_##name) *)dlsym(library, "MHD_" #name)) == NULL)                        \
        return dlerror();
    SERVE_HTTP_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    return NULL;
}
