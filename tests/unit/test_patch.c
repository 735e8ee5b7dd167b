/* test_patch.c - functions that are patched while threads run in them, and what happens where patching is not possible. The
   functions are copied from this file's text to pages of their own, at any alignment. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "shim/jump.h"
#include "shim/maps.h"
#include "shim/patch.h"

enum { PAGE = 4096, THREADS = 4, ROOM = 96 };

typedef long function(long);

static bool no_memory;

void *shim_realloc(void *p, size_t n)
{
    return no_memory ? NULL : realloc(p, n);
}

void shim_free(void *p)
{
    free(p);
}

/* Each returns its argument plus one. */
#define FUNCTION(name, CODE)                                                                                 \
    __asm__(".pushsection .text\n" #name "_begin:\n" CODE "\n" #name                                         \
            "_end:\n.fill 32, 1, 0xcc\n.popsection");                                                        \
    extern const uint8_t name##_begin[], name##_end[];

FUNCTION(claude, "push %rbp; mov %rsp,%rbp; push %r15; lea 1(%rdi),%rax; pop %r15; pop %rbp; ret")
FUNCTION(libssl, "sub $0x18,%rsp; mov %fs:0x28,%rax; lea 1(%rdi),%rax; add $0x18,%rsp; ret")
FUNCTION(clang, "push %r15; push %r14; push %rbx; mov %rdi,%rax; inc %rax; pop %rbx; pop %r14; pop %r15; ret")
FUNCTION(marked, "endbr64; push %r12; mov %edi,%r12d; push %rbp; lea 1(%rdi),%rax; pop %rbp; pop %r12; ret")
FUNCTION(large_frame, "endbr64; sub $0x108,%rsp; lea 1(%rdi),%rax; add $0x108,%rsp; ret")
FUNCTION(relative, "mov large_one(%rip),%rax; add %rdi,%rax; ret; nop; large_one: .quad 1")
FUNCTION(looping, "push %rbp; mov %rsp,%rbp; push %rbx; mov %rdi,%rax; 1: inc %rax; xor %ebx,%ebx; jnz 1b;"
                  "pop %rbx; pop %rbp; ret")
FUNCTION(zero_first, "xor %eax,%eax; lea 1(%rdi),%rax; ret")
FUNCTION(wrapped,
         "test %rdi,%rdi; {disp32} je 1f; push %rbx; lea 1(%rdi),%rax; pop %rbx; ret; 1: mov $1,%eax; ret")
FUNCTION(framed, "push %rbp; mov %rsp,%rbp; call 1f; pop %rbp; ret; 1: lea 1(%rdi),%rax; ret")
FUNCTION(room, "sub $0x18,%rsp; test %edi,%edi; {disp32} js 1f; 1: lea 1(%rdi),%rax; add $0x18,%rsp; ret")
FUNCTION(called_first, "call 1f; 1: pop %rax; lea 1(%rdi),%rax; ret; nop; nop; nop; nop; nop")

static const struct code {
    const char *name;
    const uint8_t *begin, *end;
} codes[] = {
#define ROW(name)                                                                                            \
    {                                                                                                        \
#name, name##_begin, name##_end                                                                      \
    }
    ROW(claude),   ROW(libssl),  ROW(clang),   ROW(marked), ROW(large_frame),
    ROW(relative), ROW(looping), ROW(wrapped), ROW(framed), ROW(room),
};
enum { CLAUDE = 0, WRAPPED = 7, FRAMED, ROOM_FIRST, ANYWHERE = 0xffff /* every byte is clear of branches */ };

static function *original;
static long calls;

static long replacement(long x)
{
    function *f = __atomic_load_n(&original, __ATOMIC_ACQUIRE);

    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    return f(x);
}

