/* directory.h - may this directory hold our state, and may this file be our database?

   Ours means st_uid == geteuid() and not writable for anybody else; no symbolic link in the last place; a
   file system whose locks and shared memory hold between processes. A parent that belongs to neither us nor
   root is never written to: root with another user's HOME must not leave files there. Thread rule: while
   holding the lock of vfs.h. Reasons are the static words of hr_store_reason. */
#ifndef HR_STORE_DIRECTORY_H
#define HR_STORE_DIRECTORY_H

#include "base.h"

#include <sys/stat.h>

/* Open the directory, creating it and its missing parents (0700) where create. Returns a descriptor;
   HR_ENOENT where it does not exist and create is false; HR_ESTORE with *reason. */
int hr_directory_open(const char *path, bool create, const char **reason);

/* Look at the file `name` in it, creating an empty one (0600 under any umask) where create. 0 and *st filled;
   HR_ENOENT; HR_ESTORE with *reason. Never opens a file that exists: closing it would drop the locks of
   another handle here. */
int hr_directory_database(int dir, const char *name, bool create, struct stat *st, const char **reason);

#endif
