/* test_curl_handle.c - what is remembered of a libcurl handle, and the head that follows from it. What libcurl itself makes of the
   same options is compared in tests/programs/test_curl_hook.py; here are the forms of a URL and of a header line, the life of an
   entry, and each allocation failing in turn. */
#include "stream_rig.h"

#include "hooks/curl_handle.h"
#include "hooks/curl_head.h"
#include "shim/gate.h"

#include <pthread.h>

static const struct curl_library library;
static struct curl_options o;

static void set_text(CURLoption option, const char *text)
{
    union curl_value v = {.pointer = (void *)(uintptr_t)text};
    curl_options_track(&o, option, v, true);
}

static void set_number(CURLoption option, long number)
{
    union curl_value v = {.number = number};
    curl_options_track(&o, option, v, true);
}

static void begin(void)
{
    shim_stream_free(rig_begin());
    curl_options_init(&o, &library);
    set_text(CURLOPT_URL, "https://api.example/v1/messages");
    set_text(CURLOPT_POSTFIELDS, "{}");
}

static void end(void)
{
    curl_options_free(&o);
    rig_end(NULL);
}

static void assert_head(const char *expected, bool expect_whole)
{
    size_t n = 0;
    bool whole = false;
    char *head = curl_head_make(&library, &o, &n, &whole);

    if (!expected) {
        assert_null(head);
        return;
    }
    assert_non_null(head);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(head, expected, n);
    assert_int_equal(whole, expect_whole);
    shim_free(head);
}

static void every_form_of_a_url(void **state)
{
    static const struct {
        const char *url, *target, *host; /* target NULL: no HTTP */
    } cases[] = {
        {"https://api.example/v1/messages", "/v1/messages", "api.example"},
        {"HTTPS://api.example/v1/messages?beta=1#part", "/v1/messages?beta=1", "api.example"},
        {"https://user:p@ss@api.example:443/a", "/a", "api.example"},
        {"https://api.example:80/a", "/a", "api.example:80"},
        {"http://api.example:80/a", "/a", "api.example"},
        {"http://[::1]:8080/a", "/a", "[::1]:8080"},
        {"https://[::1]", "/", "[::1]"},
        {"api.example/a", "/a", "api.example"},
        {"api.example:99?x=http://y/", "/?x=http://y/", "api.example:99"},
        {"ftp://api.example/a", NULL, NULL},
        {"file:///etc/motd", NULL, NULL},
        {"https:///a", NULL, NULL},
        {"", NULL, NULL},
    };
    char expected[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        set_text(CURLOPT_URL, cases[i].url);
        if (cases[i].target)
            snprintf(expected, sizeof expected,
                     "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                     "Content-Length: 2\r\n\r\n",
                     cases[i].target, cases[i].host);
        assert_head(cases[i].target ? expected : NULL, true);
        end();
    }
    begin();
    set_number(CURLOPT_PORT, 4430);
    set_text(CURLOPT_REQUEST_TARGET, "*");
    assert_head(
        "POST * HTTP/1.1\r\nHost: api.example:4430\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: 2\r\n\r\n",
        true);
    end();
}

static struct curl_slist *chain(struct curl_slist *nodes, const char *const *lines)
{
    size_t n = 0;
    for (; lines[n]; n++) {
        nodes[n].data = (char *)(uintptr_t)lines[n];
        nodes[n].next = lines[n + 1] ? &nodes[n + 1] : NULL;
    }
    return n ? nodes : NULL;
}

