/* open.c - a `headroom` begins and ends: configuration, log, store, ledger; what a fork changes. See headroom.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "context.h"

uint32_t headroom_abi(void)
{
    return HEADROOM_ABI_MAJOR << 16 | HEADROOM_ABI_MINOR;
}

const char *headroom_version(void)
{
    return HEADROOM_VERSION;
}

static void name_program(headroom *h)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return;
    path[n] = 0;
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    size_t len = strlen(name);
    if (len >= sizeof h->program)
        len = sizeof h->program - 1;
    memcpy(h->program, name, len);
}

/* "FILE:3: level: .. is not one of ..", "HEADROOM_LEVEL: .." */
void hr_context_tell_errors(headroom *h)
{
    const hr_config *c = &h->config;

    if (c->n_errors == 0 || atomic_exchange(&h->errors_told, true))
        return;
    for (size_t i = 0; i < c->n_errors; i++) {
        const hr_config_error *e = &c->errors[i];
        char line[16] = "";
        if (e->line)
            snprintf(line, sizeof line, ":%u", e->line);
        hr_log_write(&h->log, HR_LOG_WARN, "%s%s%s%s%s%s; ignored", e->file ? c->path : "", line,
                     e->file ? ": " : "", e->name, *e->name ? ": " : "", e->text);
    }
}

static unsigned at_least_one(int64_t n)
{
    return n > 0 ? (unsigned)n : 1;
}

headroom *headroom_open(unsigned flags)
{
    headroom *h = hr_calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->flags = flags;
    h->pid = getpid();
    hr_pending_init(&h->pending);
    hr_cuts_init(&h->cuts);
    hr_marks_init(&h->marks);
    if (hr_config_load(&h->config) < 0) {
        hr_pending_free(&h->pending);
        hr_cuts_free(&h->cuts);
        hr_marks_free(&h->marks);
        hr_free(h);
        return NULL;
    }
    name_program(h);
    if (hr_budget_init(&h->budget, &h->config) < 0)
        goto fail;
    if (hr_log_init(&h->log, &h->config) < 0)
        goto fail;
    if (!(flags & HEADROOM_NO_STATE)) {
        const hr_store_options options = {
            .directory = h->config.state_directory,
            .create = !(flags & HEADROOM_READ_ONLY),
            .originals_days = (unsigned)h->config.number[HR_SET_ORIGINALS_DAYS],
            .originals_mb = (unsigned)h->config.number[HR_SET_ORIGINALS_MB],
            .replacements_days = (unsigned)h->config.number[HR_SET_REPLACEMENTS_DAYS],
            .requests_days = at_least_one(h->config.number[HR_SET_REQUESTS_DAYS]),
            .requests_max = at_least_one(h->config.number[HR_SET_REQUESTS_MAX]),
        };
        if (!(h->store = hr_store_new(&options)))
            goto fail;
    }
    if (!(h->ledger = hr_ledger_new(h->store)))
        goto fail;
    return h;
fail:
    headroom_close(h);
    return NULL;
}

void headroom_close(headroom *h)
{
    if (!h)
        return;
    hr_pending_free(&h->pending);
    hr_arena_free(h->shown);
    hr_ledger_free(h->ledger);
    hr_cuts_free(&h->cuts);
    hr_prices_free(&h->prices);
    hr_marks_free(&h->marks);
    hr_store_close(h->store);
    hr_log_free(&h->log);
    hr_budget_free(&h->budget);
    hr_config_free(&h->config);
    hr_free(h);
}

enum headroom_mode headroom_get_mode(const headroom *h)
{
    return (enum headroom_mode)h->config.number[HR_SET_MODE];
}

void headroom_at_exit(headroom *h)
{
    if (!h->store)
        return;
    hr_context_check_fork(h);
    hr_pending_end(&h->pending, hr_response_unfinished);
    hr_store_flush(h->store);
}

void hr_context_check_fork(headroom *h)
{
    pid_t pid = getpid();
    if (atomic_load_explicit(&h->pid, memory_order_relaxed) == pid)
        return;
    if (h->store)
        hr_store_check_fork(h->store);
    hr_ledger_check_fork(h->ledger);
    hr_cuts_check_fork(&h->cuts);
    hr_marks_check_fork(&h->marks);
    hr_pending_check_fork(&h->pending);
    atomic_store_explicit(&h->pid, pid, memory_order_relaxed);
}

int hr_context_key(headroom *h, uint8_t key[32])
{
    if (atomic_load_explicit(&h->key_state, memory_order_acquire) == 2) {
        memcpy(key, h->key, sizeof h->key);
        return 0;
    }
    memset(key, 0, sizeof h->key);
    if (!h->store)
        return 0;
    int r = hr_store_key(h->store, key), empty = 0;
    if (r == 0 && atomic_compare_exchange_strong(&h->key_state, &empty, 1)) {
        memcpy(h->key, key, sizeof h->key);
        hr_print_key_make(&h->print, key);
        atomic_store_explicit(&h->key_state, 2, memory_order_release);
    }
    return r;
}

const hr_print_key *hr_context_print(const headroom *h)
{
    return atomic_load_explicit(&h->key_state, memory_order_acquire) == 2 ? &h->print : NULL;
}

void headroom_warn(headroom *h, const char *text)
{
    hr_log_write(&h->log, HR_LOG_WARN, "%s: %s", h->program, text);
}
