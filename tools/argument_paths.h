/* argument_paths.h - which files the arguments of a tool call name. */
#ifndef ARGUMENT_PATHS_H
#define ARGUMENT_PATHS_H

/* arguments: JSON text. found is called for each path, in order, perhaps twice for one. A sign, not a proof: what stands under a key that
   says path or file, the words of a command that look like paths, and the file lines of a patch. Variables, patterns of the shell and
   what a command opens without naming it are not seen. */
void argument_paths(const char *arguments, void (*found)(void *, const char *path), void *arg);

#endif
