/* test_coding.c - gzip and zstd bodies: what is undone, what is refused, and the road of a request in a coding. */
#define ZSTD_STATIC_LINKING_ONLY
#include "road.h"

#include <zlib.h>
#include <zstd.h>

#include "coding.h"
#include "limits.h"

static const hr_coding codings[] = {HR_CODING_GZIP, HR_CODING_ZSTD};
static const char *const names[] = {"gzip", "zstd"};

static hr_str text(const char *z)
{
    return hr_str_make(z, strlen(z));
}

static hr_buf coded(hr_coding c, hr_str plain)
{
    hr_buf b = {0};
    assert_int_equal(hr_coding_encode(c, plain, &b), 0);
    return b;
}

static void assert_decodes(hr_coding c, hr_str in, hr_str plain)
{
    hr_buf b = {0};
    assert_int_equal(hr_coding_decode(c, in, &b), 0);
    assert_int_equal(b.len, plain.n);
    assert_memory_equal(b.data, plain.p, plain.n);
    hr_buf_free(&b);
}

static void assert_refused(hr_coding c, hr_str in, int why)
{
    hr_buf b = {0};
    assert_int_equal(hr_coding_decode(c, in, &b), why);
    hr_buf_free(&b);
}

static void names_are_read_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(hr_coding_of((hr_str){NULL, 0}), HR_CODING_NONE);
    assert_int_equal(hr_coding_of(HR_STR("Identity")), HR_CODING_NONE);
    assert_int_equal(hr_coding_of(HR_STR("GZip")), HR_CODING_GZIP);
    assert_int_equal(hr_coding_of(HR_STR("x-gzip")), HR_CODING_GZIP);
    assert_int_equal(hr_coding_of(HR_STR("ZSTD")), HR_CODING_ZSTD);
    assert_int_equal(hr_coding_of(HR_STR("br")), HR_CODING_UNKNOWN);
    assert_int_equal(hr_coding_of(HR_STR("gzip, zstd")), HR_CODING_UNKNOWN);
    assert_refused(HR_CODING_UNKNOWN, HR_STR("{}"), HR_ECODING);
}

static void what_is_coded_decodes_to_itself(void **state)
{
    (void)state;
    char *rows = road_rows(3000);
    for (int c = 0; c < 2; c++) {
        for (size_t n = 0; n <= strlen(rows); n = n * 3 + 1) {
            hr_buf b = coded(codings[c], hr_str_make(rows, n));
            assert_decodes(codings[c], hr_buf_view(&b), hr_str_make(rows, n));
            hr_buf_free(&b);
        }
    }
    free(rows);
}

static void several_members_or_frames_are_one_body(void **state)
{
    (void)state;
    for (int c = 0; c < 2; c++) {
        hr_buf a = coded(codings[c], HR_STR("{\"a\":")), b = coded(codings[c], HR_STR("")),
               d = coded(codings[c], HR_STR("17}"));
        hr_buf_str(&a, hr_buf_view(&b));
        hr_buf_str(&a, hr_buf_view(&d));
        assert_decodes(codings[c], hr_buf_view(&a), HR_STR("{\"a\":17}"));
        hr_buf_free(&a), hr_buf_free(&b), hr_buf_free(&d);
    }
    /* A skippable frame carries nothing (RFC 8878 3.1.2). */
    hr_buf z = {0}, b = coded(HR_CODING_ZSTD, HR_STR("{}"));
    hr_buf_add(&z, "\x53\x2a\x4d\x18\x03\0\0\0abc", 11);
    hr_buf_str(&z, hr_buf_view(&b));
    assert_decodes(HR_CODING_ZSTD, hr_buf_view(&z), HR_STR("{}"));
    hr_buf_free(&z), hr_buf_free(&b);
}

