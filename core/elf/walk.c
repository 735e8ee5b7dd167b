/* walk.c - depth first over the paths of a function, each place with at most a few different states. */
#include "elf/walk.h"
#include "elf/step.h"

#include <elf.h>
#include <string.h>

enum {
    PATHS = 128,   /* branches not yet taken */
    PLACES = 4096, /* instructions of one function; a power of two */
    NEAR = 64,     /* bytes of code whose instructions are kept side by side */
    STATES =
        16, /* ways to arrive at one instruction that are told apart: a shared tail of raises has 5 or more */
    MAX_STEPS = 12000, /* the bound of one walk */
    MAX_INSTRUCTION = 15,
    MAX_FILL = 16 /* zeros between functions that are aligned to 16 bytes */
};

typedef struct path {
    uint64_t pc;
    hr_state state;
} path;

typedef struct place {
    uint64_t pc;
    uint32_t walk; /* number of the walk that set it */
    uint32_t states;
    uint64_t first; /* state; the others lie apart, for most places are met in one */
} place;

struct hr_walker {
    const hr_image *img;
    const hr_processor *cpu;
    const uint64_t *starts;
    bool *inner;
    size_t n_starts;
    uint32_t walk;
    size_t places_used, paths;
    hr_function f;
    path path[PATHS];
    place places[PLACES];
    uint64_t more[PLACES][STATES - 1];
};

hr_value hr_value_plus(hr_value a, int64_t n)
{
    if (a.kind == HR_VALUE_CONSTANT)
        return hr_value_constant(a.v + (uint64_t)n);
    if (a.kind == HR_VALUE_STACK)
        return a;
    if (a.kind == HR_VALUE_UNKNOWN || n > INT32_MAX / 2 || n < INT32_MIN / 2 || a.add > INT32_MAX / 2 ||
        a.add < INT32_MIN / 2)
        return (hr_value){0};
    a.add += (int32_t)n;
    return a;
}

hr_value hr_value_load(hr_value a, int64_t disp)
{
    if (a.kind != HR_VALUE_ARGUMENT || a.v != 0)
        return (hr_value){0};
    return (hr_value){HR_VALUE_FIELD, 0, (uint64_t)(a.add + disp)};
}

void hr_step_store(hr_step *out, hr_value a, int64_t disp, unsigned size)
{
    if (a.kind != HR_VALUE_FIELD)
        return;
    out->stores = true;
    out->store = (hr_store_seen){a.v, a.add + disp, (uint8_t)size};
}

hr_walker *hr_walker_new(const hr_image *img)
{
    hr_walker *w = hr_calloc(1, sizeof(*w));

    if (w) {
        w->img = img;
        w->cpu = img->machine == EM_AARCH64 ? &hr_processor_a64 : &hr_processor_x86;
    }
    return w;
}

void hr_walker_free(hr_walker *w)
{
    hr_free(w);
}

void hr_walker_starts(hr_walker *w, const uint64_t *starts, bool *inner, size_t n)
{
    w->starts = starts;
    w->inner = inner;
    w->n_starts = n;
}

static bool find_start(const hr_walker *w, uint64_t address, size_t *at)
{
    size_t lo = 0, hi = w->n_starts;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (w->starts[mid] < address)
            lo = mid + 1;
        else
            hi = mid;
    }
    *at = lo;
    return lo < w->n_starts && w->starts[lo] == address;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15ull;
    return h ^ h >> 29;
}

static uint64_t value_word(const hr_value *v)
{
    return v->v ^ ((uint64_t)(uint32_t)v->add << 32 | v->kind) * 0x9e3779b97f4a7c15ull;
}

static uint64_t chain(uint64_t h, const hr_value *v)
{
    return (h ^ value_word(v)) * 0xd6e8feb86659fd93ull;
}

/* Registers in four chains, which the processor follows side by side: this is done for each instruction. */
static uint64_t state_hash(const hr_state *s, size_t registers)
{
    uint64_t a = s->pushes, b = 1, c = 2, d = 3;

    for (size_t i = 0; i + 3 < registers; i += 4) {
        a = chain(a, &s->r[i]);
        b = chain(b, &s->r[i + 1]);
        c = chain(c, &s->r[i + 2]);
        d = chain(d, &s->r[i + 3]);
    }
    for (size_t i = 0; i < s->pushes; i++)
        a = chain(a, &s->pushed[i]);
    return mix(mix(mix(a, b), c), d);
}

