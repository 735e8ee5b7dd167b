/* A real library of each family with flipped bits around its anchors: every function is found where it is, or not at
   all. A wrong address would crash the program that is patched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf/locate.h"
#include "elf/search.h"

enum { MUTATIONS = 500 }; /* of each library */

static const char *const libraries[] = {
    "/usr/lib/x86_64-linux-gnu/libssl.so.3",
    "/usr/lib/x86_64-linux-gnu/android/libssl.so.0",
};

static uint64_t seed = 1;

static uint64_t draw(uint64_t n)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (seed >> 33) % n;
}

struct library {
    hr_image file;
    uint8_t *copy;
    headroom_located truth;
    uint64_t place[512]; /* file offsets around which bits are flipped */
    size_t places;
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

    memset(l, 0, sizeof(*l));
    if (hr_image_open(&l->file, path, &why) != 0)
        fail_msg("%s: %s", path, why);
    assert_int_equal(hr_locate_image(&l->file, 0, NULL, &l->truth), 1);
    assert_int_equal(l->truth.tier, HEADROOM_TIER_DYNAMIC);
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        for (uint64_t at = 0; l->truth.function[i].offset && at < 512; at += 32)
            add_place(l, l->truth.function[i].offset + at);
    }
    hr_search_anchors(&l->file, &anchors);
    for (size_t i = 0; i < anchors.n; i++)
        add_place(l, hr_image_offset(&l->file, anchors.v[i].low));
    hr_search_references(&l->file, &anchors, &sites);
    for (size_t i = 0; i < sites.n; i++)
        add_place(l, hr_image_offset(&l->file, sites.v[i].at));
    hr_free(sites.v);
    l->copy = malloc(l->file.n);
    assert_non_null(l->copy);
    memcpy(l->copy, l->file.p, l->file.n);
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
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        struct library l;

        read_library(&l, libraries[i]);
        expect_found(&l);
        for (size_t k = 0; k < MUTATIONS; k++) {
            uint64_t at = l.place[draw(l.places)] + draw(48);
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
        free(l.copy);
        hr_image_close(&l.file);
    }
    /* Both happen: flips elsewhere in the region change nothing, flips in the signature refuse. */
    print_message("%zu found, %zu refused\n", found, refused);
    assert_true(found > MUTATIONS / 10);
    assert_true(refused > MUTATIONS / 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flipped_bits_are_survived_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
