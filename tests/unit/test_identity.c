/* test_identity.c - which connection an SSL serves: objects laid out as OpenSSL 3, OpenSSL 1.1 and BoringSSL lay theirs out. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hooks/identity.h"

enum { OBJECT = 64, BEHIND = 64, PAGE = 4096 };

/* Where the random numbers lie: in the object (s3 < 0), or behind a pointer in it. */
static const struct layout {
    const char *name;
    int s3, at;
} layouts[] = {
    {"OpenSSL 3.0", -1, 40}, {"OpenSSL 3.5", -1, 45}, {"OpenSSL 1.1.1", 21, 19}, {"BoringSSL", 6, 2}};

struct object {
    uint64_t word[OBJECT], s3[BEHIND], buffer[BEHIND];
};

static uint64_t shared[BEHIND]; /* as a context's ticket keys */
static uint64_t seed = 1;

static uint64_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed | (uint64_t)1 << 62) & ~((uint64_t)1 << 63); /* neither a number nor an address */
}

static void randomize(uint64_t *p, int words)
{
    for (int i = 0; i < words; i++)
        p[i] = random_word();
}

static uint64_t *randoms(struct object *o, const struct layout *l)
{
    return l->s3 < 0 ? o->word + l->at : o->s3 + l->at;
}

/* An SSL whose handshake is done. */
static void connect_object(struct object *o, const struct layout *l)
{
    memset(o, 0, sizeof(*o));
    if (l->s3 >= 0)
        o->word[l->s3] = (uint64_t)(uintptr_t)o->s3;
    o->word[3] = (uint64_t)(uintptr_t)o->buffer;
    o->word[4] = (uint64_t)(uintptr_t)shared;
    o->word[5] = 0x7000; /* leads nowhere */
    randomize(o->buffer + 4, 8);
    randomize(randoms(o, l), 8);
}

/* A request and its response: the buffer is written, the rest stays. */
static void exchange(struct object *o)
{
    struct identity id = {0};

    identity_take(&id, o);
    randomize(o->buffer + 4, 8);
    identity_learn(&id, o);
}

/* What one test taught is forgotten: all places die. */
static void forget(const struct layout *l)
{
    struct object o;
    struct identity id = {0};

    connect_object(&o, l);
    identity_take(&id, &o);
    memset(&o, 0, sizeof(o));
    identity_learn(&id, &o);
}

static const struct layout *begin(size_t i)
{
    if (shared[4] == 0)
        randomize(shared + 4, 8);
    print_message("%s\n", layouts[i].name);
    return &layouts[i];
}

static void nothing_is_known_before_the_second_exchange(void **state)
{
    struct object a, b;
    struct identity id = {0};

    (void)state;
    const struct layout *l = begin(0);
    connect_object(&a, l);
    connect_object(&b, l);
    identity_take(&id, &a);
    assert_int_equal(identity_compare(&id, &a), IDENTITY_UNKNOWN);
    exchange(&a);
    exchange(&a);
    identity_take(&id, &a);
    assert_int_equal(identity_compare(&id, &a), IDENTITY_UNKNOWN); /* it may be a constant */
    exchange(&b);
    identity_take(&id, &a);
    assert_int_equal(identity_compare(&id, &a), IDENTITY_SAME);
    forget(l);
}

static void the_same_address_with_another_connection_is_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
        const struct layout *l = begin(i);
        struct object a, b;
        struct identity id = {0};

        connect_object(&a, l);
        connect_object(&b, l);
        exchange(&a);
        exchange(&b);
        identity_take(&id, &a);
        randomize(a.buffer + 4, 8);
        assert_int_equal(identity_compare(&id, &a), IDENTITY_SAME);
        connect_object(&a, l);
        assert_int_equal(identity_compare(&id, &a), IDENTITY_OTHER);
        memset(&a, 0, sizeof(a)); /* before its handshake */
        assert_int_equal(identity_compare(&id, &a), IDENTITY_OTHER);
        identity_take(&id, &a);
        assert_int_equal(identity_compare(&id, &a), IDENTITY_UNKNOWN);
        forget(l);
    }
}

/* Unless there is a constant: only another address tells that it is one. */
static void a_reused_address_is_learned_from_as_well(void **state)
{
    (void)state;
    for (int constant = 0; constant < 2; constant++) {
        const struct layout *l = begin(3);
        struct object a, b;
        struct identity id = {0};

        for (int i = 0; i < 3; i++) {
            connect_object(&a, l);
            if (!constant)
                a.word[4] = 0;
            if (i == 2)
                break;
            id = (struct identity){0};
            identity_take(&id, &a);
            randomize(a.buffer + 4, 8);
            identity_learn(&id, &a);
        }
        id = (struct identity){0};
        identity_take(&id, &a);
        assert_int_equal(identity_compare(&id, &a), IDENTITY_SAME);
        connect_object(&a, l);
        assert_int_equal(identity_compare(&id, &a), constant ? IDENTITY_UNKNOWN : IDENTITY_OTHER);
        connect_object(&b, l);
        exchange(&b);
        connect_object(&a, l);
        assert_int_equal(identity_compare(&id, &a), IDENTITY_OTHER);
        forget(l);
    }
}

