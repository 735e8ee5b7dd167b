/* vfs.h - the lock around SQLite, its descriptors, and who they are.

   SQLite is linked into this library and hidden, so its process-wide state is ours alone. It runs without
   mutexes of its own (a fork could leave one of them locked for ever); one lock here stands around every use
   of it. Its system calls go through this file:

     - open: the result is moved to HR_FD_FLOOR or above (else as high as the limit allows), O_CLOEXEC, never
       through a symbolic link, refused where the file is not ours; device and inode are noted
     - close: closes only a descriptor that is still the one we opened
     - fstat, stat, lstat: st_ino is changed by the generation. SQLite finds lock state of a file by device and
       inode, and must never find that of a handle which was abandoned or inherited through fork, because POSIX
       locks do not pass to a child: it would believe that it holds what only its parent holds
     - pwrite64, write: fail with EFBIG instead of raising SIGXFSZ in the host
     - pwrite64 of the log: the frames of a commit leave in one call (gather.h); pread64 and fcntl keep the order

   Everything is per process. A new generation begins in the child of a fork and whenever the descriptors are
   abandoned. Thread rule: any thread for the lock; all else only while holding it. */
#ifndef HR_STORE_VFS_H
#define HR_STORE_VFS_H

#include "base.h"

#include <sys/types.h>

/* Take the lock; deadline is monotonic, 0 waits for ever. 0, HR_EBUSY, or HR_ESTORE where SQLite cannot be
 * set up. */
int hr_vfs_lock(uint64_t deadline_us);
void hr_vfs_unlock(void);

/* Changes when every handle opened before must never be touched again. */
uint32_t hr_vfs_generation(void);
/* Forget all descriptors without closing them and begin a new generation. */
void hr_vfs_abandon(void);

enum hr_vfs_state {
    HR_VFS_INTACT,
    HR_VFS_UNLINKED, /* somebody removed a file that we have open: what is written there is lost */
    HR_VFS_REPLACED  /* a number of ours was closed, or is another file now */
};
/* Compare every descriptor with what it was at open. Also notes the file size limit (RLIMIT_FSIZE) for the
   writes that follow. */
enum hr_vfs_state hr_vfs_check(void);

/* Is a file with this device and inode open here? */
bool hr_vfs_has(dev_t dev, ino_t ino);
/* Move a descriptor to the numbers that are ours, O_CLOEXEC; the low one is closed. -1 with errno: both are
 * closed. */
int hr_vfs_raise(int fd);
/* errno of the last open or write that failed: SQLite's own note of it may be that of a later call. 0: none
   since the last question. */
int hr_vfs_errno(void);
/* Keep memory of an abandoned handle reachable; it is never freed. */
void hr_vfs_keep(void *handle);

#endif
