/* known.c - a fixed table of 64-bit hashes, a slot an announced body, and one of their lengths. See known.h.

   A slot is one word: 0, or the hash (length included) of a body that is announced. Equal bodies take a slot each, so that nothing
   need be counted. Looking a body up scans all slots: 8 KB, next to nothing beside the hash of a body. */
#include "known.h"

#include <string.h>
#include <sys/auxv.h>

/* Transfers of one process that can be under way at once; beyond it a request gets a second row. */
enum { SLOTS = 1024 };

static uint64_t slots[SLOTS]; /* each atomic */
static size_t lengths[SLOTS]; /* of the bodies; each atomic */
static unsigned announced;    /* atomic: slots that are taken */

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* The kernel's random bytes of this process: nobody outside can make two bodies collide. */
static uint64_t seed(void)
{
    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    return random ? word(random) : 0;
}

/* Two lanes of 8 bytes a step, folded by 128-bit multiplication. Never 0. */
static uint64_t hash_of(const void *body, size_t n)
{
    const uint64_t odd[] = {0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu, 0x165667B19E3779F9u};
    const unsigned char *p = body;
    uint64_t h = seed() ^ mix(n ^ odd[0], odd[1]);
    unsigned char last[16] = {0};

    for (; n >= 16; n -= 16, p += 16)
        h = mix(word(p) ^ odd[0] ^ h, word(p + 8) ^ odd[1]) + odd[2];
    memcpy(last, p, n);
    h = mix(mix(word(last) ^ odd[0] ^ h, word(last + 8) ^ odd[1]), odd[2]);
    return h ? h : 1;
}

uint64_t known_add(const void *body, size_t n)
{
    uint64_t hash = hash_of(body, n);

    for (size_t i = 0; i < SLOTS; i++) {
        size_t at = (hash + i) % SLOTS;
        uint64_t empty = 0;
        if (__atomic_compare_exchange_n(&slots[at], &empty, hash, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            __atomic_store_n(&lengths[at], n, __ATOMIC_RELEASE);
            __atomic_add_fetch(&announced, 1, __ATOMIC_ACQ_REL);
            return at + 1;
        }
    }
    return 0;
}

void known_remove(uint64_t ticket)
{
    if (ticket == 0)
        return;
    __atomic_store_n(&lengths[ticket - 1], 0, __ATOMIC_RELEASE);
    __atomic_store_n(&slots[ticket - 1], 0, __ATOMIC_RELEASE);
    __atomic_sub_fetch(&announced, 1, __ATOMIC_ACQ_REL);
}

bool known_any(void)
{
    return __atomic_load_n(&announced, __ATOMIC_ACQUIRE) > 0;
}

bool known_length(size_t n)
{
    for (size_t i = 0; i < SLOTS && n > 0 && known_any(); i++)
        if (__atomic_load_n(&lengths[i], __ATOMIC_ACQUIRE) == n)
            return true;
    return false;
}

bool known_has(const void *body, size_t n)
{
    if (!known_any())
        return false;
    uint64_t hash = hash_of(body, n);
    for (size_t i = 0; i < SLOTS; i++)
        if (__atomic_load_n(&slots[i], __ATOMIC_ACQUIRE) == hash)
            return true;
    return false;
}
