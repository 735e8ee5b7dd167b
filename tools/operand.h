/* operand.h - what the operand of `show` and `diff` names: a result by its id, or a request by its number. */
#ifndef OPERAND_H
#define OPERAND_H

#include <stdbool.h>

/* Decimal digits that fit an int64. */
bool operand_is_number(const char *word);
/* 20 hex digits; capitals, as a model may copy them, are made small. */
bool operand_read_id(const char *word, char id[21]);

#endif
