/* compile.c - the build's step from data.json and VERSION to the table that is linked in: compile DATA VERSION OUT. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "price_compile.h"

static hr_str read_all(const char *path)
{
    hr_buf b = {0};
    char piece[1 << 16];
    size_t n;
    FILE *f = fopen(path, "rb");

    while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
        hr_buf_add(&b, piece, n);
    if (!f || ferror(f) || b.err || b.len == 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(f);
    return hr_buf_view(&b);
}

int main(int argc, char **argv)
{
    char problem[256] = "no memory";
    hr_buf table = {0};
    int32_t day = 0;

    if (argc != 4)
        return 2;
    const hr_str json = read_all(argv[1]), version = read_all(argv[2]);
    const char *line = memchr(version.p, '\n', version.n);
    if (!line || version.n < (size_t)(line - version.p) + 11 ||
        !hr_price_day(hr_str_make(line + 1, 10), &day)) {
        fprintf(stderr, "%s: not a name and a day\n", argv[2]);
        return 1;
    }
    if (hr_price_compile(&table, json, day, hr_str_make(version.p, (size_t)(line - version.p)), problem,
                         sizeof problem) < 0) {
        fprintf(stderr, "%s: %s\n", argv[1], problem);
        return 1;
    }
    FILE *f = fopen(argv[3], "wb");
    bool written = f && fwrite(table.data, 1, table.len, f) == table.len;
    if (!f || fclose(f) != 0 || !written) {
        fprintf(stderr, "%s: cannot be written\n", argv[3]);
        return 1;
    }
    return 0;
}
