/* test_jump.c - the code of a patch: pairs of a prologue and of the stub that it must give, both assembled by the compiler, and the
   jump at each alignment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "shim/jump.h"

#define REPLACEMENT 0x1122334455667788

/* The expected stub stands where it is assembled, so its displacements are those of a stub at that address. MOVED: the first
   instruction as it must read there; AT: the offset in the function where the rest goes on. */
#define PAIR(name, CODE, MOVED, AT) PAIR_BEHIND(name, CODE, "", MOVED, AT)
#define PAIR_BEHIND(name, CODE, UNDO, MOVED, AT)                                                             \
    __asm__(".pushsection .text\n.balign 16\n" #name "_in:\n" CODE "\n.fill 32, 1, 0x90\n" #name             \
            "_out:\n" UNDO "\njmp *0(%rip)\n.quad 0x1122334455667788\nendbr64\n" MOVED "\njmp.d32 " #name    \
            "_in + " #AT "\n" #name "_end:\n.fill 48, 1, 0xcc\n.popsection");                                \
    extern const uint8_t name##_in[], name##_out[], name##_end[];

PAIR(claude, "push %rbp; mov %rsp, %rbp; push %r15", "push %rbp", 1)
PAIR(libssl, "sub $0x18, %rsp; mov %fs:0x28, %rax", "sub $0x18, %rsp", 4)
PAIR(clang_pie, "push %r15; push %r14; push %rbx", "push %r15", 2)
PAIR(marked, "endbr64; push %r12; mov %rsi, %r12; push %rbp", "push %r12", 6)
PAIR(marked_long, "endbr64; sub $0x108, %rsp; ret", "sub $0x108, %rsp", 11)
PAIR(thread_local_first, "mov %fs:0x28, %rax; ret", "mov %fs:0x28, %rax", 9)
PAIR(rip_lea, "lea rip_lea_in + 100(%rip), %rax; ret", "lea rip_lea_in + 100(%rip), %rax", 7)
PAIR(rip_back, "endbr64; mov rip_back_in - 7(%rip), %ecx; ret", "mov rip_back_in - 7(%rip), %ecx", 10)
PAIR(rip_with_number, "cmpl $0x12345678, rip_with_number_in(%rip); ret",
     "cmpl $0x12345678, rip_with_number_in(%rip)", 10)
PAIR(zero, "xor %eax, %eax; ret", "xor %eax, %eax", 2)
PAIR(tested, "test %rdi, %rdi; je tested_in + 20", "test %rdi, %rdi", 3)
PAIR(aligned_stack, "and $-64, %rsp; ret", "and $-64, %rsp", 4)
PAIR(padded, "nopw 0x0(%rax,%rax,1); ret", "nopw 0x0(%rax,%rax,1)", 5)

/* Behind the first pushes: the stub takes them back, the trampoline does them again. */
PAIR_BEHIND(claude_1, "push %rbp; mov %rsp, %rbp; push %r15; push %r14", "pop %rbp",
            "push %rbp; mov %rsp, %rbp", 4)
PAIR_BEHIND(claude_2, "push %rbp; mov %rsp, %rbp; push %r15; push %r14", "pop %rbp",
            "push %rbp; mov %rsp, %rbp; push %r15", 6)
PAIR_BEHIND(claude_3, "push %rbp; mov %rsp, %rbp; push %r15; push %r14", "pop %r15; pop %rbp",
            "push %rbp; mov %rsp, %rbp; push %r15; push %r14", 8)
PAIR_BEHIND(marked_1, "endbr64; push %rbx; lea marked_1_in(%rip), %rax", "pop %rbx",
            "push %rbx; lea marked_1_in(%rip), %rax", 12)

/* Behind what needs no undo, or gives room on the stack up: node 24's SSL_write_ex, node 26's SSL_read_ex, libssl.a's clients. */
PAIR_BEHIND(wrapped, "test %rdi, %rdi; je wrapped_in + 424; push %rbp", "",
            "test %rdi, %rdi; je wrapped_in + 424", 9)
PAIR_BEHIND(framed_call, "push %rbp; mov %rsp, %rbp; call framed_call_in - 1040; xor %ecx, %ecx", "pop %rbp",
            "push %rbp; mov %rsp, %rbp; call framed_call_in - 1040", 9)
PAIR_BEHIND(room_call, "endbr64; sub $0x18, %rsp; call room_call_in - 2000; nop", "add $0x18, %rsp",
            "sub $0x18, %rsp; call room_call_in - 2000", 13)
PAIR_BEHIND(large_room, "sub $0x118, %rsp; xor %eax, %eax; test %edx, %edx; nop", "add $0x118, %rsp",
            "sub $0x118, %rsp; xor %eax, %eax; test %edx, %edx", 11)
PAIR_BEHIND(kept_argument, "push %rbx; mov %rdi, %rbx; js kept_argument_in + 300; nop", "pop %rbx",
            "push %rbx; mov %rdi, %rbx; js kept_argument_in + 300", 10)
PAIR_BEHIND(late_frame, "push %rbp; push %rbx; mov %rsp, %rbp; push %rax; nop", "pop %rbx; pop %rbp",
            "push %rbp; push %rbx; mov %rsp, %rbp; push %rax", 6)

static const struct pair {
    const char *name;
    const uint8_t *in, *out, *end;
    unsigned pad, length, point;
} pairs[] = {
#define ROW(name, pad, length, point)                                                                        \
    {                                                                                                        \
#name, name##_in, name##_out, name##_end, pad, length, point                                         \
    }
    ROW(claude, 0, 1, 0),        ROW(libssl, 0, 4, 0),      ROW(clang_pie, 0, 2, 0),
    ROW(marked, 4, 2, 0),        ROW(marked_long, 4, 7, 0), ROW(thread_local_first, 0, 9, 0),
    ROW(rip_lea, 0, 7, 0),       ROW(rip_back, 4, 6, 0),    ROW(rip_with_number, 0, 10, 0),
    ROW(zero, 0, 2, 0),          ROW(tested, 0, 3, 0),      ROW(aligned_stack, 0, 4, 0),
    ROW(padded, 0, 5, 0),        ROW(claude_1, 0, 3, 1),    ROW(claude_2, 0, 2, 2),
    ROW(claude_3, 0, 2, 3),      ROW(marked_1, 4, 7, 1),    ROW(wrapped, 0, 6, 1),
    ROW(framed_call, 0, 5, 2),   ROW(room_call, 4, 5, 1),   ROW(large_room, 0, 2, 2),
    ROW(kept_argument, 0, 6, 2), ROW(late_frame, 0, 1, 3),
};

static uint64_t address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static void each_prologue_gives_the_stub_that_the_assembler_would_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        const struct pair *p = &pairs[i];
        headroom_entry entry;
        struct jump j = {0};
        uint8_t stub[JUMP_STUB];
        size_t trampoline;

        print_message("%s\n", p->name);
        assert_int_equal(headroom_read_entry(p->in, JUMP_CODE, &entry), 1);
        assert_null(entry.reason);
        assert_int_equal(entry.pad, p->pad);
        assert_int_equal(entry.point[p->point].length, p->length);
        j = (struct jump){.point = entry.point[p->point], .pad = entry.pad};
        j.at = address(p->in) + j.point.offset;
        assert_true(jump_stub(&j, p->in, address(p->out), REPLACEMENT, stub, &trampoline));
        assert_int_equal(trampoline, j.point.undo_length + 14);
        assert_memory_equal(stub, p->out, p->end - p->out);
        for (size_t k = (size_t)(p->end - p->out); k < sizeof(stub); k++)
            assert_int_equal(stub[k], 0xcc);
    }
}

