/* plugin_own.c - what the plugin brings along. */
const char *who(void);
const char *who(void)
{
    return "the plugin's";
}