/* Is this a way to arrive at pc that was not followed yet? */
static bool enter(hr_walker *w, uint64_t pc, const hr_state *s)
{
    uint64_t hash = state_hash(s, w->cpu->registers);
    size_t i = ((size_t)mix(0, pc / NEAR) * NEAR + pc % NEAR) & (PLACES - 1);
    place *at;

    while (w->places[i].walk == w->walk && w->places[i].pc != pc)
        i = (i + 1) & (PLACES - 1);
    at = &w->places[i];
    if (at->walk != w->walk) {
        if (w->places_used == PLACES * 3 / 4) {
            w->f.whole = false;
            return false;
        }
        w->places_used++;
        at->pc = pc;
        at->walk = w->walk;
        at->states = 1;
        at->first = hash;
        return true;
    }
    if (at->first == hash)
        return false;
    for (uint32_t k = 1; k < at->states; k++) {
        if (w->more[i][k - 1] == hash)
            return false;
    }
    if (at->states == STATES)
        return false;
    w->more[i][at->states++ - 1] = hash;
    return true;
}

static void note_call(hr_walker *w, uint64_t pc, uint64_t target, const hr_state *s)
{
    hr_function *f = &w->f;
    hr_call call = {.at = pc, .target = target};

    for (size_t i = 0; i < HR_WALK_ARGUMENTS; i++)
        call.arg[i] = s->r[w->cpu->argument[i]];
    if (f->calls == HR_WALK_CALLS)
        f->whole = false;
    else
        f->call[f->calls++] = call;
}

static void note_store(hr_function *f, const hr_store_seen *store)
{
    for (size_t i = 0; i < f->stores; i++) {
        if (f->store[i].field == store->field && f->store[i].to == store->to &&
            f->store[i].size == store->size)
            return;
    }
    if (f->stores < HR_WALK_STORES)
        f->store[f->stores++] = *store;
}

static void note_jump(hr_function *f, uint64_t target)
{
    for (size_t i = 0; i < f->jumps; i++) {
        if (f->jump[i] == target)
            return;
    }
    if (f->jumps < HR_WALK_JUMPS)
        f->jump[f->jumps++] = target;
}

static void note_target(hr_function *f, uint64_t target)
{
    if (target - f->start < 16)
        f->entered = (uint16_t)(f->entered | 1u << (target - f->start));
}

static void note_return(hr_function *f, const hr_value *result)
{
    if (result->kind != HR_VALUE_CONSTANT)
        f->returns |= HR_RETURNS_OTHER;
    else if ((uint32_t)result->v == UINT32_MAX)
        f->returns |= HR_RETURNS_MINUS_ONE;
    else if ((uint32_t)result->v == 0)
        f->returns |= HR_RETURNS_ZERO;
    else if ((uint32_t)result->v == 1)
        f->returns |= HR_RETURNS_ONE;
    else
        f->returns |= HR_RETURNS_OTHER;
}

static void forget(hr_state *s, uint32_t registers)
{
    for (; registers; registers &= registers - 1)
        s->r[__builtin_ctz(registers)] = (hr_value){0};
    s->pushes = 0;
}

static void later(hr_walker *w, uint64_t pc, const hr_state *s)
{
    if (w->paths == PATHS)
        w->f.whole = false;
    else
        w->path[w->paths++] = (path){pc, *s};
}

/* The instruction behind the one just stepped over: does the path end before it? */
static bool ends_before(hr_walker *w, uint64_t pc, enum hr_flow last)
{
    size_t i;

    if (!find_start(w, pc, &i))
        return false;
    if (last == HR_FLOW_CALL || last == HR_FLOW_PADDING)
        return true;
    w->inner[i] = true;
    return false;
}

