/* curl_multi.c - many transfers at once on one thread. Words:

     count=N       handles (32)
     socket        curl_multi_socket_action with epoll and a timer, instead of curl_multi_perform and curl_multi_poll
     again         a handle is removed and added again from its DONE message, once
     silent        curl_multi_info_read is never called; handles are removed when nothing runs
     unremoved     curl_easy_cleanup without curl_multi_remove_handle
     abandon=MS    curl_multi_cleanup after so many milliseconds, in the middle of the transfers; then each handle alone, to the echo
     twice         each handle is added twice; the second time is refused */
#include "curl_client.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64 };
static struct transfer {
    CURL *handle;
    char *body;
    struct bytes answer;
    CURLcode result;
    int rounds;
} transfers[MOST];
static int count, done;
static CURLM *multi;

/* ------------------------------------------------------------------ curl_multi_socket_action with epoll */
static int poller = -1;
static long timer_ms = -1;

static int on_socket(CURL *h, curl_socket_t s, int what, void *arg, void *known)
{
    struct epoll_event e = {
        .events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0), .data.fd = s};
    (void)h, (void)arg;
    if (what == CURL_POLL_REMOVE)
        epoll_ctl(poller, EPOLL_CTL_DEL, s, NULL);
    else
        epoll_ctl(poller, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s, &e);
    curl_multi_assign(multi, s, what == CURL_POLL_REMOVE ? NULL : transfers);
    return 0;
}

static int on_timer(CURLM *m, long ms, void *arg)
{
    (void)m, (void)arg;
    timer_ms = ms;
    return 0;
}

static void step_by_socket(int *running)
{
    struct epoll_event events[16];
    int wait = timer_ms < 0 || timer_ms > 100 ? 100 : (int)timer_ms;
    int n = epoll_wait(poller, events, 16, wait);
    if (n <= 0)
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, running);
    for (int i = 0; i < n; i++) {
        int flags = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                    (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                    (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(multi, events[i].data.fd, flags, running);
    }
}

/* ------------------------------------------------------------------ */
static void step(int *running)
{
    if (word("socket")) {
        step_by_socket(running);
        return;
    }
    curl_multi_perform(multi, running);
    if (*running)
        curl_multi_poll(multi, NULL, 0, 100, NULL);
}

static void read_messages(void)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(multi, &left))) {
        struct transfer *t = NULL;
        CURL *h = m->easy_handle;
        CURLcode result = m->data.result;
        curl_easy_getinfo(h, CURLINFO_PRIVATE, &t);
        t->result = result;
        /* The buffer is the program's from here on. */
        memset(t->body, 'x', strlen(t->body));
        free(t->body);
        t->body = NULL;
        t->rounds++;
        if (word("again") && t->rounds == 1) {
            curl_multi_remove_handle(multi, h);
            t->body = read_body(NULL);
            curl_easy_setopt(h, CURLOPT_POSTFIELDS, t->body);
            bytes_free(&t->answer);
            curl_multi_add_handle(multi, h);
            continue;
        }
        done++;
        if (!word("unremoved"))
            curl_multi_remove_handle(multi, h);
    }
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void begin(struct curl_slist *lines)
{
    multi = curl_multi_init();
    if (word("socket")) {
        poller = epoll_create1(EPOLL_CLOEXEC);
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    }
    for (int i = 0; i < count; i++) {
        struct transfer *t = &transfers[i];
        t->body = read_body(NULL);
        t->handle = client(lines, t->body, &t->answer);
        curl_easy_setopt(t->handle, CURLOPT_PRIVATE, t);
        curl_multi_add_handle(multi, t->handle);
        if (word("twice"))
            printf("%d: %s\n", i, curl_multi_strerror(curl_multi_add_handle(multi, t->handle)));
    }
}

static void abandon(void)
{
    char *echo = url_with("/echo");
    curl_multi_cleanup(multi);
    multi = NULL;
    for (int i = 0; i < count; i++) {
        struct transfer *t = &transfers[i];
        bytes_free(&t->answer);
        curl_easy_setopt(t->handle, CURLOPT_URL, echo);
        t->result = curl_easy_perform(t->handle);
    }
    free(echo);
}

int main(int argc, char **argv)
{
    job_read(argc, argv);
    struct curl_slist *lines = json_lines();
    int running = 1;
    count = (int)number("count", 32);
    begin(lines);
    long end = now_ms() + number("abandon", 60000);
    while (done < count && now_ms() < end) {
        step(&running);
        if (!word("silent"))
            read_messages();
        else if (running == 0)
            break;
    }
    if (word("abandon"))
        abandon();
    for (int i = 0; i < count; i++) {
        struct transfer *t = &transfers[i];
        char who[16];
        if (word("silent"))
            curl_multi_remove_handle(multi, t->handle);
        snprintf(who, sizeof who, "%d", i);
        print_counters(t->handle, who, t->result);
        printf("%s\n", t->answer.n ? t->answer.p : "");
        curl_easy_cleanup(t->handle);
        free(t->body);
        bytes_free(&t->answer);
    }
    if (multi)
        curl_multi_cleanup(multi);
    if (poller >= 0)
        close(poller);
    curl_slist_free_all(lines);
    curl_global_cleanup();
    return 0;
}
