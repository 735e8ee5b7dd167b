/* curl_threads.c - eight threads, each with handles of its own: repeat=N requests on one handle, and a fresh handle after each. */
#include "curl_client.h"

#include <pthread.h>

static void *run(void *arg)
{
    char *body = read_body(NULL);
    struct curl_slist *lines = json_lines();
    long failed = 0;
    (void)arg;
    for (long i = 0; i < number("repeat", 5); i++) {
        struct bytes answer = {NULL, 0};
        CURL *h = client(lines, body, &answer);
        for (int k = 0; k < 2; k++) {
            long status = 0;
            CURLcode rc = curl_easy_perform(h);
            curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
            failed += rc != CURLE_OK || status != 200 || !strstr(answer.p, "the top 3: Tutorial 0 (100)");
            bytes_free(&answer);
        }
        curl_easy_cleanup(h);
    }
    curl_slist_free_all(lines);
    free(body);
    return failed ? "failed" : NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[8];
    int failed = 0;
    job_read(argc, argv);
    for (int i = 0; i < 8; i++)
        if (pthread_create(&threads[i], NULL, run, NULL) != 0)
            return 3;
    for (int i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        failed += result != NULL;
    }
    printf("%d threads failed\n", failed);
    curl_global_cleanup();
    return failed > 0;
}