/* A copy at an address that ends in `shift`, readable and executable. The address leaves room on both sides. */
static function *copy(const struct code *c, unsigned shift)
{
    static uintptr_t next = 0x200000000000;
    uint8_t *page = mmap((void *)next, PAGE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    function *f;

    assert_ptr_equal(page, (void *)next);
    next += 1ull << 33;
    memset(page, 0xcc, PAGE);
    memcpy(page + 64 + shift, c->begin, (size_t)(c->end - c->begin));
    assert_int_equal(mprotect(page, PAGE, PROT_READ | PROT_EXEC), 0);
    page += 64 + shift;
    memcpy(&f, &page, sizeof(f));
    return f;
}

static struct patch patch_of(function *f, const struct code *c)
{
    struct patch p = {.expected = c->begin, .original = (void **)&original};
    const void *ours;
    function *r = replacement;

    memcpy(&p.function, &f, sizeof(f));
    memcpy(&ours, &r, sizeof(r));
    p.replacement = ours;
    headroom_read_entry((const void *)(uintptr_t)p.function, 32, &p.entry);
    return p;
}

static int protection(uint64_t address)
{
    struct maps m;
    assert_true(maps_read(&m));
    const struct mapping *at = maps_at(&m, address);
    int prot = at ? at->prot : -1;
    maps_free(&m);
    return prot;
}

static bool anything_is_writable_and_executable(void)
{
    struct maps m;
    bool found = false;

    assert_true(maps_read(&m));
    for (size_t i = 0; i < m.n; i++)
        found |= (m.list[i].prot & PROT_WRITE) && (m.list[i].prot & PROT_EXEC);
    maps_free(&m);
    return found;
}

static void at_every_alignment_callers_come_to_the_replacement(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        for (unsigned shift = 0; shift < 16; shift++) {
            function *f = copy(&codes[i], shift);
            struct patch p = patch_of(f, &codes[i]);

            print_message("%s at %u\n", codes[i].name, shift);
            calls = 0;
            original = NULL;
            assert_int_equal(f(41), 42);
            assert_int_equal(calls, 0);
            assert_int_equal(shim_patch(&p, 1), 1);
            assert_null(p.refused);
            assert_int_equal(f(41), 42);
            assert_int_equal(calls, 1);
            assert_int_equal(original(1), 2);
            assert_int_equal(calls, 1);
            assert_int_equal(protection(p.function), PROT_READ | PROT_EXEC);
            assert_int_equal(protection((uint64_t)(uintptr_t)original), PROT_READ | PROT_EXEC);
        }
    }
    assert_false(anything_is_writable_and_executable());
}

struct crew {
    function *f;
    long rounds, wrong;
    bool patched; /* atomic */
};

static void *call_it(void *arg)
{
    struct crew *c = arg;
    long wrong = 0, after = 0;

    for (long i = 0; i < c->rounds || after < 1000; i++) {
        wrong += c->f(i) != i + 1;
        after += __atomic_load_n(&c->patched, __ATOMIC_ACQUIRE);
    }
    __atomic_add_fetch(&c->wrong, wrong, __ATOMIC_RELAXED);
    return NULL;
}

/* Leave only the places from this one on. */
static void drop_points(struct patch *p, unsigned point)
{
    assert_true(p->entry.n > point);
    p->entry.n = (uint8_t)(p->entry.n - point);
    memmove(p->entry.point, p->entry.point + point, p->entry.n * sizeof(*p->entry.point));
}

/* point: the first of those that may be used. */
static void patch_under_load(const struct code *code, unsigned shift, long rounds, unsigned point)
{
    struct crew c = {copy(code, shift), rounds, 0, false};
    struct patch p = patch_of(c.f, code);
    pthread_t t[THREADS];

    p.clear = ANYWHERE;
    drop_points(&p, point);

    calls = 0;
    original = NULL;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, call_it, &c), 0);
    usleep(1000);
    assert_int_equal(shim_patch(&p, 1), 1);
    __atomic_store_n(&c.patched, true, __ATOMIC_RELEASE);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(c.wrong, 0);
    assert_true(calls >= THREADS * 999); /* the call before `patched` was seen may have been an early one */
}

static void threads_in_the_function_never_notice(void **state)
{
    (void)state;
    patch_under_load(&codes[0], 0, 1000000, 0);
    for (unsigned point = 1; point < 4; point++)
        patch_under_load(&codes[0], 5 * point, 100000, point);
    patch_under_load(&codes[WRAPPED], 0, 100000, 1);
    patch_under_load(&codes[FRAMED], 0, 100000, 2);
    patch_under_load(&codes[ROOM_FIRST], 0, 100000, 2);
    /* Many short ones: the patch falls on another place of the function each time. */
    for (unsigned round = 0; round < 40; round++) {
        for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
            patch_under_load(&codes[i], round % 16, 2000, 0);
    }
}

