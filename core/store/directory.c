/* directory.c - ownership, modes and file system of the state directory. See directory.h. */
#include "store/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "store/vfs.h"

enum { MAX_PATH = 4096 };

/* File systems on which SQLite's WAL does not hold: no memory shared between machines, or locks that lie.
   FUSE stands here as a whole: sshfs, virtiofs, s3fs and local ones have the same number. */
static const struct {
    uint32_t magic;
    const char *name;
} network[] = {
    {0x00006969, "nfs"},    {0xff534d42, "cifs"},   {0x0000517b, "smb"},    {0xfe534d42, "smb2"},
    {0x65735546, "fuse"},   {0x01021997, "9p"},     {0x5346414f, "afs"},    {0x6b414653, "kafs"},
    {0x00c36400, "ceph"},   {0x73757245, "coda"},   {0x0000564c, "ncp"},    {0x0bd00bd0, "lustre"},
    {0x47504653, "gpfs"},   {0x786f4256, "vboxsf"}, {0xbacbacbc, "vmhgfs"}, {0x7c7c6673, "prl_fs"},
    {0x20030528, "orange"}, {0x19830326, "fhgfs"},  {0x013111a8, "ibrix"},
};

static bool is_network(int fd)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return true;
    for (size_t i = 0; i < sizeof network / sizeof *network; i++) {
        if ((uint32_t)fs.f_type == network[i].magic)
            return true;
    }
    return false;
}

static const char *reason_of(int err)
{
    switch (err) {
    case EMFILE:
    case ENFILE:
        return "no_descriptor";
    case ENOSPC:
    case EDQUOT:
        return "disk_full";
    case EROFS:
        return "read_only";
    case ENOMEM:
        return "memory";
    default:
        return "directory";
    }
}

/* mkdir -p. errno of the step that failed is left behind. */
static int make_path(char *path, const char **reason)
{
    struct stat st;
    size_t n = strlen(path), end = n;

    /* Back to the deepest parent that exists, then forward. */
    while (end > 1) {
        while (end > 1 && path[end - 1] != '/')
            end--;
        while (end > 1 && path[end - 1] == '/')
            end--;
        char cut = path[end];
        path[end] = 0;
        int rc = stat(path, &st);
        path[end] = cut;
        if (rc == 0)
            break;
        if (errno != ENOENT) {
            *reason = reason_of(errno);
            return HR_ESTORE;
        }
    }
    if (end <= 1 && stat("/", &st) != 0) {
        *reason = "directory";
        return HR_ESTORE;
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        *reason = "foreign_directory";
        return HR_ESTORE;
    }
    while (end < n) {
        while (end < n && path[end] == '/')
            end++;
        while (end < n && path[end] != '/')
            end++;
        char cut = path[end];
        path[end] = 0;
        int rc = mkdir(path, 0700);
        path[end] = cut;
        if (rc != 0 && errno != EEXIST) {
            *reason = reason_of(errno);
            return HR_ESTORE;
        }
    }
    return 0;
}

static int open_high(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? fd : hr_vfs_raise(fd);
}

int hr_directory_open(const char *path, bool create, const char **reason)
{
    char copy[MAX_PATH];
    size_t n = strlen(path);
    struct stat st;

    if (path[0] != '/' || n >= sizeof copy) {
        *reason = path[0] == '/' ? "directory" : "no_home";
        return HR_ESTORE;
    }
    int fd = open_high(path);
    if (fd < 0 && errno == ENOENT) {
        if (!create)
            return HR_ENOENT;
        memcpy(copy, path, n + 1);
        if (make_path(copy, reason) != 0)
            return HR_ESTORE;
        fd = open_high(path);
    }
    if (fd < 0) {
        *reason = reason_of(errno);
        return HR_ESTORE;
    }
    *reason = NULL;
    if (fstat(fd, &st) != 0)
        *reason = "directory";
    else if (st.st_uid != geteuid())
        *reason = "foreign_directory";
    else if (st.st_mode & 022)
        *reason = "directory";
    else if (is_network(fd))
        *reason = "network_file_system";
    if (!*reason)
        return fd;
    close(fd);
    return HR_ESTORE;
}

static int create_empty(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno == EEXIST ? 0 : errno;
    int err = fchmod(fd, 0600) == 0 ? 0 : errno;
    close(fd);
    return err;
}

int hr_directory_database(int dir, const char *name, bool create, struct stat *st, const char **reason)
{
    if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) != 0) {
        int err = errno;
        if (err == ENOENT && !create)
            return HR_ENOENT;
        if (err == ENOENT)
            err = create_empty(dir, name);
        if (err == 0 && fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) != 0)
            err = errno;
        if (err) {
            *reason = err == EACCES || err == EPERM ? "read_only" : reason_of(err);
            return HR_ESTORE;
        }
    }
    *reason = NULL;
    if (!S_ISREG(st->st_mode))
        *reason = "directory";
    else if (st->st_uid != geteuid())
        *reason = "foreign_directory";
    /* A copy or an old umask: contents of other people's conversations must not stay readable. */
    else if ((st->st_mode & 077) && fchmodat(dir, name, st->st_mode & 0700, 0) != 0 && errno != EROFS)
        *reason = "directory";
    return *reason ? HR_ESTORE : 0;
}
