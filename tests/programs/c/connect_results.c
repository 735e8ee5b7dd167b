/* connect_results.c PORT - what connect() says to all kinds of calls, one line each. Nothing listens on PORT. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void say(const char *what, int r)
{
    printf("%s: %d %s\n", what, r, r < 0 ? strerror(errno) : "");
}

int main(int argc, char **argv)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/nowhere/at/all"};
    int inet = socket(AF_INET, SOCK_STREAM, 0), local = socket(AF_UNIX, SOCK_STREAM, 0),
        udp = socket(AF_INET, SOCK_DGRAM, 0);

    in.sin_port = htons((unsigned short)atoi(argc > 1 ? argv[1] : "1"));
    say("no descriptor", connect(-1, (struct sockaddr *)&in, sizeof(in)));
    say("no socket", connect(0, (struct sockaddr *)&in, sizeof(in)));
    say("unix", connect(local, (struct sockaddr *)&un, sizeof(un)));
    say("bad address", connect(inet, (struct sockaddr *)8, sizeof(in)));
    say("no address", connect(inet, NULL, 0));
    say("short", connect(inet, (struct sockaddr *)&in, 3));
    errno = ENOTTY;
    say("datagram", connect(udp, (struct sockaddr *)&in, sizeof(in)));
    say("errno is kept", errno == ENOTTY ? 0 : -1);
    say("refused", connect(inet, (struct sockaddr *)&in, sizeof(in)));
    say("refused again", connect(inet, (struct sockaddr *)&in, sizeof(in)));
    return 0;
}
