/* directories.c - making a directory with its parents. See directories.h. */
#include "directories.h"

#include <errno.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One directory, 0700 as the XDG rules want it; *parent is what its parent is, and becomes what it is. Under
   a parent of another user (root in somebody's HOME) nothing is made: it would lock its owner out. */
static bool make_directory(const char *path, struct stat *parent)
{
    if (stat(path, parent) == 0)
        return S_ISDIR(parent->st_mode);
    if (errno != ENOENT || (parent->st_uid != geteuid() && parent->st_uid != 0))
        return false;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return false;
    return stat(path, parent) == 0;
}

bool directories_make(const char *path)
{
    char part[PATH_MAX];
    struct stat parent;

    if (path[0] != '/' || strlen(path) >= sizeof(part) || stat("/", &parent) != 0)
        return false;
    strcpy(part, path);
    for (char *p = part + 1; *p != '\0'; p++) {
        bool made;

        if (*p != '/')
            continue;
        *p = '\0';
        made = make_directory(part, &parent);
        *p = '/';
        if (!made)
            return false;
    }
    return make_directory(part, &parent);
}
