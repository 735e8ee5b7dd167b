/* judge.h - what Headroom will see of the TLS of one executable, for `headroom doctor`.

   Nothing of a program runs: the dynamic loader itself lists what it would load, with the preload in force. Only a Python
   interpreter is asked, by a line of ours, because nobody else knows where its ssl module lies. One thread. */
#ifndef JUDGE_H
#define JUDGE_H

#include "reach.h"
#include "target.h"

/* The preload library, and what this build of it interposes. */
struct hooks {
    char library[PATH_MAX];
    bool ssl, curl;
};

struct judgement {
    enum reach reach; /* REACH_NOTHING: no TLS is seen before it runs, so that nothing can be told */
    bool refused;     /* the loader did not take the library: something is broken here */
    bool linked;      /* TLS was searched in the executable itself: facts are filled */
    struct reach_facts facts;
    const char *advice;             /* what to do; NULL where it is reached */
    char text[PATH_MAX + 512 + 96]; /* one clause: "reached in libssl: /usr/bin/curl" */
};

/* False: there is no library, or LD_PRELOAD cannot name it. */
bool judge_hooks(struct hooks *out);
/* Is this the path of an interpreter of Python? By the whole name: it will be run. */
bool judge_is_python(const char *program);
/* program: an executable that target_examine came to. */
void judge_program(const char *program, const struct hooks *hooks, struct judgement *out);
/* Does the loader of program take the library, and what does it load with it? False: it says nothing. */
bool judge_libraries(const char *program, const struct hooks *hooks, char *out, size_t size);

#endif
