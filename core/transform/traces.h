/* traces.h - stack traces: which frames may go.

     java.lang.IllegalStateException: no price       goroutine 7 [running]:            File "a.py", line 3, in f
         at shop.Store.deep(Store.java:5)            main.handle(0x1)                    g(1)
         at java.base/java.util.List.each(..)            /src/main.go:8 +0x73
     Caused by: ...

   A frame is a line, or two and more where its place or its source stands below its name; a trace is a run of frames. Frames of the language's
   library, of its runtime and of installed packages are told by their place or package (a table); all others are the program's. May go:

   - of a run of three and more of the library's frames all but the ends of the trace and the one that the program called;
   - frames that repeat those before them (recursion), up to cycles of four;
   - a whole trace whose frames are those of an earlier one to the letter, pointers apart.

   Whatever is no frame stays: the exception and its message, "Caused by", "... 23 more", the head of a goroutine. So does each frame of the
   program, once in each trace that is not a copy.

   Linear. One thread; scratch in the arena. */
#ifndef HR_TRACES_H
#define HR_TRACES_H

#include "base.h"
#include "transform/watch.h"

/* may_go[line] is set for those, never cleared; line[]: the n lines, without sequences of escape. The number of frames; HR_ENOMEM, HR_ETIME. */
int64_t hr_traces_mark(const hr_str *line, uint32_t n, hr_arena *scratch, hr_watch *watch, bool *may_go);

#endif
