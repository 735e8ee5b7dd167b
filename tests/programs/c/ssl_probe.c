/* ssl_probe.c - a request, then what a program can see of its own process: numbers of three files that it
   opens, descriptors below 512, threads, signal dispositions and mask, environment, umask, current directory.
   Word: before (also before the request). */
#include "wire_client.h"
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>

extern char **environ;

static void print_descriptors(void)
{
    int files[3];
    for (int i = 0; i < 3; i++)
        files[i] = open("/dev/null", O_RDONLY);
    printf("files opened as %d %d %d\n", files[0], files[1], files[2]);
    printf("descriptors");
    for (int fd = 0; fd < 512; fd++) {
        if (fcntl(fd, F_GETFD) != -1)
            printf(" %d", fd);
    }
    printf("\n");
    for (int i = 0; i < 3; i++)
        close(files[i]);
}

static void print_threads(void)
{
    DIR *d = opendir("/proc/self/task");
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    printf("threads %d\n", n);
}

static void print_status(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[512];
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "Sig", 3) == 0 || strncmp(line, "ShdPnd", 6) == 0 || strncmp(line, "Umask", 5) == 0)
            if (strncmp(line, "SigQ", 4) != 0)
                printf("%s", line);
    }
    if (f)
        fclose(f);
}

static void print_environment(void)
{
    char here[4096];
    for (char **e = environ; *e; e++) {
        if (strncmp(*e, "LD_PRELOAD=", 11) != 0 && strncmp(*e, "HEADROOM_", 9) != 0)
            printf("%s\n", *e);
    }
    printf("directory %s\nlocale %s\n", getcwd(here, sizeof here) ? here : "?", setlocale(LC_ALL, NULL));
}

static void print_process(void)
{
    print_descriptors();
    print_threads();
    print_status();
    print_environment();
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    if (job_word(&j, "before", NULL))
        print_process();
    SSL_CTX *ctx = client_context(j.cafile);
    struct traced_ssl t = {connected_tls(&j, ctx), stderr};
    size_t head_len;
    char *head = request_head(&j, "", &head_len);
    struct answer a = {0};
    for (int i = 0; i < j.repeat; i++) {
        if (SSL_write(t.ssl, head, (int)head_len) <= 0 || SSL_write(t.ssl, j.body, (int)j.body_len) <= 0 ||
            !answer_print(&a, traced_read, &t, stdout))
            die("the request failed");
    }
    print_process();
    int fd = SSL_get_fd(t.ssl);
    SSL_shutdown(t.ssl);
    SSL_free(t.ssl);
    close(fd);
    SSL_CTX_free(ctx);
    free(head);
    free(a.data);
    free(j.body);
    return 0;
}
