/* curl_module.c - a module that talks to an LLM API by the libcurl it is linked with. Built once a libcurl. */
#include "../curl_client.h"

/* Two requests on one handle: by curl_easy_perform, then by a multi handle. */
int ask(int argc, char **argv)
{
    struct bytes answer = {NULL, 0};
    int left;
    job_read(argc, argv);
    char *body = read_body(NULL);
    struct curl_slist *lines = json_lines();
    CURL *h = client(lines, body, &answer);
    CURLM *multi = curl_multi_init();
    int running = 1;

    printf("%s\n", curl_version_info(CURLVERSION_NOW)->ssl_version);
    print_counters(h, "easy", curl_easy_perform(h));
    curl_multi_add_handle(multi, h);
    while (running && curl_multi_perform(multi, &running) == CURLM_OK)
        curl_multi_poll(multi, NULL, 0, 100, NULL);
    CURLMsg *m = curl_multi_info_read(multi, &left);
    print_counters(h, "multi", m ? m->data.result : CURLE_GOT_NOTHING);
    curl_multi_remove_handle(multi, h);
    curl_multi_cleanup(multi);
    curl_easy_cleanup(h);
    curl_slist_free_all(lines);
    free(body);
    printf("%s\n", answer.p);
    bytes_free(&answer);
    fflush(stdout);
    return 0;
}