/* What a connection writes and reads may look like random numbers, and stay as long as a response takes. */
static void what_changes_between_requests_makes_no_other_connection(void **state)
{
    const struct layout *l = begin(3);
    struct object a, b;
    struct identity id = {0};

    (void)state;
    connect_object(&a, l);
    connect_object(&b, l);
    for (int i = 0; i < 3; i++) {
        id = (struct identity){0};
        identity_take(&id, &a);
        identity_learn(&id, &a);
        assert_int_not_equal(identity_compare(&id, &a), IDENTITY_OTHER);
        randomize(a.buffer + 4, 8);
        assert_int_not_equal(identity_compare(&id, &a), IDENTITY_OTHER);
    }
    exchange(&b);
    id = (struct identity){0};
    identity_take(&id, &b);
    connect_object(&b, l);
    assert_int_equal(identity_compare(&id, &b), IDENTITY_OTHER);
    forget(l);
}

static void longer_and_shorter_runs_are_no_random_numbers(void **state)
{
    (void)state;
    for (int words = 6; words <= 10; words += 2) {
        const struct layout *l = begin(3);
        struct object a, b;
        struct identity id = {0};

        for (int i = 0; i < 2; i++) {
            struct object *o = i ? &b : &a;
            connect_object(o, l);
            memset(o->s3, 0, sizeof(o->s3));
            randomize(o->s3 + l->at, words);
            exchange(o);
        }
        identity_take(&id, &a);
        assert_int_equal(identity_compare(&id, &a), words == 8 ? IDENTITY_SAME : IDENTITY_UNKNOWN);
        connect_object(&a, l);
        assert_int_equal(identity_compare(&id, &a), words == 8 ? IDENTITY_OTHER : IDENTITY_UNKNOWN);
        forget(l);
    }
}

static void a_renegotiation_ends_the_trust(void **state)
{
    const struct layout *l = begin(0);
    struct object a, b;
    struct identity id = {0};

    (void)state;
    connect_object(&a, l);
    connect_object(&b, l);
    exchange(&a);
    exchange(&b);
    identity_take(&id, &a);
    randomize(randoms(&a, l), 8);
    identity_learn(&id, &a); /* and the response came all the same */
    identity_take(&id, &a);
    assert_int_equal(identity_compare(&id, &a), IDENTITY_UNKNOWN);
    forget(l);
}

static void an_object_at_the_edge_of_memory_is_read_to_there(void **state)
{
    const struct layout *l = begin(3);
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct object whole[2];
    struct identity id = {0};
    uint64_t *edge[2];

    (void)state;
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
    for (int i = 0; i < 2; i++) { /* eight words of each object, as much as there is */
        connect_object(&whole[i], l);
        edge[i] = (uint64_t *)(void *)(pages + PAGE) - 8 * (i + 1);
        memcpy(edge[i], whole[i].word, 8 * sizeof(uint64_t));
    }
    for (int i = 0; i < 2; i++) {
        identity_take(&id, edge[i]);
        randomize(whole[i].buffer + 4, 8);
        identity_learn(&id, edge[i]);
    }
    identity_take(&id, edge[0]);
    assert_int_equal(identity_compare(&id, edge[0]), IDENTITY_SAME);
    munmap(pages, 2 * PAGE);
    forget(l);
}

/* The process that says no more than its exit status: seccomp cannot be taken back. */
static void where_memory_may_not_be_read_any_more_nothing_is_known(void **state)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};
    const struct layout *l = begin(3);
    struct object a, b;
    struct identity id = {0};

    (void)state;
    connect_object(&a, l);
    connect_object(&b, l);
    exchange(&a);
    exchange(&b);
    identity_take(&id, &a);
    assert_int_equal(identity_compare(&id, &a), IDENTITY_SAME);
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
            _exit(2);
        if (identity_compare(&id, &a) != IDENTITY_UNKNOWN)
            _exit(1);
        identity_take(&id, &a);
        _exit(identity_compare(&id, &a) != IDENTITY_UNKNOWN);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    forget(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_before_the_second_exchange),
        cmocka_unit_test(the_same_address_with_another_connection_is_another),
        cmocka_unit_test(a_reused_address_is_learned_from_as_well),
        cmocka_unit_test(what_changes_between_requests_makes_no_other_connection),
        cmocka_unit_test(longer_and_shorter_runs_are_no_random_numbers),
        cmocka_unit_test(a_renegotiation_ends_the_trust),
        cmocka_unit_test(an_object_at_the_edge_of_memory_is_read_to_there),
        cmocka_unit_test(where_memory_may_not_be_read_any_more_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
