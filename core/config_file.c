/* config_file.c - config.ini: from its lines to settings. See config.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "ini.h"

enum {
    MAX_NAME = 128,
    MAX_CONFIG = 64 << 10 /* a file of settings is a page; beyond this it is another file */
};

/* An entry whose value may go on in the next lines. */
struct open_entry {
    char name[MAX_NAME]; /* "section.name"; of an entry of a list's section the section alone */
    enum hr_setting setting;
    bool listed; /* in a section of its setting */
    unsigned line;
    hr_buf value;
};

static hr_given given_at(const struct open_entry *e)
{
    return (hr_given){'f', e->line, e->name};
}

/* The entry is complete. seen: its section has given entries before. */
static int close_entry(hr_config *c, struct open_entry *e, bool seen[HR_SETTINGS])
{
    hr_given given = given_at(e);
    int r = e->value.err;

    if (r == 0 && *e->name && e->setting == HR_SETTINGS)
        r = hr_config_tell(c, HR_SETTINGS, &given, "no setting has this name");
    else if (r == 0 && *e->name) {
        hr_str value = e->value.len ? hr_buf_view(&e->value) : HR_STR("");
        r = hr_config_set(c, e->setting, value, e->listed && seen[e->setting], &given);
        seen[e->setting] |= e->listed;
    }
    hr_buf_free(&e->value);
    *e->name = 0;
    return r;
}

/* name: where it fits, the entry's; of an entry of a list's section the section's. */
static enum hr_setting name_entry(const hr_ini_entry *in, char name[MAX_NAME], bool *listed)
{
    int n = snprintf(name, MAX_NAME, "%.*s", (int)(in->section.n < MAX_NAME ? in->section.n : MAX_NAME),
                     in->section.n ? in->section.p : "");
    enum hr_setting section = hr_setting_find(name);

    *listed = in->section.n > 0 && section != HR_SETTINGS && hr_setting_has_section(section);
    if (*listed || n >= MAX_NAME)
        return section;
    snprintf(name + n, MAX_NAME - (size_t)n, "%s%.*s", n ? "." : "",
             (int)(in->name.n < MAX_NAME ? in->name.n : MAX_NAME), in->name.p);
    return hr_setting_find(name);
}

enum hr_setting hr_config_entry(const hr_ini_entry *in, bool *listed)
{
    char name[MAX_NAME];
    return name_entry(in, name, listed);
}

/* Of the line "NAME = VALUE" in a section of a list the entry is all of it: a model's name may hold a colon. */
static void open_entry(struct open_entry *e, const hr_ini_entry *in, unsigned line)
{
    e->line = line;
    e->setting = name_entry(in, e->name, &e->listed);
    if (!e->listed) {
        hr_buf_str(&e->value, in->value);
        return;
    }
    hr_str whole = {in->name.p, (size_t)(in->value.p + in->value.n - in->name.p)};
    const char *mark = memchr(whole.p, '=', whole.n);
    if (!mark) {
        hr_buf_str(&e->value, whole);
        return;
    }
    hr_buf_str(&e->value, hr_ini_trim(hr_str_make(whole.p, (size_t)(mark - whole.p))));
    hr_buf_putc(&e->value, '=');
    hr_buf_str(&e->value, hr_ini_trim(hr_str_make(mark + 1, (size_t)(whole.p + whole.n - mark) - 1)));
}

int hr_config_read_text(hr_config *c, hr_str text)
{
    struct open_entry e = {.name = ""};
    bool seen[HR_SETTINGS] = {false};
    hr_ini ini;
    hr_ini_entry in;
    int r = 0, got;

    hr_ini_begin(&ini, text);
    while (r == 0 && (got = hr_ini_next(&ini, &in)) != 0) {
        if (got == 1 && in.more) {
            hr_buf_putc(&e.value, ' ');
            hr_buf_str(&e.value, in.value);
            continue;
        }
        r = close_entry(c, &e, seen);
        if (r == 0 && got < 0) {
            const hr_given given = {'f', ini.line, ""};
            r = hr_config_tell(c, HR_SETTINGS, &given, "not \"name = value\"");
        } else if (r == 0) {
            open_entry(&e, &in, ini.line);
        }
    }
    int last = close_entry(c, &e, seen);
    return r < 0 ? r : last;
}

static int tell_file(hr_config *c, const char *what, const char *why)
{
    const hr_given given = {'f', 0, ""};
    char message[256];

    snprintf(message, sizeof message, "%s%s", what, why);
    return hr_config_tell(c, HR_SETTINGS, &given, message);
}

static int read_descriptor(hr_config *c, int fd)
{
    struct stat st;
    size_t len = 0;
    ssize_t n = 0;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return tell_file(c, "is not a regular file", "");
    char *text = hr_malloc(MAX_CONFIG);
    if (!text)
        return HR_ENOMEM;
    while (len < MAX_CONFIG && (n = read(fd, text + len, MAX_CONFIG - len)) > 0)
        len += (size_t)n;
    int r = n < 0 ? tell_file(c, "cannot be read: ", strerror(errno))
            : len == MAX_CONFIG
                ? tell_file(c, "is longer than 64 KB; what stands behind that is not read", "")
                : 0;
    if (r == 0)
        r = hr_config_read_text(c, hr_str_make(text, len));
    hr_free(text);
    return r;
}

int hr_config_read_file(hr_config *c)
{
    int fd = c->path ? open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

    if (fd < 0 && (!c->path || errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return tell_file(c, "cannot be read: ", strerror(errno));
    int r = read_descriptor(c, fd);
    close(fd);
    return r;
}
