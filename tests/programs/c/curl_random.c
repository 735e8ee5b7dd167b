/* curl_random.c - one handle, many requests; before each a few options are set at random (seed=N, steps=N): methods, bodies of all
   kinds and sizes, header lists, the URL. What arrives tells whether an option was taken for another, or not given back.

   Only what libcurl allows: a size never exceeds what it is the size of. Prints the result and the answer of each request. */
#include "curl_client.h"

static unsigned long seed;
static char *bodies[2]; /* the one of the file, and one whose first space is a line end */
static size_t sizes[2];
static long size = -1;         /* POSTFIELDSIZE as set */
static bool terminated = true; /* what libcurl holds ends with a NUL */
static size_t at_hand;         /* bytes of it */
static long to_read;
static struct bytes answer;

static unsigned chance(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 11) % n);
}

static size_t give(char *p, size_t item, size_t n, void *arg)
{
    size_t now = item * n;
    (void)arg;
    if (to_read < (long)now)
        now = (size_t)to_read;
    memset(p, 'r', now);
    to_read -= (long)now;
    return now;
}

static void set_size(CURL *h, long n)
{
    if (chance(2))
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, n);
    else
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
    size = n;
}

static void set_body(CURL *h)
{
    unsigned which = chance(2), how = chance(4);
    long n = how == 0 ? (long)sizes[which] : how == 1 ? (long)chance((unsigned)sizes[which]) : -1;
    bool copy = chance(2);
    set_size(h, n);
    curl_easy_setopt(h, copy ? CURLOPT_COPYPOSTFIELDS : CURLOPT_POSTFIELDS, bodies[which]);
    terminated = !copy || n < 0;
    at_hand = n < 0 || !copy ? sizes[which] : (size_t)n;
}

static void set_something(CURL *h, struct curl_slist *const lists[4], char *const urls[2])
{
    switch (chance(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
        set_body(h);
        break;
    case 4: /* another size of what there is */
        if (terminated && chance(2))
            set_size(h, -1);
        else
            set_size(h, (long)chance((unsigned)at_hand + 1));
        break;
    case 5:
        curl_easy_setopt(h, CURLOPT_POST, (long)chance(2));
        break;
    case 6:
        curl_easy_setopt(h, CURLOPT_HTTPGET, (long)chance(2));
        break;
    case 7:
        curl_easy_setopt(h, CURLOPT_NOBODY, (long)chance(2));
        break;
    case 8:
        curl_easy_setopt(h, chance(2) ? CURLOPT_UPLOAD : CURLOPT_PUT, (long)chance(2));
        break;
    case 9:
        curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, chance(3) ? NULL : "POST");
        break;
    case 10:
        curl_easy_setopt(h, chance(2) ? CURLOPT_POSTFIELDS : CURLOPT_COPYPOSTFIELDS, NULL);
        break;
    case 11:
        curl_easy_setopt(h, CURLOPT_HTTPHEADER, lists[chance(4)]);
        break;
    case 12:
        curl_easy_setopt(h, CURLOPT_URL, urls[chance(3) == 0]);
        break;
    default:
        curl_easy_setopt(h, CURLOPT_HEADER, (long)chance(2));
        break;
    }
}

int main(int argc, char **argv)
{
    job_read(argc, argv);
    struct curl_slist *lists[4] = {json_lines(), json_lines(), json_lines(), NULL};
    char *urls[2] = {url_with("/v1/chat/completions?a=b#c"), url_with("/echo")};
    lists[1] = curl_slist_append(lists[1], "X-Headroom-Level: crush");
    lists[1] = curl_slist_append(lists[1], "Expect:");
    lists[2] = curl_slist_append(lists[2], "X-Empty;");
    lists[2] = curl_slist_append(lists[2], "Accept:");
    seed = (unsigned long)number("seed", 1) * 0x9E3779B97F4A7C15u | 1;
    for (int i = 0; i < 2; i++)
        bodies[i] = read_body(&sizes[i]);
    *strchr(bodies[1], ' ') = '\n';
    CURL *h = client(lists[0], bodies[0], &answer);
    at_hand = sizes[0];
    curl_easy_setopt(h, CURLOPT_READFUNCTION, give);
    for (long i = 0; i < number("steps", 100); i++) {
        for (unsigned k = 1 + chance(3); k > 0; k--)
            set_something(h, lists, urls);
        to_read = size >= 0 ? size : 100;
        print_counters(h, "step", curl_easy_perform(h));
        bytes_free(&answer);
    }
    curl_easy_cleanup(h);
    for (int i = 0; i < 3; i++)
        curl_slist_free_all(lists[i]);
    for (int i = 0; i < 2; i++) {
        free(bodies[i]);
        free(urls[i]);
    }
    curl_global_cleanup();
    return 0;
}
