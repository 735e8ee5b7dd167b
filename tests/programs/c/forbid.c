/* forbid.c - runs a command under a kernel that refuses something, by a seccomp filter that its children inherit:

     forbid code COMMAND..    mprotect to writable and executable at once: a page of code cannot be changed
     forbid kill COMMAND..    the same, and who tries is ended
     forbid exec COMMAND..    mprotect to executable: what was written cannot become code
     forbid near COMMAND..    mmap at a wished address that replaces nothing: no memory near a function */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *word;
    unsigned number, argument; /* of the system call; which of its arguments */
    unsigned bits;             /* refused where all of these are set */
    unsigned answer;
} rules[] = {
    {"code", SYS_mprotect, 2, PROT_WRITE | PROT_EXEC, SECCOMP_RET_ERRNO | EACCES},
    {"kill", SYS_mprotect, 2, PROT_WRITE | PROT_EXEC, SECCOMP_RET_KILL_PROCESS},
    {"exec", SYS_mprotect, 2, PROT_EXEC, SECCOMP_RET_ERRNO | EACCES},
    {"near", SYS_mmap, 3, 0x100000 /* MAP_FIXED_NOREPLACE */, SECCOMP_RET_ERRNO | ENOMEM},
};

static int install(size_t i)
{
    const unsigned low = (unsigned)offsetof(struct seccomp_data, args) + 8 * rules[i].argument;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rules[i].number, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, low),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rules[i].bits),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rules[i].bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, rules[i].answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 2 && i < sizeof(rules) / sizeof(*rules); i++) {
        if (strcmp(argv[1], rules[i].word) != 0)
            continue;
        if (install(i) == 0)
            execvp(argv[2], argv + 2);
        perror("forbid");
        return 125;
    }
    fprintf(stderr, "usage: forbid code|kill|exec|near COMMAND..\n");
    return 125;
}
