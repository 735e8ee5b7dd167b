/* argument_paths.c - which files the arguments of a tool call name. See argument_paths.h. */
#include "argument_paths.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MOST_PATH = 1024, MOST_DEPTH = 16 };

struct looking {
    void (*found)(void *, const char *);
    void *arg;
};

enum meaning { NOTHING, PATH, COMMAND, PATCH };

static enum meaning meaning_of(const char *key)
{
    static const struct {
        const char *word;
        enum meaning meaning;
    } keys[] = {{"path", PATH},       {"file", PATH},      {"directory", PATH}, {"notebook", PATH},
                {"command", COMMAND}, {"script", COMMAND}, {"patch", PATCH}};
    static const struct {
        const char *whole;
        enum meaning meaning;
    } wholes[] = {{"dir", PATH},     {"cwd", PATH},    {"uri", PATH},
                  {"workdir", PATH}, {"cmd", COMMAND}, {"input", PATCH}};

    for (size_t i = 0; key != NULL && i < sizeof(wholes) / sizeof(wholes[0]); i++) {
        if (strcasecmp(key, wholes[i].whole) == 0)
            return wholes[i].meaning;
    }
    for (size_t i = 0; key != NULL && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcasestr(key, keys[i].word) != NULL)
            return keys[i].meaning;
    }
    return NOTHING;
}

/* A name with an ending of letters: "main.c", ".env". */
static bool has_ending(const char *word)
{
    const char *dot = strrchr(word, '.');

    return dot != NULL && isalpha((unsigned char)dot[1]) && strlen(dot) <= 6;
}

static bool looks_like_path(const char *word)
{
    size_t n = strlen(word);

    if (n < 2 || word[0] == '-' || strstr(word, "://") != NULL || strncmp(word, "/dev/", 5) == 0 ||
        word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./~+@%-")] != '\0')
        return false;
    /* An expression of sed's. */
    if (strncmp(word, "s/", 2) == 0 && (word[n - 1] == '/' || strcmp(word + n - 2, "/g") == 0))
        return false;
    return (strchr(word, '/') != NULL && strspn(word, "./") < n) || has_ending(word);
}

static void of_command(const struct looking *l, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, " \t\n;|&()<>\"'=`,{}[]$*?");
        char word[MOST_PATH];

        if (n > 0 && n < sizeof(word)) {
            snprintf(word, sizeof(word), "%.*s", (int)n, text);
            if (looks_like_path(word))
                l->found(l->arg, word);
        }
        text += n + (text[n] != '\0');
    }
}

/* "*** Update File: src/main.c" */
static void of_patch(const struct looking *l, const char *text)
{
    const char *at = text;

    while ((at = strstr(at, "*** ")) != NULL) {
        const char *name = strstr(at, " File: ");
        size_t line = strcspn(at, "\n");

        if (name != NULL && name < at + line) {
            char path[MOST_PATH];

            name += strlen(" File: ");
            snprintf(path, sizeof(path), "%.*s", (int)(at + line - name), name);
            l->found(l->arg, path);
        }
        at += line;
    }
}

static void walk(const struct looking *l, const cJSON *item, enum meaning meaning, int depth)
{
    const cJSON *inner;

    if (depth > MOST_DEPTH)
        return;
    if (cJSON_IsString(item)) {
        const char *text = item->valuestring;

        if (meaning == PATH && *text != '\0' && strlen(text) < MOST_PATH && strchr(text, '\n') == NULL)
            l->found(l->arg, text);
        else if (meaning == COMMAND)
            of_command(l, text);
        else if (meaning == PATCH)
            of_patch(l, text);
        return;
    }
    cJSON_ArrayForEach(inner, item)
    {
        enum meaning own = inner->string == NULL ? meaning : meaning_of(inner->string);

        walk(l, inner, own, depth + 1);
    }
}

void argument_paths(const char *arguments, void (*found)(void *, const char *path), void *arg)
{
    const struct looking l = {found, arg};
    cJSON *root = cJSON_Parse(arguments);

    if (root == NULL)
        of_patch(&l, arguments); /* a tool whose argument is text alone */
    walk(&l, root, NOTHING, 0);
    cJSON_Delete(root);
}
