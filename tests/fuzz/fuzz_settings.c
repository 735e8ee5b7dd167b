/* fuzz_settings.c - libFuzzer target for what people and programs write into settings and headers: config.ini, profiles of tools, globs, and
   the arguments of calls that protected paths are looked for in. The first byte chooses. Bounded, nothing read behind the end, and:
   a list of profiles says what was wrong with it exactly where something was; the matcher agrees with its definition. */
#include "glob.h"
#include "ini.h"
#include "limits.h"
#include "profiles.h"
#include "protect.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

enum { MOST_TEXT = 32 << 10, MOST_GLOB = 64, MOST_NAME = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(hr_str s, hr_str text)
{
    return s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

static void fuzz_ini(hr_str text)
{
    hr_ini ini;
    hr_ini_entry e;
    unsigned last = 0;
    int r;

    hr_ini_begin(&ini, text);
    while ((r = hr_ini_next(&ini, &e)) != 0) {
        CLAIM(r == 1 || r == HR_ESHAPE);
        CLAIM(ini.line > last);
        last = ini.line;
        if (r == 1)
            CLAIM(e.name.n > 0 && inside(e.name, text) && inside(e.value, text) && inside(e.section, text));
    }
}

static void fuzz_profiles(hr_arena *a, hr_str text)
{
    char problem[64];
    hr_profile *list = NULL;
    int r = hr_profiles_read(a, text, &list, problem, sizeof problem);
    size_t n = 0;

    CLAIM(r == 0 || r == 1);
    CLAIM((r == 1) == (*problem != 0));
    for (hr_profile *p = list; p; p = p->next) {
        int64_t said[HR_PROFILE_KEYS] = {-1, -1, -1, -1};
        bool any = false;
        CLAIM(++n <= HR_MAX_PROFILES && hr_glob_valid(p->glob));
        for (int k = 0; k < HR_PROFILE_KEYS; k++)
            any |= p->said[k] >= 0;
        CLAIM(any);
        hr_profiles_apply(p, p->glob, said);
    }
}

/* By the definition of glob.h: which ends of the text can each part of the glob reach? Classes are asked of the matcher itself. */
static bool defined(hr_str g, hr_str t)
{
    bool at[MOST_NAME + 1] = {true}, next[MOST_NAME + 1];

    while (g.n > 0) {
        size_t n = 1;
        if (g.p[0] == '[') { /* the whole class, where it has an end */
            size_t i = 1;
            i += i < g.n && (g.p[i] == '!' || g.p[i] == '^');
            i += i < g.n && g.p[i] == ']';
            while (i < g.n && g.p[i] != ']')
                i++;
            n = i < g.n ? i + 1 : 1;
        }
        memset(next, 0, sizeof next);
        for (size_t i = 0; i <= t.n; i++) {
            if (g.p[0] == '*')
                next[i] = at[i] || (i > 0 && next[i - 1]);
            else if (i > 0 && at[i - 1])
                next[i] = hr_glob_match(hr_str_make(g.p, n), hr_str_make(t.p + i - 1, 1));
        }
        memcpy(at, next, sizeof at);
        g = hr_str_make(g.p + n, g.n - n);
    }
    return at[t.n];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > MOST_TEXT)
        return 0;
    char *copy = malloc(size); /* of exactly the size, so that one byte too far is seen */
    hr_arena *a = hr_arena_new();
    CLAIM(copy && a);
    memcpy(copy, data + 1, size - 1);
    hr_str text = {copy, size - 1};
    size_t head = data[1] % MOST_GLOB;
    hr_str glob = {copy + 1, head < text.n - 1 ? head : text.n - 1},
           rest = {glob.p + glob.n, text.n - 1 - glob.n};

    switch (data[0] % 4) {
    case 0:
        fuzz_ini(text);
        break;
    case 1:
        fuzz_profiles(a, text);
        break;
    case 2:
        rest.n = rest.n < MOST_NAME ? rest.n : MOST_NAME;
        CLAIM(hr_glob_match(glob, rest) == defined(glob, rest));
        break;
    default: {
        int found = hr_protects_path(a, glob, rest);
        CLAIM(found == 0 || found == 1);
    }
    }
    hr_arena_free(a);
    free(copy);
    return 0;
}
