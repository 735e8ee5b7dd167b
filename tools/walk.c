/* walk.c - depth first with fts, which neither follows links nor runs out of descriptors. */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_elf(const char *path)
{
    char magic[4] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    ssize_t got;

    if (fd == -1)
        return 0;
    got = read(fd, magic, sizeof(magic));
    close(fd);
    return got == (ssize_t)sizeof(magic) && memcmp(magic, "\177ELF", 4) == 0;
}

int walk_elf_files(const char *directory, int (*visit)(void *arg, const char *path), void *arg)
{
    char *roots[2] = {(char *)(size_t)directory, NULL}; /* fts copies the names */
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_XDEV, NULL);
    FTSENT *e;
    int result = 0;

    if (tree == NULL)
        return -1;
    while (result == 0 && (e = fts_read(tree)) != NULL) {
        if (e->fts_level == 0 &&
            (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS)) {
            errno = e->fts_errno;
            result = -1;
        } else if (e->fts_info == FTS_F && e->fts_statp->st_size >= 64 && is_elf(e->fts_accpath)) {
            result = visit(arg, e->fts_path);
        }
    }
    fts_close(tree);
    return result;
}
