/* The tiers of the locator: symbols before the cache before the anchors; what is cached is believed only while the bytes
   are the same. */
#include "store_fixture.h"

#include <link.h>

#include "elf/locate.h"
#include "elf/walk.h"

static const char library[] = "/usr/lib/x86_64-linux-gnu/libssl.so.3";

/* A cache in memory that counts. */
struct memory {
    hr_located_memo memo;
    bool known;
    int asked, kept;
};

static bool get(void *arg, const uint8_t *id, size_t len, hr_located_memo *out)
{
    struct memory *m = arg;

    assert_int_equal(len, 20);
    assert_non_null(id);
    m->asked++;
    *out = m->memo;
    return m->known;
}

static void put(void *arg, const uint8_t *id, size_t len, const hr_located_memo *memo)
{
    struct memory *m = arg;

    (void)id, (void)len;
    m->kept++;
    m->memo = *memo;
    m->known = true;
}

/* The library with other names in its table of symbols, so that only the anchors are left; the copy's file. */
static const char *nameless(void)
{
    static char path[128];
    FILE *in = fopen(library, "rb"), *out;
    char *p = malloc(8 << 20);
    size_t n, renamed = 0;

    assert_non_null(in);
    assert_non_null(p);
    n = fread(p, 1, 8 << 20, in);
    fclose(in);
    for (size_t i = 0; i + 10 < n; i++) {
        /* only in .dynstr, which comes first: the library's own strings are the anchors */
        if (memcmp(p + i, "SSL_write", 10) == 0 && i < 0x20000) {
            p[i] = 'X';
            renamed++;
        }
    }
    assert_int_equal(renamed, 1);
    snprintf(path, sizeof(path), "%s/nameless.so", root);
    out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(p, 1, n, out), n);
    fclose(out);
    free(p);
    return path;
}

static void change_byte(const char *path, uint64_t offset)
{
    FILE *f = fopen(path, "r+b");
    int c;

    assert_non_null(f);
    assert_int_equal(fseek(f, (long)offset, SEEK_SET), 0);
    c = fgetc(f);
    assert_int_equal(fseek(f, (long)offset, SEEK_SET), 0);
    assert_int_equal(fputc(c ^ 1, f), c ^ 1);
    fclose(f);
}

static void expect_same(const headroom_located *a, const headroom_located *b)
{
    assert_int_equal(a->library, b->library);
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        assert_int_equal(a->function[i].address, b->function[i].address);
        assert_memory_equal(a->function[i].expected, b->function[i].expected, 16);
    }
}

static void symbols_need_no_cache(void **state)
{
    struct memory m = {.known = false};
    hr_locate_cache cache = {get, put, &m};
    headroom_located at;

    (void)state;
    assert_int_equal(hr_locate_file(library, 0, &cache, &at), 1);
    assert_int_equal(at.tier, HEADROOM_TIER_DYNAMIC);
    assert_int_equal(m.asked + m.kept, 0);
}

static void a_search_is_done_once_for_a_build(void **state)
{
    struct memory m = {.known = false};
    hr_locate_cache cache = {get, put, &m};
    const char *path = nameless();
    headroom_located truth, first, second;

    (void)state;
    assert_int_equal(hr_locate_file(library, 0, NULL, &truth), 1);
    assert_int_equal(hr_locate_file(path, HEADROOM_LOCATE_KNOWN, &cache, &first), 0);
    assert_int_equal(m.kept, 0);
    m.asked = 0;
    assert_int_equal(hr_locate_file(path, 0, &cache, &first), 1);
    assert_int_equal(first.tier, HEADROOM_TIER_ANCHOR);
    assert_int_equal(m.kept, 1);
    expect_same(&truth, &first);
    assert_int_equal(hr_locate_file(path, HEADROOM_LOCATE_KNOWN, &cache, &second), 1);
    assert_int_equal(second.tier, HEADROOM_TIER_CACHE);
    assert_int_equal(m.kept, 1);
    expect_same(&first, &second);
    assert_int_equal(hr_locate_file(path, HEADROOM_LOCATE_ANCHORS_ONLY, &cache, &second), 1);
    assert_int_equal(second.tier, HEADROOM_TIER_ANCHOR);
    assert_int_equal(m.asked, 2);
}