static void what_is_cut_short_or_goes_on_is_refused_at_every_byte(void **state)
{
    (void)state;
    char *rows = road_rows(40);
    for (int c = 0; c < 2; c++) {
        hr_buf b = coded(codings[c], text(rows));
        for (size_t n = 0; n < b.len; n++) {
            char *cut = malloc(n + 1); /* so that a byte read behind the end is found */
            memcpy(cut, b.data, n);
            assert_refused(codings[c], hr_str_make(cut, n), HR_ECODING);
            free(cut);
        }
        for (int i = 0; i < 256; i++) {
            hr_buf_putc(&b, (char)i);
            assert_refused(codings[c], hr_buf_view(&b), HR_ECODING);
            b.len--;
        }
        assert_refused(codings[!c], hr_buf_view(&b), HR_ECODING);
        assert_refused(codings[c], text(rows), HR_ECODING);
        hr_buf_free(&b);
    }
    free(rows);
}

static void a_wrong_checksum_is_refused(void **state)
{
    (void)state;
    char *rows = road_rows(40), out[4096];
    hr_buf b = coded(HR_CODING_GZIP, text(rows));
    for (size_t i = 1; i <= 8; i++) { /* CRC-32, then the length */
        b.data[b.len - i] ^= 1;
        assert_refused(HR_CODING_GZIP, hr_buf_view(&b), HR_ECODING);
        b.data[b.len - i] ^= 1;
    }
    assert_decodes(HR_CODING_GZIP, hr_buf_view(&b), text(rows));
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    size_t n = ZSTD_compress2(z, out, sizeof out, rows, strlen(rows));
    assert_false(ZSTD_isError(n));
    assert_decodes(HR_CODING_ZSTD, hr_str_make(out, n), text(rows));
    out[n - 1] ^= 1;
    assert_refused(HR_CODING_ZSTD, hr_str_make(out, n), HR_ECODING);
    ZSTD_freeCCtx(z);
    hr_buf_free(&b);
    free(rows);
}

static void a_dictionary_is_refused(void **state)
{
    (void)state;
    char *rows = road_rows(300), out[8192], dictionary[4096];
    ZSTD_CCtx *z = ZSTD_createCCtx();
    memcpy(dictionary, rows, sizeof dictionary);
    size_t n =
        ZSTD_compress_usingDict(z, out, sizeof out, rows, strlen(rows) / 8, dictionary, sizeof dictionary, 3);
    assert_false(ZSTD_isError(n));
    assert_refused(HR_CODING_ZSTD, hr_str_make(out, n), HR_ECODING);
    /* A frame that names its dictionary (id 7). */
    static const char named[] = "\x28\xb5\x2f\xfd\x21\x07\x02\x11\x00\x00{}";
    assert_refused(HR_CODING_ZSTD, hr_str_make(named, sizeof named - 1), HR_ECODING);
    /* The same without a dictionary is fine. */
    static const char plain[] = "\x28\xb5\x2f\xfd\x20\x02\x11\x00\x00{}";
    assert_decodes(HR_CODING_ZSTD, hr_str_make(plain, sizeof plain - 1), HR_STR("{}"));
    ZSTD_freeCCtx(z);
    free(rows);
}

/* A frame that does not tell its length, as Rust's zstd::encode_all makes it. */
static hr_buf streamed(hr_str plain, int window_log)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    hr_buf b = {0};
    hr_buf_reserve(&b, ZSTD_compressBound(plain.n));
    ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log);
    ZSTD_inBuffer in = {plain.p, plain.n, 0};
    ZSTD_outBuffer out = {b.data, b.cap, 0};
    while (in.pos < in.size)
        assert_false(ZSTD_isError(ZSTD_compressStream2(z, &out, &in, ZSTD_e_continue)));
    assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
    b.len = out.pos;
    ZSTD_freeCCtx(z);
    return b;
}

