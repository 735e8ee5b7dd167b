/* target.c - will a preload reach the program that a command line names?

     name -> PATH -> file -> "#!" -> interpreter (-> env NAME -> PATH ..) -> ELF headers, set-id bits */
#include "target.h"
#include "elfkind.h"
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Linux follows so many interpreters of interpreters. */
enum { MAX_SCRIPTS = 4 };

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool find_program(const char *name, char out[PATH_MAX])
{
    const char *list = getenv("PATH");

    if (strchr(name, '/') != NULL) {
        if (strlen(name) >= PATH_MAX || !is_program(name))
            return false;
        strcpy(out, name);
        return true;
    }
    if (list == NULL)
        list = "/bin:/usr/bin"; /* what execvp takes then */
    for (const char *p = list;;) {
        size_t n = strcspn(p, ":");
        int len = snprintf(out, PATH_MAX, "%.*s%s%s", (int)n, p, n > 0 ? "/" : "./", name);

        if (*name != '\0' && n < PATH_MAX && len < PATH_MAX && is_program(out))
            return true;
        if (p[n] == '\0')
            return false;
        p += n + 1;
    }
}

/* Does the kernel start this file in secure execution, in which the loader ignores a preload by path? NULL:
 * no. */
static const char *privilege(const char *path)
{
    struct stat st;
    struct statvfs fs;
    char value[64];

    if (stat(path, &st) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return NULL;
    if (statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOSUID) != 0)
        return NULL;
    if ((st.st_mode & S_ISUID) != 0 && st.st_uid != getuid())
        return "is setuid to another user";
    if ((st.st_mode & S_ISGID) != 0 && (st.st_mode & S_IXGRP) != 0 && st.st_gid != getgid())
        return "is setgid to another group";
    if (geteuid() != 0 && getxattr(path, "security.capability", value, sizeof(value)) > 0)
        return "has file capabilities";
    return NULL;
}

const char *target_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static char *next_word(char **line)
{
    char *word = *line + strspn(*line, " \t\r");
    size_t n = strcspn(word, " \t\r");

    if (n == 0)
        return NULL;
    *line = word + n + (word[n] != '\0');
    word[n] = '\0';
    return word;
}

/* The line behind "#!" -> the program that runs in the end: the interpreter, or for env the command it looks
 * up. */
static bool find_interpreter(char *line, char out[PATH_MAX])
{
    char *word = next_word(&line);

    if (word == NULL)
        return false;
    if (strcmp(target_base_name(word), "env") != 0)
        return find_program(word, out);
    while ((word = next_word(&line)) != NULL) {
        /* `env -S NAME ARG..` and `env VAR=VALUE NAME`; other options may change the search. */
        if (strcmp(word, "-S") == 0 || strchr(word, '=') != NULL)
            continue;
        if (strncmp(word, "-S", 2) == 0)
            word += 2;
        return word[0] != '-' && find_program(word, out);
    }
    return false;
}

static void explain(struct target *t, const char *who, const char *what, const char *why)
{
    t->reached = false;
    snprintf(t->sentence, sizeof(t->sentence), "%s %s: %s", who, what, why);
}

static void judge(struct target *t, const char *who, const char *path, const struct elf_facts *facts)
{
    const char *secure = privilege(path);
    char loader[128], what[192];

    switch (facts->kind) {
    case ELF_KIND_STATIC:
        explain(t, who, "is a static executable", "LD_PRELOAD cannot reach it; it runs unchanged");
        return;
    case ELF_KIND_STATIC_PIE:
        explain(t, who, "is a static-pie executable", "LD_PRELOAD cannot reach it; it runs unchanged");
        return;
    case ELF_KIND_32BIT:
        explain(t, who, "is a 32-bit program",
                "the 64-bit library cannot be loaded into it; it runs unchanged");
        return;
    case ELF_KIND_MACHINE:
        explain(t, who, "is built for another processor",
                "the library cannot be loaded into it; it runs unchanged");
        return;
    case ELF_KIND_LIBC:
        snprintf(what, sizeof(what), "uses another C library (loader %s)",
                 format_word(loader, sizeof(loader), facts->detail));
        explain(t, who, what, "the library needs glibc and stays out; it runs unchanged");
        /* Such a loader obeys LD_PRELOAD too, and ends the program where it finds a symbol missing. */
        t->harmed = true;
        return;
    default:
        if (secure != NULL)
            explain(t, who, secure, "its loader ignores LD_PRELOAD; it runs unchanged");
    }
}

void target_examine(const char *name, struct target *out)
{
    char path[PATH_MAX], next[PATH_MAX];
    char word[128], interpreter[128], who[300];
    struct elf_facts facts;

    memset(out, 0, sizeof(*out));
    out->reached = true;
    out->found = find_program(name, out->path);
    if (!out->found)
        return;
    strcpy(path, out->path);
    format_word(word, sizeof(word), target_base_name(name));
    snprintf(who, sizeof(who), "%s", word);
    for (int depth = 0; depth <= MAX_SCRIPTS; depth++) {
        elf_facts_of_file(path, &facts);
        if (facts.kind != ELF_KIND_SCRIPT) {
            strcpy(out->program, path);
            judge(out, who, path, &facts);
            return;
        }
        if (!find_interpreter(facts.detail, next))
            return;
        strcpy(path, next);
        snprintf(who, sizeof(who), "%s is a script for %s, which", word,
                 format_word(interpreter, sizeof(interpreter), path));
    }
}
