/* follow.c - see follow.h. */
#include "follow.h"
#include "judge.h"
#include "launcher.h"

#include <stdio.h>
#include <string.h>

enum { MOST_STEPS = 4 };

static bool is_shell(const char *program)
{
    static const char *const shells[] = {"sh", "bash", "dash", "zsh", "ksh", "busybox"};

    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(target_base_name(program), shells[i]) == 0)
            return true;
    }
    return false;
}

bool follow_is_script(const struct target *t)
{
    return t->program[0] != '\0' && strcmp(t->path, t->program) != 0;
}

static bool is_launcher(const struct target *t)
{
    const char *program = target_base_name(t->program);

    return follow_is_script(t) && (strncmp(program, "node", 4) == 0 || strncmp(program, "bun", 3) == 0) &&
           launcher_is(t->path);
}

/* A python that is a script (pyenv) chooses another one; it will be asked. */
bool follow_ends_open(const struct target *t)
{
    return !judge_is_python(t->path) && (is_shell(t->program) || is_launcher(t));
}

/* ------------------------------------------------------------------ shell scripts */
/* The word at s, without its quotes; false: the shell would make something else of it. */
static bool plain_word(const char *s, char out[PATH_MAX])
{
    char quote = *s == '"' || *s == '\'' ? *s++ : '\0';
    size_t n = quote != '\0' ? strcspn(s, quote == '"' ? "\"\n" : "'\n") : strcspn(s, " \t\n;");

    if (n == 0 || n >= PATH_MAX || (quote != '\0' && s[n] != quote))
        return false;
    memcpy(out, s, n);
    out[n] = '\0';
    return strpbrk(out, "$`*?~(){}<>|&\\\"'") == NULL && (out[0] == '/' || strchr(out, '/') == NULL);
}

static bool exec_of_script(const char *script, char out[PATH_MAX])
{
    /* At the beginning of a line: what is indented may depend on something. The second form is how installers of Python packages
       write a long path: sh and Python read it both. */
    static const char *const forms[] = {"exec ", "'''exec' "};
    FILE *f = fopen(script, "re");
    char line[2 * PATH_MAX], word[PATH_MAX];
    size_t seen = 0;
    bool plain = true;

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
            size_t n = strlen(forms[i]);

            const char *p = line + n;

            if (strncmp(line, forms[i], n) != 0 || *p == '>' || *p == '<' || (*p >= '0' && *p <= '9'))
                continue; /* the latter open files */
            plain = plain && *p != '-' && plain_word(p, word) && strcmp(target_base_name(word), "env") != 0 &&
                    (seen == 0 || strcmp(word, out) == 0);
            if (plain)
                strcpy(out, word);
            seen++;
        }
    }
    if (f != NULL)
        fclose(f);
    return seen > 0 && plain;
}

/* ------------------------------------------------------------------ */
void follow(const char *name, struct target *t, void (*said)(void *arg, const char *script, const char *next),
            void *arg)
{
    char word[PATH_MAX];
    struct target next;

    target_examine(name, t);
    for (int i = 0; i < MOST_STEPS && t->found && follow_is_script(t) && follow_ends_open(t); i++) {
        if (!(is_shell(t->program) ? exec_of_script(t->path, word)
                                   : launcher_program(t->path, target_base_name(name), word)))
            return;
        target_examine(word, &next);
        if (!next.found)
            return;
        if (said != NULL)
            said(arg, t->path, word);
        *t = next;
    }
}
