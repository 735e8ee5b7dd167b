/* audit_print.c - what an audit found, for people and as JSON. See audit.h. */
#include "audit.h"
#include "cells.h"
#include "format.h"
#include "json.h"

#include <stdio.h>
#include <unistd.h>

/* ------------------------------------------------------------------ JSON */
static void add_rows(struct json_tree *t, cJSON *root, const char *key, const struct tally *tally,
                     const char *name, const char *other)
{
    cJSON *list = json_array(t, root, key);

    for (size_t i = 0; i < tally->n; i++) {
        const struct tally_row *r = &tally->rows[i];
        cJSON *o = json_object(t, list, NULL);
        char time[FORMAT_TIME];

        json_string(t, o, name, r->name);
        json_string(t, o, other, r->other);
        json_int(t, o, key[0] == 'h' ? "requests" : "calls", r->n);
        if (key[0] == 'h') {
            json_int(t, o, "failed", r->failed);
            json_int(t, o, "bytes", r->bytes);
        } else {
            json_int(t, o, "request", r->request);
        }
        json_string(t, o, "first", format_time(time, r->first_us));
        json_string(t, o, "last", format_time(time, r->last_us));
    }
}

int audit_print_json(const struct audit *a)
{
    struct json_tree t = {NULL, false};
    cJSON *root = json_object(&t, NULL, NULL), *list;

    json_int(&t, root, "requests", a->requests);
    json_int(&t, root, "captured", a->captured);
    json_int(&t, root, "unread", a->unread);
    add_rows(&t, root, "hosts", &a->hosts, "host", "program");
    add_rows(&t, root, "tools", &a->tools, "tool", "program");
    add_rows(&t, root, "files", &a->files, "path", "tool");
    list = json_array(&t, root, "secrets");
    for (size_t i = 0; i < a->n_secrets; i++) {
        const struct audit_secret *s = &a->secrets[i];
        cJSON *o = json_object(&t, list, NULL);

        json_string(&t, o, "kind", s->kind);
        json_string(&t, o, "first", s->first);
        json_int(&t, o, "length", (int64_t)s->len);
        json_int(&t, o, "requests", s->requests);
        json_int(&t, o, "request", s->request);
        json_string(&t, o, "where", s->where);
    }
    return json_print(&t, true);
}

/* ------------------------------------------------------------------ for people */
enum { NAME = 40, OTHER = 20, LEAST_NAME = 16, REST = 62 };

/* Names give way on a narrow terminal. */
static int name_width(void)
{
    int columns = isatty(STDOUT_FILENO) == 1 ? (int)cells_columns() : NAME + REST;
    int width = columns - REST;

    return width < LEAST_NAME ? LEAST_NAME : width > NAME ? NAME : width;
}

static void print_hosts(const struct audit *a, int width)
{
    printf("%-*s  %-*s  %9s  %7s  %15s\n", width, "HOST", OTHER, "PROGRAM", "REQUESTS", "FAILED",
           "BYTES SENT");
    for (size_t i = 0; i < a->hosts.n; i++) {
        const struct tally_row *r = &a->hosts.rows[i];
        char host[NAME + 1], program[OTHER + 1], n[FORMAT_COUNT], failed[FORMAT_COUNT], bytes[FORMAT_COUNT];

        printf("%-*s  %-*s  %9s  %7s  %15s\n", width, format_word(host, (size_t)width + 1, r->name), OTHER,
               format_word(program, sizeof(program), r->other), format_count(n, r->n),
               format_count(failed, r->failed), format_count(bytes, r->bytes));
    }
}

static void print_calls(const char *head, const char *other, const struct tally *t, size_t most, int width)
{
    if (t->n == 0)
        return;
    printf("\n%-*s  %-*s  %9s  %s\n", width, head, OTHER, other, "CALLS", "FIRST IN REQUEST");
    for (size_t i = 0; i < t->n && i < most; i++) {
        char name[NAME + 1], second[OTHER + 1], n[FORMAT_COUNT];

        printf("%-*s  %-*s  %9s  %lld\n", width, format_word(name, (size_t)width + 1, t->rows[i].name), OTHER,
               format_word(second, sizeof(second), t->rows[i].other), format_count(n, t->rows[i].n),
               (long long)t->rows[i].request);
    }
    if (t->n > most)
        printf(".. and %zu more; --json lists all\n", t->n - most);
}

static void print_secrets(const struct audit *a)
{
    if (a->n_secrets == 0) {
        printf("\nNothing in %lld bodies has the shape of a known kind of secret.\n", (long long)a->captured);
        return;
    }
    printf("\n%-18s  %-9s  %6s  %8s  %s\n", "LIKELY SECRET", "BEGINS", "LENGTH", "REQUESTS", "FIRST SEEN");
    for (size_t i = 0; i < a->n_secrets; i++) {
        const struct audit_secret *s = &a->secrets[i];
        char first[8];

        printf("%-18s  %s..%*s  %6zu  %8lld  request %lld, %s\n", s->kind,
               format_word(first, sizeof(first), s->first), 3, "", s->len, (long long)s->requests,
               (long long)s->request, s->where);
    }
}

void audit_print(const struct audit *a, size_t files)
{
    int width = name_width();

    if (a->requests == 0) {
        puts("No request is recorded.");
        return;
    }
    print_hosts(a, width);
    if (a->captured == 0) {
        printf("\nOf none of the %lld requests the body was captured: which tools, files and secrets were in "
               "them is "
               "not known.\n'headroom capture on' keeps the bodies of those to come.\n",
               (long long)a->requests);
        return;
    }
    printf("\nWhat follows is from the bodies of %lld of %lld requests, those that were captured",
           (long long)a->captured, (long long)a->requests);
    if (a->unread > 0)
        printf("; the calls of %lld cannot be read", (long long)a->unread);
    puts(".");
    print_calls("TOOL", "PROGRAM", &a->tools, files, width);
    print_calls("FILE", "TOOL", &a->files, files, width);
    print_secrets(a);
}
