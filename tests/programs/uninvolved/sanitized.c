/* sanitized.c - a program built with -fsanitize=address or thread: uses the heap and two threads, prints,
 * ends with status 3. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *work(void *arg)
{
    char *copy = strdup(arg);
    void *length = (void *)strlen(copy);
    free(copy);
    return length;
}

int main(void)
{
    pthread_t a, b;
    void *one, *two;
    pthread_create(&a, NULL, work, "one thread");
    pthread_create(&b, NULL, work, "another thread");
    pthread_join(a, &one);
    pthread_join(b, &two);
    printf("%zu %zu\n", (size_t)one, (size_t)two);
    fprintf(stderr, "done\n");
    return 3;
}