static void what_is_not_understood_is_refused(void **state)
{
    static const struct {
        const char *what;
        uint8_t code[16];
    } cases[] = {
        {"ret", {0xc3}},
        {"call", {0xe8, 1, 2, 3, 4}},
        {"jmp", {0xe9, 1, 2, 3, 4}},
        {"jmp short", {0xeb, 2}},
        {"je", {0x74, 2}},
        {"je near", {0x0f, 0x84, 1, 2, 3, 4}},
        {"loop", {0xe2, 0xfe}},
        {"jrcxz", {0xe3, 2}},
        {"int3", {0xcc}},
        {"int 0x80", {0xcd, 0x80}},
        {"syscall", {0x0f, 0x05}},
        {"ud2", {0x0f, 0x0b}},
        {"hlt", {0xf4}},
        {"xbegin", {0xc7, 0xf8, 1, 2, 3, 4}},
        {"call *", {0xff, 0x15, 1, 2, 3, 4}},
        {"jmp *", {0xff, 0x25, 1, 2, 3, 4}},
        {"endbr64; jmp", {0xf3, 0x0f, 0x1e, 0xfa, 0xe9, 1, 2, 3, 4}},
        {"lock add", {0xf0, 0x48, 0x01, 0x37}},
        {"lea eip", {0x67, 0x8d, 0x05, 1, 2, 3, 4}},
        {"push ds is no code of 64 bits", {0x1e}},
        {"pop rsp", {0x5c}},
        {"leave", {0xc9}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint8_t code[JUMP_CODE];
        headroom_entry entry;

        memset(code, 0x90, sizeof(code));
        memcpy(code, cases[i].code, sizeof(cases[i].code));
        print_message("%s\n", cases[i].what);
        assert_int_equal(headroom_read_entry(code, sizeof(code), &entry), 0);
        assert_non_null(entry.reason);
    }
}

/* Does the code at `at`, written over, lead to `stub`, and is all that is not changed the same? */
static void assert_jump(const struct jump *j, const uint8_t *code, uint64_t stub)
{
    unsigned pad = j->point.offset;
    uint8_t now[JUMP_CODE];
    size_t n = pad;
    int32_t distance;

    memcpy(now, code, sizeof(now));
    jump_write(j, stub, now + pad);
    n += j->prefix;
    assert_int_equal(now[n], 0xe9);
    memcpy(&distance, now + n + 1, sizeof(distance));
    assert_true(j->at + (n - pad) + 5 + (uint64_t)(int64_t)distance == stub);
    assert_memory_equal(now, code, pad);
    assert_memory_equal(now + pad + j->changed, code + pad + j->changed, sizeof(now) - pad - j->changed);
}

static void only_the_first_instruction_changes_and_within_one_block(void **state)
{
    const uint64_t base = 0x555555554000;
    unsigned jumps = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        headroom_entry entry;
        assert_int_equal(headroom_read_entry(pairs[i].in, JUMP_CODE, &entry), 1);
        for (unsigned shift = 0; shift < 16; shift++) {
            for (unsigned form = 0; form < JUMP_FORMS; form++) {
                struct jump j;
                if (!jump_form(base + shift, pairs[i].in, &entry, pairs[i].point, form, &j))
                    continue;
                jumps++;
                assert_true(j.changed >= 1 + form && j.changed <= pairs[i].length);
                assert_true(j.at / JUMP_BLOCK == (j.at + j.changed - 1) / JUMP_BLOCK);
                assert_jump(&j, pairs[i].in, j.low);
                assert_jump(&j, pairs[i].in, j.high);
                assert_jump(&j, pairs[i].in, j.low + (j.high - j.low) / 2);
            }
        }
    }
    assert_in_range(jumps, 16 * sizeof(pairs) / sizeof(*pairs),
                    16 * JUMP_FORMS * sizeof(pairs) / sizeof(*pairs));
}

