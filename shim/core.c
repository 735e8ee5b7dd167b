/* core.c - finding and loading libheadroom.so, and what the environment says about us. See shim.h.

     constructor         one walk over the environment: HEADROOM_MODE, HEADROOM_ENDPOINTS_ADD; no file, no thread, no core
     first LLM request   dlopen(<our directory>/libheadroom.so), same ABI major, headroom_open()
     destructor, or      rows that waited are written
     quick_exit

   A relative LD_PRELOAD must never make us load something from the current directory: where the dynamic linker may know us by a
   relative name, the absolute one is read from /proc/self/maps while the constructor runs; none: we stay idle. Else our path is
   asked for when it is needed: the constructor runs in every child of an agent, and dladdr would be half of it. */
#include "shim.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gate.h"

enum state { STATE_UNLOADED, STATE_LOADED, STATE_IDLE };

static struct shim_core core;
static int state = STATE_UNLOADED; /* atomic */
static int known_mode = -1;
static char own_path[PATH_MAX];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int read_mode(const char *value)
{
    static const char *const names[] = {"off", "audit", "simulate", "optimize"};
    for (int i = 0; value && i < 4; i++)
        if (strcmp(value, names[i]) == 0)
            return i;
    return -1;
}

/* The path of the mapping that holds `inside`, read with the smallest of means: one pass over the lines. */
static void path_from_maps(const void *inside)
{
    static char chunk[4096], line[PATH_MAX + 128];
    size_t n = 0;
    ssize_t got;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    while (own_path[0] == 0 && (got = read(fd, chunk, sizeof chunk)) > 0) {
        for (ssize_t i = 0; i < got && own_path[0] == 0; i++) {
            if (chunk[i] != '\n') {
                if (n < sizeof line - 1)
                    line[n++] = chunk[i];
                continue;
            }
            line[n] = 0;
            n = 0;
            char *end;
            unsigned long from = strtoul(line, &end, 16), to = *end == '-' ? strtoul(end + 1, NULL, 16) : 0;
            const char *path = strchr(line, '/');
            if ((unsigned long)inside >= from && (unsigned long)inside < to && path &&
                strlen(path) < sizeof own_path)
                memcpy(own_path, path, strlen(path) + 1);
        }
    }
    close(fd);
}

static void find_own_path(void)
{
    /* A function, not a variable: the pages of .bss have no name in the maps. */
    const void *inside = (const void *)find_own_path;
    Dl_info info;
    if (dladdr(inside, &info) == 0 || !info.dli_fname)
        return;
    if (info.dli_fname[0] == '/' && strlen(info.dli_fname) < sizeof own_path)
        memcpy(own_path, info.dli_fname, strlen(info.dli_fname) + 1);
    else
        path_from_maps(inside);
}

/* Is a path in this list (LD_PRELOAD) relative? A bare name is none: it is looked up in directories. */
static bool relative_path(const char *list)
{
    for (const char *entry = list; *list; list++) {
        if (*list == ' ' || *list == ':')
            entry = list + 1;
        else if (*list == '/' && *entry != '/')
            return true;
    }
    return false;
}

/* Is a directory in this list (LD_LIBRARY_PATH) relative? An empty entry is the current one. */
static bool relative_directory(const char *list)
{
    bool begins = true;

    if (!*list)
        return false;
    for (; *list; list++) {
        if (begins && *list != '/')
            return true;
        begins = *list == ':' || *list == ';';
    }
    return begins;
}

/* The rest of an entry of the environment behind `name=`; NULL: another name. No libc: each of its functions that is called here costs
   every process a look-up. */
static const char *value_of(const char *entry, const char *name)
{
    while (*name && *entry == *name)
        entry++, name++;
    return *name == 0 && *entry == '=' ? entry + 1 : NULL;
}

/* glibc hands these arguments to constructors. The values themselves come from secure_getenv, where there are any. */
__attribute__((constructor)) static void begin(int argc, char **argv, char **envp)
{
    bool ours = !envp, preloaded = false, relative = false;

    (void)argc, (void)argv;
    for (; envp && *envp; envp++) {
        const char *value;
        if (**envp == 'H')
            ours |= value_of(*envp, "HEADROOM_MODE") || value_of(*envp, "HEADROOM_ENDPOINTS_ADD");
        else if ((value = value_of(*envp, "LD_PRELOAD"))) {
            preloaded = true;
            relative |= relative_path(value);
        } else if ((value = value_of(*envp, "LD_LIBRARY_PATH")))
            relative |= relative_directory(value);
    }
    if (ours) {
        known_mode = read_mode(secure_getenv("HEADROOM_MODE"));
        if (known_mode == HEADROOM_OFF) {
            __atomic_store_n(&state, STATE_IDLE, __ATOMIC_RELEASE);
            return;
        }
        gate_init(secure_getenv("HEADROOM_ENDPOINTS_ADD"));
    }
    if (preloaded && !relative)
        return;
    find_own_path();
    if (own_path[0] == 0)
        __atomic_store_n(&state, STATE_IDLE, __ATOMIC_RELEASE);
}

