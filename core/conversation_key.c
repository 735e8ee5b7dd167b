/* conversation_key.c - see conversation_key.h. */
#include "conversation_key.h"

#include <string.h>

#include "siphash.h"

static bool says_something(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] > ' ')
            return true;
    return false;
}

/* The first human literal that says anything, behind out. 0, HR_ENOENT, ... */
static int first_words(hr_conversation *c, hr_buf *out)
{
    for (size_t i = 0; i < c->n; i++) {
        const hr_value *lit = &c->ev[i].lit;
        hr_str text;
        if (c->ev[i].kind != HR_EV_HUMAN)
            continue;
        int r = hr_string_decode(c->scratch, c->body + lit->off, lit->len, &text);
        if (r < 0)
            return r;
        out->len = 0;
        hr_human_add(out, text);
        if (out->err)
            return out->err;
        if (says_something(hr_buf_view(out)))
            return 0;
    }
    return HR_ENOENT;
}

int hr_conversation_keys(const uint8_t secret[16], const hr_dialect *d, hr_conversation *c, uint8_t key[16],
                         uint8_t nameless[16])
{
    hr_buf words = {0};
    hr_siphash h, named;
    int r = c->n && c->ev[0].kind == HR_EV_START ? HR_ESHAPE : first_words(c, &words);

    if (r == 0) {
        hr_siphash_init(&h, secret);
        hr_siphash_field(&h, HR_STR("conversation"));
        hr_siphash_field(&h, hr_str_make(d->family, strlen(d->family)));
        hr_siphash_field(&h, hr_buf_view(&words));
        named = h; /* the words are hashed once for both */
        hr_siphash_end(&h, nameless);
        hr_siphash_field(&named, c->owner);
        hr_siphash_end(&named, key);
    }
    hr_buf_free(&words);
    return r;
}

int hr_conversation_key(const uint8_t secret[16], const hr_dialect *d, hr_conversation *c, uint8_t key[16])
{
    uint8_t nameless[16];
    return hr_conversation_keys(secret, d, c, key, nameless);
}
