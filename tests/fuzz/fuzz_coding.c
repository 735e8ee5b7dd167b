/* fuzz_coding.c - libFuzzer target for core/coding.c. Input: one byte that names the coding, then a coded body. What decodes is within
   the limit, is the same every time, and is the same again after encoding and decoding; what does not leaves nothing behind. */
#include <stdlib.h>
#include <string.h>

#include "coding.h"
#include "limits.h"

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_buf plain = {0}, coded = {0}, again = {0};
    hr_coding coding;
    int err;

    if (size == 0)
        return 0;
    coding = data[0] & 1 ? HR_CODING_ZSTD : HR_CODING_GZIP;
    err = hr_coding_decode(coding, hr_str_make((const char *)data + 1, size - 1), &plain);
    CLAIM(err == 0 || err == HR_ECODING || err == HR_ELIMIT);
    if (err == 0) {
        CLAIM(plain.len <= HR_MAX_BODY);
        CLAIM(hr_coding_encode(coding, hr_buf_view(&plain), &coded) == 0);
        CLAIM(hr_coding_decode(coding, hr_buf_view(&coded), &again) == 0);
        CLAIM(hr_str_eq(hr_buf_view(&plain), hr_buf_view(&again)));
    }
    hr_buf_free(&plain);
    hr_buf_free(&coded);
    hr_buf_free(&again);
    return 0;
}
