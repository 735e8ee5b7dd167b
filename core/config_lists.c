/* config_lists.c - see config_lists.h. */
#include "config_lists.h"

#include <stdio.h>
#include <string.h>

#include "budget.h"
#include "dialect/dialect.h"
#include "glob.h"
#include "limits.h"
#include "prices.h"
#include "profiles.h"

static int wrong(char *problem, size_t room, hr_str entry, const char *what)
{
    snprintf(problem, room, "\"%.*s\" %s", entry.n < 80 ? (int)entry.n : 80, entry.n ? entry.p : "", what);
    return 0;
}

static size_t until(hr_str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

int hr_entry_glob(hr_str entry, char *problem, size_t room)
{
    if (entry.n > HR_MAX_GLOB)
        return wrong(problem, room, entry, "is too long for a pattern");
    if (!hr_glob_valid(entry))
        return wrong(problem, room, entry, "is no pattern: a [ needs its ], and a range runs upwards");
    return 1;
}

int hr_entry_limit(hr_str entry, char *problem, size_t room)
{
    size_t mark = until(entry, '='), digits = 0;
    hr_str number = {entry.p + mark + (mark < entry.n), entry.n - mark - (mark < entry.n)};

    while (digits < number.n && number.p[digits] >= '0' && number.p[digits] <= '9')
        digits++;
    if (mark == entry.n || digits == 0 || digits < number.n || digits > 9 || number.p[0] == '0')
        return wrong(problem, room, entry, "is not MODEL=TOKENS, a pattern and a number: gpt-4o=128000");
    return hr_entry_glob(hr_str_make(entry.p, mark), problem, room);
}

/* Which names there are the gate does not ask: it would hand the body to a dialect that core does not know. */
static bool is_dialect(hr_str name)
{
    char z[32];

    if (name.n == 0 || name.n >= sizeof z)
        return false;
    memcpy(z, name.p, name.n);
    z[name.n] = 0;
    return hr_dialect_find(z) != NULL;
}

int hr_entry_endpoint(hr_str entry, char *problem, size_t room)
{
    size_t host = until(entry, '/'), path = until(entry, ' '), at = path;

    while (at < entry.n && entry.p[at] == ' ')
        at++;
    if (host == 0 || host >= path || path - host < 2 || host >= 128 || path - host >= 128 || at == entry.n)
        return wrong(problem, room, entry, "is not HOST/PATH DIALECT: llm.example.com/v1/chat openai_chat");
    if (!is_dialect(hr_str_make(entry.p + at, entry.n - at)))
        return wrong(problem, room, hr_str_make(entry.p + at, entry.n - at),
                     "is no dialect; known are anthropic openai_chat openai_responses gemini cohere ollama "
                     "bedrock");
    return 1;
}

int hr_entry_dollars(hr_str entry, char *problem, size_t room)
{
    int64_t amount;

    if (!hr_dollars_read(entry, &amount))
        return wrong(problem, room, entry, "is no amount of dollars: 5 or 2.50");
    return 1;
}

int hr_entry_budget(hr_str entry, char *problem, size_t room)
{
    const size_t mark = until(entry, '=');
    int64_t amount;

    if (mark == entry.n || !hr_dollars_read(hr_str_make(entry.p + mark + 1, entry.n - mark - 1), &amount))
        return wrong(problem, room, entry, "is not PROGRAM=DOLLARS, a pattern and an amount: claude=2.50");
    return hr_entry_glob(hr_str_make(entry.p, mark), problem, room);
}

int hr_entry_profile(hr_str entry, char *problem, size_t room)
{
    hr_arena *a = hr_arena_new();
    hr_profile *list = NULL;
    int r = a ? hr_profiles_read(a, entry, &list, problem, room) : HR_ENOMEM;

    bool some = list != NULL;
    hr_arena_free(a);
    return r < 0 ? r : r == 0 ? 1 : some ? 2 : 0;
}

int hr_entry_price(hr_str entry, char *problem, size_t room)
{
    hr_str glob;
    hr_price price;

    if (hr_price_entry(entry, &glob, &price) < 0)
        return wrong(
            problem, room, entry,
            "is not MODEL=INPUT OUTPUT [CACHE_READ [CACHE_WRITE]], a pattern and $ for a million tokens: "
            "gpt-4o=2.5 10 1.25");
    return hr_entry_glob(glob, problem, room);
}

int hr_entry_log_file(hr_str entry, char *problem, size_t room)
{
    if (entry.p[0] == '/' || hr_str_is(entry, "-"))
        return 1;
    return wrong(problem, room, entry, "is no absolute path, nor - for standard error");
}
