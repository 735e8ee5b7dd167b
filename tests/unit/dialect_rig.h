/* dialect_rig.h - what the tests of dialects share: a body read, and what was found in it. */
#ifndef TEST_DIALECT_RIG_H
#define TEST_DIALECT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/dialect.h"
#include "fault.h"

struct fixture {
    hr_arena *a;
    hr_conversation c;
    const hr_dialect *d;
};

static inline int read_it(struct fixture *f, const char *name, const char *body)
{
    f->a = hr_arena_new();
    return hr_conversation_read(&f->c, f->a, body, strlen(body), name, &f->d);
}

static inline void done(struct fixture *f)
{
    hr_arena_free(f->a);
}

/* The events as one word each: A assistant, c call, r result, h human, | another conversation. */
static inline const char *shape(const struct fixture *f)
{
    static char out[256];
    size_t n = 0;
    for (size_t i = 0; i < f->c.n && n < sizeof out - 1; i++)
        out[n++] = "Acrh|"[f->c.ev[i].kind];
    out[n] = 0;
    return out;
}

static inline const char *query(struct fixture *f, size_t event)
{
    hr_str q;
    assert_int_equal(hr_conversation_query(&f->c, event, &q), 0);
    return q.p; /* the arena's copy ends with a NUL */
}

static inline size_t nth(const struct fixture *f, enum hr_event_kind kind, size_t n)
{
    for (size_t i = 0; i < f->c.n; i++)
        if (f->c.ev[i].kind == kind && n-- == 0)
            return i;
    fail();
    return 0;
}

/* The nth result is this literal, of the nth call, or of no call (-1). */
static inline void assert_result(const struct fixture *f, size_t n, const char *literal, int call)
{
    const hr_event *e = &f->c.ev[nth(f, HR_EV_RESULT, n)];
    assert_int_equal(e->lit.len, strlen(literal));
    assert_memory_equal(f->c.body + e->lit.off, literal, e->lit.len);
    assert_int_equal(e->call, call < 0 ? 0 : nth(f, HR_EV_CALL, (size_t)call) + 1);
}

/* A body must be refused with HR_EJSON wherever it is cut off, and must give the same or HR_ENOMEM where an allocation fails. */
static inline void assert_robust(const char *name, const char *body)
{
    const size_t len = strlen(body);
    struct fixture f;
    for (size_t n = 0; n < len; n++) {
        char *exact = memcpy(test_malloc(n ? n : 1), body, n);
        f.a = hr_arena_new();
        assert_int_equal(hr_conversation_read(&f.c, f.a, exact, n, name, &f.d), HR_EJSON);
        test_free(exact);
        done(&f);
    }
    assert_int_equal(read_it(&f, name, body), 0);
    const size_t events = f.c.n;
    done(&f);
    for (long n = 1; n < 8; n++) {
        f.a = hr_arena_new();
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int r = hr_conversation_read(&f.c, f.a, body, len, name, &f.d);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == HR_ENOMEM || (r == 0 && f.c.n == events));
        done(&f);
    }
}

#endif