static void several_functions_of_one_page_are_patched_at_once(void **state)
{
    static function *originals[3];
    const struct code *c = &codes[0];
    struct patch p[3];
    uint8_t *page;
    function *f[3];

    (void)state;
    function *first = copy(c, 0);
    memcpy(&page, &first, sizeof(page));
    page -= 64;
    assert_int_equal(mprotect(page, PAGE, PROT_READ | PROT_WRITE), 0);
    for (int i = 0; i < 3; i++) {
        uint8_t *at = page + 64 + 64 * i;
        memcpy(at, c->begin, (size_t)(c->end - c->begin));
        memcpy(&f[i], &at, sizeof(at));
    }
    assert_int_equal(mprotect(page, PAGE, PROT_READ | PROT_EXEC), 0);
    for (int i = 0; i < 3; i++) {
        p[i] = patch_of(f[i], c);
        p[i].original = (void **)&originals[i];
    }
    /* This one is not like its file, and that does not touch the others. */
    uint8_t other[PATCH_EXPECTED] = {0};
    p[1].expected = other;
    assert_int_equal(shim_patch(p, 3), 2);
    assert_null(p[0].refused);
    assert_non_null(p[1].refused);
    assert_null(p[2].refused);
    assert_null(originals[1]);
    assert_int_equal(originals[0](1), 2);
    assert_int_equal(originals[2](1), 2);
}

static void what_cannot_be_patched_stays_as_it_is(void **state)
{
    static const struct code refused = {"called_first", called_first_begin, called_first_end};
    function *f = copy(&refused, 0);
    struct patch p = patch_of(f, &refused);

    (void)state;
    original = NULL;
    assert_int_equal(shim_patch(&p, 1), 0);
    assert_non_null(p.refused);
    assert_null(original);
    assert_int_equal(f(1), 2);

    f = copy(&codes[0], 0);
    p = patch_of(f, &codes[0]);
    no_memory = true;
    assert_int_equal(shim_patch(&p, 1), 0);
    no_memory = false;
    assert_string_equal(p.refused, "the memory of the process cannot be surveyed");
    assert_int_equal(f(1), 2);

    p.function = 0x1000; /* nothing is mapped there */
    assert_int_equal(shim_patch(&p, 1), 0);
    assert_string_equal(p.refused, "its code is not mapped");
}

