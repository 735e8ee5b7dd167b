/* judge.c - see judge.h. */
#include "judge.h"
#include "child.h"
#include "elfsym.h"
#include "preload.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LIST = 64 << 10, SECONDS = 10 };

bool judge_is_python(const char *program)
{
    const char *name = target_base_name(program);

    return strncmp(name, "python", 6) == 0 && name[6 + strspn(name + 6, "0123456789.")] == '\0';
}

bool judge_hooks(struct hooks *out)
{
    if (!preload_find(out->library) || !preload_can_name(out->library))
        return false;
    out->ssl = elf_file_defines(out->library, "SSL_write");
    out->curl = elf_file_defines(out->library, "curl_easy_perform");
    return true;
}

__attribute__((format(printf, 4, 5))) static void conclude(struct judgement *j, enum reach reach,
                                                           const char *advice, const char *format, ...)
{
    va_list list;

    j->reach = reach;
    j->advice = advice;
    va_start(list, format);
    vsnprintf(j->text, sizeof(j->text), format, list);
    va_end(list);
}

/* ------------------------------------------------------------------ what the loader says */
bool judge_libraries(const char *program, const struct hooks *hooks, char *out, size_t size)
{
    struct elf_facts facts;
    char *argv[4];
    struct child c = {argv, hooks->library, false, SECONDS};

    elf_facts_of_file(program, &facts);
    if (facts.kind != ELF_KIND_REACHED || facts.detail[0] != '/')
        return false;
    argv[0] = facts.detail;
    argv[1] = (char *)"--list";
    argv[2] = (char *)program;
    argv[3] = NULL;
    return child_run(&c, out, size) == 0;
}

/* It loads no TLS library at its start; it may have one inside. */
static void judge_linked(struct judgement *j, const char *program)
{
    static const char later[] = "'headroom log' shows, once it has run, whether requests were seen.";

    j->linked = true;
    reach_examine(program, false, &j->facts);
    if (j->facts.reach == REACH_YES)
        conclude(j, REACH_YES, NULL, "reached in the TLS that is linked in, %s: %s", j->facts.why, program);
    else if (j->facts.reach == REACH_NO)
        conclude(j, REACH_NO, "Nothing to do here yet; it runs unchanged.", "%s: %s", program, j->facts.why);
    else
        conclude(
            j, REACH_NOTHING, later,
            "%s loads no TLS library at its start, and none is linked in; a shared libssl or libcurl that it "
            "loads later is reached",
            program);
}

static void judge_list(struct judgement *j, const char *program, const char *list, const struct hooks *hooks)
{
    bool ssl = strstr(list, "libssl.so") != NULL, curl = strstr(list, "libcurl") != NULL;

    if (strstr(list, "/libheadroom_preload.so") == NULL) {
        j->refused = true;
        conclude(j, REACH_NO, "See the check 'preload'.", "%s: its loader does not take the library",
                 program);
    } else if (curl && hooks->curl)
        conclude(j, REACH_YES, NULL, "reached above libcurl: %s", program);
    else if (curl && ssl && hooks->ssl)
        conclude(j, REACH_YES, NULL, "reached below libcurl, in libssl, where it speaks HTTP/1.1: %s",
                 program);
    else if (ssl && hooks->ssl)
        conclude(j, REACH_YES, NULL, "reached in libssl: %s", program);
    else if (strstr(list, "libgnutls") != NULL || strstr(list, "libnss3") != NULL)
        conclude(j, REACH_NO, "Nothing to do here yet; it runs unchanged.",
                 "%s has its TLS from GnuTLS or NSS", program);
    else
        judge_linked(j, program);
}

/* ------------------------------------------------------------------ Python, which loads its TLS later */
static void judge_python(struct judgement *j, const char *program, const struct hooks *hooks)
{
    static const char code[] =
        "import ssl, sys; sys.stdout.write(sys.executable + '\\n' + open('/proc/self/maps').read())";
    char *argv[] = {(char *)program, (char *)"-I", (char *)"-c", (char *)code, NULL};
    const struct child c = {argv, hooks->library, false, SECONDS};
    char *maps, out[LIST * 4];
    int ended = child_run(&c, out, sizeof(out));

    maps = strchr(out, '\n');
    if (ended != 0 || maps == NULL) {
        conclude(j, REACH_NOTHING, "Is its ssl module there? python3 -c 'import ssl'",
                 "%s: could not be tried (exit status %d)", program, ended);
        return;
    }
    *maps++ = '\0';
    if (strstr(maps, "/libheadroom_preload.so") == NULL) {
        j->refused = true;
        conclude(j, REACH_NO, "See the check 'preload'.", "%.*s runs without the library", PATH_MAX, out);
    } else if (strstr(maps, "libssl.so") != NULL && hooks->ssl)
        conclude(j, REACH_YES, NULL, "reached in libssl, as it ran with both: %.*s", PATH_MAX, out);
    else
        conclude(j, REACH_NO, "Use a Python that loads libssl, such as the distribution's.",
                 "TLS is linked into %.*s", PATH_MAX, out);
}

void judge_program(const char *program, const struct hooks *hooks, struct judgement *out)
{
    char list[LIST];

    memset(out, 0, sizeof(*out));
    if (judge_is_python(program))
        judge_python(out, program, hooks);
    else if (judge_libraries(program, hooks, list, sizeof(list)))
        judge_list(out, program, list, hooks);
    else
        conclude(out, REACH_NOTHING,
                 "Let 'headroom run' start it; 'headroom log' shows whether requests were seen.",
                 "%s: nothing could be learned from it", program);
}
