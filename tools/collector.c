/* collector.c - handing bodies to an OTLP/HTTP collector. See collector.h. */
#include "collector.h"

#define CURL_DISABLE_TYPECHECK /* its functions are looked up: the macros that check their calls would call them by name */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

enum { TRIES = 5, FIRST_WAIT_MS = 200, MOST_WAIT_MS = 30000, MOST_ANSWER = 64 << 10 };

/* In the types of curl.h. */
struct library {
    __typeof__(&curl_easy_init) init;
    __typeof__(&curl_easy_cleanup) cleanup;
    __typeof__(&curl_easy_setopt) setopt;
    __typeof__(&curl_easy_getinfo) getinfo;
    __typeof__(&curl_easy_perform) perform;
    __typeof__(&curl_easy_strerror) error;
    __typeof__(&curl_easy_unescape) unescape;
    __typeof__(&curl_free) release;
    __typeof__(&curl_slist_append) append;
    __typeof__(&curl_slist_free_all) free_list;
};

struct collector {
    const struct command *self;
    struct library curl;
    CURL *handle;
    struct curl_slist *headers;
    char url[2048];
    char answer[MOST_ANSWER];
    size_t answered;
};

static bool look_up(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    memcpy(function, &found, sizeof(found));
    return found != NULL;
}

static bool load(struct library *l)
{
    void *so = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

    return so != NULL && look_up(so, "curl_easy_init", &l->init) &&
           look_up(so, "curl_easy_cleanup", &l->cleanup) && look_up(so, "curl_easy_setopt", &l->setopt) &&
           look_up(so, "curl_easy_getinfo", &l->getinfo) && look_up(so, "curl_easy_perform", &l->perform) &&
           look_up(so, "curl_easy_strerror", &l->error) && look_up(so, "curl_easy_unescape", &l->unescape) &&
           look_up(so, "curl_free", &l->release) && look_up(so, "curl_slist_append", &l->append) &&
           look_up(so, "curl_slist_free_all", &l->free_list);
}

/* What does not fit says nothing that is asked for. */
static size_t take_answer(char *data, size_t size, size_t n, void *arg)
{
    struct collector *c = arg;
    size_t room = sizeof(c->answer) - 1 - c->answered, len = size * n;

    memcpy(c->answer + c->answered, data, len < room ? len : room);
    c->answered += len < room ? len : room;
    c->answer[c->answered] = '\0';
    return len;
}

/* "name=value,name=value"; values may be percent-encoded. */
static bool add_headers(struct collector *c, const char *list)
{
    struct curl_slist *grown = c->curl.append(c->headers, "Content-Type: application/json");

    while (grown != NULL && list != NULL && *list != '\0') {
        size_t n = strcspn(list, ","), name = strcspn(list, "=");

        c->headers = grown;
        if (name > 0 && name < n) {
            int len = 0;
            char line[4096];
            char *value = c->curl.unescape(c->handle, list + name + 1, (int)(n - name - 1), &len);

            snprintf(line, sizeof(line), "%.*s: %.*s", (int)name, list, value == NULL ? 0 : len,
                     value == NULL ? "" : value);
            c->curl.release(value);
            if (strpbrk(line, "\r\n") == NULL)
                grown = c->curl.append(c->headers, line);
        }
        list += n + (list[n] == ',');
    }
    c->headers = grown == NULL ? c->headers : grown;
    return grown != NULL;
}

static bool read_url(struct collector *c, const char *url)
{
    const char *rest = strncmp(url, "http://", 7) == 0    ? url + 7
                       : strncmp(url, "https://", 8) == 0 ? url + 8
                                                          : NULL;
    const char *path = rest == NULL ? NULL : strchr(rest, '/');
    bool bare = path == NULL || strcmp(path, "/") == 0;

    return rest != NULL && *rest != '\0' && *rest != '/' &&
           snprintf(c->url, sizeof(c->url), "%.*s%s",
                    bare && path != NULL ? (int)(path - url) : (int)strlen(url), url,
                    bare ? "/v1/traces" : "") < (int)sizeof(c->url);
}

