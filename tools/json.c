/* json.c - printing the --json forms with cJSON. */
#include "json.h"
#include "cli.h"
#include "format.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes item over, also when it cannot be placed. */
static cJSON *place(struct json_tree *t, cJSON *parent, const char *key, cJSON *item)
{
    bool placed;

    if (item == NULL) {
        t->failed = true;
        return NULL;
    }
    if (parent == NULL && t->root == NULL && !t->failed) {
        t->root = item;
        return item;
    }
    if (key != NULL)
        placed = cJSON_AddItemToObject(parent, key, item) != 0;
    else
        placed = cJSON_AddItemToArray(parent, item) != 0;
    if (placed)
        return item;
    cJSON_Delete(item);
    t->failed = true;
    return NULL;
}

cJSON *json_object(struct json_tree *t, cJSON *parent, const char *key)
{
    return place(t, parent, key, cJSON_CreateObject());
}

cJSON *json_array(struct json_tree *t, cJSON *parent, const char *key)
{
    return place(t, parent, key, cJSON_CreateArray());
}

/* A copy in which every byte that is no part of valid UTF-8 is U+FFFD (three bytes). */
static char *as_utf8(const char *s)
{
    char *copy = malloc(strlen(s) * 3 + 1);
    char *p = copy;

    if (copy == NULL)
        return NULL;
    while (*s != '\0') {
        size_t n = format_utf8_length(s);

        if (n == 0) {
            memcpy(p, "\xEF\xBF\xBD", 3);
            p += 3;
            s++;
        } else {
            memcpy(p, s, n);
            p += n;
            s += n;
        }
    }
    *p = '\0';
    return copy;
}

void json_string(struct json_tree *t, cJSON *parent, const char *key, const char *value)
{
    char *copy;

    if (value == NULL) {
        json_null(t, parent, key);
        return;
    }
    copy = as_utf8(value);
    place(t, parent, key, copy == NULL ? NULL : cJSON_CreateString(copy));
    free(copy);
}

void json_int(struct json_tree *t, cJSON *parent, const char *key, int64_t value)
{
    place(t, parent, key, cJSON_CreateNumber((double)value));
}

void json_usd(struct json_tree *t, cJSON *parent, const char *key, int64_t billionths)
{
    uint64_t size = billionths < 0 ? 0 - (uint64_t)billionths : (uint64_t)billionths;
    char text[40];
    size_t n;

    if (billionths == HEADROOM_UNPRICED) {
        json_null(t, parent, key);
        return;
    }
    n = (size_t)snprintf(text, sizeof(text), "%s%llu.%09llu", billionths < 0 ? "-" : "",
                         (unsigned long long)(size / 1000000000), (unsigned long long)(size % 1000000000));
    while (text[n - 1] == '0')
        text[--n] = '\0';
    if (text[n - 1] == '.')
        text[--n] = '\0';
    place(t, parent, key, cJSON_CreateRaw(text));
}

void json_known(struct json_tree *t, cJSON *parent, const char *key, int64_t value)
{
    if (value < 0)
        json_null(t, parent, key);
    else
        json_int(t, parent, key, value);
}

void json_bool(struct json_tree *t, cJSON *parent, const char *key, bool value)
{
    place(t, parent, key, cJSON_CreateBool(value));
}

void json_null(struct json_tree *t, cJSON *parent, const char *key)
{
    place(t, parent, key, cJSON_CreateNull());
}

void json_percent(struct json_tree *t, cJSON *parent, const char *key, int64_t part, int64_t whole)
{
    place(t, parent, key, cJSON_CreateNumber((double)format_permille(part, whole) / 10.0));
}

void json_text(struct json_tree *t, cJSON *parent, const char *key, const char *text)
{
    cJSON *item = text == NULL ? NULL : cJSON_Parse(text);

    place(t, parent, key, item != NULL ? item : cJSON_CreateNull());
}

void json_names(struct json_tree *t, cJSON *parent, const char *key, const char *list)
{
    cJSON *array = json_array(t, parent, key);

    while (list != NULL && *list != '\0') {
        size_t n = strcspn(list, ",");
        char *name = strndup(list, n);

        if (name == NULL)
            t->failed = true;
        else if (n > 0)
            json_string(t, array, NULL, name);
        free(name);
        list += n + (list[n] == ',');
    }
}

int json_print(struct json_tree *t, bool indented)
{
    char *text = NULL;

    if (!t->failed)
        text = indented ? cJSON_Print(t->root) : cJSON_PrintUnformatted(t->root);
    cJSON_Delete(t->root);
    t->root = NULL;
    if (text == NULL)
        return cli_fail(EX_OSERR, "no memory for the JSON form; nothing of it was printed");
    puts(text);
    cJSON_free(text);
    return EX_OK;
}
