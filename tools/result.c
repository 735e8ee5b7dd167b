/* result.c - one tool result that was worked on, as JSON and for people. */
#include "result.h"
#include "format.h"
#include "reason.h"
#include "sure.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void result_to_json(struct json_tree *t, cJSON *o, const headroom_result *r)
{
    json_string(t, o, "call_id", r->call_id);
    json_string(t, o, "tool", r->tool);
    json_string(t, o, "kind", r->kind);
    json_string(t, o, "transform", r->transform);
    json_bool(t, o, "lossless", r->lossless);
    json_int(t, o, "tokens_before", r->tokens_before);
    json_int(t, o, "tokens_after", r->tokens_after);
    json_int(t, o, "kept", r->kept);
    json_int(t, o, "of", r->of);
    json_string(t, o, "id", r->id[0] == '\0' ? NULL : r->id);
    json_string(t, o, "reason", r->reason);
}

const char *result_unit(const headroom_result *r)
{
    const char *end = r->transform == NULL ? NULL : strrchr(r->transform, '_');

    if (end != NULL && strcmp(end, "_lines") == 0)
        return "lines";
    if (r->transform != NULL && strcmp(r->transform, "blobs") == 0)
        return "chars";
    return end != NULL && strcmp(end, "_text") == 0 ? "pieces" : "items";
}

void result_print_head(const char *last)
{
    printf("%-20s  %-16s  %-7s  %-16s  %9s    %9s  %-18s  %-15s  %s\n", "ID", "TOOL", "KIND", "TRANSFORM",
           "TOKENS", "SENT", "KEPT", "WHY", last);
}

void result_print_line(const headroom_result *r, const char *last)
{
    char tool[17], kind[8], what[17], before[FORMAT_COUNT], after[FORMAT_COUNT], kept[40] = "all", why[24];

    if (r->of > 0)
        snprintf(kept, sizeof(kept), "%lu of %lu %s", (unsigned long)r->kept, (unsigned long)r->of,
                 result_unit(r));
    printf("%-20s  %-16s  %-7s  %-16s  %9s -> %9s  %-18s  %-15s  %s\n", r->id[0] == '\0' ? "-" : r->id,
           format_word(tool, sizeof(tool), r->tool), format_word(kind, sizeof(kind), r->kind),
           r->transform == NULL ? "verbatim" : format_word(what, sizeof(what), r->transform),
           format_count(before, r->tokens_before), format_count(after, r->tokens_after), kept,
           format_word(why, sizeof(why), r->reason), last);
}

static void add_word(struct result_words *w, const char *word)
{
    size_t i = 0;

    if (word == NULL || strlen(word) >= sizeof(w->word[0]))
        return;
    while (i < w->n && strcmp(w->word[i], word) != 0)
        i++;
    if (i == w->n && w->n < RESULT_WORDS)
        strcpy(w->word[w->n++], word);
}

void result_add_words(struct result_words *w, const headroom_result *r)
{
    add_word(w, r->transform);
    add_word(w, r->reason);
}

/* What a word of a result means, or NULL. */
static const char *meaning(const char *word)
{
    const struct reason *reason = reason_of(word);
    const char *text = reason_of_transform(word);

    return text != NULL ? text : reason != NULL ? reason->text : NULL;
}

void result_print_words(const struct result_words *w)
{
    bool any = false;

    for (size_t i = 0; i < w->n; i++) {
        const char *text = meaning(w->word[i]);

        if (text != NULL)
            printf("%s%-16s  %s\n", any ? "" : "\n", w->word[i], text);
        any |= text != NULL;
    }
}

/* Tool output can hold terminal escapes; a pipe gets the text as it is. */
void result_print_text(const headroom_bytes *text)
{
    if (isatty(STDOUT_FILENO) != 1) {
        fwrite(text->data, 1, text->len, stdout);
        return;
    }
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];
        /* C1 controls are C2 80 to C2 9F; some terminals obey them. */
        bool c1 = c >= 0x80 && c < 0xA0 && i > 0 && (unsigned char)text->data[i - 1] == 0xC2;

        putchar((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || c1 ? '?' : c);
    }
}

void result_print_why(const headroom_result *r)
{
    const char *const words[] = {r->transform, r->reason};

    for (size_t i = 0; i < 2; i++) {
        const char *text = words[i] == NULL ? NULL : meaning(words[i]);

        if (text != NULL)
            printf("%-9s %s: %s\n", i == 0 ? "how" : "why", words[i], text);
    }
}

void result_print_whole(const headroom_result *r, const headroom_bytes *original)
{
    char call[80], tool[80], kind[32], what[32], before[FORMAT_COUNT], after[FORMAT_COUNT],
        share[FORMAT_SHARE], sure[SURE_TEXT];

    printf("id        %s\n", r->id);
    printf("tool      %s, call %s\n", format_word(tool, sizeof(tool), r->tool),
           format_word(call, sizeof(call), r->call_id));
    printf("rewrite   %s by %s, %s", format_word(kind, sizeof(kind), r->kind),
           format_word(what, sizeof(what), r->transform), r->lossless ? "lossless" : "selected");
    if (r->of > 0)
        printf(": %lu of %lu %s kept", (unsigned long)r->kept, (unsigned long)r->of, result_unit(r));
    putchar('\n');
    result_print_why(r);
    printf("tokens    %s -> %s: %s of the original saved (%s)\n", format_count(before, r->tokens_before),
           format_count(after, r->tokens_after),
           format_share(share, (int64_t)r->tokens_before - (int64_t)r->tokens_after, r->tokens_before),
           sure_result(sure, r));
    if (original->data == NULL) {
        puts("original  not stored, or no longer");
        return;
    }
    printf("original  %s bytes:\n\n", format_count(before, (int64_t)original->len));
    result_print_text(original);
    if (original->len == 0 || original->data[original->len - 1] != '\n')
        putchar('\n');
}