static bool set_up(struct collector *c)
{
    c->handle = c->curl.init();
    return c->handle != NULL && add_headers(c, getenv("OTEL_EXPORTER_OTLP_HEADERS")) &&
           c->curl.setopt(c->handle, CURLOPT_URL, c->url) == CURLE_OK &&
           c->curl.setopt(c->handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           c->curl.setopt(c->handle, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK &&
           c->curl.setopt(c->handle, CURLOPT_CONNECTTIMEOUT, 5L) == CURLE_OK &&
           c->curl.setopt(c->handle, CURLOPT_TIMEOUT, 30L) == CURLE_OK &&
           c->curl.setopt(c->handle, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           c->curl.setopt(c->handle, CURLOPT_WRITEFUNCTION, take_answer) == CURLE_OK &&
           c->curl.setopt(c->handle, CURLOPT_WRITEDATA, c) == CURLE_OK;
}

struct collector *collector_open(const struct command *self, const char *url, int *code)
{
    struct collector *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        *code = cli_fail(EX_OSERR, "%s: no memory", self->name);
        return NULL;
    }
    c->self = self;
    if (!read_url(c, url))
        *code = cli_usage(self, "an endpoint is a URL: http://127.0.0.1:4318/v1/traces");
    else if (!load(&c->curl))
        *code =
            cli_fail(EX_UNAVAILABLE,
                     "%s: libcurl.so.4 is not installed; without --endpoint the same is printed", self->name);
    else if (!set_up(c))
        *code = cli_fail(EX_UNAVAILABLE, "%s: this libcurl cannot be used", self->name);
    else
        return c;
    collector_close(c);
    return NULL;
}

void collector_close(struct collector *c)
{
    if (c == NULL)
        return;
    if (c->headers != NULL)
        c->curl.free_list(c->headers);
    if (c->handle != NULL)
        c->curl.cleanup(c->handle);
    free(c);
}

/* "partialSuccess": {"rejectedSpans": "3"}, as a string or a number. */
static long rejected_in(const struct collector *c)
{
    cJSON *root = cJSON_Parse(c->answer);
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(root, "partialSuccess"), "rejectedSpans");
    long value = cJSON_IsString(n)   ? strtol(n->valuestring, NULL, 10)
                 : cJSON_IsNumber(n) ? (long)n->valueint
                                     : 0;

    cJSON_Delete(root);
    return value;
}

static void wait_for(int tries, curl_off_t told_seconds)
{
    long ms = (long)FIRST_WAIT_MS << tries;
    struct timespec pause;

    if (told_seconds > 0)
        ms = told_seconds > MOST_WAIT_MS / 1000 ? MOST_WAIT_MS : (long)told_seconds * 1000;
    pause = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

int collector_send(struct collector *c, const char *body, size_t len, long *rejected)
{
    curl_off_t told = 0;
    long status = 0;
    CURLcode err = CURLE_OK;

    for (int i = 0; i < TRIES; i++) {
        c->answered = 0;
        c->answer[0] = '\0';
        c->curl.setopt(c->handle, CURLOPT_POSTFIELDS, body);
        c->curl.setopt(c->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
        err = c->curl.perform(c->handle);
        status = 0;
        told = 0;
        c->curl.getinfo(c->handle, CURLINFO_RESPONSE_CODE, &status);
        c->curl.getinfo(c->handle, CURLINFO_RETRY_AFTER, &told);
        if (err == CURLE_OK && status >= 200 && status <= 299) {
            *rejected = rejected_in(c);
            return EX_OK;
        }
        if (err == CURLE_OK && status != 429 && (status < 502 || status > 504))
            return cli_fail(EX_UNAVAILABLE, "%s: %s refused it with status %ld", c->self->name, c->url,
                            status);
        if (i + 1 < TRIES)
            wait_for(i, told);
    }
    if (err != CURLE_OK)
        return cli_fail(EX_TEMPFAIL, "%s: %s: %s, %d times; is a collector there?", c->self->name, c->url,
                        c->curl.error(err), TRIES);
    return cli_fail(EX_TEMPFAIL, "%s: %s said status %ld, %d times", c->self->name, c->url, status, TRIES);
}
