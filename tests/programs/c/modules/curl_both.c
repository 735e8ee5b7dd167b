/* curl_both.c - URL CA BODY local|global MODULE...: a program with several libcurls, each behind a module of its own. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    for (int i = 5; i < argc; i++) {
        int (*ask)(int, char **);
        void *module = dlopen(argv[i], RTLD_NOW | (strcmp(argv[4], "local") == 0 ? RTLD_LOCAL : RTLD_GLOBAL));
        void *f = module ? dlsym(module, "ask") : NULL;
        if (!f) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        memcpy(&ask, &f, sizeof f);
        if (ask(4, argv) != 0)
            return 1;
    }
    return 0;
}
