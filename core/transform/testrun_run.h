/* testrun_run.h - what testrun.c and testrun_keep.c share: the lines of a text, what each says, and which stay. */
#ifndef HR_TESTRUN_RUN_H
#define HR_TESTRUN_RUN_H

#include "transform/hash_table.h"
#include "transform/testrun_line.h"
#include "transform/transform.h"
#include "transform/watch.h"

typedef struct hr_run_said {
    uint64_t form, name; /* hashes; 0: none */
    double seconds;
    uint8_t kind; /* enum hr_run_kind */
    bool part;    /* goes with the line before */
} hr_run_said;

typedef struct hr_run {
    hr_arena *scratch;
    const hr_transform_in *in;
    hr_watch watch;
    uint32_t n;
    hr_str *line; /* as they stand in the text */
    hr_str
        *seen; /* without the time before them and without colours: what is judged; may be the same array */
    hr_run_said *said;
    bool *keep;
    bool *must;    /* of those, the lines that a failure or the question holds */
    bool *may_go;  /* said again by a finding or a trace (findings.h, traces.h) */
    bool *routine; /* of a warning that names its place: it needs no step before it */
    hr_hash_table names, forms;
} hr_run;

/* A line of such a kind goes if nothing holds it. */
static inline bool hr_run_could_go(enum hr_run_kind kind)
{
    return kind == HR_RUN_PASS || kind == HR_RUN_SKIP || kind == HR_RUN_STEP || kind == HR_RUN_BEGIN ||
           kind == HR_RUN_NAME || kind == HR_RUN_ENTER || kind == HR_RUN_LEAVE;
}

/* keep[] says what could go by its own words: from there to what stays, headings of groups included. 0, HR_ENOMEM, HR_ETIME. */
int hr_run_keep(hr_run *r);
/* What the question asks for, and the text's ends. 0, HR_ENOMEM, HR_ETIME. */
int hr_run_keep_asked(hr_run *r);

#endif
