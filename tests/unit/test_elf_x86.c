/* The locator's decoder against Zydis, at every byte of real code: where both know an instruction, they agree on its
   length and on what the locator reads from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <Zydis/Zydis.h>

#include "elf/image.h"
#include "elf/x86.h"

enum { MOST = 3 << 20 /* bytes of each library */ };

static const char *const libraries[] = {
    "/usr/lib/x86_64-linux-gnu/libssl.so.3",
    "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
    "/lib/x86_64-linux-gnu/libc.so.6",
};

static void compare_operands(const hr_x86 *ours, const ZydisDecodedInstruction *z)
{
    if (z->attributes & ZYDIS_ATTRIB_HAS_MODRM) {
        assert_true(ours->modrm);
        assert_int_equal(ours->mod, z->raw.modrm.mod);
        assert_int_equal(ours->reg & 7, z->raw.modrm.reg);
        if (z->raw.disp.size)
            assert_int_equal(ours->disp, z->raw.disp.value);
        assert_int_equal(ours->rip, z->raw.modrm.mod == 0 && z->raw.modrm.rm == 5);
    }
    /* enter has two immediates, ret's does not matter; Zydis extends some with zeros */
    if (z->raw.imm[0].size && z->mnemonic != ZYDIS_MNEMONIC_ENTER && ours->map == HR_X86_ONE &&
        ours->op != 0xc2) {
        uint64_t mask = z->raw.imm[0].size == 64 ? UINT64_MAX : (1ull << z->raw.imm[0].size) - 1;

        assert_int_equal((uint64_t)ours->imm & mask, z->raw.imm[0].value.u & mask);
    }
}

static void lengths_and_operands_are_those_of_zydis(void **state)
{
    size_t same = 0, refused = 0;
    ZydisDecoder decoder;

    (void)state;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        const char *why;
        hr_image img;

        assert_int_equal(hr_image_open(&img, libraries[i], &why), 0);
        for (size_t k = 0; k < img.segments; k++) {
            const uint8_t *p = img.p + img.segment[k].offset;
            size_t n = (size_t)img.segment[k].size;

            if (!img.segment[k].execute)
                continue;
            for (size_t at = 0; at < n && at < MOST; at++) {
                size_t left = n - at < 15 ? n - at : 15;
                ZydisDecodedInstruction z;
                ZydisDecoderContext context;
                hr_x86 ours;
                size_t length = hr_x86_decode(p + at, left, &ours);

                if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, &context, p + at, left, &z)))
                    continue;
                if (length == 0) {
                    refused++;
                    continue;
                }
                if (length != z.length)
                    fail_msg("%s + 0x%zx: %zu bytes, Zydis says %u", libraries[i], at, length, z.length);
                compare_operands(&ours, &z);
                same++;
            }
        }
        hr_image_close(&img);
    }
    print_message("%zu the same, %zu refused\n", same, refused);
    assert_true(refused < same / 50);
}

static void a_cut_instruction_is_refused(void **state)
{
    static const uint8_t code[] = {0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0};
    hr_x86 in;

    (void)state;
    assert_int_equal(hr_x86_decode(code, sizeof(code), &in), sizeof(code));
    for (size_t n = 0; n < sizeof(code); n++)
        assert_int_equal(hr_x86_decode(code, n, &in), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_and_operands_are_those_of_zydis),
        cmocka_unit_test(a_cut_instruction_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
