/* overrides.c - see overrides.h. */
#include "overrides.h"

#include <stdio.h>
#include <string.h>

#include "ini.h"
#include "protect.h"

static const char *const lines[HEADROOM_OVERRIDES] = {
    [HEADROOM_OVERRIDE_MODE] = "X-Headroom-Mode",
    [HEADROOM_OVERRIDE_LEVEL] = "X-Headroom-Level",
    [HEADROOM_OVERRIDE_OUTPUT_BUFFER] = "X-Headroom-Output-Buffer-Tokens",
    [HEADROOM_OVERRIDE_KEEP_TURNS] = "X-Headroom-Keep-Turns",
    [HEADROOM_OVERRIDE_TOOL_PROFILES] = "X-Headroom-Tool-Profiles",
    [HEADROOM_OVERRIDE_BYPASS] = "X-Headroom-Bypass",
    [HEADROOM_OVERRIDE_UNKNOWN] = "",
};

/* Add to what is ignored. No memory: nobody is told. */
static void ignore(headroom_request *r, enum headroom_override which, const char *text)
{
    char all[1024];
    int n = snprintf(all, sizeof all, "%s%s%s%s%s", r->row.ignored ? r->row.ignored : "",
                     r->row.ignored ? "; " : "", lines[which], *lines[which] ? ": " : "", text);

    r->row.ignored = hr_arena_dup(r->keep, all, n > 0 && (size_t)n < sizeof all ? (size_t)n : sizeof all - 1);
    r->ignored |= 1u << which;
}

void hr_overrides_log(headroom_request *r)
{
    unsigned told = atomic_load_explicit(&r->h->ignored, memory_order_relaxed);

    if ((r->ignored & ~told) == 0 || !r->row.ignored)
        return;
    told = atomic_fetch_or(&r->h->ignored, r->ignored);
    if (r->ignored & ~told)
        hr_log_write(&r->h->log, HR_LOG_WARN, "%s: ignored in a request: %s", r->h->program, r->row.ignored);
}

enum { LONGEST_WORD = 16 };

/* Words may come in any case, as most of HTTP's do; not in the host's locale. n 0: too long to be one. */
static hr_str in_small(hr_str value, char out[LONGEST_WORD])
{
    if (value.n > LONGEST_WORD)
        return HR_STR("");
    for (size_t i = 0; i < value.n; i++)
        out[i] = (char)(value.p[i] >= 'A' && value.p[i] <= 'Z' ? value.p[i] | 0x20 : value.p[i]);
    return hr_str_make(out, value.n);
}

static void ignore_value(headroom_request *r, enum headroom_override which, hr_str value, const char *allowed)
{
    char text[256];

    snprintf(text, sizeof text, "\"%.*s\" is not %s", value.n < 80 ? (int)value.n : 80, value.p, allowed);
    ignore(r, which, text);
}

/* A word or number as a setting takes it; -1: none. */
static int64_t value_of(headroom_request *r, enum headroom_override which, enum hr_setting s, hr_str value)
{
    char small[LONGEST_WORD], allowed[128];
    int64_t v = hr_setting_value(s, in_small(value, small));

    if (v < 0) {
        hr_setting_allowed(s, allowed, sizeof allowed);
        ignore_value(r, which, value, allowed);
    }
    return v;
}

static void read_number(headroom_request *r, enum headroom_override which, enum hr_setting s, hr_str value,
                        int64_t *out)
{
    int64_t v = value_of(r, which, s, value);
    if (v >= 0)
        *out = v;
}

static void read_bypass(headroom_request *r, hr_str value)
{
    static const char *const words[] = {"1", "true", "yes", "on", "0", "false", "no", "off"};
    enum { YES = 4, WORDS = 8 };
    char small[LONGEST_WORD];
    const hr_str word = in_small(value, small);
    int i = 0;

    while (i < WORDS && !hr_str_is(word, words[i]))
        i++;
    r->bypass = i < YES;
    if (i == WORDS)
        ignore_value(r, HEADROOM_OVERRIDE_BYPASS, value, "one of: 1 true yes on 0 false no off");
}

