/* looked_up.c - a C client of tests/programs/c whose calls of OpenSSL go through pointers that dlsym found in libssl. Linked with the
   client's object, it defines each function that the client wants (NAMES: a file with a line FUNCTION(name) for each) as a jump.

   Environment: LIBSSL: its name; FIRST_CONNECT=1: a connection, which is refused, is tried before it is opened. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FUNCTION(name)                                                                                       \
    void *at_##name;                                                                                         \
    __asm__(".pushsection .text\n.globl " #name "\n.hidden " #name "\n.type " #name ", @function\n" #name    \
            ": jmp *at_" #name "(%rip)\n.popsection\n");
#include NAMES
#undef FUNCTION

static const struct {
    const char *name;
    void **at;
} functions[] = {
#define FUNCTION(name) {#name, &at_##name},
#include NAMES
};

__attribute__((constructor)) static void look_up(void)
{
    const char *name = getenv("LIBSSL");

    if (getenv("FIRST_CONNECT")) {
        struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(1)};
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(fd, (struct sockaddr *)&nobody, sizeof nobody) == 0) {
            fprintf(stderr, "somebody listens on port 1\n");
            exit(2);
        }
        close(fd);
    }
    void *library = dlopen(name ? name : "libssl.so.3", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!library || !(*functions[i].at = dlsym(library, functions[i].name))) {
            fprintf(stderr, "%s: %s\n", functions[i].name, dlerror());
            exit(2);
        }
}
