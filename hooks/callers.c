/* callers.c - modules that call us. See callers.h. */
#include "callers.h"

#include "resolve.h"

enum { EMPTY, WRITTEN, READY };

const void *callers_get(const struct callers *c, const void *address)
{
    for (size_t i = 0; i < CALLERS_ENTRIES; i++) {
        int state = __atomic_load_n(&c->entries[i].state, __ATOMIC_ACQUIRE);
        if (state == READY && (const char *)address >= c->entries[i].begin &&
            (const char *)address < c->entries[i].end)
            return c->entries[i].value;
        if (state == EMPTY)
            break;
    }
    return NULL;
}

void callers_put(struct callers *c, const void *address, const void *value)
{
    const char *begin = resolve_module(address), *end = begin ? resolve_module_end(begin) : NULL;

    if (!end || (const char *)address >= end) {
        begin = address;
        end = begin + 1;
    }
    for (size_t i = 0; i < CALLERS_ENTRIES; i++) {
        int empty = EMPTY;
        if (__atomic_compare_exchange_n(&c->entries[i].state, &empty, WRITTEN, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            c->entries[i].begin = begin;
            c->entries[i].end = end;
            c->entries[i].value = value;
            __atomic_store_n(&c->entries[i].state, READY, __ATOMIC_RELEASE);
            return;
        }
        if (empty == READY && c->entries[i].begin == begin)
            return; /* another thread was faster */
    }
}
