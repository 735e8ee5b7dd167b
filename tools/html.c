/* html.c - foreign text in HTML. See html.h. */
#include "html.h"
#include "format.h"

void html_word(FILE *f, const char *text)
{
    char word[HTML_WORD];

    for (const char *p = format_word(word, sizeof(word), text); *p != '\0'; p++) {
        switch (*p) {
        case '&':
            fputs("&amp;", f);
            break;
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        case '\'':
            fputs("&#39;", f);
            break;
        default:
            putc(*p, f);
        }
    }
}
