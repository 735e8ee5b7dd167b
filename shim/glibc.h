/* glibc.h - old versions of the symbols that glibc 2.34 moved into libc.so, so that the preload library loads in every program
   since glibc 2.17 (DESIGN.md, "The objects"). The Makefile includes it in each file of the library; tests/hygiene.sh checks the result.
   dlopen is not here: our own (hooks/deepbind.c) jumps to libc's. */
#ifndef HR_GLIBC_H
#define HR_GLIBC_H

#if defined(__x86_64__)
#define SHIM_OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define SHIM_OLDEST "GLIBC_2.17"
#endif

#ifdef SHIM_OLDEST
__asm__(".symver dlsym,dlsym@" SHIM_OLDEST);
__asm__(".symver dladdr,dladdr@" SHIM_OLDEST);
__asm__(".symver dlerror,dlerror@" SHIM_OLDEST);
/* memcpy of 2.14 is another name of the old one; each version that is needed costs every process a look-up of its name. */
__asm__(".symver memcpy,memcpy@" SHIM_OLDEST);
__asm__(".symver pthread_once,pthread_once@" SHIM_OLDEST);
#endif

#endif
