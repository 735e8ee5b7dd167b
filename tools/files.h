/* files.h - whole files in and out of the CLI, and standard output to its end.

   Every function says its own error on stderr and returns the exit code for it; 0 is success. */
#ifndef FILES_H
#define FILES_H

#include "../core/headroom.h"
#include "cli.h"

/* Read FILE, or standard input for "-". data is NUL-terminated behind len; free with free(). EX_NOINPUT,
   EX_IOERR; EX_DATAERR above 256 MB. */
int files_read(const struct command *self, const char *path, headroom_bytes *out);
/* Write FILE, or standard output for "-". An existing file is overwritten. EX_CANTCREAT, EX_IOERR. */
int files_write(const struct command *self, const char *path, const void *data, size_t len);
/* The same by a new file that takes the place of the old one in one step, readable by whom the umask allows. What is no regular file
   (a pipe, /dev/null) is written into; a link is followed. */
int files_replace(const struct command *self, const char *path, const void *data, size_t len);
/* Flush standard output; did all of it arrive? EX_IOERR; silent where the reader went away. */
int files_flush_stdout(void);

#endif
