/* string.c - what a string literal says, and how a text is written as one. */
#include "json/json.h"
#include "json/lex.h"

/* ------------------------------------------------------------------ escapes */

/* What stands behind the backslash -> the byte meant. 0: not one of the short forms. */
static const char SHORT_FORM[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The code unit of "\uXXXX" at p, or HR_EJSON. */
static int code_unit(const char *p, const char *end)
{
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return HR_EJSON;
    int unit = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return HR_EJSON;
        unit = unit * 16 + digit;
    }
    return unit;
}

int hr_lex_escape(const char **at, const char *end, uint32_t *code)
{
    const char *p = *at;
    if (end - p < 2)
        return HR_EJSON;
    if (SHORT_FORM[(unsigned char)p[1]]) {
        *code = (unsigned char)SHORT_FORM[(unsigned char)p[1]];
        *at = p + 2;
        return 0;
    }
    int unit = code_unit(p, end);
    if (unit < 0)
        return HR_EJSON;
    if (unit < 0xd800 || unit > 0xdfff) {
        *code = (uint32_t)unit;
        *at = p + 6;
        return 0;
    }
    int low = code_unit(p + 6, end);
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return HR_ESURR;
    *code = 0x10000u + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    *at = p + 12;
    return 0;
}

static inline size_t utf8_length(uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static inline size_t utf8_write(char *out, uint32_t code)
{
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    const size_t n = utf8_length(code);
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(lead[n] | code);
    return n;
}

static inline bool is_special(char c)
{
    return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

/* First quote, backslash or control character, or end. */
static const char *plain_end(const char *p, const char *end)
{
    for (; end - p >= HR_BLOCK; p += HR_BLOCK) {
        unsigned special = hr_block_special(p);
        if (special)
            return p + __builtin_ctz(special);
    }
    while (p < end && !is_special(*p))
        p++;
    return p;
}

/* Escapes stand every ten to sixty bytes. Finding each by a new look at the text would make one long chain of
   waiting, so the marks of WIDE bytes are taken at once, and what follows works on the word of marks alone.
 */
enum { WIDE = 64 };

static inline uint64_t wide_special(const char *p)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < WIDE / HR_BLOCK; i++)
        mask |= (uint64_t)hr_block_special(p + i * HR_BLOCK) << (i * HR_BLOCK);
    return mask;
}

/* Copy n bytes, and SLACK bytes at least: the caller has room for them and writes over them next. Most runs
   are shorter, and then nothing depends on how long they are. */
enum { SLACK = 2 * HR_BLOCK };

static inline void copy_run(char *out, const char *p, size_t n)
{
    memcpy(out, p, SLACK);
    for (size_t i = SLACK; i < n; i += SLACK)
        memcpy(out + i, p + i, SLACK);
}

/* ------------------------------------------------------------------ reading */

static int bad_byte(char c)
{
    return c == '\0' ? HR_ENUL : HR_EJSON;
}

/* Decode the special byte at *p: an escape, or an error. */
static int unescape_one(const char **p, const char *end, char **out)
{
    if (**p != '\\')
        return bad_byte(**p);
    uint32_t code;
    int err = hr_lex_escape(p, end, &code);
    if (err)
        return err;
    if (code == 0)
        return HR_ENUL;
    *out += utf8_write(*out, code);
    return 0;
}

/* Decode the inside p..end into out, which has room for as many bytes; *out_end is the end of what was
   written. What is decoded is never longer than what was read, so a block that may be read may be written. */
static int unescape(const char *p, const char *end, char *out, char **out_end)
{
    while (end - p >= WIDE + SLACK) {
        uint64_t special = wide_special(p);
        const char *stop = p + WIDE;
        while (special) {
            size_t run = (size_t)__builtin_ctzll(special), step = run + 2;
            copy_run(out, p, run);
            p += run;
            out += run;
            char c = SHORT_FORM[(unsigned char)p[1]];
            if (*p == '\\' && c) {
                *out++ = c;
                p += 2;
            } else {
                /* Copies, so that p and out can stay in registers. */
                const char *q = p;
                char *o = out;
                int err = unescape_one(&q, end, &o);
                if (err)
                    return err;
                step = run + (size_t)(q - p);
                p = q;
                out = o;
            }
            special = step < WIDE ? special >> step : 0;
        }
        if (p < stop) {
            size_t run = (size_t)(stop - p);
            copy_run(out, p, run);
            p += run;
            out += run;
        }
    }
    while (p < end) {
        int err = 0;
        if (is_special(*p))
            err = unescape_one(&p, end, &out);
        else
            *out++ = *p++;
        if (err)
            return err;
    }
    *out_end = out;
    return 0;
}

/* Most strings that are decoded are names and ids of some twenty bytes: all of them plain ASCII? false: perhaps. Two loads
   that overlap look at every byte without stepping over the end. */
