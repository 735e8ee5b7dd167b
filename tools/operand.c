/* operand.c - what the operand of `show` and `diff` names. See operand.h. */
#include "operand.h"

#include <stddef.h>
#include <string.h>

bool operand_is_number(const char *word)
{
    size_t n = strspn(word, "0123456789");

    return n > 0 && n < 19 && word[n] == '\0';
}

bool operand_read_id(const char *word, char id[21])
{
    if (strlen(word) != 20 || strspn(word, "0123456789abcdefABCDEF") != 20)
        return false;
    for (size_t i = 0; i < 20; i++)
        id[i] = (char)(word[i] >= 'A' && word[i] <= 'F' ? word[i] - 'A' + 'a' : word[i]);
    id[20] = '\0';
    return true;
}
