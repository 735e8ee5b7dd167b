/* test_pending.c - rows of requests whose responses were not read to their end, at the exit of the program. */
#include <sys/wait.h>

#include "context.h"
#include "road.h"

#define EVENTS                                                                                               \
    "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n"                                             \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n"

/* A request that has left and was answered so far. */
static headroom_request *sent(headroom *h, const char *events)
{
    static const char body[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    const headroom_head head = {.host = "api",
                                .host_len = 3,
                                .path = "/v1/chat/completions",
                                .path_len = 20,
                                .dialect = "openai_chat"};
    const void *out;
    size_t out_len;
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);

    assert_non_null(r);
    headroom_request_body(r, body, sizeof body - 1, &out, &out_len);
    headroom_request_sent(r);
    if (events) {
        headroom_response_head(r, 200, "text/event-stream", 17, "", 0);
        headroom_response_body(r, events, strlen(events));
    }
    return r;
}

struct rows {
    int n, complete;
    int64_t output; /* of the last one */
};

static int count(void *arg, const headroom_row *row)
{
    struct rows *c = arg;

    c->n++;
    c->complete += row->complete;
    c->output = row->output_tokens;
    return 0;
}

static struct rows rows(headroom *h)
{
    struct rows c = {0};

    assert_int_equal(headroom_each_request(h, 0, count, &c), 0);
    return c;
}

static void a_response_that_was_not_read_to_its_end_is_recorded_at_exit(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    headroom_request *r = sent(h, EVENTS);

    headroom_at_exit(h);
    struct rows c = rows(h);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.complete, 0);
    assert_int_equal(c.output, 7);
    /* What threads that still run do with it changes nothing any more. */
    headroom_response_head(r, 500, "", 0, "", 0);
    headroom_response_body(r, EVENTS, sizeof EVENTS - 1);
    headroom_request_end(r, true);
    headroom_at_exit(h);
    assert_int_equal(rows(h).n, 1);
    headroom_close(h);
}

static void requests_end_in_any_order_and_once(void **state)
{
    (void)state;
    static const int order[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}, {0, 2, 1}, {2, 0, 1}};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (int ended = 0; ended <= 3; ended++) {
            headroom *h = headroom_open(0);
            int before = rows(h).n;
            headroom_request *r[3] = {sent(h, EVENTS), sent(h, NULL), sent(h, EVENTS)};
            for (int k = 0; k < ended; k++)
                headroom_request_end(r[order[i][k]], true);
            headroom_at_exit(h);
            assert_int_equal(rows(h).n, before + 3);
            headroom_close(h);
        }
}

static void a_request_that_a_thread_works_on_is_left_to_it(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    headroom_request *r = sent(h, EVENTS);

    assert_true(hr_pending_take(r));
    headroom_at_exit(h);
    assert_int_equal(rows(h).n, 0);
    hr_pending_give_back(r);
    headroom_request_end(r, true);
    assert_int_equal(rows(h).complete, 1);
    headroom_close(h);
}

/* A signal handler that exits may have interrupted the thread that holds the list. */
static void an_exit_does_not_wait_for_the_list(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    headroom_request *r = sent(h, EVENTS);

    pthread_mutex_lock(&h->pending.lock);
    headroom_at_exit(h);
    pthread_mutex_unlock(&h->pending.lock);
    assert_int_equal(rows(h).n, 0);
    headroom_request_end(r, true);
    assert_int_equal(rows(h).n, 1);
    headroom_close(h);
}

static void a_dropped_request_is_not_recorded(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);

    headroom_request_drop(sent(h, EVENTS));
    headroom_at_exit(h);
    assert_int_equal(rows(h).n, 0);
    headroom_close(h);
}

static void a_child_of_fork_leaves_its_parents_requests_alone(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    headroom_request *r = sent(h, EVENTS), *other = sent(h, EVENTS);
    int status;
    pid_t child = fork();

    if (child == 0) {
        headroom_request *own = sent(h, EVENTS);
        headroom_request_end(r, true);
        headroom_request_end(own, true);
        headroom_at_exit(h);
        _exit(rows(h).n);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    headroom_request_end(other, true);
    headroom_at_exit(h);
    assert_int_equal(rows(h).n, 3);
    headroom_close(h);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, road_setup, road_teardown)
    const struct CMUnitTest tests[] = {
        T(a_response_that_was_not_read_to_its_end_is_recorded_at_exit),
        T(requests_end_in_any_order_and_once),
        T(a_request_that_a_thread_works_on_is_left_to_it),
        T(an_exit_does_not_wait_for_the_list),
        T(a_dropped_request_is_not_recorded),
        T(a_child_of_fork_leaves_its_parents_requests_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
