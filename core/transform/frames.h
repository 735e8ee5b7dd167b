/* frames.h - one frame of a stack trace, as Java, .NET, JavaScript, Python, Go, Rust, Ruby, PHP, gdb and the sanitizers print them. Pure;
   linear in the lines read. */
#ifndef HR_FRAMES_H
#define HR_FRAMES_H

#include "base.h"

typedef struct hr_frame {
    uint32_t lines; /* that it has: its place, its source, the marks below it */
    bool library;   /* not of the program: of the language's library, its runtime, an installed package */
    bool outermost; /* traces of this language begin with the outermost frame: Python */
    bool holds;     /* something is said below it that no other frame says: "- waiting to lock <0x..>" */
    uint64_t where; /* function and place: tells recursion */
    uint64_t all;   /* all of it but its number and pointers */
} hr_frame;

/* Does a frame begin at line[i]? */
bool hr_frame_read(const hr_str *line, uint32_t n, uint32_t i, hr_frame *out);

/* Are the two frames of `lines` lines each the same but for their numbers and pointers (0x and eight digits and more)? */
bool hr_frame_same(const hr_str *a, const hr_str *b, uint32_t lines);

#endif