static int read_profiles(headroom_request *r, hr_str value)
{
    char problem[512];
    int wrong = hr_profiles_read(r->keep, value, &r->profiles, problem, sizeof problem);

    if (wrong == 1)
        ignore(r, HEADROOM_OVERRIDE_TOOL_PROFILES, problem);
    return wrong < 0 ? wrong : 0;
}

static int read_line(headroom_request *r, enum headroom_override which, hr_str value)
{
    int64_t level = r->level;
    char text[160];

    switch (which) {
    case HEADROOM_OVERRIDE_MODE: /* obeyed by who made the request; here it is only judged */
        value_of(r, which, HR_SET_MODE, value);
        break;
    case HEADROOM_OVERRIDE_LEVEL:
        read_number(r, which, HR_SET_LEVEL, value, &level);
        r->level = (enum hr_level)level;
        break;
    case HEADROOM_OVERRIDE_OUTPUT_BUFFER:
        read_number(r, which, HR_SET_OUTPUT_BUFFER, value, &r->output_buffer);
        break;
    case HEADROOM_OVERRIDE_KEEP_TURNS:
        read_number(r, which, HR_SET_KEEP_TURNS, value, &r->keep_turns);
        break;
    case HEADROOM_OVERRIDE_TOOL_PROFILES:
        return read_profiles(r, value);
    case HEADROOM_OVERRIDE_BYPASS:
        read_bypass(r, value);
        break;
    default:
        snprintf(text, sizeof text, "X-Headroom-%.*s: no line of this name is known",
                 value.n < 80 ? (int)value.n : 80, value.p);
        ignore(r, HEADROOM_OVERRIDE_UNKNOWN, text);
    }
    return 0;
}

int hr_overrides_read(headroom_request *r, const headroom_head *head)
{
    const hr_config *c = &r->h->config;
    int err = 0;

    r->level = (enum hr_level)c->number[HR_SET_LEVEL];
    r->keep_turns = c->number[HR_SET_KEEP_TURNS];
    r->output_buffer = c->number[HR_SET_OUTPUT_BUFFER];
    r->profiles = c->profiles;
    for (int i = 0; i < HEADROOM_OVERRIDES && err == 0; i++) {
        hr_str value = hr_ini_trim(hr_str_make(head->override[i].p, head->override[i].n));
        if (value.n > 0)
            err = read_line(r, (enum headroom_override)i, value);
    }
    return err;
}

int hr_overrides_of_tool(const headroom_request *r, hr_arena *scratch, hr_str tool, hr_str arguments,
                         hr_tool_rules *out)
{
    const hr_config *c = &r->h->config;
    const char *tools = c->text[HR_SET_PROTECTED_TOOLS], *paths = c->text[HR_SET_PROTECTED_PATHS];
    int64_t said[HR_PROFILE_KEYS] = {-1, -1, -1, -1};

    hr_profiles_apply(r->profiles, tool, said);
    *out = (hr_tool_rules){
        .level = said[HR_PROFILE_LEVEL] >= 0 && said[HR_PROFILE_LEVEL] < (int64_t)r->level
                     ? (enum hr_level)said[HR_PROFILE_LEVEL]
                     : r->level,
        .min_tokens =
            said[HR_PROFILE_MIN_TOKENS] >= 0 ? said[HR_PROFILE_MIN_TOKENS] : c->number[HR_SET_MIN_TOKENS],
        .max_items = (unsigned)(said[HR_PROFILE_MAX_ITEMS] >= 0 ? said[HR_PROFILE_MAX_ITEMS]
                                                                : c->number[HR_SET_MAX_ITEMS]),
    };
    if (said[HR_PROFILE_SKIP] == 1 || out->level == HR_LEVEL_REPLAY)
        out->leave = "tool_profile";
    int found = hr_protects_tool(hr_str_make(tools, strlen(tools)), tool);
    if (!found)
        found = hr_protects_path(scratch, hr_str_make(paths, strlen(paths)), arguments);
    if (found == 1)
        out->leave = "protected";
    return found < 0 ? found : 0;
}