static void a_window_above_the_limit_is_refused(void **state)
{
    (void)state;
    char *rows = road_rows(2000);
    hr_buf fits = streamed(text(rows), 23), wide = streamed(text(rows), 24);
    assert_true(ZSTD_getFrameContentSize(fits.data, fits.len) == ZSTD_CONTENTSIZE_UNKNOWN);
    assert_decodes(HR_CODING_ZSTD, hr_buf_view(&fits), text(rows));
    assert_refused(HR_CODING_ZSTD, hr_buf_view(&wide), HR_ECODING);
    hr_buf_free(&fits), hr_buf_free(&wide);
    free(rows);
}

static void a_bomb_is_refused_at_the_limit(void **state)
{
    (void)state;
    hr_buf plain = {.max = HR_MAX_BODY + 1};
    hr_buf_reserve(&plain, HR_MAX_BODY + 1);
    memset(plain.data, ' ', HR_MAX_BODY + 1);
    for (int c = 0; c < 2; c++) {
        hr_buf b = coded(codings[c], hr_str_make(plain.data, HR_MAX_BODY));
        assert_decodes(codings[c], hr_buf_view(&b), hr_str_make(plain.data, HR_MAX_BODY));
        hr_buf_free(&b);
        b = coded(codings[c], hr_str_make(plain.data, HR_MAX_BODY + 1));
        assert_refused(codings[c], hr_buf_view(&b), HR_ELIMIT);
        hr_buf_free(&b);
    }
    hr_buf b = streamed(hr_str_make(plain.data, HR_MAX_BODY + 1), 20);
    assert_refused(HR_CODING_ZSTD, hr_buf_view(&b), HR_ELIMIT);
    hr_buf_free(&b);
    assert_refused(HR_CODING_GZIP, hr_str_make(plain.data, HR_MAX_BODY + 1), HR_ELIMIT);
    hr_buf_free(&plain);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    char *rows = road_rows(500);
    for (int c = 0; c < 2; c++) {
        hr_buf b = coded(codings[c], text(rows));
        for (int encode = 0; encode < 2; encode++) {
            long n = 1, calls = 0;
            for (;; n++) {
                hr_buf out = {0};
                hr_fault_after(HR_FAULT_ALLOC, n, false);
                int err = encode ? hr_coding_encode(codings[c], text(rows), &out)
                                 : hr_coding_decode(codings[c], hr_buf_view(&b), &out);
                calls = hr_fault_count(HR_FAULT_ALLOC);
                hr_fault_after(HR_FAULT_ALLOC, 0, false);
                hr_buf_free(&out);
                assert_int_equal(err, calls < n ? 0 : HR_ENOMEM);
                if (err == 0)
                    break;
            }
            assert_true(n > 2);
        }
        hr_buf_free(&b);
    }
    free(rows);
}

/* ------------------------------------------------------------------ the road */
struct sent {
    hr_buf plain; /* what went out, decoded; empty where the original did */
    long allocations;
    headroom_row row;
    char skipped[32];
};

static struct sent send_coded(headroom *h, hr_str body, const char *encoding, enum headroom_mode mode)
{
    const headroom_head head = {.host = "api",
                                .host_len = 3,
                                .path = "/v1/messages",
                                .path_len = 12,
                                .dialect = "anthropic",
                                .encoding = encoding,
                                .encoding_len = strlen(encoding)};
    struct sent s = {0};
    const void *out;
    size_t n;
    headroom_request *r = headroom_request_new(h, &head, mode);
    bool rewritten = r && headroom_request_body(r, body.p, body.n, &out, &n) == 1;

    s.allocations = hr_fault_count(HR_FAULT_ALLOC);
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    if (!r)
        return s;
    if (rewritten)
        assert_int_equal(hr_coding_decode(hr_coding_of(text(encoding)), hr_str_make(out, n), &s.plain), 0);
    headroom_request_row(r, &s.row);
    snprintf(s.skipped, sizeof s.skipped, "%s", s.row.skipped ? s.row.skipped : "");
    headroom_request_sent(r);
    headroom_request_end(r, true);
    return s;
}

