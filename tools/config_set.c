/* config_set.c - changing settings in the user's config.ini. See config_set.h. */
#include "config_set.h"
#include "directories.h"
#include "files.h"
#include "nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_NAMES = 128 };

struct place {
    char file[PATH_MAX]; /* the file itself, where config.ini is a link */
    char directory[PATH_MAX];
    int lock; /* on the directory: two changes at once follow each other */
};

/* ------------------------------------------------------------------ where */
static int open_place(const struct command *self, const headroom *h, struct place *p)
{
    const char *path = headroom_config_path(h);
    char *slash;

    if (path == NULL)
        return cli_fail(EX_CONFIG,
                        "%s: there is no place for a file: set HOME or XDG_CONFIG_HOME to an absolute path",
                        self->name);
    if (realpath(path, p->file) == NULL && snprintf(p->file, sizeof(p->file), "%s", path) >= PATH_MAX)
        return cli_fail(EX_CANTCREAT, "%s: '%s' is too long", self->name, path);
    strcpy(p->directory, p->file);
    slash = strrchr(p->directory, '/');
    *slash = '\0';
    if (!directories_make(p->directory))
        return cli_fail(EX_CANTCREAT, "%s: cannot make the directory '%s'", self->name, p->directory);
    p->lock = open(p->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->lock == -1 || flock(p->lock, LOCK_EX) != 0)
        return cli_fail(EX_CANTCREAT, "%s: cannot use the directory '%s': %s", self->name, p->directory,
                        strerror(errno));
    return EX_OK;
}

static int read_old(const struct command *self, const struct place *p, headroom_bytes *text)
{
    if (access(p->file, F_OK) != 0 && errno == ENOENT) {
        text->data = calloc(1, 1);
        text->len = 0;
        return text->data == NULL ? cli_fail(EX_OSERR, "%s: no memory", self->name) : EX_OK;
    }
    return files_read(self, p->file, text);
}

static bool write_synced(int fd, const headroom_bytes *text)
{
    size_t done = 0;

    while (done < text->len) {
        ssize_t n = write(fd, text->data + done, text->len - done);

        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return fchmod(fd, 0600) == 0 && fsync(fd) == 0;
}

static int replace(const struct command *self, const struct place *p, const headroom_bytes *text)
{
    char name[PATH_MAX + 8];
    bool written;
    int fd;

    snprintf(name, sizeof(name), "%s.XXXXXX", p->file);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd == -1)
        return cli_fail(EX_CANTCREAT, "%s: cannot make a file in '%s': %s", self->name, p->directory,
                        strerror(errno));
    written = write_synced(fd, text);
    if (close(fd) == 0 && written && rename(name, p->file) == 0)
        return EX_OK;
    cli_fail(0, "%s: cannot write '%s': %s; it is as it was", self->name, p->file, strerror(errno));
    unlink(name);
    return EX_CANTCREAT;
}

/* ------------------------------------------------------------------ what */
struct names {
    const char *list[MAX_NAMES];
    size_t n;
};

static int add_name(void *arg, const char *name, const char *value, const char *origin, const char *env,
                    const char *error)
{
    struct names *names = arg;

    (void)value, (void)origin, (void)env, (void)error;
    if (names->n < MAX_NAMES)
        names->list[names->n++] = name;
    return 0;
}

static int refuse(const struct command *self, headroom *h, const struct config_change *c, const char *problem)
{
    struct names names = {.n = 0};
    const char *nearest;

    headroom_each_setting(h, add_name, &names);
    nearest = nearest_word(c->name, names.list, names.n);
    for (size_t i = 0; i < names.n; i++) {
        if (strcmp(names.list[i], c->name) == 0)
            return cli_fail(EX_USAGE, "%s: %s: %s", self->name, c->name, problem);
    }
    if (nearest != NULL)
        return cli_fail(EX_USAGE, "%s: there is no setting '%s'; meant is perhaps %s", self->name, c->name,
                        nearest);
    return cli_fail(EX_USAGE, "%s: there is no setting '%s'; 'headroom config' lists them", self->name,
                    c->name);
}

/* The file as read, then as core gave it back. */
struct text {
    headroom_bytes bytes;
    bool of_core;
};

static void release(struct text *text)
{
    if (text->of_core)
        headroom_free(text->bytes.data);
    else
        free(text->bytes.data);
}

static int edit(const struct command *self, headroom *h, const struct config_change *list, size_t n,
                struct text *text)
{
    for (size_t i = 0; i < n; i++) {
        headroom_bytes changed;
        char problem[512] = "";
        int r = headroom_edit_config(text->bytes.data, text->bytes.len, list[i].name, list[i].value, &changed,
                                     problem, sizeof(problem));

        if (r < 0)
            return cli_fail(EX_OSERR, "%s: no memory", self->name);
        if (r == 0)
            return refuse(self, h, &list[i], problem);
        release(text);
        *text = (struct text){changed, true};
    }
    return EX_OK;
}

struct warning {
    const struct config_change *list;
    size_t n;
    const char *command;
};

static int warn_of_environment(void *arg, const char *name, const char *value, const char *origin,
                               const char *env, const char *error)
{
    const struct warning *w = arg;

    (void)value, (void)error;
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->list[i].name, name) == 0 && origin != NULL && strcmp(origin, "environment") == 0)
            cli_fail(0, "%s: %s is set in this environment and goes before the file", w->command, env);
    }
    return 0;
}

int config_set(const struct command *self, headroom *h, const struct config_change *list, size_t n)
{
    struct warning warning = {list, n, self->name};
    struct place place = {.lock = -1};
    struct text text = {.of_core = false};
    int code = open_place(self, h, &place);

    if (code == EX_OK)
        code = read_old(self, &place, &text.bytes);
    if (code == EX_OK)
        code = edit(self, h, list, n, &text);
    if (code == EX_OK)
        code = replace(self, &place, &text.bytes);
    if (code == EX_OK)
        headroom_each_setting(h, warn_of_environment, &warning);
    if (place.lock != -1)
        close(place.lock);
    release(&text);
    return code;
}
