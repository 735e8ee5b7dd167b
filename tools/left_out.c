/* left_out.c - see left_out.h. */
#include "left_out.h"
#include "format.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *word, *sentence;
} reasons[] = {
    {"window_too_small", "what has to stay does not fit either"},
    {"unknown_model", "its limit is not known; set model_context_limits"},
    {"managed", "the provider was asked to make room by itself"},
    {"bound", "this model's reasoning is bound to all that stands before it"},
    {"sealed", "signed reasoning of a model that is not known"},
    {"server_state", "the provider holds the history"},
};

static const char *sentence(const char *word)
{
    for (size_t i = 0; word != NULL && i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(reasons[i].word, word) == 0)
            return reasons[i].sentence;
    }
    return word;
}

static int64_t number(const cJSON *o, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);

    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e15
               ? (int64_t)item->valuedouble
               : 0;
}

void left_out_print(const char *before, const char *text)
{
    cJSON *o = text == NULL ? NULL : cJSON_Parse(text);
    const char *action = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "action"));
    const char *why = sentence(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "reason")));
    char messages[FORMAT_COUNT], calls[FORMAT_COUNT], tokens[FORMAT_COUNT], limit[FORMAT_COUNT], word[80];

    if (action == NULL) {
        cJSON_Delete(o);
        return;
    }
    if (number(o, "messages") > 0)
        printf("%s%s messages left out, with %s tool calls, %s tokens%s", before,
               format_count(messages, number(o, "messages")), format_count(calls, number(o, "calls")),
               format_count(tokens, number(o, "tokens")), strcmp(action, "cut") == 0 ? "" : ", as before");
    else
        printf("%snothing left out", before);
    if (number(o, "limit") > 0)
        printf("; the model takes %s", format_count(limit, number(o, "limit")));
    if (why != NULL)
        printf("; %s: %s", number(o, "messages") > 0 ? "no more" : "why",
               format_word(word, sizeof(word), why));
    putchar('\n');
    cJSON_Delete(o);
}