static bool is_short_ascii(const char *p, size_t n)
{
    const uint64_t ones = ~UINT64_C(0) / 255, high = ones << 7;
    uint64_t word[2];
    if (n >= HR_BLOCK && n <= 2 * HR_BLOCK) {
        const char *tail = p + n - HR_BLOCK;
        return !(hr_block_special(p) | hr_block_special(tail) | hr_block_high(p) | hr_block_high(tail));
    }
    if (n < sizeof *word || n > HR_BLOCK)
        return false;
    memcpy(&word[0], p, sizeof *word);
    memcpy(&word[1], p + n - sizeof *word, sizeof *word);
    uint64_t bad = 0;
    for (int i = 0; i < 2; i++) {
        /* The high bit of a byte of (x - 1) & ~x is set where x has a zero, and of x - 0x20 where it has a control. */
        uint64_t x = word[i], quote = x ^ ones * '"', slash = x ^ ones * '\\';
        bad |= x | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((x - ones * 0x20) & ~x);
    }
    return (bad & high) == 0;
}

int hr_string_decode(hr_arena *a, const char *lexeme, size_t len, hr_str *out)
{
    if (len < 2 || lexeme[0] != '"' || lexeme[len - 1] != '"')
        return HR_EJSON;
    const char *p = lexeme + 1, *end = lexeme + len - 1;
    if (is_short_ascii(p, len - 2)) {
        *out = hr_str_make(p, len - 2);
        return 0;
    }
    const char *stop = plain_end(p, end);
    if (stop < end && *stop != '\\')
        return bad_byte(*stop);
    /* An escape inside a sequence breaks it: what is valid before decoding is valid after. */
    if (hr_lex_utf8_error(p, end))
        return HR_EUTF8;
    if (stop == end) {
        *out = hr_str_make(p, len - 2);
        return 0;
    }
    char *text = hr_arena_alloc(a, len - 2);
    if (!text)
        return HR_ENOMEM;
    char *text_end;
    int err = unescape(p, end, text, &text_end);
    if (err)
        return err;
    *out = hr_str_make(text, (size_t)(text_end - text));
    return 0;
}

bool hr_lexeme_is(const char *text, const hr_value *v, const char *z)
{
    if (v->type != HR_JSON_STRING || v->len < 2)
        return false;
    const char *p = text + v->off + 1, *end = p + (v->len - 2);
    if (!v->escaped)
        return strlen(z) == v->len - 2 && memcmp(p, z, v->len - 2) == 0 && plain_end(p, end) == end;
    while (p < end) {
        char bytes[4] = {*p};
        size_t n = 1;
        if (*p == '\\') {
            uint32_t code;
            if (hr_lex_escape(&p, end, &code))
                return false;
            n = utf8_write(bytes, code);
        } else if (is_special(*p)) {
            return false;
        } else {
            p++;
        }
        for (size_t i = 0; i < n; i++, z++) {
            if (*z == '\0' || *z != bytes[i])
                return false;
        }
    }
    return *z == '\0';
}

size_t hr_string_raw_offset(const char *lexeme, size_t len, size_t decoded)
{
    if (len < 2)
        return 0;
    const char *p = lexeme + 1, *end = lexeme + len - 1;
    while (p < end) {
        size_t plain = (size_t)(plain_end(p, end) - p);
        if (decoded <= plain)
            return (size_t)(p - lexeme) + decoded;
        p += plain;
        decoded -= plain;
        if (p == end)
            break;
        const char *escape = p;
        uint32_t code;
        if (hr_lex_escape(&p, end, &code)) /* not an accepted lexeme */
            break;
        size_t n = utf8_length(code);
        if (decoded < n)
            return (size_t)(escape - lexeme);
        decoded -= n;
    }
    return len - 1;
}

/* ------------------------------------------------------------------ writing */

/* Letter of the short form of a character that must be escaped; 0: none, \u00xx. */
static const char LETTER[256] = {
    ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
};

static inline size_t escape_write(char *out, char c)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char byte = (unsigned char)c;
    out[0] = '\\';
    if (LETTER[byte]) {
        out[1] = LETTER[byte];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = hex[byte >> 4];
    out[5] = hex[byte & 15];
    return 6;
}

void hr_string_encode(hr_buf *b, hr_str text)
{
    /* Pieces are made on the stack, so that the buffer grows by what is really written and its maximum is
     * exact. */
    enum { LONGEST = 6 };
    char piece[4096];
    char *const full = piece + sizeof(piece) - (WIDE * LONGEST + SLACK);
    char *o = piece;
    const char *p = text.p, *end = text.n ? p + text.n : p;

    while (p < end) {
        if (o > full) {
            hr_buf_add(b, piece, (size_t)(o - piece));
            o = piece;
        }
        if (end - p < WIDE + SLACK) {
            if (is_special(*p))
                o += escape_write(o, *p++);
            else
                *o++ = *p++;
            continue;
        }
        const char *stop = p + WIDE;
        for (uint64_t special = wide_special(p); special; special &= special - 1) {
            size_t run = (size_t)(stop - WIDE + __builtin_ctzll(special) - p);
            copy_run(o, p, run);
            o += run;
            p += run;
            o += escape_write(o, *p++);
        }
        size_t run = (size_t)(stop - p);
        copy_run(o, p, run);
        o += run;
        p += run;
    }
    if (o > piece)
        hr_buf_add(b, piece, (size_t)(o - piece));
}