static void every_form_of_a_line(void **state)
{
    static const struct {
        const char *lines[7];
        const char *head; /* between the request line and Content-Length */
        bool whole;
    } cases[] = {
        {{"Content-Type: application/json", "A:  b  c", "D:e"},
         "Content-Type: application/json\r\nA: b  c\r\nD: e\r\nHost: api.example\r\n",
         true},
        {{"content-type:", "Empty;", "Gone:", "Gone:  \t", "No;thing", "neither"},
         "Empty: \r\nHost: api.example\r\n",
         true},
        {{"Content-Type;", "Host: other:1", "host: third"}, "Content-Type: \r\nHost: other:1\r\n", true},
        {{"Content-Type: t", "Host:"}, "Content-Type: t\r\n", true},
        {{"Content-Type: t", "Expect: 100-continue", "Transfer-Encoding: chunked"},
         "Content-Type: t\r\nHost: api.example\r\n",
         true},
        {{"Content-Type: t", "Transfer-Encoding:"}, "Content-Type: t\r\nHost: api.example\r\n", true},
        {{"Content-Type: t", "Transfer-Encoding: gzip, chunked"},
         "Content-Type: t\r\nHost: api.example\r\n",
         false},
        {{"Content-Type: t", "Content-Length: 2"}, "Content-Type: t\r\nHost: api.example\r\n", false},
        {{"Content-Type: t", "Content-Length:"}, "Content-Type: t\r\nHost: api.example\r\n", false},
        {{"Content-Type: t", "Content-Encoding: gzip"},
         "Content-Type: t\r\nContent-Encoding: gzip\r\nHost: api.example\r\n",
         true},
    };
    char expected[512];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct curl_slist nodes[6];

        begin();
        set_text(CURLOPT_HTTPHEADER, (const char *)chain(nodes, cases[i].lines));
        snprintf(expected, sizeof expected, "POST /v1/messages HTTP/1.1\r\n%sContent-Length: 2\r\n\r\n",
                 cases[i].head);
        assert_head(expected, cases[i].whole);
        end();
    }
}

static void a_body_that_is_not_at_hand_is_not_whole(void **state)
{
    const char *const json[] = {"Content-Type: application/json", NULL};
    const char *head = "POST /v1/messages HTTP/1.1\r\nContent-Type: application/json\r\nHost: api.example\r\n"
                       "Content-Length: 0\r\n\r\n";
    struct curl_slist nodes[1];

    (void)state;
    begin();
    set_text(CURLOPT_HTTPHEADER, (const char *)chain(nodes, json));
    set_text(CURLOPT_POSTFIELDS, NULL);
    assert_head(head, false);
    set_number(CURLOPT_UPLOAD, 1);
    assert_head(NULL, false);
    set_text(CURLOPT_CUSTOMREQUEST, "POST");
    assert_head(head, false);
    set_text(CURLOPT_CUSTOMREQUEST, "PUT");
    assert_head(NULL, false);
    end();
}

