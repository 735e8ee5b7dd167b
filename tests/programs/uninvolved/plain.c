/* plain.c - says in which kind of process it runs; built for 32 bits, statically, and copied as a setuid
 * program. */
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    printf("%zu-bit secure %lu other user %d arguments %d %s\n", sizeof(void *) * 8, getauxval(AT_SECURE),
           getuid() != geteuid(), argc, argc > 1 ? argv[1] : "");
    fprintf(stderr, "said\n");
    return 5;
}
