/* faults.c - a client that does what hosts do at awkward moments. The first WORD says what:

     closefrom   after a first answer closes every descriptor from 3 on, opens three files of its own,
   connects anew; in the end it says whether the three files hold just what it wrote into them nofile takes
   every free descriptor before its first request fork        forks in the middle of a request; the child
   makes a request of its own on a new connection, the parent goes on exit        eight threads send requests
   for ever, main calls exit() after 150 ms exec        sends half a request, then runs /bin/true in its place
     fds         one request, then prints its descriptors below 512 and the number of its threads
     clear       SSL_clear in the middle of a request, then the same object on another connection
     twice       the same request twice on one connection, as fast as it can */
#include "wire_client.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

static SSL_CTX *ctx;

static bool write_piece(SSL *ssl, const char *data, size_t len)
{
    while (len > 0) {
        int done = SSL_write(ssl, data, len < 16384 ? (int)len : 16384);
        if (done <= 0)
            return false;
        data += done;
        len -= (size_t)done;
    }
    return true;
}

static bool answer(SSL *ssl, struct answer *a, FILE *to)
{
    FILE *nowhere = fopen("/dev/null", "w");
    struct traced_ssl t = {ssl, nowhere ? nowhere : stderr};
    bool ok = answer_print(a, traced_read, &t, to);
    if (nowhere)
        fclose(nowhere);
    return ok;
}

static bool request(const struct job *j, SSL *ssl, struct answer *a, FILE *to)
{
    size_t len;
    char *head = request_head(j, "", &len);
    bool ok = write_piece(ssl, head, len) && write_piece(ssl, j->body, j->body_len) && answer(ssl, a, to);
    free(head);
    return ok;
}

static bool once(const struct job *j, FILE *to)
{
    struct answer a = {0};
    SSL *ssl = connected_tls(j, ctx);
    bool ok = request(j, ssl, &a, to);
    int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
    free(a.data);
    return ok;
}

static bool closefrom_and_go_on(const struct job *j)
{
    static const char *const texts[] = {"the first", "the second", "the third"};
    char path[3][64];
    int fd[3];
    bool ok = once(j, stdout);
    if (close_range(3, ~0U, 0) != 0)
        return false;
    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "own-file-%d", i);
        int low = open(path[i], O_RDWR | O_CREAT | O_TRUNC, 0600);
        fd[i] = fcntl(low, F_DUPFD, 512); /* the very numbers that the library had */
        close(low);
        ok = ok && write(fd[i], texts[i], strlen(texts[i])) == (ssize_t)strlen(texts[i]);
    }
    ok = once(j, stdout) && ok;
    for (int i = 0; i < 3; i++) {
        char back[4096];
        ssize_t n = pread(fd[i], back, sizeof back, 0);
        bool same = n == (ssize_t)strlen(texts[i]) && memcmp(back, texts[i], (size_t)n) == 0;
        printf("file %d %s\n", i, same ? "unchanged" : "CHANGED");
        if (fcntl(fd[i], F_GETFD) < 0 || lseek(fd[i], 0, SEEK_CUR) != (off_t)strlen(texts[i]))
            printf("file %d moved or closed\n", i);
    }
    return ok;
}

static bool no_descriptor_left(const struct job *j)
{
    struct answer a = {0};
    SSL *ssl = connected_tls(j, ctx);
    while (dup(0) >= 0)
        ;
    bool ok = errno == EMFILE && write_piece(ssl, "", 0);
    size_t len;
    char *head = request_head(j, "", &len);
    ok = ok && write_piece(ssl, head, len) && write_piece(ssl, j->body, j->body_len);
    struct traced_ssl t = {ssl, stderr};
    FILE *full = freopen("/dev/null", "w", stderr); /* the trace of reads is of no interest here */
    (void)full;
    ok = ok && answer_print(&a, traced_read, &t, stdout);
    return ok;
}