static void another_method_or_other_bytes_search_anew(void **state)
{
    struct memory m = {.known = false};
    hr_locate_cache cache = {get, put, &m};
    const char *path = nameless();
    headroom_located at;

    (void)state;
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 1);
    m.memo.method++;
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 1);
    assert_int_equal(at.tier, HEADROOM_TIER_ANCHOR);
    assert_int_equal(m.memo.method, HR_LOCATE_METHOD);
    /* the last of the expected bytes */
    m.memo.function[HEADROOM_SSL_READ].expected[15] ^= 1;
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 1);
    assert_int_equal(at.tier, HEADROOM_TIER_ANCHOR);
    m.memo.function[HEADROOM_SSL_WRITE].offset = UINT64_MAX - 8;
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 1);
    assert_int_equal(at.tier, HEADROOM_TIER_ANCHOR);
    m.memo.library = 77;
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 1);
    assert_int_equal(at.tier, HEADROOM_TIER_ANCHOR);
}

/* A row that is consistent, but wrong: another function of the file, with its own bytes. */
static void a_row_that_names_another_function_is_not_believed(void **state)
{
    struct memory m = {.known = false};
    hr_locate_cache cache = {get, put, &m};
    const char *path = nameless();
    headroom_located truth, at;

    (void)state;
    assert_int_equal(hr_locate_file(path, 0, &cache, &truth), 1);
    m.memo.function[HEADROOM_SSL_WRITE] = m.memo.function[HEADROOM_SSL_READ];
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 1);
    assert_int_equal(at.tier, HEADROOM_TIER_ANCHOR);
    expect_same(&truth, &at);
    m.memo.function[HEADROOM_SSL_WRITE].offset = 0; /* a refusal that never was one */
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 1);
    assert_int_equal(at.tier, HEADROOM_TIER_ANCHOR);
    expect_same(&truth, &at);
}

/* The same build id, but what stands at that place is another function that begins with the same bytes. */
static void code_that_only_begins_alike_is_searched_anew(void **state)
{
    struct memory m = {.known = false};
    hr_locate_cache cache = {get, put, &m};
    const char *path = nameless();
    headroom_located at;

    (void)state;
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 1);
    change_byte(path, at.function[HEADROOM_SSL_READ].offset + sizeof(at.function->expected));
    assert_true(hr_locate_file(path, 0, &cache, &at) >= 0);
    assert_int_not_equal(at.tier, HEADROOM_TIER_CACHE);
    assert_int_equal(m.asked, 2);
}

static void a_refusal_is_remembered_too(void **state)
{
    struct memory m = {.known = false};
    hr_locate_cache cache = {get, put, &m};
    const char *path = nameless();
    headroom_located at;

    (void)state;
    assert_int_equal(hr_locate_file(path, 0, NULL, &at), 1);
    /* another reason in the raise of SSL_write */
    {
        hr_image img;
        const char *why;
        uint64_t reason = 0;

        assert_int_equal(hr_image_open(&img, path, &why), 0);
        for (uint64_t k = at.function[HEADROOM_SSL_WRITE].offset; !reason; k++) {
            if (memcmp(img.p + k, "\x0f\x01\x00\x00", 4) == 0)
                reason = k;
        }
        hr_image_close(&img);
        change_byte(path, reason);
    }
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 0);
    assert_string_equal(at.reason, "SSL_write: no function carries the signature");
    assert_int_equal(at.library, HEADROOM_TLS_OPENSSL);
    assert_int_equal(hr_locate_file(path, 0, &cache, &at), 0);
    assert_int_equal(at.tier, HEADROOM_TIER_CACHE);
    assert_int_equal(m.kept, 1);
    assert_true(at.reason[0] != 0);
}

static void the_store_keeps_answers(void **state)
{
    const char *path = nameless();
    headroom_located first, second;
    headroom *h;

    (void)state;
    setenv("XDG_STATE_HOME", root, 1);
    setenv("HOME", root, 1);
    for (int process = 0; process < 2; process++) {
        h = headroom_open(0);
        assert_non_null(h);
        assert_int_equal(headroom_locate(h, path, 0, process ? &second : &first), 1);
        headroom_close(h);
    }
    assert_int_equal(first.tier, HEADROOM_TIER_ANCHOR);
    assert_int_equal(second.tier, HEADROOM_TIER_CACHE);
    expect_same(&first, &second);
    h = headroom_open(HEADROOM_NO_STATE);
    assert_int_equal(headroom_locate(h, path, 0, &second), 1);
    assert_int_equal(second.tier, HEADROOM_TIER_ANCHOR);
    headroom_close(h);
}

