/* json.h - where a value lies in the bytes.

   Nothing here builds values: a payload must keep its number spellings, key order and escapes (law 2), so
   everything is an offset and a length ("lexeme") into text that the caller owns and keeps alive.

   Two readers:

   - hr_scan pulls through a request body once, skipping what nobody asks for at SIMD speed. Structure,
     numbers and literals are checked as RFC 8259 says; the inside of a string is not (it is copied as it is).
   - hr_tree is a strict index of a whole text (a tool result that a transform will work on): RFC 8259 to the
     letter, UTF-8 and escapes included.

   What hr_tree accepts, hr_scan accepts, with the same lexemes. Depth is bounded by HR_MAX_DEPTH in both. No
   recursion. Text may contain NUL bytes and need not end in one; no byte outside it is read. Thread rule: an
   object belongs to one thread at a time. */
#ifndef HR_JSON_H
#define HR_JSON_H

#include "../base.h"
#include "../limits.h"

typedef enum hr_json_type {
    HR_JSON_NULL = 1,
    HR_JSON_FALSE,
    HR_JSON_TRUE,
    HR_JSON_NUMBER,
    HR_JSON_STRING,
    HR_JSON_ARRAY,
    HR_JSON_OBJECT
} hr_json_type;

/* A lexeme: text[off .. off+len). A string's lexeme includes both quotes. len 0: absent. */
typedef struct hr_value {
    hr_json_type type;
    bool escaped; /* strings: holds at least one backslash */
    size_t off, len;
} hr_value;

/* ------------------------------------------------------------------ pull scanner */
typedef struct hr_scan {
    const char *text;
    size_t len, pos;
    unsigned depth;
    bool fresh;                         /* a container was just entered: no comma yet */
    bool want;                          /* a value must come next */
    uint8_t kind[HR_MAX_DEPTH / 8 + 1]; /* bit per level: 1 = object */
} hr_scan;

/* Start at the first byte of text; leading white space is allowed, a byte order mark is not (RFC 8259 8.1).
   No function allocates. After an error of hr_scan_value, _key, _item or _end, and after HR_EDEPTH, the scan
   is over: every later call gives HR_EJSON. Calls in the wrong place (a key in an array, a value twice) are
   such errors. To look ahead, copy the hr_scan. */
void hr_scan_init(hr_scan *s, const char *text, size_t len);
/* Type of the next value without consuming it; HR_EJSON where no value begins. */
int hr_scan_peek(hr_scan *s);
/* Consume one whole value, whatever it is, and tell where it lies. v may be NULL. 0 or HR_EJSON/HR_EDEPTH. */
int hr_scan_value(hr_scan *s, hr_value *v);
/* Consume '{' or '['. 0, HR_EJSON (next is no container; nothing was consumed), HR_EDEPTH. */
int hr_scan_enter(hr_scan *s);
/* In an object: 1 and the key's lexeme (the colon is consumed, the value comes next); 0 when '}' was
   consumed. key may be NULL. Duplicate keys come as they stand: the caller detects them. */
int hr_scan_key(hr_scan *s, hr_value *key);
/* In an array: 1 when an item comes next; 0 when ']' was consumed. */
int hr_scan_item(hr_scan *s);
/* 0 when only white space is left, else HR_EJSON. */
int hr_scan_end(hr_scan *s);

/* Does this string lexeme (quotes included) decode to exactly z? Understands escapes; never allocates. false
   for what is no string or absent, for bad escapes, lone surrogates and raw control characters. */
bool hr_lexeme_is(const char *text, const hr_value *v, const char *z);

/* ------------------------------------------------------------------ strings */
/* Decode a string lexeme (quotes included) strictly. Without escapes *out points into the lexeme, else into
   the arena. 0, HR_EUTF8, HR_ESURR, HR_ENUL (an escaped or raw NUL), HR_EJSON (raw control character, bad
   escape, quotes missing), HR_ENOMEM; where several are wrong, one of them. */
int hr_string_decode(hr_arena *a, const char *lexeme, size_t len, hr_str *out);
/* Append text as the inside of a JSON string, without quotes: escapes quote, backslash and control characters
   (short forms where RFC 8259 has them, else \u00xx in lower case); everything else as raw UTF-8. text must
   be valid UTF-8. These bytes are stored and replayed: never change what this function writes for a given
   text. */
void hr_string_encode(hr_buf *b, hr_str text);
/* Offset in the lexeme (counted from its opening quote) of the decoded byte `decoded`; the lexeme must be one
   that hr_string_decode accepted. The decoded length, or more, gives the offset of the closing quote. If
   `decoded` falls inside the bytes of one escape, the offset of that escape is returned; a surrogate pair is
   one escape. */
size_t hr_string_raw_offset(const char *lexeme, size_t len, size_t decoded);
/* True when p[0..n) is valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool hr_utf8_valid(const char *p, size_t n);

/* ------------------------------------------------------------------ strict index */
typedef struct hr_node {
    uint8_t type; /* hr_json_type */
    bool escaped; /* strings */
    bool key_escaped;
    uint8_t key_number; /* two keys of one number are the same bytes; 0: one of the many that have none */
    uint32_t off, len;  /* lexeme */
    uint32_t key_off, key_len; /* lexeme of the key, quotes included; key_len 0: not a member */
    uint32_t next;             /* index of the next sibling, 0: none */
    uint32_t child;            /* index of the first child, 0: none */
    uint32_t count;            /* children */
} hr_node;

typedef struct hr_tree {
    const char *text;
    uint32_t len;
    const hr_node *nodes; /* in text order, parents before children; [0] is unused, [1] is the root */
    uint32_t n;           /* entries in nodes, the unused one included */
} hr_tree;

/* Index text strictly. The nodes live in the arena. 0, HR_EJSON, HR_EDEPTH, HR_EUTF8, HR_ESURR, HR_ENOMEM,
   HR_ELIMIT (text above 1 GiB). \u0000 in a string is valid JSON and accepted here. *error_off, if not NULL,
   is where it went wrong. Invalid UTF-8 is told last. *t is set on success only. */
int hr_tree_parse(hr_tree *t, hr_arena *a, const char *text, size_t len, size_t *error_off);
/* The node behind all of node i, as they stand in the order of their places; t->n: there is none. Few steps where it is near. */
uint32_t hr_tree_behind(const hr_tree *t, uint32_t i);

/* ------------------------------------------------------------------ splices */
/* Replace body[off .. off+len) by `with`. */
typedef struct hr_splice {
    size_t off, len;
    hr_str with;
} hr_splice;
/* Append body to out with every splice applied. Splices must be sorted by off and must not overlap or leave
   the body (HR_ESHAPE, nothing appended); empty ranges insert. All bytes outside them are copied as they are.
   `with` must not lie in out. 0 or HR_ENOMEM. */
int hr_splice_apply(hr_buf *out, const char *body, size_t len, const hr_splice *list, size_t n);

#endif
