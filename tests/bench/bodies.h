/* bodies.h - conversations of the Anthropic shape, and the texts that stand in them; the same bytes in every run.

   Made by rule from small vocabularies: JSON rows, logs, C code, English, CJK and emoji. What matters to a scanner is as in real
   tool output: how often an escape stands in the text (C every 29 bytes, logs 113, JSON in JSON 13, English 73, CJK 46), and
   that nine tenths of a body lie inside of tool results of some 9 KB. Buffers are hr_buf; running out of memory ends the
   program. */
#ifndef BENCH_BODIES_H
#define BENCH_BODIES_H

#include "base.h"

enum text_kind { TEXT_C, TEXT_LOGS, TEXT_JSON, TEXT_ENGLISH, TEXT_CJK, TEXT_KINDS };
extern const char *const text_names[TEXT_KINDS];

/* Append about n bytes of text; never less. JSON is one whole array. */
void text_add(hr_buf *b, enum text_kind kind, size_t n, unsigned seed);

/* A conversation grows at its end: begin, any number of turns, end. A turn is a call and its result; b->len before a turn,
   restored later, takes the turn away again. */
void body_begin(hr_buf *b);
void body_turn(hr_buf *b, unsigned turn, enum text_kind kind, size_t n);
/* The same with a given text; seed makes the id. blocks: the content is a list of one text block. */
void body_turn_text(hr_buf *b, unsigned seed, hr_str text, bool blocks);
/* An assistant's answer and a human's next question. */
void body_question(hr_buf *b, unsigned turn);
void body_end(hr_buf *b);

/* A whole body of about n bytes whose last turn is a result. *results: how many there are. */
void body_make(hr_buf *b, size_t n, size_t *results);

#endif
