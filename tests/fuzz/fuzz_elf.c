/* fuzz_elf.c - libFuzzer target for core/elf/: any bytes as an ELF file, through the reader, the symbols, the frame table
   and the search; what is claimed to be found must be code that is there.

   The seeds are builds of tests/programs/elf/boringssl_*.c, stripped, by gcc and by clang --target=aarch64-linux-gnu:
     CC -Os -DERA=2023 [-fno-pie -no-pie -static | -fPIE -pie | -fPIC -shared] -nostdlib -nostartfiles -Wl,-e,main
        -Wl,-z,noseparate-code,-z,max-page-size=4096 -Wl,--unresolved-symbols=ignore-all boringssl_*.c */
#include "elf/describe.h"
#include "elf/locate.h"
#include "elf/x86.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void claim_found(const hr_image *img, const headroom_located *at, int got)
{
    CLAIM(got == 0 || got == 1);
    CLAIM((got == 1) == (at->tier != HEADROOM_TIER_NONE));
    CLAIM(memchr(at->reason, 0, sizeof(at->reason)) && memchr(at->version, 0, sizeof(at->version)));
    CLAIM(got == 1 || at->reason[0]);
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        const headroom_function *f = &at->function[i];

        if (f->address == 0)
            continue;
        CLAIM(got == 1);
        CLAIM(f->offset <= img->n && img->n - f->offset >= sizeof(f->expected));
        CLAIM(memcmp(img->p + f->offset, f->expected, sizeof(f->expected)) == 0);
        CLAIM(at->tier != HEADROOM_TIER_ANCHOR || __builtin_popcount(f->checks) >= 2);
    }
}

static bool remember(void *arg, const uint8_t *id, size_t len, hr_located_memo *out)
{
    (void)id, (void)len;
    memcpy(out, arg, sizeof(*out));
    return true;
}

static void keep(void *arg, const uint8_t *id, size_t len, const hr_located_memo *memo)
{
    (void)id, (void)len;
    memcpy(arg, memo, sizeof(*memo));
}

static void read_all(const hr_image *img)
{
    hr_located_memo memo = {0};
    hr_locate_cache writing = {NULL, keep, &memo}, reading = {remember, NULL, &memo};
    headroom_located at, again;
    uint64_t start, end;
    int got = hr_locate_image(img, HEADROOM_LOCATE_ANCHORS_ONLY, NULL, &at);

    claim_found(img, &at, got);
    got = hr_locate_image(img, HEADROOM_LOCATE_DESCRIBE, &writing, &at);
    claim_found(img, &at, got);
    /* The cached answer is the same one. */
    if (memo.method) {
        CLAIM(hr_locate_image(img, 0, &reading, &again) == got);
        for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++)
            CLAIM(at.function[i].address == again.function[i].address);
    }
    for (size_t i = 0; i < img->segments; i++) {
        if (hr_image_frame(img, img->segment[i].address, &start, &end))
            CLAIM(start <= img->segment[i].address && end > img->segment[i].address);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    const char *why;
    hr_image img;
    hr_x86 in;

    CLAIM(copy);
    if (size)
        memcpy(copy, data, size);
    if (hr_image_of(&img, copy, size, &why) == 0)
        read_all(&img);
    else
        CLAIM(why && *why);
    hr_image_close(&img);
    for (size_t i = 0; i < size && i < 64; i++)
        CLAIM(hr_x86_decode(copy + size - i, i, &in) <= i);
    free(copy);
    return 0;
}
