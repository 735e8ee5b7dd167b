/* framing.c - http_parser, paused at the end of each head and of each request. See framing.h. */
#include "framing.h"

#include <string.h>

static int on_headers_complete(http_parser *parser)
{
    struct framing *f = parser->data;

    f->head_done = true;
    f->upgrade = parser->upgrade;
    http_parser_pause(parser, 1);
    return 0;
}

static int on_message_complete(http_parser *parser)
{
    struct framing *f = parser->data;

    f->complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_headers_complete = on_headers_complete,
    .on_message_complete = on_message_complete,
};

void framing_begin(struct framing *f)
{
    memset(f, 0, sizeof(*f));
    http_parser_init(&f->parser, HTTP_REQUEST);
}

static size_t step(struct framing *f, const char *p, size_t n)
{
    size_t eaten = http_parser_execute(&f->parser, &settings, p, n);

    if (HTTP_PARSER_ERRNO(&f->parser) == HPE_PAUSED)
        http_parser_pause(&f->parser, 0);
    else if (HTTP_PARSER_ERRNO(&f->parser) != HPE_OK)
        f->broken = true;
    return eaten;
}

size_t framing_follow(struct framing *f, const char *p, size_t n, bool stop_at_head)
{
    size_t at = 0;

    f->parser.data = f; /* f may be a copy of what it was at the last call */
    while (at < n) {
        bool had_head = f->head_done;

        at += step(f, p + at, n - at);
        if (!f->broken && f->head_done && !had_head) {
            /* Paused in on_headers_complete the parser has not eaten the head's last byte: it wants it once
               more, and says then whether a body follows. */
            at += step(f, p + at, 1);
            if (stop_at_head || f->upgrade)
                return at;
        }
        if (f->complete || f->broken)
            return at;
    }
    return at;
}