static void (*before_exit)(void); /* atomic */

void shim_before_exit(void (*f)(void))
{
    __atomic_store_n(&before_exit, f, __ATOMIC_RELEASE);
}

__attribute__((destructor)) static void end(void)
{
    void (*first)(void) = __atomic_load_n(&before_exit, __ATOMIC_ACQUIRE);

    if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) != STATE_LOADED)
        return;
    if (first)
        first();
    core.at_exit(core.h);
}

/* quick_exit runs no destructors, and Bun never ends otherwise. What at_quick_exit calls: that one wants a startup file. */
extern int __cxa_at_quick_exit(void (*f)(void *), void *module);

static void end_quickly(void *unused)
{
    (void)unused;
    end();
}

static bool bind_all(void *lib)
{
    const struct {
        const char *name;
        void *where;
    } wanted[] = {
        {"headroom_request_new", &core.request_new},
        {"headroom_refuses", &core.refuses},
        {"headroom_request_body", &core.request_body},
        {"headroom_request_sent", &core.request_sent},
        {"headroom_response_head", &core.response_head},
        {"headroom_response_error", &core.response_error},
        {"headroom_response_body", &core.response_body},
        {"headroom_request_end", &core.request_end},
        {"headroom_request_drop", &core.request_drop},
        {"headroom_at_exit", &core.at_exit},
        {"headroom_locate", &core.locate},
        {"headroom_read_entry", &core.read_entry},
        {"headroom_warn", &core.warn},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *f = dlsym(lib, wanted[i].name);
        if (!f)
            return false;
        memcpy(wanted[i].where, &f, sizeof f);
    }
    return true;
}

/* Is there address space for core and what it needs first, and as much again for the program? Under RLIMIT_AS what we take is not there
   for it, and where all is taken its next allocation fails. */
static bool has_room(void)
{
    enum { ROOM = 16 << 20 };
    void *p = mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p != MAP_FAILED && munmap(p, ROOM) == 0;
}

/* True when libheadroom.so is loaded and has something to do. */
static bool load(void)
{
    static const char name[] = "libheadroom.so";
    char path[PATH_MAX];
    uint32_t (*abi)(void);
    headroom *(*open_it)(unsigned);
    enum headroom_mode (*get_mode)(const headroom *);

    if (own_path[0] == 0)
        find_own_path();
    const char *slash = strrchr(own_path, '/');
    size_t dir = slash ? (size_t)(slash - own_path) + 1 : 0;

    if (dir == 0 || dir + sizeof name > sizeof path || !has_room())
        return false;
    memcpy(path, own_path, dir);
    memcpy(path + dir, name, sizeof name);
    void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!lib)
        return false;
    void *f[3] = {dlsym(lib, "headroom_abi"), dlsym(lib, "headroom_open"), dlsym(lib, "headroom_get_mode")};
    if (!f[0] || !f[1] || !f[2])
        return false;
    memcpy(&abi, &f[0], sizeof abi);
    memcpy(&open_it, &f[1], sizeof open_it);
    memcpy(&get_mode, &f[2], sizeof get_mode);
    if (abi() >> 16 != HEADROOM_ABI_MAJOR || !bind_all(lib))
        return false;
    if (!(core.h = open_it(0)))
        return false;
    core.mode = get_mode(core.h);
    return core.mode != HEADROOM_OFF;
}

static void load_once(void)
{
    int now = load() ? STATE_LOADED : STATE_IDLE;
    if (now == STATE_LOADED)
        (void)__cxa_at_quick_exit(end_quickly, NULL); /* no memory: what is written at the end is lost */
    dlerror(); /* our failure must not show up in the host's next dlerror() */
    __atomic_store_n(&state, now, __ATOMIC_RELEASE);
}

const struct shim_core *shim_core_get(void)
{
    if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == STATE_UNLOADED)
        pthread_once(&once, load_once);
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE) == STATE_LOADED ? &core : NULL;
}

bool shim_enabled(void)
{
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE) != STATE_IDLE;
}

int shim_known_mode(void)
{
    return __atomic_load_n(&state, __ATOMIC_ACQUIRE) == STATE_LOADED ? (int)core.mode : known_mode;
}

void *shim_malloc(size_t n)
{
    return malloc(n);
}

void *shim_realloc(void *p, size_t n)
{
    return realloc(p, n);
}

void shim_free(void *p)
{
    free(p);
}
