/* test_decode.c - claims of the content codings of responses (core/decode.c). What is decoded here was coded by zlib, libbrotlienc and
   libzstd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <brotli/encode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "decode.h"
#include "fault.h"
#include "limits.h"

enum { GZIP = 31, ZLIB = 15, BARE = -15 };

static hr_str zlib_coded(int window, hr_str plain)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, plain.n);
    char *out = malloc(room);
    assert_non_null(out);
    z.next_in = (Bytef *)(uintptr_t)plain.p;
    z.avail_in = (uInt)plain.n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    hr_str coded = hr_str_make(out, z.total_out);
    deflateEnd(&z);
    return coded;
}

static hr_str brotli_coded(hr_str plain)
{
    size_t n = BrotliEncoderMaxCompressedSize(plain.n) + 64;
    uint8_t *out = malloc(n);
    assert_non_null(out);
    assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, plain.n, (const uint8_t *)plain.p, &n, out));
    return hr_str_make((char *)out, n);
}

static hr_str zstd_coded(hr_str plain)
{
    size_t room = ZSTD_compressBound(plain.n);
    char *out = malloc(room);
    assert_non_null(out);
    size_t n = ZSTD_compress(out, room, plain.p, plain.n, 3);
    assert_false(ZSTD_isError(n));
    return hr_str_make(out, n);
}

static hr_str coded_as(const char *name, hr_str plain)
{
    return strcmp(name, "gzip") == 0      ? zlib_coded(GZIP, plain)
           : strcmp(name, "deflate") == 0 ? zlib_coded(ZLIB, plain)
           : strcmp(name, "bare") == 0    ? zlib_coded(BARE, plain)
           : strcmp(name, "br") == 0      ? brotli_coded(plain)
                                          : zstd_coded(plain);
}

static const char *header_of(const char *name)
{
    return strcmp(name, "bare") == 0 ? "deflate" : name;
}

static void collect(void *arg, const char *p, size_t n)
{
    assert_in_range(n, 1, 1 << 20);
    hr_buf_add(arg, p, n);
}

/* In pieces of this many bytes, each in memory of its own. What came out. */
static hr_buf decoded(const char *header, hr_str coded, size_t piece)
{
    hr_buf out = {0};
    hr_decode *d = hr_decode_new(hr_str_make(header, strlen(header)), collect, &out);
    assert_non_null(d);
    for (size_t at = 0; at < coded.n; at += piece) {
        size_t n = coded.n - at < piece ? coded.n - at : piece;
        char *own = malloc(n);
        assert_non_null(own);
        memcpy(own, coded.p + at, n);
        hr_decode_add(d, own, n);
        free(own);
    }
    hr_decode_free(d);
    assert_int_equal(out.err, 0);
    return out;
}

static void comes_back(const char *header, hr_str coded, hr_str plain)
{
    static const size_t pieces[] = {1, 2, 7, 1000, 1 << 30};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        hr_buf out = decoded(header, coded, pieces[i]);
        assert_true(hr_str_eq(hr_buf_view(&out), plain));
        hr_buf_free(&out);
    }
}

static const char *const codings[] = {"gzip", "deflate", "bare", "br", "zstd"};
enum { CODINGS = sizeof codings / sizeof *codings };

static hr_str some_text(size_t n)
{
    char *text = malloc(n);
    uint32_t x = 5;
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        text[i] = "data: {\"usage\":0123}\n"[i % 7 ? (x >> 16) % 21 : i % 21];
    }
    return hr_str_make(text, n);
}

static void each_coding_is_undone_in_any_pieces(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 100000; size = size * 300 + 1) {
        hr_str plain = some_text(size);
        for (int i = 0; i < CODINGS; i++) {
            hr_str coded = coded_as(codings[i], plain);
            comes_back(header_of(codings[i]), coded, plain);
            free((void *)(uintptr_t)coded.p);
        }
        free((void *)(uintptr_t)plain.p);
    }
}

static void two_codings_are_undone_in_their_order(void **state)
{
    (void)state;
    hr_str plain = some_text(30000);
    for (int i = 0; i < CODINGS; i++)
        for (int j = 0; j < CODINGS; j++) {
            char header[40];
            hr_str first = coded_as(codings[i], plain), both = coded_as(codings[j], first);
            snprintf(header, sizeof header, " %s ,\t%s", header_of(codings[i]), header_of(codings[j]));
            comes_back(header, both, plain);
            free((void *)(uintptr_t)first.p);
            free((void *)(uintptr_t)both.p);
        }
    free((void *)(uintptr_t)plain.p);
}

static void names_are_read_as_the_standard_says(void **state)
{
    static const char *const none[] = {"", "identity", "Identity, ", ",,"};
    static const char *const unknown[] = {"compress", "gzip, dcb", "gzip;q=1", "gzip gzip", "br, gzip, zstd"};
    (void)state;
    hr_str coded = zlib_coded(GZIP, HR_STR("plain"));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        comes_back(none[i], HR_STR("as it is"), HR_STR("as it is"));
    comes_back("X-GZIP", coded, HR_STR("plain"));
    comes_back("identity, gzip", coded, HR_STR("plain"));
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_null(hr_decode_new(hr_str_make(unknown[i], strlen(unknown[i])), collect, NULL));
    free((void *)(uintptr_t)coded.p);
}

