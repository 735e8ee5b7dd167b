/* capture_look.c - captured bodies, for the CLI. See headroom.h. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "context.h"
#include "limits.h"

int headroom_capturing(headroom *h, int64_t *until_us)
{
    bool on = hr_capture_is_on(h);

    *until_us = on ? atomic_load(&h->capture.until_us) : 0;
    return on;
}

int headroom_each_capture(headroom *h, int64_t from_us, int64_t to_us,
                          int (*cb)(void *, const headroom_capture *), void *arg)
{
    int directory = hr_capture_directory(h->config.state_directory, false), r = 0;
    headroom_capture *list = NULL;

    if (directory < 0)
        return directory == HR_ENOENT || !h->config.state_directory ? 0 : directory;
    int64_t n = hr_capture_list(directory, &list);
    close(directory);
    for (int64_t i = 0; i < n && r == 0; i++)
        if (list[i].time_us >= from_us && list[i].time_us < to_us)
            r = cb(arg, &list[i]);
    hr_free(list);
    return n < 0 ? (int)n : r;
}

int headroom_purge_captures(headroom *h, int64_t before_us, bool remove, int64_t *files, int64_t *bytes)
{
    int directory = hr_capture_directory(h->config.state_directory, false), r = 0;
    headroom_capture *list = NULL;

    *files = *bytes = 0;
    if (directory < 0)
        return directory == HR_ENOENT || !h->config.state_directory ? 0 : directory;
    int64_t n = hr_capture_list(directory, &list);
    for (int64_t i = 0; i < n && (before_us == INT64_MAX || list[i].time_us < before_us); i++) {
        char name[HR_CAPTURE_NAME];
        hr_capture_name(list[i].time_us, list[i].pid, name);
        if (remove && unlinkat(directory, name, 0) != 0) {
            r = HR_EIO;
            continue;
        }
        ++*files;
        *bytes += list[i].stored_bytes;
    }
    close(directory);
    hr_free(list);
    return n < 0 ? (int)n : r;
}

static int read_all(int fd, hr_buf *out)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > HR_MAX_FILE)
        return HR_ESHAPE;
    int r = hr_buf_reserve(out, (size_t)st.st_size + 1);
    while (r == 0 && out->len < (size_t)st.st_size) {
        ssize_t n = read(fd, out->data + out->len, (size_t)st.st_size - out->len);
        if (n <= 0)
            return n < 0 ? HR_EIO : 0;
        out->len += (size_t)n;
    }
    return r;
}

/* The response without its content coding; as it came where that cannot be undone. */
static int undo_coding(hr_str file, hr_buf *text)
{
    hr_buf name = {0}, plain = {0};
    bool ignored;
    int r = hr_capture_unpack(file, (enum headroom_capture_part)HR_CAPTURE_CODING, &name, &ignored);
    hr_coding coding = r == 0 && name.len ? hr_coding_of(hr_buf_view(&name)) : HR_CODING_NONE;

    hr_buf_free(&name);
    if (r == HR_ENOMEM || coding == HR_CODING_NONE || coding == HR_CODING_UNKNOWN)
        return r == HR_ENOMEM ? r : 0;
    if (hr_coding_decode(coding, hr_buf_view(text), &plain) == 0) {
        hr_buf_free(text);
        *text = plain;
    } else {
        hr_buf_free(&plain);
    }
    return 0;
}

int headroom_read_capture(const void *file, size_t len, enum headroom_capture_part part, headroom_bytes *out,
                          bool *cut)
{
    hr_str bytes = hr_str_make(file, len);
    bool is_cut = false;
    hr_buf b = {0};
    int r = hr_capture_unpack(bytes, part, &b, &is_cut);

    *out = (headroom_bytes){0};
    if (r == 0 && part == HEADROOM_CAPTURE_RESPONSE)
        r = undo_coding(bytes, &b);
    hr_buf_putc(&b, 0);
    if (r == 0 && b.err)
        r = b.err;
    if (r < 0) {
        hr_buf_free(&b);
        return r == HR_ENOENT ? 0 : r;
    }
    *out = (headroom_bytes){b.data, b.len - 1};
    if (cut)
        *cut = is_cut;
    return 1;
}

int headroom_get_capture(headroom *h, int64_t time_us, int64_t pid, enum headroom_capture_part part,
                         headroom_bytes *out, bool *cut)
{
    int directory = hr_capture_directory(h->config.state_directory, false);
    char name[HR_CAPTURE_NAME];
    hr_buf file = {0};

    *out = (headroom_bytes){0};
    if (directory < 0)
        return 0;
    hr_capture_name(time_us, pid, name);
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    close(directory);
    if (fd < 0)
        return 0;
    int r = read_all(fd, &file);
    close(fd);
    if (r == 0)
        r = headroom_read_capture(file.data, file.len, part, out, cut);
    hr_buf_free(&file);
    return r;
}