static void a_coded_request_is_rewritten_as_a_plain_one_is(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    struct road_out plain = road_once(body);
    for (int c = 0; c < 2; c++) {
        headroom *h = headroom_open(0);
        hr_buf b = coded(codings[c], text(body));
        struct sent s = send_coded(h, hr_buf_view(&b), names[c], HEADROOM_OPTIMIZE);
        assert_int_equal(s.plain.len, strlen(plain.body));
        assert_memory_equal(s.plain.data, plain.body, s.plain.len);
        assert_int_equal(s.row.replayed, 1);
        assert_int_equal(s.row.bytes_before, strlen(body));
        assert_int_equal(s.row.bytes_after, strlen(plain.body));
        assert_true(s.row.tokens_after < s.row.tokens_before / 4);
        hr_buf_free(&s.plain);
        s = send_coded(h, hr_buf_view(&b), names[c], HEADROOM_AUDIT);
        assert_int_equal(s.plain.len, 0);
        assert_true(s.row.tokens_before > 1000);
        hr_buf_free(&b);
        headroom_close(h);
    }
    free(plain.body), free(body), free(rows);
}

static void a_coding_that_cannot_be_undone_is_named(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    hr_buf b = coded(HR_CODING_GZIP, HR_STR("{}"));
    static const char *const other[] = {"zstd", "br"};
    for (int i = 0; i < 2; i++) {
        struct sent s = send_coded(h, hr_buf_view(&b), other[i], HEADROOM_OPTIMIZE);
        assert_string_equal(s.skipped, "encoding");
        assert_int_equal(s.plain.len, 0);
        assert_int_equal(s.row.tokens_before, 0);
        assert_int_equal(s.row.bytes_before, b.len);
    }
    struct sent s = send_coded(h, hr_buf_view(&b), "gzip", HEADROOM_OPTIMIZE);
    assert_string_equal(s.skipped, "not_this_dialect");
    hr_buf_free(&b);
    headroom_close(h);
}

static void without_memory_the_original_goes_out_and_nothing_else_is_claimed(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    struct road_out plain = road_once(body);
    for (int c = 0; c < 2; c++) {
        headroom *h = headroom_open(0);
        hr_buf b = coded(codings[c], text(body));
        size_t refused = 0;
        for (long n = 1; n < 1000; n++) {
            hr_fault_after(HR_FAULT_ALLOC, n, false);
            struct sent s = send_coded(h, hr_buf_view(&b), names[c], HEADROOM_OPTIMIZE);
            if (s.plain.len) {
                assert_int_equal(s.plain.len, strlen(plain.body));
                assert_memory_equal(s.plain.data, plain.body, s.plain.len);
            } else {
                assert_int_equal(s.row.rewritten, 0);
                assert_int_equal(s.row.tokens_after, s.row.tokens_before);
                assert_int_equal(s.row.bytes_after, s.row.bytes_before);
                refused++;
            }
            hr_buf_free(&s.plain);
            if (s.allocations < n)
                break;
        }
        assert_true(refused > 5);
        hr_buf_free(&b);
        headroom_close(h);
    }
    free(plain.body), free(body), free(rows);
}

#define ROAD(f) cmocka_unit_test_setup_teardown(f, road_setup, road_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_in_any_case),
        cmocka_unit_test(what_is_coded_decodes_to_itself),
        cmocka_unit_test(several_members_or_frames_are_one_body),
        cmocka_unit_test(what_is_cut_short_or_goes_on_is_refused_at_every_byte),
        cmocka_unit_test(a_wrong_checksum_is_refused),
        cmocka_unit_test(a_dictionary_is_refused),
        cmocka_unit_test(a_window_above_the_limit_is_refused),
        cmocka_unit_test(a_bomb_is_refused_at_the_limit),
        cmocka_unit_test(each_allocation_may_fail),
        ROAD(a_coded_request_is_rewritten_as_a_plain_one_is),
        ROAD(a_coding_that_cannot_be_undone_is_named),
        ROAD(without_memory_the_original_goes_out_and_nothing_else_is_claimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
