/* vfs.c - SQLite's system calls and the lock around SQLite. See vfs.h. */
#include "store/vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fork.h"
#include "limits.h"
#include "store/gather.h"

enum {
    /* Three files a handle, a directory or journal now and then; more than one handle only in tests. */
    MAX_FILES = 64,
    MAX_KEPT = 16,
    /* Below are stdin, stdout, stderr, which the host may have closed and count on to be reused. */
    LOWEST = 3
};

struct file {
    int fd; /* 0: free */
    dev_t dev;
    ino_t ino;
    bool regular;
    bool log; /* the write-ahead log */
};

/* SQLite's system-call hooks take no context, and its state is process-wide: so is this. */
static struct {
    pthread_mutex_t lock;
    hr_fork_guard guard;
    enum { COLD, STARTING, READY, FAILED } sqlite;
    uint32_t generation;
    int noted_errno;
    rlim_t size_limit;
    struct file files[MAX_FILES];
    void *kept[MAX_KEPT];
    size_t kept_n;
} vfs = {.lock = PTHREAD_MUTEX_INITIALIZER, .size_limit = RLIM_INFINITY};

/* ------------------------------------------------------------------ the registry */
static struct file *registered(int fd)
{
    for (size_t i = 0; i < MAX_FILES; i++) {
        if (vfs.files[i].fd == fd)
            return &vfs.files[i];
    }
    return NULL;
}

static bool same_file(const struct file *f, const struct stat *st)
{
    return st->st_dev == f->dev && st->st_ino == f->ino;
}

static ino_t inode_of_generation(ino_t ino)
{
    /* The high bits: no file system counts up to there, so a changed number never meets a real one. */
    return ino ^ ((ino_t)vfs.generation << 40);
}

int hr_vfs_raise(int fd)
{
    struct rlimit limit;
    int floor = HR_FD_FLOOR, moved;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= HR_FD_FLOOR)
        floor = (int)limit.rlim_cur - 1;
    do
        moved = fcntl(fd, F_DUPFD_CLOEXEC, floor > LOWEST ? floor : LOWEST);
    while (moved < 0 && (errno == EMFILE || errno == EINVAL) && --floor >= LOWEST);
    /* Nothing free but the number just taken: it stays with the host. */
    int saved = errno;
    close(fd);
    errno = saved;
    return moved;
}

/* ------------------------------------------------------------------ SQLite's system calls */
static int refuse(int fd, int err)
{
    if (fd >= 0)
        close(fd);
    errno = vfs.noted_errno = err;
    return -1;
}

static int sys_open(const char *path, int flags, int mode)
{
    struct file *slot = registered(0);
    struct stat st;
    int fd;

    if (!slot)
        return refuse(-1, EMFILE);
    do
        fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, (mode_t)mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        vfs.noted_errno = errno;
        return -1;
    }
    if (fstat(fd, &st) != 0)
        return refuse(fd, errno);
    if (S_ISREG(st.st_mode) ? st.st_uid != geteuid() : (flags & O_ACCMODE) != O_RDONLY)
        return refuse(fd, EACCES);
    fd = hr_vfs_raise(fd);
    if (fd < 0)
        return refuse(fd, errno);
    *slot = (struct file){.fd = fd, .dev = st.st_dev, .ino = st.st_ino, .regular = S_ISREG(st.st_mode)};
    slot->log = hr_str_ends(hr_str_make(path, strlen(path)), "-wal");
    return fd;
}

static int sys_close(int fd)
{
    struct file *f = registered(fd);
    struct stat st;

    if (!f || fd <= 0)
        return 0; /* of an older generation, or not ours any more */
    bool ours = fstat(fd, &st) == 0 && same_file(f, &st);
    f->fd = 0;
    return ours ? close(fd) : 0;
}

static int sys_fstat(int fd, struct stat *st)
{
    int rc = fstat(fd, st);
    if (rc == 0)
        st->st_ino = inode_of_generation(st->st_ino);
    return rc;
}

static int sys_stat(const char *path, struct stat *st)
{
    int rc = stat(path, st);
    if (rc == 0)
        st->st_ino = inode_of_generation(st->st_ino);
    return rc;
}

static int sys_lstat(const char *path, struct stat *st)
{
    int rc = lstat(path, st);
    if (rc == 0)
        st->st_ino = inode_of_generation(st->st_ino);
    return rc;
}

/* A write beyond RLIMIT_FSIZE would be the host's end by SIGXFSZ. */
static bool above_limit(uint64_t end)
{
    if (vfs.size_limit == RLIM_INFINITY || end <= vfs.size_limit)
        return false;
    errno = vfs.noted_errno = EFBIG;
    return true;
}

static ssize_t note_errno(ssize_t n)
{
    if (n < 0)
        vfs.noted_errno = errno;
    return n;
}

static ssize_t sys_pwrite(int fd, const void *p, size_t n, off_t at)
{
    const struct file *f = registered(fd);

    if (above_limit((uint64_t)at + n))
        return -1;
    return note_errno(f && f->log ? hr_gather_write(fd, p, n, at) : pwrite(fd, p, n, at));
}

static ssize_t sys_pread(int fd, void *p, size_t n, off_t at)
{
    const struct file *f = registered(fd);

    if (f && f->log)
        return note_errno(hr_gather_read(fd, p, n, at));
    return note_errno(hr_gather_flush()) < 0 ? -1 : pread(fd, p, n, at);
}

