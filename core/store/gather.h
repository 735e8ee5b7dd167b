/* gather.h - the frames of one commit in one system call.

   SQLite writes each page of a commit to the log with two calls: 24 bytes of header, then the page. A decision
   touches four pages, and eight calls were a third of what its commit costs. Here the frames are held back
   until the one that ends the commit, which the header says (its second word, SQLite's file format 4.1), and
   then leave together.

   What is held back is never committed, so nobody may see it yet: SQLite publishes frames in the shared index
   only after the last of them was written. It is written before SQLite reads or syncs the log in the middle of
   a transaction, and dropped before a lock is given back, because from then on others write at that place.

   The process that opens a log that nobody has open reads all of it, a frame a call, and the log grows to 8 MB: these frames are read
   ahead. What was read ahead is forgotten with the next call for the log of any other sort, so it is never older than the lock under which
   it is looked at.

   One set of frames per process, like SQLite's state (vfs.h). Thread rule: while holding the lock of vfs.h. */
#ifndef HR_STORE_GATHER_H
#define HR_STORE_GATHER_H

#include "base.h"

#include <sys/types.h>

/* pwrite of a log file: done, or held back and told as done. -1 with errno; then what was held back is lost,
   and SQLite rolls the transaction back. */
ssize_t hr_gather_write(int fd, const void *p, size_t n, off_t at);
/* pread of a log file; writes what is held back before. */
ssize_t hr_gather_read(int fd, void *p, size_t n, off_t at);
/* Write what is held back. 0, or -1 with errno. */
int hr_gather_flush(void);
/* Forget it: the transaction was rolled back, or this is the child of a fork. */
void hr_gather_drop(void);

#endif