/* Take the memory that jumps of this point lead to; up to `most` places. */
static size_t take_places(const struct patch *p, unsigned point, void **taken, size_t most)
{
    size_t n = 0;

    for (unsigned form = 0; form < JUMP_FORMS; form++) {
        struct jump j;
        if (!jump_form(p->function, (const uint8_t *)(uintptr_t)p->function, &p->entry, point, form, &j))
            continue;
        assert_true(n < most && j.high - j.low < PAGE);
        taken[n] = mmap((void *)(uintptr_t)(j.low & ~4095ull), 2 * PAGE, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        n += taken[n] != MAP_FAILED;
    }
    return n;
}

static void where_no_jump_can_lead_nothing_is_patched(void **state)
{
    static const struct code code = {"zero_first", zero_first_begin, zero_first_end};
    function *f = copy(&code, 0);
    struct patch p = patch_of(f, &code);
    void *taken[JUMP_FORMS];

    (void)state;
    for (unsigned i = 1; i < p.entry.n; i++)
        assert_true(p.entry.point[i].behind);
    size_t n = take_places(&p, 0, taken, JUMP_FORMS);
    assert_int_equal(n, 2);
    original = NULL;
    assert_int_equal(shim_patch(&p, 1), 0);
    assert_string_equal(p.refused, "there is no free address that a jump from it could reach");
    assert_null(original);
    assert_int_equal(f(1), 2);
    for (size_t i = 0; i < n; i++)
        munmap(taken[i], 2 * PAGE);
    assert_int_equal(shim_patch(&p, 1), 1);
    assert_int_equal(f(1), 2);
}

static void a_place_that_is_taken_moves_the_jump_behind_the_first_push(void **state)
{
    function *f = copy(&codes[0], 0);
    struct patch p = patch_of(f, &codes[0]);
    uint8_t code[2];
    void *taken[JUMP_FORMS];

    (void)state;
    size_t n = take_places(&p, 0, taken, JUMP_FORMS);
    assert_int_equal(n, 1);
    calls = 0;
    original = NULL;
    assert_int_equal(shim_patch(&p, 1), 1);
    memcpy(code, (const void *)(uintptr_t)p.function, sizeof(code));
    assert_int_equal(code[0], 0x55); /* push %rbp */
    assert_int_equal(code[1], 0xe9);
    for (long i = 0; i < 1000; i++)
        assert_int_equal(f(i), i + 1);
    assert_int_equal(calls, 1000);
    assert_int_equal(original(1), 2);
    munmap(taken[0], 2 * PAGE);
}

static void a_place_where_a_loop_could_begin_must_be_known_to_be_clear(void **state)
{
    static const struct {
        unsigned code, point, offset;
    } cases[] = {{WRAPPED, 1, 3}, {ROOM_FIRST, 1, 4}, {ROOM_FIRST, 2, 6}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct code *c = &codes[cases[i].code];
        function *f = copy(c, 0);
        struct patch p = patch_of(f, c);

        drop_points(&p, cases[i].point);
        p.entry.n = 1;
        assert_int_equal(p.entry.point[0].offset, cases[i].offset);
        calls = 0;
        original = NULL;
        p.clear = (uint16_t) ~(1u << cases[i].offset);
        assert_int_equal(shim_patch(&p, 1), 0);
        assert_string_equal(p.refused, "there is no free address that a jump from it could reach");
        assert_int_equal(f(1), 2);
        p.clear = (uint16_t)(1u << cases[i].offset);
        assert_int_equal(shim_patch(&p, 1), 1);
        for (long x = 0; x < 3; x++)
            assert_int_equal(f(x), x + 1);
        assert_int_equal(calls, 3);
        assert_int_equal(original(0), 1);
    }
}

/* In a child whose kernel refuses mprotect with all of these bits. */
static void in_a_sandbox(int denied, const char *reason)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 4),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (unsigned)denied),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)denied, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
        function *f = copy(&codes[0], 3);
        struct patch p = patch_of(f, &codes[0]);

        original = NULL;
        calls = 0;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
            _exit(2);
        size_t n = shim_patch(&p, 1);
        bool fine = n == 0 && p.refused && strcmp(p.refused, reason) == 0 && f(1) == 2 && calls == 0 &&
                    !anything_is_writable_and_executable();
        _exit(fine ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_system_that_forbids_it_leaves_the_program_as_it_is(void **state)
{
    (void)state;
    in_a_sandbox(PROT_EXEC, "the system does not let memory become executable");
    in_a_sandbox(PROT_EXEC | PROT_WRITE, "the system does not let code be changed");
}

static void gaps_are_found_on_the_right_side(void **state)
{
    struct mapping list[] = {{0x400000, 0x500000, 0, false},
                             {0x600000, 0x700000, 0, false},
                             {0x7ff000000000, 0x7ff000001000, 0, true}};
    struct maps m = {list, 3};

    (void)state;
    assert_true(maps_gap(&m, 0, 0x7fffffff, 48, 0x450000) == 0x400000 - 48);      /* below first */
    assert_true(maps_gap(&m, 0x410000, 0x7fffffff, 48, 0x450000) == 0x500000);    /* else above */
    assert_true(maps_gap(&m, 0x580123, 0x580123, 48, 0x450000) == 0x580123);      /* exactly there */
    assert_true(maps_gap(&m, 0x5fffe0, 0x5fffe0, 48, 0x450000) == 0);             /* too little room */
    assert_true(maps_gap(&m, 0x610000, 0x620000, 48, 0x450000) == 0);             /* taken */
    assert_true(maps_gap(&m, 0x7feffffff000, 0x7feffffff000, 48, 0x450000) == 0); /* the stack's room */
    assert_true(maps_gap(&m, 0x1000, 0x2000, 48, 0x450000) == 0); /* below what may be mapped */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_every_alignment_callers_come_to_the_replacement),
        cmocka_unit_test(threads_in_the_function_never_notice),
        cmocka_unit_test(several_functions_of_one_page_are_patched_at_once),
        cmocka_unit_test(what_cannot_be_patched_stays_as_it_is),
        cmocka_unit_test(where_no_jump_can_lead_nothing_is_patched),
        cmocka_unit_test(a_place_that_is_taken_moves_the_jump_behind_the_first_push),
        cmocka_unit_test(a_place_where_a_loop_could_begin_must_be_known_to_be_clear),
        cmocka_unit_test(a_system_that_forbids_it_leaves_the_program_as_it_is),
        cmocka_unit_test(gaps_are_found_on_the_right_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
