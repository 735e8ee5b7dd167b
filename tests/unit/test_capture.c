/* test_capture.c - claims of core/capture.h: what a file holds, its limits, and that a host is not harmed where it cannot be made. */
#include "road.h"

#include <dirent.h>
#include <sys/stat.h>
#include <zlib.h>

#include "capture.h"
#include "coding.h"
#include "context.h"
#include "limits.h"

static int setup(void **state)
{
    int r = road_setup(state);
    setenv("HEADROOM_CAPTURE", "on", 1);
    return r;
}

static int teardown(void **state)
{
    unsetenv("HEADROOM_CAPTURE");
    return road_teardown(state);
}

static int count_entries(const char *path)
{
    DIR *d = opendir(path);
    int n = 0;
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

/* A request with a response of this coding in pieces; the time that names its capture. */
static int64_t exchange(headroom *h, const char *body, const char *coding, const char *response, size_t len)
{
    const headroom_head head = {
        .host = "api", .host_len = 3, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
    const void *out;
    size_t out_len;
    headroom_row row;

    if (!r)
        return -1;
    headroom_request_body(r, body, strlen(body), &out, &out_len);
    headroom_request_sent(r);
    headroom_request_row(r, &row);
    headroom_response_head(r, 200, "application/json", 16, coding, strlen(coding));
    for (size_t at = 0; at < len; at += 70000)
        headroom_response_body(r, response + at, len - at < 70000 ? len - at : 70000);
    headroom_request_end(r, true);
    return row.time_us;
}

static headroom_bytes captured(headroom *h, int64_t time, enum headroom_capture_part part, bool *cut)
{
    headroom_bytes out;
    assert_int_equal(headroom_get_capture(h, time, getpid(), part, &out, cut), 1);
    return out;
}

static void every_beginning_of_a_file_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    char big[5000];
    hr_buf file = {0};
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)('a' + i * i * 31 % 23);
    const hr_str made = hr_str_make(big, sizeof big), sent = hr_str_make(big + 100, sizeof big - 100);
    assert_int_equal(hr_capture_pack(&file, HEADROOM_CAPTURE_ABOUT, false, HR_STR("{}"), (hr_str){0}), 0);
    assert_int_equal(hr_capture_pack(&file, HEADROOM_CAPTURE_MADE, false, made, (hr_str){0}), 0);
    size_t until_made = file.len;
    assert_int_equal(hr_capture_pack(&file, HEADROOM_CAPTURE_SENT, false, sent, made), 0);
    assert_true(file.len - until_made < 100);
    assert_int_equal(hr_capture_pack(&file, HEADROOM_CAPTURE_RESPONSE, true, HR_STR("yes"), (hr_str){0}), 0);
    for (size_t n = 0; n <= file.len; n++) {
        char *exact = malloc(n + !n); /* of exactly its length: the sanitizer sees a byte too far */
        memcpy(exact, file.data, n);
        for (int part = HEADROOM_CAPTURE_ABOUT; part <= HEADROOM_CAPTURE_RESPONSE; part++) {
            hr_buf out = {0};
            bool cut = false;
            int r = hr_capture_unpack(hr_str_make(exact, n), (enum headroom_capture_part)part, &out, &cut);
            assert_true(r == 0 || r == HR_ENOENT || r == HR_ESHAPE);
            if (part == HEADROOM_CAPTURE_MADE)
                assert_int_equal(r == 0, n >= until_made);
            if (r == 0 && part == HEADROOM_CAPTURE_SENT && n == file.len)
                assert_true(hr_str_eq(hr_buf_view(&out), sent));
            assert_int_equal(cut, r == 0 && part == HEADROOM_CAPTURE_RESPONSE);
            hr_buf_free(&out);
        }
        free(exact);
    }
    for (size_t at = 0; at < file.len; at++) { /* damaged: said, or another text, never beyond the memory */
        file.data[at] = (char)~file.data[at];
        hr_buf out = {0};
        bool cut;
        hr_capture_unpack(hr_buf_view(&file), HEADROOM_CAPTURE_SENT, &out, &cut);
        hr_buf_free(&out);
        file.data[at] = (char)~file.data[at];
    }
    hr_buf_free(&file);
}

static void a_response_is_kept_up_to_its_limit(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    size_t n = HR_MAX_CAPTURED_RESPONSE + 12345;
    char *text = malloc(n);
    memset(text, 'x', n);
    bool cut = false;
    headroom_bytes out =
        captured(h, exchange(h, "{\"messages\":[]}", "", text, n), HEADROOM_CAPTURE_RESPONSE, &cut);
    assert_true(cut && out.len == HR_MAX_CAPTURED_RESPONSE);
    headroom_free(out.data);
    free(text);
    headroom_close(h);
}

