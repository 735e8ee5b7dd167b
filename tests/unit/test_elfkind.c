/* What `headroom run` reads from the first bytes of an executable, and that no header leads it out of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/elfkind.c"

/* A copy of exactly n bytes: the address sanitizer sees the first byte read behind it. */
static struct elf_facts judge(const void *p, size_t n)
{
    struct elf_facts facts;
    uint8_t *copy = malloc(n == 0 ? 1 : n);

    assert_non_null(copy);
    memcpy(copy, p, n);
    elf_facts_of(copy, n, &facts);
    free(copy);
    assert_non_null(memchr(facts.detail, '\0', sizeof(facts.detail)));
    return facts;
}

/* A small executable: header, three program headers, then the loader's name and a dynamic section. */
struct small {
    Elf64_Ehdr h;
    Elf64_Phdr p[3];
    char loader[64];
    Elf64_Dyn d[3];
};

static struct small small(const char *loader)
{
    struct small s;

    memset(&s, 0, sizeof(s));
    memcpy(s.h.e_ident, ELFMAG, SELFMAG);
    s.h.e_ident[EI_CLASS] = ELFCLASS64;
    s.h.e_ident[EI_DATA] = OWN_ORDER;
    s.h.e_machine = OWN_MACHINE;
    s.h.e_type = ET_DYN;
    s.h.e_phoff = offsetof(struct small, p);
    s.h.e_phentsize = sizeof(Elf64_Phdr);
    s.h.e_phnum = 3;
    s.p[0].p_type = PT_LOAD;
    s.p[1].p_type = PT_DYNAMIC;
    s.p[1].p_offset = offsetof(struct small, d);
    s.p[1].p_filesz = sizeof(s.d);
    if (loader != NULL) {
        s.p[2].p_type = PT_INTERP;
        s.p[2].p_offset = offsetof(struct small, loader);
        s.p[2].p_filesz = strlen(loader) + 1;
        strcpy(s.loader, loader);
    }
    return s;
}

static enum elf_kind kind_of(const struct small *s)
{
    return judge(s, sizeof(*s)).kind;
}

static void loader_names_decide_who_is_reached(void **state)
{
    static const struct {
        const char *loader;
        enum elf_kind kind;
    } cases[] = {
        {"/lib64/ld-linux-x86-64.so.2", ELF_KIND_REACHED},
        {"/nix/store/x-glibc-2.40/lib/ld-linux-x86-64.so.2", ELF_KIND_REACHED},
        {"/lib/ld-linux-aarch64.so.1", ELF_KIND_REACHED},
        {"/lib64/ld64.so.2", ELF_KIND_REACHED},
        {"/lib/ld-musl-x86_64.so.1", ELF_KIND_LIBC},
        {"/system/bin/linker64", ELF_KIND_LIBC},
        {"/lib/ld-linux.d/other", ELF_KIND_LIBC},
        {"", ELF_KIND_LIBC},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct small s = small(cases[i].loader);
        struct elf_facts facts = judge(&s, sizeof(s));

        assert_int_equal(facts.kind, cases[i].kind);
        assert_string_equal(facts.detail, cases[i].loader);
    }
}

static void static_static_pie_and_the_loader_itself_are_told_apart(void **state)
{
    struct small s = small(NULL);

    (void)state;
    s.h.e_entry = 1;
    assert_int_equal(kind_of(&s), ELF_KIND_STATIC_PIE);
    s.d[0] = (Elf64_Dyn){.d_tag = DT_FLAGS_1, .d_un.d_val = DF_1_PIE};
    assert_int_equal(kind_of(&s), ELF_KIND_STATIC_PIE);
    s.d[1] = (Elf64_Dyn){.d_tag = DT_SONAME, .d_un.d_val = 1};
    assert_int_equal(kind_of(&s), ELF_KIND_STATIC_PIE);
    s.d[0].d_un.d_val = 0;
    assert_int_equal(kind_of(&s), ELF_KIND_REACHED);
    s.h.e_type = ET_EXEC;
    assert_int_equal(kind_of(&s), ELF_KIND_STATIC);
    s.h.e_type = ET_REL;
    assert_int_equal(kind_of(&s), ELF_KIND_NONE);
}

static void a_shared_object_has_no_entry_or_needs_others(void **state)
{
    struct small s = small(NULL);

    (void)state;
    assert_int_equal(kind_of(&s), ELF_KIND_SHARED);
    s.d[0] = (Elf64_Dyn){.d_tag = DT_SONAME, .d_un.d_val = 1};
    assert_int_equal(kind_of(&s), ELF_KIND_SHARED);
    s.h.e_entry = 1;
    assert_int_equal(kind_of(&s), ELF_KIND_REACHED);
    s.d[1] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un.d_val = 1};
    assert_int_equal(kind_of(&s), ELF_KIND_SHARED);
    s.h.e_entry = 0;
    s.d[0] = (Elf64_Dyn){.d_tag = DT_FLAGS_1, .d_un.d_val = DF_1_PIE};
    assert_int_equal(kind_of(&s), ELF_KIND_STATIC_PIE);
}

