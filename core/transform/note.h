/* note.h - the one grammar of what stands in place of left-out items.

   In an array of objects the note is one more object, behind the last kept item:

     {"_headroom":"482 of 500 items omitted: 3-340,342-481; headroom show 0123456789abcdef0123"}

   n of m, the zero-based positions left out as ascending ranges, and the id. "headroom show " stands before the id only
   where the request offers the model a tool that can run a command, else "id ". Only counts, positions and id: never a
   word from the data.

   Where the items are messages of few classes it goes on, before the id, with how many there are of each, all in all, and at which position one of
   them stays: "; messages alike but for numbers: 301 as 0, 40 as 312".

   In an object that is a map it is one more member, and the word is "members". In lines of JSON the first form is one more line.

   In text it is one more line, behind the last kept one; lines are counted from 0, as items are, and that is said:

     [_headroom: 460 of 506 lines omitted, the first is 0: 3-340,342-463; headroom show 0123456789abcdef0123]

   Where lines of one pattern are told by examples, or become frequent all at once, it says how many there are, all in all:
   "; lines alike: 301 as 0, 40 as 312".

   Where text was read out of markup there are no positions; the note is the last line, and says what was left out by sort:

     [_headroom: HTML as text; 14 scripts, 1 style, 41 navigation links omitted; headroom show 0123456789abcdef0123]

   Inside of a line or a string, behind the characters that stay of a blob:

     iVBORw0KGgoAAAANSUhEUgAA[_headroom: 5104 of 5128 characters omitted; headroom show 0123456789abcdef0123] */
#ifndef HR_NOTE_H
#define HR_NOTE_H

#include "../base.h"

#define HR_NOTE_KEY "_headroom"

enum {
    HR_NOTE_MAX_ITEMS = 1 << 28, /* of: more items than the largest file can hold */
    HR_NOTE_MAX_KEPT = 1 << 20   /* a forged note must not make its reader allocate more than 4 MB */
};

/* What was left out of. */
enum hr_note_unit { HR_NOTE_ITEMS, HR_NOTE_MEMBERS, HR_NOTE_LINES };

/* So many items of all have a message like that of `item`, which stays. */
typedef struct hr_alike {
    uint32_t item, items;
} hr_alike;
enum { HR_NOTE_MAX_ALIKE = 16 };

/* Append the note for `of` items (the object), members (the member) or lines (the line, without its end) of which kept[] (ascending, nkept of them) stay.
   HR_ELIMIT: more than HR_MAX_NOTE_RANGES ranges, or beyond the limits above; nothing was appended. HR_ENOMEM. */
int hr_note_write(hr_buf *b, enum hr_note_unit unit, uint32_t of, const uint32_t *kept, uint32_t nkept,
                  const char *id, bool offers_command);
/* The same, with what is alike (ascending by item, at most HR_NOTE_MAX_ALIKE; none: the same bytes). */
int hr_note_write_alike(hr_buf *b, enum hr_note_unit unit, uint32_t of, const uint32_t *kept, uint32_t nkept,
                        const hr_alike *alike, uint32_t nalike, const char *id, bool offers_command);

/* Append the last line of a text that was read out of `form` ("HTML", "terminal output"): how many of each sort were left out. `sorts` are singular
   nouns; those of count 0 are not told. */
void hr_note_write_sorts(hr_buf *b, const char *form, const char *const *sorts, const uint32_t *count,
                         size_t n, const char *id, bool offers_command);

/* Append the note for the last `omitted` of `of` characters. */
void hr_note_write_characters(hr_buf *b, uint32_t omitted, uint32_t of, const char *id, bool offers_command);

/* The same taken off *s, where it begins with one; else false, and *s is as it was. */
bool hr_note_take_characters(hr_str *s, uint32_t *omitted, uint32_t *of);

typedef struct hr_note {
    enum hr_note_unit unit;
    uint32_t omitted, of;
    char id[21];
    uint32_t *kept; /* ascending, of - omitted entries, in the arena */
    hr_alike alike[HR_NOTE_MAX_ALIKE];
    uint32_t nalike;
} hr_note;
/* Read a note object's string value (decoded), or a line without its brackets and key. 0; HR_ESHAPE: not one of ours to the letter; HR_ENOMEM. */
int hr_note_read(hr_arena *a, hr_str value, hr_note *out);

/* The note that is the last line of a text. 1; 0: there is none; HR_ENOMEM. *lines: the text before it, its line feed included. */
int hr_note_of_text(hr_arena *a, hr_str text, hr_note *out, hr_str *lines);

/* The same for the note of hr_note_write_sorts(): does the text end in one of this form? *before: the text before it, its line feed
   included. */
bool hr_note_sorts_of_text(hr_str text, const char *form, hr_str *before);

#endif