static void the_coding_of_a_response_is_undone_where_it_can_be(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    hr_buf coded = {0};
    bool cut = true;
    assert_int_equal(hr_coding_encode(HR_CODING_GZIP, HR_STR("{\"answer\":1}"), &coded), 0);
    headroom_bytes out = captured(h, exchange(h, "{\"messages\":[]}", "gzip", coded.data, coded.len),
                                  HEADROOM_CAPTURE_RESPONSE, &cut);
    assert_true(!cut && strcmp(out.data, "{\"answer\":1}") == 0);
    headroom_free(out.data);
    out = captured(h, exchange(h, "{\"messages\":[]}", "gzip", coded.data, coded.len - 9),
                   HEADROOM_CAPTURE_RESPONSE, NULL);
    assert_true(out.len > 0 &&
                memcmp(out.data, "{\"answer\":1}", out.len) == 0); /* broken off: as far as it goes */
    headroom_free(out.data);
    out =
        captured(h, exchange(h, "{\"messages\":[]}", "rot13", "nafjre", 6), HEADROOM_CAPTURE_RESPONSE, NULL);
    assert_string_equal(out.data, "nafjre");
    headroom_free(out.data);
    hr_buf_free(&coded);
    headroom_close(h);
}

static int count_capture(void *arg, const headroom_capture *c)
{
    int64_t *last = arg;
    assert_true(c->time_us > *last && c->pid == getpid() && c->stored_bytes > 0);
    *last = c->time_us;
    return 0;
}

static void requests_of_one_moment_have_names_of_their_own_and_leave_no_descriptor(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    int64_t first = exchange(h, "{\"messages\":[]}", "", "{}", 2), last = 0, files, bytes;
    int before = count_entries("/proc/self/fd");
    /* As if the clock had been set back. */
    atomic_store(&h->capture.last_time_us, first + INT64_C(3600000000));
    for (int i = 0; i < 20; i++)
        assert_int_equal(exchange(h, "{\"messages\":[]}", "", "{}", 2), first + INT64_C(3600000001) + i);
    assert_int_equal(count_entries("/proc/self/fd"), before);
    assert_int_equal(headroom_each_capture(h, 0, INT64_MAX, count_capture, &last), 0);
    assert_int_equal(last, first + INT64_C(3600000020));
    assert_int_equal(headroom_purge_captures(h, last, true, &files, &bytes), 0);
    assert_int_equal(files, 20);
    assert_int_equal(headroom_purge_captures(h, INT64_MAX, false, &files, &bytes), 0);
    assert_int_equal(files, 1);
    headroom_close(h);
}

/* What leaves must not depend on whether the capture could be made. */
static void every_allocation_may_fail_and_the_request_goes_out(void **state)
{
    (void)state;
    char *rows = road_rows(300), *body = road_body("claude-x", "toolu_1", rows, QUESTION);
    char directory[128];
    snprintf(directory, sizeof directory, "%s/headroom/captures", road_home);
    struct road_out good = road_once(body);
    assert_non_null(good.body);
    int64_t kept = 0;
    for (long n = 1; n < 400; n++) {
        headroom *h = headroom_open(0);
        int64_t time = 0;
        assert_non_null(h);
        exchange(h, body, "", "{}", 2); /* what is opened once is open */
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        time = exchange(h, body, "", "{}", 2);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        headroom_bytes out;
        int got = time < 0 ? 0 : headroom_get_capture(h, time, getpid(), HEADROOM_CAPTURE_SENT, &out, NULL);
        assert_true(got >= 0);
        if (got == 1) {
            assert_true(strcmp(out.data, good.body) == 0 || strcmp(out.data, body) == 0);
            headroom_free(out.data);
            kept++;
        }
        headroom_close(h);
    }
    assert_true(kept > 0);
    free(good.body);
    free(body);
    free(rows);
}

static int count_part(void *arg, const headroom_part *part)
{
    int *n = arg;
    n[part->kind]++;
    return part->kind == HEADROOM_PART_CALL && strcmp(part->tool, "search") != 0 ? 99 : 0;
}

static void looking_back_reports_each_lack_of_memory(void **state)
{
    (void)state;
    static const char ini[] = "; mine\nlevel = crush\n[originals]\ndays = 7\n";
    char *body = road_body("claude-x", "toolu_1", "short", QUESTION), problem[256];
    int reached = 0;
    for (long n = 1; n < 300 && reached < 2; n++) {
        headroom_bytes out;
        int parts[3] = {0};
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int edited =
            headroom_edit_config(ini, sizeof ini - 1, "originals.days", "30", &out, problem, sizeof problem);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int read = headroom_each_part(body, strlen(body), "anthropic", count_part, parts);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(edited == HR_ENOMEM || edited == 1);
        if (edited == 1) {
            assert_string_equal(out.data, "; mine\nlevel = crush\n[originals]\ndays = 30\n");
            headroom_free(out.data);
        }
        assert_true(read == HR_ENOMEM || (read == 0 && parts[0] == 1 && parts[1] == 1 && parts[2] == 2));
        reached = (edited == 1) + (read == 0);
    }
    assert_int_equal(reached, 2);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(every_beginning_of_a_file_is_read_as_far_as_it_goes),
        T(a_response_is_kept_up_to_its_limit),
        T(the_coding_of_a_response_is_undone_where_it_can_be),
        T(requests_of_one_moment_have_names_of_their_own_and_leave_no_descriptor),
        T(every_allocation_may_fail_and_the_request_goes_out),
        T(looking_back_reports_each_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