/* SQLite's locks, all of which go through here. */
static int sys_fcntl(int fd, int command, ...)
{
    va_list list;

    va_start(list, command);
    void *arg = va_arg(list, void *);
    va_end(list);
    hr_gather_drop();
    return fcntl(fd, command, arg);
}

static ssize_t sys_write(int fd, const void *p, size_t n)
{
    off_t at = vfs.size_limit == RLIM_INFINITY ? 0 : lseek(fd, 0, SEEK_CUR);
    return at < 0 || above_limit((uint64_t)at + n) ? -1 : note_errno(write(fd, p, n));
}

static int sys_ftruncate(int fd, off_t size)
{
    return above_limit((uint64_t)size) ? -1 : ftruncate(fd, size);
}

static bool start_sqlite(void)
{
    static const struct {
        const char *name;
        sqlite3_syscall_ptr call;
    } calls[] = {
        {"open", (sqlite3_syscall_ptr)(void (*)(void))sys_open},
        {"close", (sqlite3_syscall_ptr)(void (*)(void))sys_close},
        {"fstat", (sqlite3_syscall_ptr)(void (*)(void))sys_fstat},
        {"stat", (sqlite3_syscall_ptr)(void (*)(void))sys_stat},
        {"lstat", (sqlite3_syscall_ptr)(void (*)(void))sys_lstat},
        {"write", (sqlite3_syscall_ptr)(void (*)(void))sys_write},
        {"pwrite64", (sqlite3_syscall_ptr)(void (*)(void))sys_pwrite},
        {"pwrite", (sqlite3_syscall_ptr)(void (*)(void))sys_pwrite},
        {"pread64", (sqlite3_syscall_ptr)(void (*)(void))sys_pread},
        {"pread", (sqlite3_syscall_ptr)(void (*)(void))sys_pread},
        {"fcntl", (sqlite3_syscall_ptr)(void (*)(void))sys_fcntl},
        {"ftruncate", (sqlite3_syscall_ptr)(void (*)(void))sys_ftruncate},
    };
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_initialize() != SQLITE_OK)
        return false;
    sqlite3_vfs *unix_vfs = sqlite3_vfs_find(NULL);
    if (!unix_vfs || unix_vfs->iVersion < 3)
        return false;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        /* pwrite64 and pwrite: a build of SQLite has at least one, and names both. */
        if (unix_vfs->xSetSystemCall(unix_vfs, calls[i].name, calls[i].call) != SQLITE_OK)
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ lock and generations */
/* At the first use in a process, and so also in the child of a fork. */
static void reset(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

    memcpy(&vfs.lock, &fresh, sizeof fresh);
    if (vfs.sqlite == STARTING)
        vfs.sqlite = FAILED; /* half set up by a thread that is not here */
    hr_vfs_abandon();
    hr_fork_arm(&vfs.guard);
}

int hr_vfs_lock(uint64_t deadline_us)
{
    if (hr_fork_in_child(&vfs.guard))
        reset();
    if (pthread_mutex_trylock(&vfs.lock) != 0) {
        struct timespec until = {.tv_sec = (time_t)(deadline_us / 1000000u),
                                 .tv_nsec = (long)(deadline_us % 1000000u) * 1000};
        int rc = deadline_us ? pthread_mutex_clocklock(&vfs.lock, CLOCK_MONOTONIC, &until)
                             : pthread_mutex_lock(&vfs.lock);
        if (rc != 0)
            return HR_EBUSY;
    }
    if (vfs.sqlite == COLD) {
        vfs.sqlite = STARTING;
        vfs.sqlite = start_sqlite() ? READY : FAILED;
    }
    if (vfs.sqlite == READY)
        return 0;
    hr_vfs_unlock();
    return HR_ESTORE;
}

void hr_vfs_unlock(void)
{
    pthread_mutex_unlock(&vfs.lock);
}

uint32_t hr_vfs_generation(void)
{
    return vfs.generation;
}

void hr_vfs_abandon(void)
{
    hr_gather_drop();
    memset(vfs.files, 0, sizeof vfs.files);
    vfs.generation++;
}

enum hr_vfs_state hr_vfs_check(void)
{
    enum hr_vfs_state state = HR_VFS_INTACT;
    struct rlimit limit;
    struct stat st;

    vfs.size_limit = getrlimit(RLIMIT_FSIZE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
    for (size_t i = 0; i < MAX_FILES; i++) {
        const struct file *f = &vfs.files[i];
        if (f->fd == 0)
            continue;
        if (fstat(f->fd, &st) != 0 || !same_file(f, &st))
            return HR_VFS_REPLACED;
        if (f->regular && st.st_nlink == 0)
            state = HR_VFS_UNLINKED;
    }
    return state;
}

bool hr_vfs_has(dev_t dev, ino_t ino)
{
    for (size_t i = 0; i < MAX_FILES; i++) {
        if (vfs.files[i].fd && vfs.files[i].dev == dev && vfs.files[i].ino == ino)
            return true;
    }
    return false;
}

int hr_vfs_errno(void)
{
    int err = vfs.noted_errno;
    vfs.noted_errno = 0;
    return err;
}

void hr_vfs_keep(void *handle)
{
    if (vfs.kept_n < MAX_KEPT)
        vfs.kept[vfs.kept_n++] = handle;
}
