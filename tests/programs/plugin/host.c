/* host.c - host FILE FLAGS: opens the plugin with these flags, lets it tell what its names are bound to, and prints how its pages
   are protected. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *who(void);
const char *who(void)
{
    return "the program's";
}

int main(int argc, char **argv)
{
    void *plugin = argc == 3 ? dlopen(argv[1], atoi(argv[2])) : NULL;
    void (*tell)(void);
    char line[500], access[5];
    FILE *maps;

    if (!plugin) {
        puts("not opened");
        return 1;
    }
    *(void **)&tell = dlsym(plugin, "tell");
    tell();
    maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (strstr(line, "/plugin.so") && sscanf(line, "%*s %4s", access) == 1)
            puts(access);
    return 0;
}