static void the_store_keeps_the_newest(void **state)
{
    hr_store_options o = {.directory = directory, .create = true};
    char answer[8], id[16];
    hr_store *s;

    (void)state;
    s = hr_store_new(&o);
    assert_non_null(s);
    for (int i = 0; i < 300; i++) {
        memset(id, 0, sizeof(id));
        snprintf(id, sizeof(id), "%d", i);
        hr_store_binary_put(s, id, sizeof(id), "answer!", 8);
    }
    memset(id, 0, sizeof(id));
    snprintf(id, sizeof(id), "%d", 299);
    assert_int_equal(hr_store_binary(s, id, sizeof(id), answer, 8), 1);
    assert_string_equal(answer, "answer!");
    assert_int_equal(hr_store_binary(s, id, sizeof(id), answer, 7), 0);
    memset(id, 0, sizeof(id));
    snprintf(id, sizeof(id), "%d", 0);
    assert_int_equal(hr_store_binary(s, id, sizeof(id), answer, 8), 0);
    hr_store_close(s);
}

/* Each allocation fails in turn: an error, or the right answer. */
static void lack_of_memory_is_an_error(void **state)
{
    const char *path = nameless();
    headroom_located truth, at;

    (void)state;
    assert_int_equal(hr_locate_file(path, 0, NULL, &truth), 1);
    for (long n = 1; n < 100; n++) {
        int got;

        hr_fault_after(HR_FAULT_ALLOC, n, true);
        got = hr_locate_file(path, 0, NULL, &at);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        if (got == 1) {
            expect_same(&truth, &at);
            assert_true(n > 3);
            return;
        }
        assert_int_equal(got, HR_ENOMEM);
        assert_string_equal(at.reason, "there was no memory for the search");
    }
    fail_msg("more allocations than there should be");
}

/* ---------------------------------------------------------------- branches */
__asm__(".pushsection .text\nlooped_code: push %rbx; 1: test %rdi,%rdi; jz 2f; dec %rdi; jmp 1b; 2: pop "
        "%rbx; ret\n"
        "pointed_code: test %rdi,%rdi; jmp *%rdi\n"
        "straight_code: test %rdi,%rdi; {disp32} jz 1f; push %rbx; .fill 16, 1, 0x90; pop %rbx; 1: ret\n"
        ".popsection");
extern const uint8_t looped_code[], pointed_code[], straight_code[];

static int first_object(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    *(uint64_t *)base = info->dlpi_addr;
    return 1;
}

static void branches_to_the_beginning_of_a_function_are_seen(void **state)
{
    static const struct {
        const uint8_t *code;
        unsigned entered;
    } cases[] = {
        {looped_code, 1u << 1 | 1u << 11},
        {pointed_code, 0xffff},
        {straight_code, 0},
    };
    const char *why;
    hr_image img;
    uint64_t base;

    (void)state;
    dl_iterate_phdr(first_object, &base);
    assert_int_equal(hr_image_open(&img, "/proc/self/exe", &why), 0);
    hr_walker *w = hr_walker_new(&img);
    assert_non_null(w);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const hr_function *f = hr_walk(w, (uint64_t)(uintptr_t)cases[i].code - base);
        assert_true(f->whole);
        assert_int_equal(f->entered, cases[i].entered);
    }
    hr_walker_free(w);
    hr_image_close(&img);
}

static void every_tier_says_where_no_branch_leads(void **state)
{
    headroom_located by_symbols, by_anchors;

    (void)state;
    assert_int_equal(hr_locate_file(library, 0, NULL, &by_symbols), 1);
    assert_int_equal(hr_locate_file(library, HEADROOM_LOCATE_ANCHORS_ONLY, NULL, &by_anchors), 1);
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        assert_true(by_symbols.function[i].clear & 1u << 4); /* behind the endbr64 or the first instruction */
        assert_int_equal(by_symbols.function[i].clear, by_anchors.function[i].clear);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(symbols_need_no_cache, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_search_is_done_once_for_a_build, make_root, remove_root),
        cmocka_unit_test_setup_teardown(another_method_or_other_bytes_search_anew, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_row_that_names_another_function_is_not_believed, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(code_that_only_begins_alike_is_searched_anew, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_refusal_is_remembered_too, make_root, remove_root),
        cmocka_unit_test_setup_teardown(the_store_keeps_answers, make_root, remove_root),
        cmocka_unit_test_setup_teardown(the_store_keeps_the_newest, make_root, remove_root),
        cmocka_unit_test(branches_to_the_beginning_of_a_function_are_seen),
        cmocka_unit_test(every_tier_says_where_no_branch_leads),
        cmocka_unit_test_setup_teardown(lack_of_memory_is_an_error, make_root, remove_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
