/* base.h - what every file of core/ shares: result codes, string views, memory.

   Result convention of the whole project: 0 or a positive number is success, a negative number is one of enum hr_error.
   Nothing prints. Functions that return a pointer return NULL for "no memory". */
#ifndef HR_BASE_H
#define HR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum hr_error {
    HR_OK = 0,
    HR_ENOMEM = -1,  /* out of memory, or a named limit of memory */
    HR_EJSON = -2,   /* not JSON, or truncated */
    HR_EDEPTH = -3,  /* nested deeper than HR_MAX_DEPTH */
    HR_EUTF8 = -4,   /* invalid UTF-8 in a value that we would use */
    HR_ESURR = -5,   /* lone surrogate in a value that we would use */
    HR_ENUL = -6,    /* NUL in a value that we would use */
    HR_EDUP = -7,    /* a key that we use stands twice in one object */
    HR_ESHAPE = -8,  /* valid JSON, but not what the dialect says */
    HR_EPAIR = -9,   /* a tool result without its call, or the other way round */
    HR_ELIMIT = -10, /* a named limit of limits.h */
    HR_ESTORE = -11, /* the database cannot be used */
    HR_EBUSY = -12,  /* the database was busy until the deadline */
    HR_ETIME = -13,  /* deadline of the request passed */
    HR_EFULL = -14,  /* the cap of stored originals is reached */
    HR_EIO = -15,    /* a file could not be read or written; errno tells */
    HR_ENOENT = -16, /* no such id, file or row */
    HR_ECODING = -17 /* a content coding that cannot be undone */
};

/* Short fixed word for an error ("invalid_json"); used as the recorded reason. Never NULL. */
const char *hr_error_name(int err);

/* A view of bytes that somebody else owns. Not NUL-terminated. p may be NULL when n is 0. */
typedef struct hr_str {
    const char *p;
    size_t n;
} hr_str;

#define HR_STR(literal) ((hr_str){(literal), sizeof(literal) - 1})
static inline hr_str hr_str_make(const char *p, size_t n)
{
    return (hr_str){p, n};
}
bool hr_str_eq(hr_str a, hr_str b);
bool hr_str_is(hr_str a, const char *z); /* equal to the NUL-terminated z */
bool hr_str_ends(hr_str a, const char *z);
/* Offset of needle in hay at or after from, or SIZE_MAX. Linear (find.c). */
size_t hr_str_find(hr_str hay, hr_str needle, size_t from);
/* How many of the bytes are c. */
size_t hr_str_count(hr_str s, char c);

/* ---- heap: the one seam through which core allocates; tests make the n-th call fail (fault.h) ---- */
void *hr_malloc(size_t n);
void *hr_calloc(size_t n, size_t size);
void *hr_realloc(void *p, size_t n); /* on failure p stays as it was */
void hr_free(void *p);

/* ---- arena: everything of one request, freed in one call. One thread at a time. ---- */
typedef struct hr_arena hr_arena;
hr_arena *hr_arena_new(void);                /* NULL: no memory */
void *hr_arena_alloc(hr_arena *a, size_t n); /* aligned to 16; NULL: no memory; not zeroed */
void *hr_arena_zalloc(hr_arena *a, size_t n);
char *hr_arena_dup(hr_arena *a, const void *p, size_t n); /* adds a NUL behind the copy */
void hr_arena_free(hr_arena *a);                          /* NULL is fine */

/* ---- growable buffer with a hard maximum and a sticky error: append freely, check err once at the end.
   After an error data is NULL and len 0. Zero-initialise; max 0 means HR_MAX_FILE * 2. Owner calls hr_buf_free. ---- */
typedef struct hr_buf {
    char *data;
    size_t len, cap, max;
    int err;
} hr_buf;
/* Inline: much of what is written comes in pieces of a few bytes. */
int hr_buf_grow(hr_buf *b, size_t n); /* hr_buf_reserve, where there is no such room yet */
/* Room for n more bytes; HR_ENOMEM. */
static inline int hr_buf_reserve(hr_buf *b, size_t n)
{
    return n <= b->cap - b->len && !b->err ? 0 : hr_buf_grow(b, n);
}
static inline void hr_buf_add(hr_buf *b, const void *p, size_t n)
{
    if (n == 0 || hr_buf_reserve(b, n))
        return;
    memcpy(b->data + b->len, p, n);
    b->len += n;
}
/* The same for what mostly has few bytes, and is worth no call. */
static inline void hr_buf_short(hr_buf *b, const char *p, size_t n)
{
    uint64_t first, last;
    uint32_t low, high;

    if (hr_buf_reserve(b, n))
        return;
    char *to = b->data + b->len;
    b->len += n;
    if (n > 16) {
        memcpy(to, p, n);
    } else if (n >= 8) { /* both ends, which may overlap */
        memcpy(&first, p, 8);
        memcpy(&last, p + n - 8, 8);
        memcpy(to, &first, 8);
        memcpy(to + n - 8, &last, 8);
    } else if (n >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        memcpy(to, &low, 4);
        memcpy(to + n - 4, &high, 4);
    } else if (n > 0) {
        const char middle = p[n / 2], end = p[n - 1];
        to[0] = p[0];
        to[n / 2] = middle;
        to[n - 1] = end;
    }
}
static inline void hr_buf_str(hr_buf *b, hr_str s)
{
    hr_buf_add(b, s.p, s.n);
}
static inline void hr_buf_putc(hr_buf *b, char c)
{
    if (hr_buf_reserve(b, 1) == 0)
        b->data[b->len++] = c;
}
static inline void hr_buf_puts(hr_buf *b, const char *z)
{
    hr_buf_add(b, z, strlen(z));
}
void hr_buf_u64(hr_buf *b, uint64_t v); /* decimal, locale-free */
void hr_buf_free(hr_buf *b);
static inline hr_str hr_buf_view(const hr_buf *b)
{
    return (hr_str){b->data, b->len};
}

/* Monotonic clock and processor time of the calling thread, in microseconds. */
uint64_t hr_now_us(void);
uint64_t hr_cpu_us(void);
/* Wall clock, microseconds since 1970. */
int64_t hr_wall_us(void);

#endif
