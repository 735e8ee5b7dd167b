/* table.c - see table.h. */
#include "token/table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a over eight bytes at a time: against damage, not against people. */
uint64_t hr_table_sum(const void *p, size_t n)
{
    const uint8_t *at = p;
    uint64_t sum = 0xCBF29CE484222325u;

    while (n > 0) {
        uint64_t word = 0;
        const size_t take = n < sizeof word ? n : sizeof word;
        memcpy(&word, at, take);
        sum = (sum ^ word) * 0x100000001B3u;
        sum ^= sum >> 29;
        at += take;
        n -= take;
    }
    return sum;
}

static bool lies_inside(const hr_table_head *head, uint32_t at, uint64_t bytes)
{
    return at % 64 == 0 && at >= sizeof *head && at <= head->size && bytes <= head->size - at;
}

int hr_table_check(const void *p, size_t n, bool all)
{
    hr_table_head head;

    if (n < sizeof head)
        return HR_ESHAPE;
    memcpy(&head, p, sizeof head);
    if (memcmp(head.magic, HR_TABLE_MAGIC, sizeof head.magic) != 0 || head.version != HR_TABLE_VERSION ||
        head.size != n || head.head_sum != hr_table_sum(&head, offsetof(hr_table_head, head_sum)))
        return HR_ESHAPE;
    if (head.pairs_bits < 1 || head.pairs_bits > 31 ||
        !lies_inside(&head, head.blocks, 0x110000 / HR_TABLE_BLOCK) ||
        !lies_inside(&head, head.classes, HR_TABLE_BLOCK) ||
        !lies_inside(&head, head.trie, 8 * (uint64_t)(head.root | 255u)) ||
        !lies_inside(&head, head.made, 8 * (uint64_t)head.tokens) ||
        !lies_inside(&head, head.pairs, (uint64_t)8 << head.pairs_bits))
        return HR_ESHAPE;
    return all && head.body_sum != hr_table_sum((const char *)p + sizeof head, n - sizeof head) ? HR_ESHAPE
                                                                                                : 0;
}

hr_table hr_table_at(const void *p)
{
    const hr_table_head *head = p;
    const char *base = p;

    return (hr_table){
        .blocks = (const uint8_t *)base + head->blocks,
        .classes = (const uint8_t *)base + head->classes,
        .trie = (const uint64_t *)(const void *)(base + head->trie),
        .made = (const uint64_t *)(const void *)(base + head->made),
        .pairs = (const uint64_t *)(const void *)(base + head->pairs),
        .root = head->root,
        .pairs_shift = 32 - head->pairs_bits,
        .pairs_mask = (uint32_t)((1ull << head->pairs_bits) - 1),
    };
}

int hr_table_map(const char *path, bool all, const void **map)
{
    struct stat st;
    /* O_NONBLOCK: a pipe of that name must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? HR_ENOENT : HR_EIO;
    int r = fstat(fd, &st) != 0 ? HR_EIO : !S_ISREG(st.st_mode) || st.st_size <= 0 ? HR_ESHAPE : 0;
    const size_t n = r == 0 ? (size_t)st.st_size : 0;
    void *p = r == 0 ? mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    close(fd);
    if (r < 0)
        return r;
    if (p == MAP_FAILED)
        return HR_EIO;
    r = hr_table_check(p, n, all);
    if (r < 0)
        munmap(p, n);
    else
        *map = p;
    return r;
}

void hr_table_unmap(const void *map)
{
    const hr_table_head *head = map;
    munmap((void *)(uintptr_t)map, head->size);
}
