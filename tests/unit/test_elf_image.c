/* The ELF reader: real files say what the loader says of them, hostile ones get an error and never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include "elf/image.h"
#include "elf/locate.h"

static const char libssl[] = "/usr/lib/x86_64-linux-gnu/libssl.so.3";

static void symbols_are_where_the_loader_finds_them(void **state)
{
    static const char *const names[] = {"SSL_write", "SSL_read_ex", "SSL_no_such_name", "BIO_new"};
    void *library = dlopen(libssl, RTLD_NOW);
    struct link_map *map;
    hr_symbol found[4];
    const char *why;
    hr_image img;

    (void)state;
    assert_non_null(library);
    assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
    assert_int_equal(hr_image_open(&img, libssl, &why), 0);
    hr_image_dynamic(&img, names, 4, found);
    for (size_t i = 0; i < 2; i++) {
        assert_true(found[i].found);
        assert_int_equal(found[i].address, (uint64_t)(uintptr_t)dlsym(library, names[i]) - map->l_addr);
    }
    assert_false(found[2].found || found[2].imported);
    assert_true(found[3].imported && !found[3].found); /* libcrypto has it */
    assert_string_equal(hr_image_needed(&img, 0), "libcrypto.so.3");
    assert_string_equal(hr_image_needed(&img, 1), "libc.so.6");
    assert_null(hr_image_needed(&img, 2));
    assert_int_equal(img.build_id_len, 20);
    hr_image_close(&img);
}

static void bytes_in_the_file_are_those_in_memory(void **state)
{
    void *library = dlopen(libssl, RTLD_NOW);
    headroom_located at;

    (void)state;
    assert_non_null(library);
    assert_int_equal(hr_locate_file(libssl, 0, NULL, &at), 1);
    assert_memory_equal(dlsym(library, "SSL_write"), at.function[HEADROOM_SSL_WRITE].expected, 16);
    assert_memory_equal(dlsym(library, "SSL_read_ex"), at.function[HEADROOM_SSL_READ_EX].expected, 16);
}

static void the_frame_table_covers_functions_from_their_first_byte(void **state)
{
    static const char *const names[] = {"SSL_write", "SSL_read", "SSL_new"};
    uint64_t start, end;
    hr_symbol found[3];
    const char *why;
    hr_image img;

    (void)state;
    assert_int_equal(hr_image_open(&img, libssl, &why), 0);
    hr_image_dynamic(&img, names, 3, found);
    for (size_t i = 0; i < 3; i++) {
        uint64_t at = found[i].address;

        assert_int_equal(hr_image_frame(&img, at + 5, &start, &end), 1);
        assert_int_equal(start, at);
        assert_true(end > at + 5);
        assert_int_equal(hr_image_next_frame(&img, at), at);
        assert_true(hr_image_next_frame(&img, at + 1) >= end);
    }
    assert_int_equal(hr_image_frame(&img, UINT64_MAX, &start, &end), 0);
    hr_image_close(&img);
}

static void own_symtab_is_read(void **state)
{
    static const char *const names[] = {"own_symtab_is_read", "own_symtab_is_not_there"};
    hr_symbol found[2];
    Dl_info info;
    const char *why;
    hr_image img;

    (void)state;
    assert_int_not_equal(dladdr((void *)(uintptr_t)own_symtab_is_read, &info), 0);
    assert_int_equal(hr_image_open(&img, "/proc/self/exe", &why), 0);
    hr_image_symtab(&img, names, 2, found);
    assert_true(found[0].found);
    assert_int_equal(found[0].address, (uintptr_t)own_symtab_is_read - (uintptr_t)info.dli_fbase);
    assert_false(found[1].found);
    hr_image_close(&img);
}

/* A small file with everything in it: header, four segments, dynamic section, note. */
struct small {
    Elf64_Ehdr h;
    Elf64_Phdr p[4];
    Elf64_Dyn d[4];
    uint32_t note[4];
    uint8_t id[8];
    char strings[32];
    uint8_t code[64];
};

static struct small small(void)
{
    struct small s;

    memset(&s, 0, sizeof(s));
    memcpy(s.h.e_ident, ELFMAG, SELFMAG);
    s.h.e_ident[EI_CLASS] = ELFCLASS64;
    s.h.e_ident[EI_DATA] = ELFDATA2LSB;
    s.h.e_ident[EI_VERSION] = EV_CURRENT;
    s.h.e_version = EV_CURRENT;
    s.h.e_type = ET_DYN;
    s.h.e_machine = EM_X86_64;
    s.h.e_ehsize = sizeof(s.h);
    s.h.e_phoff = offsetof(struct small, p);
    s.h.e_phentsize = sizeof(Elf64_Phdr);
    s.h.e_phnum = 4;
    s.p[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = sizeof(s), .p_memsz = sizeof(s)};
    s.p[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                          .p_flags = PF_R | PF_X,
                          .p_offset = offsetof(struct small, code),
                          .p_vaddr = 0x1000,
                          .p_filesz = 64,
                          .p_memsz = 64};
    s.p[2] =
        (Elf64_Phdr){.p_type = PT_DYNAMIC, .p_offset = offsetof(struct small, d), .p_filesz = sizeof(s.d)};
    s.p[3] = (Elf64_Phdr){.p_type = PT_NOTE,
                          .p_offset = offsetof(struct small, note),
                          .p_filesz = sizeof(s.note) + 8,
                          .p_align = 4};
    s.d[0] = (Elf64_Dyn){.d_tag = DT_STRTAB, .d_un.d_ptr = offsetof(struct small, strings)};
    s.d[1] = (Elf64_Dyn){.d_tag = DT_STRSZ, .d_un.d_val = sizeof(s.strings)};
    s.d[2] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un.d_val = 1};
    s.note[0] = 4;
    s.note[1] = 8;
    s.note[2] = NT_GNU_BUILD_ID;
    memcpy(&s.note[3], "GNU", 4);
    memcpy(s.id, "12345678", 8);
    strcpy(s.strings + 1, "libx.so");
    return s;
}