static void signed_requests_and_forms_are_told_to_the_gate(void **state)
{
    const char *const json[] = {"Content-Type: application/json", NULL};
    struct curl_slist nodes[1];
    struct gate_head g;
    size_t n;
    bool whole;

    (void)state;
    begin();
    set_text(CURLOPT_HTTPHEADER, (const char *)chain(nodes, json));
    set_text(CURLOPT_AWS_SIGV4, "aws:amz");
    char *head = curl_head_make(&library, &o, &n, &whole);
    assert_true(gate_head(head, n, &g));
    assert_string_equal(g.skip, "signed");
    shim_free(head);
    set_number(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    set_text(CURLOPT_HTTPHEADER, NULL);
    set_text(CURLOPT_MIMEPOST, "any");
    head = curl_head_make(&library, &o, &n, &whole);
    assert_true(gate_head(head, n, &g));
    assert_string_equal(g.skip, "multipart");
    shim_free(head);
    end();
}

static void lines_of_ours_are_taken_out(void **state)
{
    const char *const mixed[] = {"x-headroom-mode: off", "A: b", "X-Headroom-Level: crush", "C: d", NULL};
    const char *const ours[] = {"X-Headroom-Level: crush", NULL}, *const none[] = {"A: b", NULL};
    struct curl_slist nodes[4], *rest;

    (void)state;
    begin();
    assert_true(curl_head_strip(chain(nodes, mixed), &rest));
    assert_string_equal(rest->data, "A: b");
    assert_string_equal(rest->next->data, "C: d");
    assert_null(rest->next->next);
    shim_free(rest);
    heap_fail_at = heap_calls + 1;
    assert_false(curl_head_strip(chain(nodes, mixed), &rest));
    heap_fail_at = 0;
    assert_null(rest);
    assert_true(curl_head_strip(chain(nodes, ours), &rest));
    assert_null(rest);
    assert_false(curl_head_strip(chain(nodes, none), &rest));
    assert_false(curl_head_strip(NULL, &rest));
    end();
}

static void copied_fields_die_with_a_larger_size(void **state)
{
    (void)state;
    begin();
    set_number(CURLOPT_POSTFIELDSIZE, 3);
    set_text(CURLOPT_COPYPOSTFIELDS, "abcdef");
    assert_memory_equal(o.post, "abc", 4);
    set_number(CURLOPT_POSTFIELDSIZE, 2);
    assert_int_equal(curl_options_body_size(&o), 2);
    assert_non_null(o.post);
    set_number(CURLOPT_POSTFIELDSIZE, 3);
    assert_null(o.post);
    set_text(CURLOPT_POSTFIELDS, "static");
    set_number(CURLOPT_POSTFIELDSIZE, 4);
    assert_string_equal(o.post, "static");
    end();
}

/* Whichever copy cannot be made: the handle is left alone, and nothing leaks. */
static void without_memory_a_handle_is_lost_until_it_is_reset(void **state)
{
    (void)state;
    for (long at = 1; at <= 8; at++) {
        struct curl_options copy;

        begin();
        heap_fail_at = heap_calls + at;
        set_text(CURLOPT_URL, "http://a/b");
        set_text(CURLOPT_CUSTOMREQUEST, "POST");
        set_text(CURLOPT_REQUEST_TARGET, "/v1/messages");
        set_text(CURLOPT_COPYPOSTFIELDS, "{}");
        curl_options_copy(&copy, &o);
        heap_fail_at = 0;
        assert_true(copy.lost);
        assert_int_equal(o.lost, at <= 4);
        if (o.lost)
            assert_head(NULL, false);
        curl_options_free(&copy);
        end();
    }
    begin();
    heap_fail_at = heap_calls + 1;
    assert_head(NULL, false);
    heap_fail_at = 0;
    curl_options_track(&o, CURLOPT_URL, (union curl_value){.pointer = (void *)(uintptr_t) "http://a/"},
                       false);
    assert_head(NULL, false); /* libcurl could not copy it */
    end();
}

static void an_entry_lives_from_init_to_cleanup_and_serves_again(void **state)
{
    static char handles[1000];
    struct curl_handle *first;

    (void)state;
    for (size_t i = 0; i < sizeof handles; i++)
        assert_non_null(curl_handle_enter((CURL *)&handles[i], &library));
    for (size_t i = 0; i < sizeof handles; i++)
        assert_ptr_equal(curl_handle_find((CURL *)&handles[i])->owner, &handles[i]);
    first = curl_handle_find((CURL *)&handles[0]);
    first->options.port = 5;
    assert_ptr_equal(curl_handle_enter((CURL *)&handles[0], &library), first); /* cleaned up past us */
    assert_int_equal(first->options.port, 0);
    long live = heap_live;
    for (size_t i = 0; i < sizeof handles; i++)
        curl_handle_leave(curl_handle_find((CURL *)&handles[i]));
    for (size_t i = 0; i < sizeof handles; i++)
        assert_null(curl_handle_find((CURL *)&handles[i]));
    for (size_t i = 0; i < sizeof handles; i++)
        assert_non_null(curl_handle_enter((CURL *)&handles[i], &library));
    assert_int_equal(heap_live, live); /* none was made anew */
    heap_fail_at = heap_calls + 1;
    assert_null(curl_handle_enter((CURL *)(handles + sizeof handles), &library));
    heap_fail_at = 0;
    assert_null(curl_handle_find(NULL));
}

static void *come_and_go(void *arg)
{
    static char handles[8][64];
    char *mine = handles[(uintptr_t)arg];

    for (int i = 0; i < 20000; i++) {
        CURL *handle = (CURL *)&mine[i % 64];
        struct curl_handle *h = curl_handle_enter(handle, &library);
        if (!h || h->owner != handle || curl_handle_find(handle) != h || h->options.port != 0)
            return "another's entry";
        h->options.port = i + 1;
        curl_handle_leave(h);
    }
    return NULL;
}

static void threads_never_share_an_entry(void **state)
{
    pthread_t threads[8];

    (void)state;
    for (uintptr_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, (void *)i), 0);
    for (size_t i = 0; i < 8; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        assert_null(failure);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_url),
        cmocka_unit_test(every_form_of_a_line),
        cmocka_unit_test(a_body_that_is_not_at_hand_is_not_whole),
        cmocka_unit_test(signed_requests_and_forms_are_told_to_the_gate),
        cmocka_unit_test(lines_of_ours_are_taken_out),
        cmocka_unit_test(copied_fields_die_with_a_larger_size),
        cmocka_unit_test(without_memory_a_handle_is_lost_until_it_is_reset),
        cmocka_unit_test(an_entry_lives_from_init_to_cleanup_and_serves_again),
        cmocka_unit_test(threads_never_share_an_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
