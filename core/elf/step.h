/* step.h - one instruction's effect on the abstract registers of walk.h; one file per processor. */
#ifndef HR_ELF_STEP_H
#define HR_ELF_STEP_H

#include "elf/walk.h"

enum { HR_STATE_PUSHES = 4 /* pushed values remembered: `push imm; pop reg` loads a constant */ };

typedef struct hr_state {
    hr_value r[HR_WALK_REGISTERS];
    hr_value pushed[HR_STATE_PUSHES];
    uint8_t pushes;
} hr_state;

enum hr_flow {
    HR_FLOW_NEXT,
    HR_FLOW_PADDING, /* no effect */
    HR_FLOW_BRANCH,  /* to target or on */
    HR_FLOW_JUMP,    /* to target; target 0: through a register or memory */
    HR_FLOW_CALL,    /* target as for JUMP */
    HR_FLOW_RETURN,
    HR_FLOW_TRAP,
    HR_FLOW_UNKNOWN /* not decoded */
};

typedef struct hr_step {
    enum hr_flow flow;
    uint8_t length;
    uint64_t target;
    unsigned uses; /* bit n: argument n is copied, compared, or points to what is read or written */
    bool stores;   /* a store through a field of argument 0 */
    hr_store_seen store;
} hr_step;

typedef struct hr_processor {
    uint8_t registers; /* that it has */
    uint8_t argument[HR_WALK_ARGUMENTS];
    uint8_t result;
    uint8_t stack; /* the register that begins as the stack's address; HR_WALK_REGISTERS: the steps know it */
    uint32_t lost; /* registers that a call does not keep, as bits */
    uint8_t alignment; /* of instructions */
    /* Step over the instruction at p (n readable bytes), which stands at address pc. */
    void (*step)(const uint8_t *p, size_t n, uint64_t pc, hr_state *s, hr_step *out);
} hr_processor;

extern const hr_processor hr_processor_x86, hr_processor_a64;

static inline hr_value hr_value_constant(uint64_t v)
{
    return (hr_value){HR_VALUE_CONSTANT, 0, v};
}
/* a plus a constant; unknown where that has no meaning. */
hr_value hr_value_plus(hr_value a, int64_t n);
/* The word at a + disp, where a is argument 0. */
hr_value hr_value_load(hr_value a, int64_t disp);
/* Note a store to a + disp, where a is a field. */
void hr_step_store(hr_step *out, hr_value a, int64_t disp, unsigned size);

#endif