/* A copy of exactly n bytes through all of the reader and the locator. */
static int read_copy(const void *p, size_t n, const char **why)
{
    static const char *const names[] = {"SSL_write", "SSL_read"};
    void *copy = malloc(n ? n : 1);
    uint64_t start, end;
    hr_symbol found[2];
    headroom_located at;
    hr_image img;
    int err;

    assert_non_null(copy);
    memcpy(copy, p, n);
    err = hr_image_of(&img, copy, n, why);
    if (err == 0) {
        hr_image_dynamic(&img, names, 2, found);
        hr_image_symtab(&img, names, 2, found);
        for (size_t i = 0; hr_image_needed(&img, i); i++)
            ;
        hr_image_frame(&img, 0x1000, &start, &end);
        assert_true(hr_locate_image(&img, HEADROOM_LOCATE_DESCRIBE, NULL, &at) <= 1);
        assert_non_null(memchr(at.reason, 0, sizeof(at.reason)));
    }
    hr_image_close(&img);
    free(copy);
    return err;
}

static void a_small_file_is_read(void **state)
{
    struct small s = small();
    const char *why;
    hr_image img;

    (void)state;
    assert_int_equal(hr_image_of(&img, &s, sizeof(s), &why), 0);
    assert_int_equal(img.build_id_len, 8);
    assert_memory_equal(img.build_id, "12345678", 8);
    assert_string_equal(hr_image_needed(&img, 0), "libx.so");
    assert_int_equal(hr_image_offset(&img, 0x1001), offsetof(struct small, code) + 1);
    assert_null(hr_image_segment(&img, 0x1040));
    hr_image_close(&img);
}

static void every_truncation_is_an_error_or_harmless(void **state)
{
    struct small s = small();
    const char *why;

    (void)state;
    for (size_t n = 0; n < sizeof(s); n++)
        assert_int_equal(read_copy(&s, n, &why), HR_ESHAPE);
}

static void every_field_may_hold_anything(void **state)
{
    static const uint64_t values[] = {
        0, 1, 3, 64, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX, UINT64_MAX - 63};
    const char *why;

    (void)state;
    for (size_t at = EI_NIDENT; at < offsetof(struct small, code); at += 2) {
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            for (size_t size = 2; size <= 8; size *= 2) {
                struct small s = small();

                if (at + size > sizeof(s))
                    continue;
                memcpy((char *)&s + at, &values[i], size);
                read_copy(&s, sizeof(s), &why);
            }
        }
    }
}

static void what_is_not_for_us_is_named(void **state)
{
    struct small s = small();
    const char *why;
    hr_image img;

    (void)state;
    s.h.e_ident[EI_CLASS] = ELFCLASS32;
    assert_int_equal(read_copy(&s, sizeof(s), &why), HR_ESHAPE);
    assert_string_equal(why, "a 32-bit file");
    s = small();
    s.h.e_machine = EM_RISCV;
    assert_int_equal(read_copy(&s, sizeof(s), &why), HR_ESHAPE);
    assert_string_equal(why, "made for another processor");
    s = small();
    s.h.e_type = ET_REL;
    assert_int_equal(read_copy(&s, sizeof(s), &why), HR_ESHAPE);
    assert_string_equal(why, "neither an executable nor a shared object");
    assert_int_equal(
        read_copy("no ELF at all, but long enough to hold a header of sixty-four bytes", 65, &why),
        HR_ESHAPE);
    assert_string_equal(why, "not an ELF file");
    assert_int_equal(hr_image_open(&img, "/no/such/file", &why), HR_EIO);
    assert_int_equal(hr_image_open(&img, "/proc", &why), HR_ESHAPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_where_the_loader_finds_them),
        cmocka_unit_test(bytes_in_the_file_are_those_in_memory),
        cmocka_unit_test(the_frame_table_covers_functions_from_their_first_byte),
        cmocka_unit_test(own_symtab_is_read),
        cmocka_unit_test(a_small_file_is_read),
        cmocka_unit_test(every_truncation_is_an_error_or_harmless),
        cmocka_unit_test(every_field_may_hold_anything),
        cmocka_unit_test(what_is_not_for_us_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