/* Follow one path to its end; *steps are left. */
static void follow(hr_walker *w, uint64_t pc, hr_state *s, size_t *steps)
{
    while (enter(w, pc, s)) {
        const hr_segment *g = hr_image_segment(w->img, pc);
        hr_step step;

        memset(&step, 0, sizeof(step));
        step.flow = HR_FLOW_UNKNOWN;
        if (g && g->execute && *steps > 0)
            w->cpu->step(w->img->p + g->offset + (pc - g->address), (size_t)(g->size - (pc - g->address)), pc,
                         s, &step);
        if (step.flow == HR_FLOW_UNKNOWN) {
            w->f.whole = false;
            return;
        }
        --*steps;
        if (pc + step.length > w->f.end)
            w->f.end = pc + step.length;
        w->f.uses |= step.uses;
        if (step.stores)
            note_store(&w->f, &step.store);
        switch (step.flow) {
        case HR_FLOW_RETURN:
            note_return(&w->f, &s->r[w->cpu->result]);
            return;
        case HR_FLOW_TRAP:
            return;
        case HR_FLOW_JUMP:
            if (!step.target) {
                w->f.entered = UINT16_MAX;
                note_call(w, pc, 0, s); /* or a table of a switch: then it passes nothing on that matters */
                return;
            }
            note_jump(&w->f, step.target);
            note_target(&w->f, step.target);
            pc = step.target;
            continue;
        case HR_FLOW_BRANCH:
            later(w, step.target, s);
            note_target(&w->f, step.target);
            break;
        case HR_FLOW_CALL:
            note_call(w, pc, step.target, s);
            note_target(&w->f, step.target);
            forget(s, w->cpu->lost);
            break;
        default:
            break;
        }
        pc += step.length;
        if (ends_before(w, pc, step.flow))
            return;
    }
}

const hr_function *hr_walk(hr_walker *w, uint64_t start)
{
    size_t steps = MAX_STEPS;
    hr_state s;

    memset(&w->f, 0, sizeof(w->f));
    w->f.start = w->f.end = start;
    w->f.whole = true;
    w->walk++;
    w->places_used = 0;
    memset(&s, 0, sizeof(s));
    for (size_t i = 0; i < HR_WALK_ARGUMENTS; i++)
        s.r[w->cpu->argument[i]] = (hr_value){HR_VALUE_ARGUMENT, 0, i};
    if (w->cpu->stack < HR_WALK_REGISTERS)
        s.r[w->cpu->stack].kind = HR_VALUE_STACK;
    w->paths = 0;
    later(w, start, &s);
    while (w->paths > 0) {
        path next = w->path[--w->paths]; /* its place is taken by the branches found on it */

        follow(w, next.pc, &next.state, &steps);
    }
    return &w->f;
}

/* Does an instruction end exactly at p + n, and of what kind? As hr_walk_boundary. */
static int ending(const hr_processor *cpu, const uint8_t *p, size_t n, uint64_t address)
{
    size_t most = cpu->alignment > 1 ? cpu->alignment : MAX_INSTRUCTION;
    int best = 0;

    for (size_t back = cpu->alignment; back <= most && back <= n && best < 2; back += cpu->alignment) {
        hr_state s;
        hr_step step;

        memset(&s, 0, sizeof(s));
        memset(&step, 0, sizeof(step));
        cpu->step(p + n - back, back, address - back, &s, &step);
        if (step.length != back)
            continue;
        if (step.flow == HR_FLOW_RETURN || step.flow == HR_FLOW_JUMP || step.flow == HR_FLOW_TRAP ||
            step.flow == HR_FLOW_PADDING)
            best = 2;
        else if (step.flow == HR_FLOW_CALL)
            best = 1;
    }
    return best;
}

int hr_walk_boundary(const hr_image *img, uint64_t address)
{
    const hr_processor *cpu = img->machine == EM_AARCH64 ? &hr_processor_a64 : &hr_processor_x86;
    const hr_segment *segment = hr_image_segment(img, address);
    const uint8_t *p;
    size_t n;
    int best = 0;

    if (!segment || !segment->execute || address % cpu->alignment)
        return 0;
    if (address == segment->address)
        return 2;
    p = img->p + segment->offset;
    n = (size_t)(address - segment->address);
    best = ending(cpu, p, n, address);
    /* Some linkers fill up with zeros. */
    for (size_t zeros = 1; zeros < MAX_FILL && best < 2 && zeros < n && p[n - zeros] == 0; zeros++)
        best = ending(cpu, p, n - zeros, address - zeros) == 2 ? 2 : best;
    return best;
}