static void bytes_that_stay_choose_where_the_stub_lies(void **state)
{
    headroom_entry entry;
    struct jump j;

    (void)state;
    assert_int_equal(headroom_read_entry(claude_in, JUMP_CODE, &entry), 1);
    assert_true(jump_form(0x331e660, claude_in, &entry, 0, 0, &j));
    assert_true(j.low == j.high && j.low == 0x331e665ull + 0x41e58948);
    assert_false(jump_form(0x331e660, claude_in, &entry, 0, 1, &j)); /* no room for a prefix in one byte */

    assert_int_equal(headroom_read_entry(libssl_in, JUMP_CODE, &entry), 1);
    assert_true(jump_form(0x400000, libssl_in, &entry, 0, 0, &j));
    assert_true(j.low == 0x400005ull + 0x64000000 && j.high == j.low + 0xffffff);

    assert_int_equal(headroom_read_entry(thread_local_first_in, JUMP_CODE, &entry), 1);
    assert_true(jump_form(0x7f0000001000, thread_local_first_in, &entry, 0, 0, &j));
    assert_true(j.low == 0x7f0000001005 - (1ull << 31) && j.high == 0x7f0000001005 + (1ull << 31) - 1);

    /* push r12; mov rsi,r12; push rbp: 2 GB behind the jump, which is below address 0 here; the prefix makes it 0x55..... before */
    assert_int_equal(headroom_read_entry(marked_in, JUMP_CODE, &entry), 1);
    assert_false(jump_form(0x400000, marked_in, &entry, 0, 0, &j));
    assert_true(jump_form(0x400000, marked_in, &entry, 0, 1, &j));
    assert_true(j.low == j.high && j.low == 0x40000aull + 0x55f48949);
}

