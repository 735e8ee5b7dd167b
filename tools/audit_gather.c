/* audit_gather.c - from requests and captured bodies to what is told of them. See audit.h. */
#include "argument_paths.h"
#include "audit.h"
#include "format.h"
#include "secrets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash(const char *p, size_t n)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* ------------------------------------------------------------------ hosts */
static struct tally_row *count(struct audit *a, struct tally *t, const char *name, const char *other,
                               const headroom_row *row)
{
    struct tally_row *r = tally_at(t, name == NULL ? "" : name, other == NULL ? "" : other);

    if (r == NULL) {
        a->failed = true;
        return NULL;
    }
    if (r->n++ == 0) {
        r->first_us = row->time_us;
        r->request = row->id;
    }
    r->last_us = row->time_us;
    return r;
}

static void add_host(struct audit *a, const headroom_row *row)
{
    struct tally_row *r = count(a, &a->hosts, row->host, row->program, row);

    if (r == NULL)
        return;
    r->failed += row->status == 0 || row->status >= 400;
    r->bytes += row->bytes_after;
}

/* ------------------------------------------------------------------ parts of a body */
struct place {
    enum headroom_part_kind kind;
    size_t offset, len;
    char tool[64];
};

struct reading {
    struct audit *audit;
    const headroom_row *row;
    const char *tool;
    struct place *places; /* in the order of the conversation, as good as that of the body */
    size_t n;
};

static void add_file(void *arg, const char *path)
{
    struct reading *r = arg;

    count(r->audit, &r->audit->files, path, r->tool, r->row);
}

/* A call stands in each later request of its conversation, too: it is counted when it is first seen. */
static void add_call(struct reading *r, const headroom_part *part)
{
    char key[64];
    uint64_t h = hash(part->arguments, strlen(part->arguments));
    struct tally_row *row;

    snprintf(key, sizeof(key), "%016" PRIx64 "%016" PRIx64, h, hash(part->call_id, strlen(part->call_id)));
    row = tally_at(&r->audit->seen, part->tool, key);
    if (row == NULL)
        r->audit->failed = true;
    if (row == NULL || row->n++ > 0)
        return;
    count(r->audit, &r->audit->tools, part->tool, r->row->program, r->row);
    r->tool = part->tool;
    argument_paths(part->arguments, add_file, r);
}

static int add_part(void *arg, const headroom_part *part)
{
    struct reading *r = arg;
    struct place *grown = realloc(r->places, (r->n + 1) * sizeof(*grown));

    if (grown == NULL) {
        r->audit->failed = true;
        return 1;
    }
    r->places = grown;
    grown[r->n] = (struct place){part->kind, part->offset, part->len, ""};
    format_word(grown[r->n].tool, sizeof(grown[r->n].tool), part->tool);
    r->n++;
    if (part->kind == HEADROOM_PART_CALL)
        add_call(r, part);
    return 0;
}

/* ------------------------------------------------------------------ secrets */
static void name_place(const struct reading *r, size_t offset, char *out, size_t room)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct place *p = &r->places[i];

        if (offset < p->offset || offset >= p->offset + p->len)
            continue;
        if (p->kind == HEADROOM_PART_HUMAN)
            snprintf(out, room, "human text");
        else
            snprintf(out, room, "%s of %s", p->kind == HEADROOM_PART_CALL ? "call" : "result", p->tool);
        return;
    }
    snprintf(out, room, "system text, tools or the assistant's words");
}

static void add_secret(struct reading *r, const char *body, const struct secret *s)
{
    struct audit *a = r->audit;
    uint64_t h = hash(body + s->offset, s->len);
    struct audit_secret *one;
    size_t i = 0;

    while (i < a->n_secrets && (a->secrets[i].hash != h || a->secrets[i].len != s->len))
        i++;
    if (i == a->n_secrets) {
        one = realloc(a->secrets, (i + 1) * sizeof(*one));
        if (one == NULL) {
            a->failed = true;
            return;
        }
        a->secrets = one;
        one[i] = (struct audit_secret){.hash = h, .kind = s->kind, .len = s->len, .request = r->row->id};
        snprintf(one[i].first, sizeof(one[i].first), "%.4s", body + s->offset);
        name_place(r, s->offset, one[i].where, sizeof(one[i].where));
        a->n_secrets++;
    }
    one = &a->secrets[i];
    one->requests += one->last_request != r->row->id;
    one->last_request = r->row->id;
}

void audit_add(struct audit *a, const headroom_row *row, const headroom_bytes *body)
{
    struct reading r = {.audit = a, .row = row};
    struct secret s;
    size_t at = 0;

    a->requests++;
    add_host(a, row);
    if (body->data == NULL)
        return;
    a->captured++;
    if (headroom_each_part(body->data, body->len, row->dialect, add_part, &r) < 0)
        a->unread++;
    while (secrets_next(body->data, body->len, &at, &s))
        add_secret(&r, body->data, &s);
    free(r.places);
}

void audit_free(struct audit *a)
{
    tally_free(&a->hosts);
    tally_free(&a->tools);
    tally_free(&a->files);
    tally_free(&a->seen);
    free(a->secrets);
}
