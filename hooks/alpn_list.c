/* alpn_list.c - see alpn_list.h. */
#include "alpn_list.h"

#include <pthread.h>
#include <string.h>

#include "peek.h"
#include "resolve.h"

/* What is looked at holds every release's object, and may reach beyond it. */
enum { WORDS = PEEK_MOST / sizeof(uint64_t), ROOM = 128 };

/* Lengths that nothing else in an object counts up and down to. */
static const unsigned char lengths[] = {83, 127, 59};

static const struct library *known; /* whose place it is; */
static size_t place;                /* word of the pointer, the length stands in the next one; 0: not known */

static uint64_t words[WORDS]; /* used by learn() alone, which runs once */
static bool possible[WORDS];

/* The thread that learns: what it asks about. */
static __thread const struct library *asking;
static __thread const SSL *model;

/* A list of one name. */
static void make_list(unsigned char *list, size_t n)
{
    for (size_t i = 1; i < n; i++)
        list[i] = (unsigned char)('a' + (i + n) % 26);
    list[0] = (unsigned char)(n - 1);
}

/* Sets a list of n bytes and strikes out all places that do not show it. False: that could not be done. */
static bool narrow(SSL *own, size_t n)
{
    unsigned char list[ROOM];

    make_list(list, n);
    if (asking->alpn.set_list(own, list, (unsigned)n) != 0)
        return false;
    size_t seen = peek((uint64_t)(uintptr_t)own, words, sizeof words) / sizeof *words;
    for (size_t i = 0; i < WORDS; i++)
        possible[i] = possible[i] && i + 1 < seen && words[i] != 0 && words[i + 1] == n;
    return seen > 0;
}

static size_t only_place(void)
{
    unsigned char list[ROOM], there[ROOM];
    size_t n = lengths[sizeof lengths - 1], found = 0;

    make_list(list, n);
    for (size_t i = 1; i < WORDS; i++) {
        if (!possible[i] || peek(words[i], there, n) != n || memcmp(there, list, n) != 0)
            continue;
        if (found)
            return 0;
        found = i;
    }
    return found;
}

static void learn(void)
{
    SSL *(*make)(SSL_CTX *);
    void (*end)(SSL *);
    void *f[] = {resolve_beside(asking->key, "SSL_new"), resolve_beside(asking->key, "SSL_free")};
    SSL_CTX *context = asking->alpn.get_context(model);

    if (!f[0] || !f[1] || !context)
        return;
    memcpy(&make, &f[0], sizeof make);
    memcpy(&end, &f[1], sizeof end);
    SSL *own = make(context);
    if (!own)
        return;
    memset(possible, true, sizeof possible);
    bool done = true;
    for (size_t i = 0; done && i < sizeof lengths; i++)
        done = narrow(own, lengths[i]);
    if (done)
        place = only_place();
    known = asking;
    end(own);
}

size_t alpn_list_of(const struct library *l, const SSL *ssl, unsigned char *to, size_t room)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const unsigned char *list;
    size_t n;

    asking = l;
    model = ssl;
    pthread_once(&once, learn);
    if (place == 0 || known != l)
        return 0;
    memcpy(&list, (const uint64_t *)(const void *)ssl + place, sizeof list);
    memcpy(&n, (const uint64_t *)(const void *)ssl + place + 1, sizeof n);
    if (!list || n > room)
        return 0;
    memcpy(to, list, n);
    return n;
}