/* The processor itself: code full of nops leads to a function that returns a number, by each form. */
static void places_for_a_jump_end_where_something_could_not_be_taken_back(void **state)
{
    static const struct {
        const char *code;
        size_t n;
        unsigned plain, behind; /* places without and with a condition */
    } cases[] = {
        {"\x55\x48\x89\xe5\x41\x57\x41\x56\x53", 9, 5, 0},
        {"\x55\x53\x48\x89\xe5\x50\xc3", 7, 3, 1}, /* push rbp; push rbx; mov rbp,rsp; push rax; ret */
        {"\x48\x89\xe5\x55", 4, 1, 0},             /* mov rbp,rsp: rbp is lost */
        {"\x54\x55", 2, 1, 0},                     /* push rsp */
        {"\x41\x54\x55\xc3", 4, 2, 0},             /* push r12; push rbp; ret */
        {"\x66\x55\x55", 3, 1, 0},                 /* push of 16 bits */
        {"\x55\xe8\x01\x02\x03\x04", 6, 2, 0},     /* push rbp; call */
        {"\x55\xe8\x00\x00\x00\x00\x58", 7, 1, 0}, /* push rbp; call what follows; pop rax */
        {"\x55\x74\x10", 3, 1, 0},                 /* push rbp; je of 8 bits */
        {"\x55\xc7\xf8\x01\x02\x03\x04", 7, 1, 0}, /* push rbp; xbegin */
        {"\x48\x83\xec\x18\x55\xc3", 6, 1, 1},     /* sub rsp,0x18; push rbp; ret */
        {"\x48\x83\xe4\xc0\x55", 5, 1, 0},         /* and rsp,-64 */
        {"\x48\x85\xff\x53\xc3", 5, 1, 1},         /* test rdi,rdi; push rbx; ret */
        {"\x31\xc0\x53\xc3", 4, 1, 1},             /* xor eax,eax; push rbx; ret */
        {"\x31\xf6\x53\xc3", 4, 1, 0},             /* xor esi,esi: an argument */
        {"\x89\xfb\x53\xc3", 4, 1, 0},             /* mov ebx,edi; push rbx: ebx is the caller's */
        {"\x53\x89\xfb\x55\xc3", 5, 2, 1},         /* push rbx; mov ebx,edi; push rbp; ret */
        {"\x53\x8b\x1f\x55\xc3", 5, 2, 0},         /* push rbx; mov ebx,[rdi]: memory may change */
        {"\x53\x48\x8d\x1d\x01\x02\x03\x04\x55", 9, 2,
         0},                           /* push rbx; lea rbx,[rip+..]: stands elsewhere then */
        {"\x48\x3b\x3e\x55", 4, 1, 0}, /* cmp rdi,[rsi] */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint8_t code[JUMP_CODE];
        headroom_entry entry;
        unsigned behind = 0;

        memset(code, 0xc3, sizeof(code)); /* ret */
        memcpy(code, cases[i].code, cases[i].n);
        print_message("case %zu\n", i);
        assert_int_equal(headroom_read_entry(code, sizeof(code), &entry), 1);
        for (unsigned k = 0; k < entry.n; k++)
            behind += entry.point[k].behind;
        assert_int_equal(entry.n - behind, cases[i].plain);
        assert_int_equal(behind, cases[i].behind);
    }
}

