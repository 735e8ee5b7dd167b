/* walk.h - follows a function from its first instruction along every branch and notes what identifies it.

   Registers carry abstract values: a constant, one of the function's own arguments, a field loaded from the object
   that the first argument points to, or an address of its own stack; everything else is unknown. So at each call it
   is known which constants and which of its own arguments the function passes, whatever registers, order or shared
   tails the compiler chose. A forgotten value only loses a clue: it never makes one up.

   Nothing is executed. A walker belongs to one thread. */
#ifndef HR_ELF_WALK_H
#define HR_ELF_WALK_H

#include "elf/image.h"

enum hr_value_kind { HR_VALUE_UNKNOWN, HR_VALUE_CONSTANT, HR_VALUE_ARGUMENT, HR_VALUE_FIELD, HR_VALUE_STACK };

/* CONSTANT: v. ARGUMENT: argument number v, plus add. FIELD: the word at offset v of what argument 0 points to,
   plus add. STACK: somewhere in the stack frame. */
typedef struct hr_value {
    uint32_t kind; /* enum hr_value_kind */
    int32_t add;
    uint64_t v;
} hr_value;

enum {
    HR_WALK_REGISTERS = 32,
    HR_WALK_ARGUMENTS = 6, /* of a call; the raise of an error has five */
    HR_WALK_CALLS = 256,
    HR_WALK_STORES = 96,
    HR_WALK_JUMPS = 64
};

typedef struct hr_call {
    uint64_t at,
        target; /* target 0: through a pointer; also a jump through one, which may be a call in last place */
    hr_value arg[HR_WALK_ARGUMENTS];
} hr_call;

/* A store through a pointer field of argument 0: at field.v, then `to` bytes further, `size` bytes. */
typedef struct hr_store_seen {
    uint64_t field;
    int64_t to;
    uint8_t size;
} hr_store_seen;

enum hr_returns { HR_RETURNS_MINUS_ONE = 1, HR_RETURNS_ZERO = 2, HR_RETURNS_ONE = 4, HR_RETURNS_OTHER = 8 };

typedef struct hr_function {
    uint64_t start, end; /* end: behind the last instruction above start that was reached */
    bool whole;          /* every path was followed to its end; false: a limit or an unknown instruction */
    unsigned returns;    /* enum hr_returns */
    unsigned uses;       /* bit n: it uses its argument n beside handing it on (x86-64 only, elsewhere 0) */
    uint16_t entered;    /* bit i: a branch leads to byte i behind start, or may: a jump through a pointer */
    size_t calls, stores, jumps;
    hr_call call[HR_WALK_CALLS];
    hr_store_seen store[HR_WALK_STORES];
    uint64_t jump[HR_WALK_JUMPS]; /* targets of unconditional jumps */
} hr_function;

typedef struct hr_walker hr_walker;
/* NULL: no memory. img and what hr_walker_starts gave must outlive it. */
hr_walker *hr_walker_new(const hr_image *img);
void hr_walker_free(hr_walker *w);
/* Places where functions may begin, ascending. A path that comes to one of them behind a call or padding ends
   there (the call did not return); one that comes to it otherwise shows that it is no beginning: inner[i] is
   set. */
void hr_walker_starts(hr_walker *w, const uint64_t *starts, bool *inner, size_t n);
/* Follow the function at start. The result is valid until the next walk. */
const hr_function *hr_walk(hr_walker *w, uint64_t start);

/* Is a the argument number n, unchanged? Is it the constant v (as 32 bits)? */
static inline bool hr_value_is_argument(const hr_value *a, uint64_t n)
{
    return a->kind == HR_VALUE_ARGUMENT && a->v == n && a->add == 0;
}
static inline bool hr_value_is(const hr_value *a, uint32_t v)
{
    return a->kind == HR_VALUE_CONSTANT && (uint32_t)a->v == v;
}

/* Does some instruction that never continues (return, jump, trap), or padding, end exactly at this address?
   2: yes. 1: only a call, which may not return. 0: no. */
int hr_walk_boundary(const hr_image *img, uint64_t address);

#endif
