/* starts.h - where functions may begin near given places, and what speaks for each.

   A beginning is a target of direct calls, an address that code takes, the target of a jump from far away (a call
   in last place), or the first address of a frame entry, if something that never continues, a call that may not
   return, or padding ends right before it. A deep search adds aligned places behind padding that look like a
   beginning: functions that are only called through pointers. */
#ifndef HR_ELF_STARTS_H
#define HR_ELF_STARTS_H

#include "elf/search.h"

enum hr_check {
    HR_CHECK_CALLED = 1,   /* direct calls go there */
    HR_CHECK_TAKEN = 2,    /* its address is taken */
    HR_CHECK_BOUNDARY = 4, /* what stands before it never continues */
    HR_CHECK_ALIGNED = 8,  /* to 16 bytes */
    HR_CHECK_FRAME = 16,   /* .eh_frame has a function that begins there */
    HR_CHECK_PROLOGUE = 32 /* it begins as compilers begin a function that saves registers */
};

typedef struct hr_starts {
    uint64_t *address; /* ascending */
    uint8_t *checks;   /* enum hr_check, beside each address */
    bool *inner;       /* for hr_walker_starts; all false */
    size_t n;
    hr_sites calls; /* the calls and taken addresses that were found */
} hr_starts;

enum {
    HR_REACH_BACK =
        6144,          /* a function that refers to an anchor begins at most this far before the reference */
    HR_REACH_ON = 2048 /* and its neighbours that call it lie this far behind */
};

/* All beginnings around the sites' `at`. 0, HR_ENOMEM. Owner calls hr_starts_free. */
int hr_starts_find(hr_starts *s, const hr_image *img, const hr_site *sites, size_t n, bool deep);
void hr_starts_free(hr_starts *s);
/* Index of the last beginning at or below an address; SIZE_MAX: none. */
size_t hr_starts_below(const hr_starts *s, uint64_t address);
/* All that speaks for an address, whether it is in the list or not; *refuted where .eh_frame says otherwise. */
unsigned hr_starts_checks(const hr_starts *s, const hr_image *img, uint64_t address, bool *refuted);

#endif
