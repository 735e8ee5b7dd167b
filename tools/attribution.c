/* attribution.c - see attribution.h. */
#include "attribution.h"
#include "cli.h"

#include <stdlib.h>
#include <string.h>

/* By its name alone: wrappers and links that start it are many, and a hint that is missing costs nothing. */
static bool is_claude(const char *command)
{
    const char *slash = strrchr(command, '/');

    return strcmp(slash == NULL ? command : slash + 1, "claude") == 0;
}

/* It attests what goes to the vendor's own hosts alone. */
static bool has_other_host(void)
{
    const char *url = getenv("ANTHROPIC_BASE_URL");

    return url != NULL && *url != '\0';
}

bool attribution_choose(const headroom *h, bool off, const char *command)
{
    const char *path = headroom_config_path(h);

    if (getenv(ATTRIBUTION_SWITCH) != NULL)
        return true;
    if (off) {
        cli_fail(0, ATTRIBUTION_SETTING " = off: " ATTRIBUTION_SWITCH "=0 is set, the vendor's own switch");
        return setenv(ATTRIBUTION_SWITCH, "0", 1) == 0;
    }
    if (is_claude(command) && !has_other_host())
        cli_fail(0,
                 "Claude Code attests its requests to the vendor's hosts, so they go out "
                 "unchanged; " ATTRIBUTION_SETTING
                 " = off in %s chooses the vendor's own switch, " ATTRIBUTION_SWITCH "=0",
                 path == NULL ? "config.ini" : path);
    return true;
}
