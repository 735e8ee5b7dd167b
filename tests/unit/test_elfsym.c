/* Which symbols `headroom doctor` finds in an ELF file, and that no header leads it out of the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/elfsym.c"

/* Header, three sections (none, .dynsym, .dynstr), two symbols: one defined, one only needed. */
struct small {
    Elf64_Ehdr h;
    Elf64_Shdr s[3];
    Elf64_Sym y[3];
    char strings[24];
};

static struct small small(void)
{
    static const uint16_t one = 1;
    struct small s;

    memset(&s, 0, sizeof(s));
    memcpy(s.h.e_ident, ELFMAG, SELFMAG);
    s.h.e_ident[EI_CLASS] = ELFCLASS64;
    s.h.e_ident[EI_DATA] = *(const uint8_t *)&one == 1 ? ELFDATA2LSB : ELFDATA2MSB;
    s.h.e_shoff = offsetof(struct small, s);
    s.h.e_shentsize = sizeof(Elf64_Shdr);
    s.h.e_shnum = 3;
    s.s[1] = (Elf64_Shdr){
        .sh_type = SHT_DYNSYM, .sh_offset = offsetof(struct small, y), .sh_size = sizeof(s.y), .sh_link = 2};
    s.s[2] = (Elf64_Shdr){
        .sh_type = SHT_STRTAB, .sh_offset = offsetof(struct small, strings), .sh_size = sizeof(s.strings)};
    memcpy(s.strings, "\0SSL_write\0SSL_read", 20);
    s.y[1] = (Elf64_Sym){.st_name = 1, .st_shndx = 7};
    s.y[2] = (Elf64_Sym){.st_name = 11, .st_shndx = SHN_UNDEF};
    return s;
}

/* An exact copy: the address sanitizer sees the first byte read behind it. */
static bool defines(const void *p, size_t n, const char *name)
{
    uint8_t *copy = malloc(n == 0 ? 1 : n);
    bool found;

    assert_non_null(copy);
    memcpy(copy, p, n);
    found = elf_defines(copy, n, name);
    free(copy);
    return found;
}

static void a_defined_symbol_is_found_by_its_whole_name_and_a_needed_one_is_not(void **state)
{
    struct small s = small();

    (void)state;
    assert_true(defines(&s, sizeof(s), "SSL_write"));
    assert_false(defines(&s, sizeof(s), "SSL_writ"));
    assert_false(defines(&s, sizeof(s), "SSL_write_ex"));
    assert_false(defines(&s, sizeof(s), "SSL_read"));
}

static void no_cut_and_no_wild_value_leads_out_of_the_file(void **state)
{
    static const uint8_t patterns[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    struct small s = small();

    (void)state;
    for (size_t n = 0; n < sizeof(s); n++)
        defines(&s, n, "SSL_write");
    for (size_t at = 0; at < sizeof(s); at++) {
        for (size_t i = 0; i < sizeof(patterns) * 4; i++) {
            struct small wild = s;
            size_t width = (size_t)1 << i % 4;

            if (at + width > sizeof(s))
                continue;
            memset((uint8_t *)&wild + at, patterns[i / 4], width);
            defines(&wild, sizeof(wild), "SSL_write");
        }
    }
}

static void real_libraries_are_read(void **state)
{
    (void)state;
    assert_true(elf_file_defines("/lib64/ld-linux-x86-64.so.2", "_rtld_global") ||
                elf_file_defines("/lib/ld-linux-aarch64.so.1", "_rtld_global"));
    assert_false(elf_file_defines("/proc/self/exe", "SSL_write"));
    assert_false(elf_file_defines("/nonexistent", "main"));
    assert_false(elf_file_defines("/", "main"));
    assert_false(elf_file_defines("/dev/null", "main"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_defined_symbol_is_found_by_its_whole_name_and_a_needed_one_is_not),
        cmocka_unit_test(no_cut_and_no_wild_value_leads_out_of_the_file),
        cmocka_unit_test(real_libraries_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
