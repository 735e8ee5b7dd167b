/* left_out.h - what the rolling window did to a request, for people. */
#ifndef LEFT_OUT_H
#define LEFT_OUT_H

/* One line from the row's object ("window   76 messages ... are left out"); nothing where text is NULL or no such object. before: put in
   front of it. */
void left_out_print(const char *before, const char *text);

#endif