static void other_classes_machines_and_orders_are_named(void **state)
{
    struct small s = small("/lib64/ld-linux-x86-64.so.2");

    (void)state;
    s.h.e_ident[EI_CLASS] = ELFCLASS32;
    assert_int_equal(kind_of(&s), ELF_KIND_32BIT);
    s.h.e_ident[EI_CLASS] = ELFCLASSNONE;
    assert_int_equal(kind_of(&s), ELF_KIND_NONE);
    s.h.e_ident[EI_CLASS] = ELFCLASS64;
    s.h.e_machine = EM_RISCV;
    assert_int_equal(kind_of(&s), ELF_KIND_MACHINE);
    s.h.e_machine = OWN_MACHINE;
    s.h.e_ident[EI_DATA] = OWN_ORDER == ELFDATA2LSB ? ELFDATA2MSB : ELFDATA2LSB;
    assert_int_equal(kind_of(&s), ELF_KIND_MACHINE);
}

static void a_script_gives_the_rest_of_its_first_line(void **state)
{
    static const char *const lines[][2] = {{"#!/bin/sh\nexit", "/bin/sh"},
                                           {"#!/bin/sh", "/bin/sh"},
                                           {"#!", ""},
                                           {"#!\n", ""},
                                           {"#! /bin/x -y\n", " /bin/x -y"}};
    char longest[1000] = "#!";

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct elf_facts facts = judge(lines[i][0], strlen(lines[i][0]));

        assert_int_equal(facts.kind, ELF_KIND_SCRIPT);
        assert_string_equal(facts.detail, lines[i][1]);
    }
    memset(longest + 2, 'x', sizeof(longest) - 2);
    assert_int_equal(strlen(judge(longest, sizeof(longest)).detail), 255);
    assert_int_equal(judge("#", 1).kind, ELF_KIND_NONE);
    assert_int_equal(judge("", 0).kind, ELF_KIND_NONE);
}

static void a_file_cut_at_any_byte_is_never_read_behind_its_end_nor_called_static(void **state)
{
    struct small s = small("/lib64/ld-linux-x86-64.so.2");

    (void)state;
    for (size_t n = 0; n < sizeof(s); n++) {
        enum elf_kind kind = judge(&s, n).kind;

        assert_true(kind == ELF_KIND_NONE || kind == ELF_KIND_REACHED);
        /* The loader's name begins behind the table; before it is there nothing is known. */
        if (n < offsetof(struct small, loader) + sizeof("/lib64/ld-linux-x86-64.so.2"))
            assert_int_equal(kind, ELF_KIND_NONE);
    }
}

static void wild_values_in_every_field_are_never_followed_out_of_the_file(void **state)
{
    static const uint8_t patterns[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    static const size_t widths[] = {1, 2, 4, 8};

    (void)state;
    for (size_t form = 0; form < 2; form++) {
        struct small s = small(form == 0 ? NULL : "/lib64/ld-linux-x86-64.so.2");

        for (size_t at = 0; at < sizeof(s); at++) {
            for (size_t i = 0; i < sizeof(patterns) * 4; i++) {
                struct small wild = s;
                size_t width = widths[i % 4];

                if (at + width > sizeof(s))
                    continue;
                memset((uint8_t *)&wild + at, patterns[i / 4], width);
                judge(&wild, sizeof(wild));
            }
        }
    }
}

static void this_program_is_reached(void **state)
{
    struct elf_facts facts;

    (void)state;
    elf_facts_of_file("/proc/self/exe", &facts);
    assert_int_equal(facts.kind, ELF_KIND_REACHED);
    elf_facts_of_file("/nonexistent", &facts);
    assert_int_equal(facts.kind, ELF_KIND_NONE);
    elf_facts_of_file("/", &facts);
    assert_int_equal(facts.kind, ELF_KIND_NONE);
    elf_facts_of_file("/dev/null", &facts);
    assert_int_equal(facts.kind, ELF_KIND_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loader_names_decide_who_is_reached),
        cmocka_unit_test(static_static_pie_and_the_loader_itself_are_told_apart),
        cmocka_unit_test(a_shared_object_has_no_entry_or_needs_others),
        cmocka_unit_test(other_classes_machines_and_orders_are_named),
        cmocka_unit_test(a_script_gives_the_rest_of_its_first_line),
        cmocka_unit_test(a_file_cut_at_any_byte_is_never_read_behind_its_end_nor_called_static),
        cmocka_unit_test(wild_values_in_every_field_are_never_followed_out_of_the_file),
        cmocka_unit_test(this_program_is_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
