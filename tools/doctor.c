#include "cli.h"
static int run(const struct command *self, int argc, char **argv)
{
    (void)self;
    (void)argc;
    (void)argv;
    return 0;
}
const struct command command_doctor = {
    .name = "doctor", .summary = "x", .help = "usage: headroom doctor", .run = run};
