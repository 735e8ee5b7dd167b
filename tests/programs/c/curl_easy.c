/* curl_easy.c - curl_easy_perform as programs use it, then the same handle once more to a path that echoes the hash of what it got:
   that tells what the options are after the transfer. Words:

     copy           COPYPOSTFIELDS; the buffer is overwritten and freed at once
     size           POSTFIELDSIZE is set; large: POSTFIELDSIZE_LARGE
     free           overwrite and free the buffer right after curl_easy_perform (a new one is set for the echo)
     default        no WRITEFUNCTION: libcurl writes to stdout; file: to WRITEDATA
     headers        HEADERDATA and no HEADERFUNCTION: libcurl gives header lines to the WRITEFUNCTION
     include        CURLOPT_HEADER
     pause          the first piece is paused, and taken half a second later by a progress callback
     abort          the write callback aborts; abort=progress: the progress callback, once the body is out
     timeout=MS     TIMEOUT_MS
     lines          X-Headroom-* lines of the program's own; off: with X-Headroom-Mode: off
     inside=WHAT    the write callback sets WHAT: post, copy, size, get, lines, write, reset, dup
     parts          CURLOPT_CURLU instead of a URL
     repeat=N       so many transfers
     watch          prints what the progress callback and CURLINFO_REQUEST_SIZE show
     fork           a child makes a request of its own while the parent's is being answered */
#include "curl_client.h"

#include <sys/wait.h>
#include <unistd.h>

static CURL *handle, *duplicate;
static struct bytes answer, headers;
static bool done_inside;
static int paused;
static struct curl_slist *other_lines;

static size_t keep_elsewhere(char *p, size_t size, size_t n, void *to)
{
    bytes_add(to, "<", 1);
    bytes_add(to, p, size * n);
    return size * n;
}

static CURLcode child_request(void)
{
    struct bytes mine = {NULL, 0};
    char *body = read_body(NULL);
    struct curl_slist *lines = json_lines();
    CURL *h = client(lines, body, &mine);
    CURLcode rc = curl_easy_perform(h);
    curl_easy_cleanup(h);
    curl_slist_free_all(lines);
    free(body);
    bytes_free(&mine);
    return rc;
}

/* As many bytes as POSTFIELDSIZE says. */
static void copy_inside(void)
{
    char *body = read_body(NULL);
    body[0] = '[';
    curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body);
    free(body);
}

static void inside(void)
{
    const char *what = word_value("inside");
    if (done_inside)
        return;
    done_inside = true;
    if (word("fork")) {
        int status = 0;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0)
            _exit((int)child_request());
        waitpid(pid, &status, 0);
        printf("child: %d\n", status);
    }
    if (!what)
        return;
    if (strcmp(what, "post") == 0)
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, "another body");
    else if (strcmp(what, "copy") == 0)
        copy_inside();
    else if (strcmp(what, "size") == 0)
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, 100L);
    else if (strcmp(what, "get") == 0)
        curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    else if (strcmp(what, "lines") == 0)
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, other_lines);
    else if (strcmp(what, "write") == 0)
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_elsewhere);
    else if (strcmp(what, "reset") == 0)
        curl_easy_reset(handle);
    else if (strcmp(what, "dup") == 0)
        duplicate = curl_easy_duphandle(handle);
}

static size_t receive(char *p, size_t size, size_t n, void *to)
{
    const char *abort_word = word_value("abort");
    if (to == &headers) /* HEADERDATA */
        return keep(p, size, n, to);
    if (abort_word && !*abort_word && !done_inside) {
        done_inside = true;
        return 0;
    }
    if (word("pause") && paused == 0) {
        paused = 1;
        return CURL_WRITEFUNC_PAUSE;
    }
    inside();
    return keep(p, size, n, to);
}

static curl_off_t shown;

static int progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    (void)arg, (void)total, (void)now;
    shown = up_total;
    if (paused == 1) {
        paused = 2;
        curl_easy_pause(handle, CURLPAUSE_CONT);
    }
    return word("abort") && up_total > 0 && up == up_total;
}

static void set_callbacks(void)
{
    if (word("default"))
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, NULL);
    else
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, word("default") ? (void *)stdout : (void *)&answer);
    if (word("headers"))
        curl_easy_setopt(handle, CURLOPT_HEADERDATA, word("default") ? (void *)stdout : (void *)&headers);
    if (word("include"))
        curl_easy_setopt(handle, CURLOPT_HEADER, 1L);
    if (word("watch") || word("pause") || (word("abort") && *word_value("abort"))) {
        curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
    }
    if (word("timeout"))
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, number("timeout", 0));
}

static char *set_body(void)
{
    size_t n;
    char *body = read_body(&n);
    if (word("size"))
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)n);
    if (word("large"))
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
    if (!word("copy")) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
        return body;
    }
    curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body);
    memset(body, 'x', n);
    free(body);
    return NULL;
}

static void perform(CURL *h, const char *who)
{
    CURLcode rc = curl_easy_perform(h);
    long sent = 0;
    print_counters(h, who, rc);
    if (word("watch") && curl_easy_getinfo(h, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK)
        printf("shown %ld, sent %ld\n", (long)shown, sent);
    printf("%s\n", answer.n ? answer.p : "");
    if (headers.n)
        printf("header lines: %s\n", strncmp(headers.p, "HTTP/", 5) == 0 ? "yes" : headers.p);
    fflush(stdout);
    bytes_free(&answer);
    bytes_free(&headers);
}

int main(int argc, char **argv)
{
    job_read(argc, argv);
    char *echo = url_with("/echo"), *body;
    struct curl_slist *lines = json_lines();
    CURLU *parts = NULL;
    if (word("lines"))
        lines = curl_slist_append(lines, "X-Headroom-Level: crush");
    if (word("off"))
        lines = curl_slist_append(lines, "X-Headroom-Mode: off");
    other_lines = curl_slist_append(json_lines(), "X-Inside: yes");
    handle = client(lines, NULL, NULL);
    set_callbacks();
    if (word("parts")) {
        parts = curl_url();
        curl_url_set(parts, CURLUPART_URL, job.url, 0);
        curl_easy_setopt(handle, CURLOPT_CURLU, parts);
    }
    body = set_body();
    for (long i = 0; i < number("repeat", 1); i++) {
        done_inside = false;
        perform(handle, "answer");
    }
    if (word("free") && body) {
        memset(body, 'x', strlen(body));
        free(body);
        body = set_body();
    }
    if (word("inside") && strcmp(word_value("inside"), "reset") == 0) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, job.ca);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, "after the reset");
    }
    if (parts)
        curl_easy_setopt(handle, CURLOPT_CURLU, NULL);
    curl_easy_setopt(handle, CURLOPT_URL, echo);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 60000L);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 1L);
    perform(handle, "echo");
    if (duplicate) {
        curl_easy_setopt(duplicate, CURLOPT_URL, echo);
        perform(duplicate, "duplicate");
        curl_easy_cleanup(duplicate);
    }
    curl_easy_cleanup(handle);
    curl_url_cleanup(parts);
    curl_slist_free_all(lines);
    curl_slist_free_all(other_lines);
    free(body);
    free(echo);
    curl_global_cleanup();
    return 0;
}
