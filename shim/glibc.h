/* glibc.h - old versions of the symbols that glibc 2.34 moved into libc.so, so that the preload library loads in every program
   since glibc 2.17 (DESIGN.md, "The objects"). Include it in each file that uses one of them; tests/hygiene checks the result. */
#ifndef HR_GLIBC_H
#define HR_GLIBC_H

#if defined(__x86_64__)
#define SHIM_OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define SHIM_OLDEST "GLIBC_2.17"
#endif

#ifdef SHIM_OLDEST
__asm__(".symver dlopen,dlopen@" SHIM_OLDEST);
__asm__(".symver dlsym,dlsym@" SHIM_OLDEST);
__asm__(".symver dladdr,dladdr@" SHIM_OLDEST);
__asm__(".symver dlerror,dlerror@" SHIM_OLDEST);
__asm__(".symver pthread_once,pthread_once@" SHIM_OLDEST);
#endif

#endif