/* Behind each cut, and in front of each broken byte, stands what was decoded until then. */
static void a_cut_or_broken_stream_gives_what_was_read(void **state)
{
    (void)state;
    hr_str plain = some_text(3000);
    for (int i = 0; i < CODINGS; i++) {
        hr_str coded = coded_as(codings[i], plain);
        size_t longest = 0;
        for (size_t n = 0; n < coded.n; n++) {
            hr_buf out = decoded(header_of(codings[i]), hr_str_make(coded.p, n), 64);
            assert_true(out.len >= longest && out.len <= plain.n);
            assert_memory_equal(out.len ? out.data : "", plain.p, out.len);
            longest = out.len;
            hr_buf_free(&out);
        }
        assert_true(longest > 0 || i == 4); /* zstd gives its blocks whole */
        for (size_t n = 0; n < coded.n; n += 13) {
            char *bad = malloc(coded.n);
            assert_non_null(bad);
            memcpy(bad, coded.p, coded.n);
            bad[n] = (char)(bad[n] ^ 0x55);
            hr_buf out = decoded(header_of(codings[i]), hr_str_make(bad, coded.n), 64);
            hr_buf_free(&out);
            free(bad);
        }
        free((void *)(uintptr_t)coded.p);
    }
    free((void *)(uintptr_t)plain.p);
}

static void what_follows_an_end_is_another_member_or_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < CODINGS; i++) {
        hr_str one = coded_as(codings[i], HR_STR("one ")), two = coded_as(codings[i], HR_STR("two"));
        bool members = strcmp(codings[i], "gzip") == 0 || strcmp(codings[i], "zstd") == 0;
        hr_buf both = {0};
        hr_buf_str(&both, one);
        hr_buf_str(&both, two);
        comes_back(header_of(codings[i]), hr_buf_view(&both), members ? HR_STR("one two") : HR_STR("one "));
        hr_buf_free(&both);
        free((void *)(uintptr_t)one.p);
        free((void *)(uintptr_t)two.p);
    }
}

static void count_bytes(void *arg, const char *p, size_t n)
{
    (void)p;
    *(size_t *)arg += n;
}

/* A bomb: what it takes in memory does not grow with what comes out. */
static void memory_is_bounded_whatever_comes_out(void **state)
{
    enum { SIZE = 64 << 20 };
    (void)state;
    char *zeros = calloc(1, SIZE);
    assert_non_null(zeros);
    for (int i = 0; i < CODINGS; i++) {
        hr_str coded = coded_as(codings[i], hr_str_make(zeros, SIZE));
        size_t came = 0;
        hr_decode *d = hr_decode_new(hr_str_make(header_of(codings[i]), strlen(header_of(codings[i]))),
                                     count_bytes, &came);
        assert_non_null(d);
        long before = hr_fault_count(HR_FAULT_ALLOC);
        hr_decode_add(d, coded.p, coded.n);
        assert_in_range(hr_fault_count(HR_FAULT_ALLOC) - before, 0, 60); /* each of at most a window */
        assert_int_equal(came, SIZE);
        hr_decode_free(d);
        free((void *)(uintptr_t)coded.p);
    }
    free(zeros);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    hr_str plain = some_text(5000);
    for (int i = 0; i < CODINGS; i++) {
        hr_str coded = coded_as(codings[i], plain);
        bool reached = true;
        for (long n = 1; reached; n++) {
            hr_buf out = {0};
            assert_in_range(n, 1, 200);
            hr_fault_after(HR_FAULT_ALLOC, n, false);
            long before = hr_fault_count(HR_FAULT_ALLOC);
            hr_decode *d = hr_decode_new(hr_str_make(header_of(codings[i]), strlen(header_of(codings[i]))),
                                         collect, &out);
            if (d)
                hr_decode_add(d, coded.p, coded.n);
            hr_decode_free(d);
            reached = hr_fault_count(HR_FAULT_ALLOC) - before >= n;
            hr_fault_after(HR_FAULT_ALLOC, 0, false);
            if (!out.err)
                assert_memory_equal(out.len ? out.data : "", plain.p, out.len);
            hr_buf_free(&out);
        }
        free((void *)(uintptr_t)coded.p);
    }
    free((void *)(uintptr_t)plain.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_coding_is_undone_in_any_pieces),
        cmocka_unit_test(two_codings_are_undone_in_their_order),
        cmocka_unit_test(names_are_read_as_the_standard_says),
        cmocka_unit_test(a_cut_or_broken_stream_gives_what_was_read),
        cmocka_unit_test(what_follows_an_end_is_another_member_or_nothing),
        cmocka_unit_test(memory_is_bounded_whatever_comes_out),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
