/* splice.c - a new body from an old one: everything is copied as it is but for the replaced ranges (law 2).
 */
#include "json/json.h"

/* Total length of the result, or an error where the list is not sorted, overlaps or leaves the body. */
static int result_length(size_t len, const hr_splice *list, size_t n, size_t *total)
{
    size_t at = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (list[i].off < at || list[i].off > len || list[i].len > len - list[i].off)
            return HR_ESHAPE;
        sum += list[i].off - at;
        at = list[i].off + list[i].len;
        if (list[i].with.n > SIZE_MAX - sum)
            return HR_ENOMEM;
        sum += list[i].with.n;
    }
    if (len - at > SIZE_MAX - sum)
        return HR_ENOMEM;
    *total = sum + (len - at);
    return 0;
}

int hr_splice_apply(hr_buf *out, const char *body, size_t len, const hr_splice *list, size_t n)
{
    size_t at = 0, total;
    int err = result_length(len, list, n, &total);
    if (err)
        return err;
    if (hr_buf_reserve(out, total))
        return HR_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (list[i].off > at)
            hr_buf_add(out, body + at, list[i].off - at);
        hr_buf_str(out, list[i].with);
        at = list[i].off + list[i].len;
    }
    if (len > at)
        hr_buf_add(out, body + at, len - at);
    return out->err ? HR_ENOMEM : 0;
}
