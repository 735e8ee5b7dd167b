/* profile.h - what identifies a function of a TLS library: the errors that it raises, what it passes on to
   whom, what it returns, and one kind of store. Extracted from a walk. */
#ifndef HR_ELF_PROFILE_H
#define HR_ELF_PROFILE_H

#include "elf/starts.h"
#include "elf/walk.h"

enum {
    HR_PROFILE_RAISES = 32,
    HR_PROFILE_PASSES = 12,
    HR_PROFILE_JUMPS = 16,
    HR_MAX_PROFILES = 4096,  /* beginnings around the anchors; the largest library seen has 700 */
    HR_TEXT_OTHER = HR_TEXTS /* raised under the name of another function */
};

/* One error raised. BoringSSL: text is HR_TEXT_FILE_CC. OpenSSL 3: the function's name. OpenSSL 1.1: the text that
   the function's number stands for. */
typedef struct hr_raise {
    uint32_t line;
    int32_t reason; /* -1: not seen */
    uint8_t text;   /* enum hr_text, HR_TEXT_OTHER */
    bool by_number; /* the function was told by its number */
} hr_raise;

enum hr_pass {
    HR_PASS_3 = 1,           /* the first three of its arguments, unchanged */
    HR_PASS_4 = 2,           /* and the fourth */
    HR_PASS_4_FLAGS = 4,     /* the first three, then 0, then its own fourth */
    HR_PASS_COUNT = 8,       /* the first three, then an address of its own stack */
    HR_PASS_COUNT_FLAGS = 16 /* the first three, then 0, then an address of its own stack */
};

/* What it does with its own buffer and length, in a call of anything, also through a pointer. */
enum hr_hands {
    HR_HANDS_PAIR =
        1, /* the first argument, and the second and third in a row behind it, through a pointer */
    HR_HANDS_COUNT =
        2, /* the first three, then, with or without flags of 0 between, an address of its own stack */
    HR_HANDS_4 = 4, /* the first four */
    HR_FILLS = 8    /* the second argument is the first of the callee: memcpy */
};

typedef struct hr_passed {
    uint64_t target;
    uint8_t how; /* enum hr_pass, all that apply */
} hr_passed;

typedef struct hr_profile {
    uint64_t start;
    bool whole;      /* every path was followed */
    bool keeps_pair; /* stores two neighbouring words through a field of its first argument */
    unsigned returns;
    unsigned uses;  /* as hr_function */
    unsigned hands; /* enum hr_hands, all that apply */
    uint8_t raises, passes, jumps;
    hr_raise raise[HR_PROFILE_RAISES]; /* ascending by line, each once */
    hr_passed pass[HR_PROFILE_PASSES];
    uint64_t jump[HR_PROFILE_JUMPS];
} hr_profile;

void hr_profile_make(hr_profile *out, const hr_function *f, const hr_anchors *anchors);

/* Does it take only its first n arguments? A function that another one was copied into, with arguments of its own, does not
   pass for that one. */
static inline bool hr_profile_takes(const hr_profile *p, unsigned n)
{
    return p->uses >> n == 0;
}

/* Everything that a family's rules look at. */
typedef struct hr_evidence {
    const hr_image *img;
    const hr_anchors *anchors;
    hr_starts starts;
    hr_profile *profile; /* of each beginning */
} hr_evidence;

/* Walk every beginning around the sites (deep: starts.h). 0; HR_ENOMEM; HR_ELIMIT: too many. Owner calls
   hr_evidence_free, in any case. */
int hr_evidence_gather(hr_evidence *e, const hr_image *img, const hr_anchors *anchors, const hr_site *sites,
                       size_t n, bool deep);
void hr_evidence_free(hr_evidence *e);

/* A function that was chosen. */
typedef struct hr_choice {
    uint64_t address; /* 0: none */
    unsigned checks;  /* enum hr_check */
    size_t index;     /* of its profile */
    const char *why;  /* static text where none was chosen: what was missing or ambiguous */
} hr_choice;

/* Of the beginnings for which fits() is true choose the only one that is certain: not inside another function,
   not refuted by .eh_frame, spoken for by at least two checks, and not merely one that jumps to another that
   fits. `what` names it in why. */
typedef bool hr_fits(const hr_evidence *e, const hr_profile *p, const void *arg);
hr_choice hr_choose(const hr_evidence *e, hr_fits *fits, const void *arg);

/* The four functions of one library, by its family's rules. write without an address: the library is not
   there for sure, and write.why says why. */
typedef struct hr_family_result {
    hr_choice write, write_ex, read, read_ex;
    const char *era; /* static text: how the library is recognised */
} hr_family_result;

void hr_family_boringssl(const hr_evidence *e, hr_family_result *out);
void hr_family_openssl(const hr_evidence *e, hr_family_result *out);

#endif
