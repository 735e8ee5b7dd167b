/* launcher.c - see launcher.h. */
#include "launcher.h"
#include "walk.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define PLATFORM "-linux-x64"
#else
#define PLATFORM "-linux-arm64"
#endif

enum { SMALL = 64 << 10 };

/* The text of a small file, NUL-terminated; NULL: it is large, or not there. Caller frees. */
static char *read_small(const char *path)
{
    char *text = malloc(SMALL + 1);
    FILE *f = text == NULL ? NULL : fopen(path, "re");
    size_t n = f == NULL ? SMALL + 1 : fread(text, 1, SMALL + 1, f);

    if (f != NULL)
        fclose(f);
    if (n > SMALL) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

bool launcher_is(const char *script)
{
    char *text = read_small(script);
    bool starts = text != NULL && strstr(text, "child_process") != NULL;

    free(text);
    return starts;
}

/* Take the last part off a path; false: nothing is left. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL || slash == path)
        return false;
    *slash = '\0';
    return true;
}

/* The package that a script belongs to -> its package for this platform, among the optional dependencies. */
static bool platform_package(char *directory, char name[256])
{
    char path[PATH_MAX + 16], *text = NULL;
    const cJSON *one = NULL;
    cJSON *manifest;
    bool found = false;

    while (text == NULL && go_up(directory)) {
        snprintf(path, sizeof(path), "%s/package.json", directory);
        text = read_small(path);
    }
    manifest = text == NULL ? NULL : cJSON_Parse(text);
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(manifest, "optionalDependencies"))
    {
        size_t n = strlen(one->string), end = sizeof(PLATFORM) - 1;

        if (!found && n > end && n < 256 && strcmp(one->string + n - end, PLATFORM) == 0) {
            strcpy(name, one->string);
            found = true;
        }
    }
    cJSON_Delete(manifest);
    free(text);
    return found;
}

struct search {
    const char *name;
    char *found;
    size_t n;
};

static int take(void *arg, const char *path)
{
    struct search *s = arg;
    const char *slash = strrchr(path, '/');

    if (slash == NULL || strcmp(slash + 1, s->name) != 0 || access(path, X_OK) != 0)
        return 0;
    snprintf(s->found, PATH_MAX, "%s", path);
    s->n++;
    return 0;
}

bool launcher_program(const char *script, const char *name, char out[PATH_MAX])
{
    char directory[PATH_MAX], package[256], place[2 * PATH_MAX];
    struct search s = {name, out, 0};

    if (realpath(script, directory) == NULL || !platform_package(directory, package))
        return false;
    do { /* as node resolves names: node_modules here, or above */
        snprintf(place, sizeof(place), "%s/node_modules/%s", directory, package);
        if (access(place, X_OK) == 0)
            return walk_elf_files(place, take, &s) == 0 && s.n == 1;
    } while (go_up(directory));
    return false;
}
