/* public.c - tokens in the public API: headroom.h says what each function does. */
#include <string.h>

#include "headroom.h"
#include "limits.h"
#include "token/models.h"

int headroom_count_tokens(const char *encoding, const void *text, size_t len, size_t *count)
{
    return hr_encoding_count(hr_encoding_named(encoding), text, len, count);
}

int headroom_token_ids(const char *encoding, const void *text, size_t len, uint32_t **ids, size_t *count)
{
    return hr_encoding_ids(hr_encoding_named(encoding), text, len, ids, count);
}

const char *headroom_encoding_of(const char *model)
{
    return hr_encoding_name(hr_model_encoding(hr_str_make(model, strlen(model))));
}

int headroom_check_encoding(const char *encoding, char *path, size_t room)
{
    char at[HR_MAX_PATH] = "";
    const enum hr_encoding e = hr_encoding_named(encoding);
    const int r = e == HR_ENCODING_NONE ? HR_ENOENT : hr_encoding_check(e, true, at);

    if (room > 0) {
        const size_t n = strlen(at) < room ? strlen(at) : room - 1;
        memcpy(path, at, n);
        path[n] = 0;
    }
    return r;
}
