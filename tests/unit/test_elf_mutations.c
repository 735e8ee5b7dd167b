/* test_elf_mutations.c [FILE MUTATIONS SEED]
   A real library of each family with flipped bits around its anchors: every function is found where it is, or not at all. A wrong
   address would crash the program that is patched. With arguments the same for another file: tests/programs/fetched/test_mutations.py
   does so with the programs that are patched. Where a file has no symbols, what the anchors say of it unchanged is the truth; that
   this is right is shown by the programs that run with it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "elf/locate.h"
#include "elf/search.h"

static const char *files[] = {
    "/usr/lib/x86_64-linux-gnu/libssl.so.3",
    "/usr/lib/x86_64-linux-gnu/android/libssl.so.0",
};
static size_t mutations = 500; /* of each file */
static size_t n_files = sizeof(files) / sizeof(files[0]);

static uint64_t seed = 1;

static uint64_t draw(uint64_t n)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (seed >> 33) % n;
}

struct library {
    hr_image file;
    uint8_t *copy; /* a private mapping */
    headroom_located truth;
    uint64_t place[4096]; /* file offsets around which bits are flipped */
    size_t places, inner; /* the first `inner` of them lie in the functions themselves */
};

static void add_place(struct library *l, uint64_t offset)
{
    if (offset && l->places < sizeof(l->place) / sizeof(l->place[0]))
        l->place[l->places++] = offset;
}

static void read_library(struct library *l, const char *path)
{
    const char *why;
    hr_anchors anchors;
    hr_sites sites = {0};
    int fd;

    memset(l, 0, sizeof(*l));
    if (hr_image_open(&l->file, path, &why) != 0)
        fail_msg("%s: %s", path, why);
    assert_int_equal(hr_locate_image(&l->file, 0, NULL, &l->truth), 1);
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        for (uint64_t at = 0; l->truth.function[i].offset && at < 512; at += 32)
            add_place(l, l->truth.function[i].offset + at);
    }
    l->inner = l->places;
    hr_search_anchors(&l->file, &anchors);
    for (size_t i = 0; i < anchors.n; i++)
        add_place(l, hr_image_offset(&l->file, anchors.v[i].low));
    hr_search_references(&l->file, &anchors, &sites);
    for (size_t i = 0; i < sites.n; i++)
        add_place(l, hr_image_offset(&l->file, sites.v[i].at));
    hr_free(sites.v);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    l->copy = mmap(NULL, l->file.n, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    assert_ptr_not_equal(l->copy, MAP_FAILED);
    close(fd);
}

/* The unchanged library, by its anchors alone. */
static void expect_found(const struct library *l)
{
    headroom_located at;

    assert_int_equal(hr_locate_image(&l->file, HEADROOM_LOCATE_ANCHORS_ONLY, NULL, &at), 1);
    assert_int_equal(at.tier, HEADROOM_TIER_ANCHOR);
    assert_int_equal(at.library, l->truth.library);
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++)
        assert_int_equal(at.function[i].address, l->truth.function[i].address);
}

/* 1: found, 0: refused. */
static int expect_never_wrong(const struct library *l)
{
    headroom_located at;
    const char *why;
    hr_image img;
    int got;

    if (hr_image_of(&img, l->copy, l->file.n, &why) != 0)
        return 0;
    got = hr_locate_image(&img, HEADROOM_LOCATE_ANCHORS_ONLY, NULL, &at);
    assert_true(got == 0 || got == 1);
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        if (at.function[i].address && at.function[i].address != l->truth.function[i].address)
            fail_msg("function %zu found at 0x%llx, not 0x%llx", i,
                     (unsigned long long)at.function[i].address,
                     (unsigned long long)l->truth.function[i].address);
    }
    hr_image_close(&img);
    return got;
}

static void flipped_bits_are_survived_or_refused(void **state)
{
    size_t found = 0, refused = 0;

    (void)state;
    for (size_t i = 0; i < n_files; i++) {
        struct library l;

        read_library(&l, files[i]);
        expect_found(&l);
        for (size_t k = 0; k < mutations; k++) {
            uint64_t at = l.place[draw(k % 2 ? l.inner : l.places)] + draw(48);
            size_t bits = 1 + (size_t)draw(3);
            uint64_t flipped[3];

            for (size_t b = 0; b < bits; b++) {
                flipped[b] = (at + draw(16)) % l.file.n;
                l.copy[flipped[b]] ^= (uint8_t)(1u << draw(8));
            }
            if (expect_never_wrong(&l))
                found++;
            else
                refused++;
            for (size_t b = 0; b < bits; b++)
                l.copy[flipped[b]] = l.file.p[flipped[b]];
        }
        munmap(l.copy, l.file.n);
        hr_image_close(&l.file);
    }
    /* Both happen: flips elsewhere in the region change nothing, flips in the signature refuse. */
    print_message("%zu found, %zu refused\n", found, refused);
    assert_true(found > mutations / 10);
    assert_true(refused > mutations / 250);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flipped_bits_are_survived_or_refused),
    };

    if (argc == 4) {
        files[0] = argv[1];
        n_files = 1;
        mutations = strtoul(argv[2], NULL, 10);
        seed = strtoul(argv[3], NULL, 10);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