static void each_form_is_a_jump(void **state)
{
    uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static const uint8_t answer[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
    int (*f)(void);

    (void)state;
    assert_true(page != MAP_FAILED);
    memcpy(page + 4096, answer, sizeof(answer));
    for (unsigned form = 0; form < JUMP_FORMS; form++) {
        struct jump j = {.at = address(page) + 16 * form, .prefix = form, .changed = form + 5};
        memset(page + 16 * form, 0xcc, 16);
        jump_write(&j, address(page + 4096), page + 16 * form);
    }
    assert_int_equal(mprotect(page, 8192, PROT_READ | PROT_EXEC), 0);
    for (unsigned form = 0; form < JUMP_FORMS; form++) {
        uint8_t *at = page + 16 * form;
        memcpy(&f, &at, sizeof(f));
        assert_int_equal(f(), 42);
    }
    munmap(page, 8192);
}

/* Debian's libssl.a: sub $8,%rsp; call. At a fixed address only the form with three prefixes leads to where memory can be. */
static void a_call_behind_a_short_instruction_is_in_reach(void **state)
{
    const uint8_t code[JUMP_CODE] = {0x48, 0x83, 0xec, 0x08, 0xe8, 0x87, 0xfb, 0xff, 0xff, 0x31, 0xd2};
    headroom_entry entry;
    struct jump j;

    (void)state;
    assert_int_equal(headroom_read_entry(code, sizeof(code), &entry), 1);
    for (unsigned form = 0; form < 3; form++)
        assert_false(jump_form(0x4109a0, code, &entry, 0, form, &j));
    assert_true(jump_form(0x4109a0, code, &entry, 0, 3, &j));
    assert_true(j.low == j.high && j.low == 0x4109a8 - 0x47818);
}

static void what_a_stub_could_not_reach_is_refused(void **state)
{
    headroom_entry entry;
    struct jump j = {0};
    uint8_t stub[JUMP_STUB];
    size_t trampoline;

    (void)state;
    assert_int_equal(headroom_read_entry(rip_lea_in, JUMP_CODE, &entry), 1);
    j.point = entry.point[0];
    j.at = 0x7f0000001000;
    assert_true(jump_stub(&j, rip_lea_in, j.at + (1ull << 31) - 4096, 0, stub, &trampoline));
    assert_false(jump_stub(&j, rip_lea_in, j.at + (1ull << 31) + 4096, 0, stub, &trampoline));
    assert_false(jump_stub(&j, rip_lea_in, j.at - (1ull << 31) - 4096, 0, stub, &trampoline));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_prologue_gives_the_stub_that_the_assembler_would_write),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(only_the_first_instruction_changes_and_within_one_block),
        cmocka_unit_test(bytes_that_stay_choose_where_the_stub_lies),
        cmocka_unit_test(places_for_a_jump_end_where_something_could_not_be_taken_back),
        cmocka_unit_test(each_form_is_a_jump),
        cmocka_unit_test(a_call_behind_a_short_instruction_is_in_reach),
        cmocka_unit_test(what_a_stub_could_not_reach_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
