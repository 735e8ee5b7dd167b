/* dryrun.c - see dryrun.h. */
#include "dryrun.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17 */
#endif

enum { PAGE = 4096, PLACES = 64, PLACE_STEP = 16 << 20 /* so that all lie within the 2 GB of a jump */ };

enum outcome { PERMITTED, NOT_MAPPED, OTHER_BYTES, NO_PLACE, NOT_EXECUTABLE, NOT_WRITABLE, OUTCOMES };

/* The words of shim/patch.c, which the log has where a program met the same. */
static const char *const reasons[OUTCOMES] = {
    [NOT_MAPPED] = "its file cannot be mapped as code",
    [OTHER_BYTES] = "its file changed in between",
    [NO_PLACE] = "the system gives no memory near its code",
    [NOT_EXECUTABLE] = "the system does not let memory become executable",
    [NOT_WRITABLE] = "the system does not let code be changed",
};

static uint8_t *map_near(uint8_t *code)
{
    for (intptr_t i = 1; i <= PLACES; i++) {
        intptr_t away = (i % 2 == 0 ? i : -i) * PLACE_STEP;
        uint8_t *wanted = (uint8_t *)((intptr_t)code + away); // NOLINT: the address is the point
        uint8_t *got = mmap(wanted, PAGE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

        if (got == wanted)
            return got;
        if (got != MAP_FAILED)
            munmap(got, PAGE);
    }
    return NULL;
}

/* In the child. expected: NULL where any byte will do. */
static enum outcome try(const char *file, uint64_t offset, const uint8_t *expected, size_t n)
{
    uint64_t start = offset & ~(uint64_t)(PAGE - 1);
    size_t into = (size_t)(offset - start), length = into + n > PAGE ? 2 * PAGE : PAGE;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    uint8_t *code =
        fd == -1 ? MAP_FAILED : mmap(NULL, length, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, (off_t)start);
    uint8_t *stub;

    if (code == MAP_FAILED)
        return NOT_MAPPED;
    if (expected != NULL && memcmp(code + into, expected, n) != 0)
        return OTHER_BYTES;
    stub = map_near(code);
    if (stub == NULL)
        return NO_PLACE;
    *stub = 0xcc;
    if (mprotect(stub, PAGE, PROT_READ | PROT_EXEC) != 0)
        return NOT_EXECUTABLE;
    if (mprotect(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return NOT_WRITABLE;
    *(volatile uint8_t *)(code + into) = code[into];
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
    return PERMITTED;
}

static const char *in_child(const char *file, uint64_t offset, const uint8_t *expected, size_t n)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit((int)try(file, offset, expected, n));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return "no process could be started to try it";
    if (!WIFEXITED(status))
        return "the system ends a process that tries to change its code";
    return WEXITSTATUS(status) < OUTCOMES ? reasons[WEXITSTATUS(status)] : "it could not be tried";
}

const char *dryrun_patch(const char *file, const headroom_function *f)
{
    return in_child(file, f->offset, f->expected, sizeof(f->expected));
}

const char *dryrun_own(void)
{
    return in_child("/proc/self/exe", 0, NULL, 1);
}