static bool fork_in_the_middle(const struct job *j)
{
    struct answer a = {0};
    SSL *ssl = connected_tls(j, ctx);
    size_t len;
    char *head = request_head(j, "", &len);
    if (!write_piece(ssl, head, len) || !write_piece(ssl, j->body, j->body_len / 2))
        return false;
    pid_t child = fork();
    if (child == 0)
        _exit(once(j, stderr) ? 0 : 1);
    int status = -1;
    bool ok = waitpid(child, &status, 0) == child && status == 0;
    ok = write_piece(ssl, j->body + j->body_len / 2, j->body_len - j->body_len / 2) && ok;
    return answer(ssl, &a, stdout) && ok;
}

static void *send_for_ever(void *arg)
{
    FILE *nowhere = fopen("/dev/null", "w");
    struct answer a = {0};
    SSL *ssl = connected_tls(arg, ctx);
    while (nowhere && request(arg, ssl, &a, nowhere))
        ;
    return NULL;
}

static bool exit_while_threads_write(struct job *j)
{
    pthread_t t;
    for (int i = 0; i < 8; i++)
        if (pthread_create(&t, NULL, send_for_ever, j) != 0)
            return false;
    usleep(150000);
    exit(0);
}

static bool exec_in_the_middle(const struct job *j)
{
    SSL *ssl = connected_tls(j, ctx);
    size_t len;
    char *head = request_head(j, "", &len);
    if (!write_piece(ssl, head, len) || !write_piece(ssl, j->body, j->body_len / 2))
        return false;
    execl("/bin/true", "true", (char *)NULL);
    return false;
}

static void print_directory(const char *path, int below)
{
    DIR *d = opendir(path);
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.' && (below == 0 || (atoi(e->d_name) < below && atoi(e->d_name) != dirfd(d))))
            n++;
    printf("%s %d\n", path, n);
    if (d)
        closedir(d);
}

static bool show_descriptors(const struct job *j)
{
    bool ok = once(j, stdout);
    int next = open("/dev/null", O_RDONLY);
    printf("next descriptor %d\n", next);
    print_directory("/proc/self/fd", 512);
    print_directory("/proc/self/task", 0);
    return ok;
}

static bool clear_in_the_middle(const struct job *j)
{
    struct answer a = {0};
    SSL *ssl = connected_tls(j, ctx);
    size_t len;
    char *head = request_head(j, "", &len);
    if (!write_piece(ssl, head, len) || !write_piece(ssl, j->body, j->body_len / 2))
        return false;
    close(SSL_get_fd(ssl));
    if (SSL_clear(ssl) != 1 || SSL_set_fd(ssl, connected_socket(j, 0)) != 1 || SSL_connect(ssl) != 1)
        return false;
    return request(j, ssl, &a, stdout);
}

static bool twice_on_one_connection(const struct job *j)
{
    struct answer a = {0};
    SSL *ssl = connected_tls(j, ctx);
    bool ok = request(j, ssl, &a, stdout) && request(j, ssl, &a, stdout);
    int fd = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(fd);
    free(a.data);
    return ok;
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    bool ok = false;
    ctx = client_context(j.cafile);
    if (job_word(&j, "closefrom", NULL))
        ok = closefrom_and_go_on(&j);
    else if (job_word(&j, "nofile", NULL))
        ok = no_descriptor_left(&j);
    else if (job_word(&j, "fork", NULL))
        ok = fork_in_the_middle(&j);
    else if (job_word(&j, "exit", NULL))
        ok = exit_while_threads_write(&j);
    else if (job_word(&j, "exec", NULL))
        ok = exec_in_the_middle(&j);
    else if (job_word(&j, "fds", NULL))
        ok = show_descriptors(&j);
    else if (job_word(&j, "clear", NULL))
        ok = clear_in_the_middle(&j);
    else if (job_word(&j, "twice", NULL))
        ok = twice_on_one_connection(&j);
    SSL_CTX_free(ctx);
    free(j.body);
    return ok ? 0 : 1;
}
