/* connect.c - the moment to look for TLS that no call by name reaches: the program's first connection to the internet protocols, and
   for what it opens later (pointers.h) the next one. No TLS of its own can be under way before (HOOKS.md fact 25), and a program that
   never gets here pays nothing.

   connect() itself is the original's from the first byte to the last: the address is not read (a bad one is the kernel's to refuse;
   the socket knows its family), and the original is called last, with the caller's errno. */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "library.h"
#include "patched.h"
#include "pointers.h"

int connect(int fd, const struct sockaddr *address, socklen_t len) HR_EXPORT;

typedef int connect_function(int, const struct sockaddr *, socklen_t);

static connect_function *original(void)
{
    static connect_function *known; /* atomic; every thread finds the same one */
    connect_function *f = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (!f) {
        void *next = dlsym(RTLD_NEXT, "connect");
        memcpy(&f, &next, sizeof f);
        __atomic_store_n(&known, f, __ATOMIC_RELAXED);
    }
    return f;
}

static bool is_inet(int fd)
{
    int domain = 0;
    socklen_t size = sizeof domain;

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           (domain == AF_INET || domain == AF_INET6);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    int saved = errno;
    connect_function *f = original();

    if ((!patched_looked() || pointers_unlooked()) && shim_enabled() && is_inet(fd)) {
        if (!patched_looked())
            patched_look();
        pointers_look();
    }
    errno = f ? saved : ENOSYS;
    return f ? f(fd, address, len) : -1;
}
