/* binaries.c - what searches of executables found, by build id. See store.h. */
#include <string.h>

#include "store/handle.h"

int hr_store_binary(hr_store *s, const void *build_id, size_t len, void *answer, size_t size)
{
    hr_store_check_fork(s);
    int rc = hr_store_enter(s, 0, false);
    if (rc != 0)
        return rc;
    hr_query q = hr_query_start(s, HR_Q_BINARY_GET);
    hr_query_blob(&q, build_id, len);
    rc = hr_query_step(&q);
    hr_str got = rc == 1 ? hr_query_col(&q, 0) : hr_str_make(NULL, 0);
    if (rc == 1 && got.n == size)
        memcpy(answer, got.p, size);
    else if (rc == 1)
        rc = 0;
    hr_query_end(&q);
    hr_store_leave(s);
    return rc;
}

static int put(hr_store *s, const void *build_id, size_t len, const void *answer, size_t size)
{
    hr_query q = hr_query_start(s, HR_Q_BINARY_SET);
    hr_query_blob(&q, build_id, len);
    hr_query_int(&q, hr_wall_us());
    hr_query_blob(&q, answer, size);
    int rc = hr_query_run(&q);

    if (rc != 0)
        return rc;
    q = hr_query_start(s, HR_Q_BINARY_EXPIRE);
    hr_query_int(&q, HR_BINARIES);
    return hr_query_run(&q);
}

void hr_store_binary_put(hr_store *s, const void *build_id, size_t len, const void *answer, size_t size)
{
    hr_store_check_fork(s);
    if (hr_store_enter(s, 0, true) != 0)
        return;
    int rc = hr_store_begin(s);
    if (rc == 0)
        hr_store_end(s, put(s, build_id, len, answer, size));
    hr_store_leave(s);
}
