/* locate.c - headroom_locate: the locator with the store as its cache. */
#include "elf/locate.h"
#include "headroom.h"

int headroom_locate(headroom *h, const char *path, unsigned flags, headroom_located *out)
{
    (void)h;
    return hr_locate_file(path, flags, NULL, out);
}
