/* kept_lines.h - a text of which some lines stay, with the note that says so as its last line (note.h). The end of every transform that
   selects lines.

   A line that tells what an agent has cut off already ("... 4000 tokens truncated ...") stays, whatever else is left out.
   Every line that stays is the original's, byte for byte: what was written is read back before it is used. One thread. */
#ifndef HR_KEPT_LINES_H
#define HR_KEPT_LINES_H

#include "transform/note.h"
#include "transform/transform.h"

/* asked: NULL, the lines go out as they are; else under their paths where that is shorter (form.h, HR_FORM_SEARCH), those with asked[i]
   whole. line[]: the n lines of in->text (lines.h); kept[], ascending: indices of the nkept ones that stay. 1: out->text, kept and of are
   filled. 0: it would not be shorter, the note cannot say it, or it does not read back. HR_ENOMEM, HR_ETIME. */
int hr_kept_lines_write(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                        const uint32_t *kept, uint32_t nkept, const bool *asked, hr_transform_out *out);

/* The same with asked not NULL, under their paths, as rows of what varies or with names for what stands again (form.h), whichever is shortest. */
int hr_kept_lines_write_shortest(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                                 const uint32_t *kept, uint32_t nkept, const bool *asked,
                                 hr_transform_out *out);

/* The lines as they are, with how many are alike (note.h): ascending by lines that stay. */
int hr_kept_lines_write_counted(hr_arena *a, const hr_transform_in *in, const hr_str *line, uint32_t n,
                                const uint32_t *kept, uint32_t nkept, const hr_alike *alike, uint32_t nalike,
                                hr_transform_out *out);

/* Is the text what hr_kept_lines_write() makes: lines, perhaps under their paths, and the note that tells of just as many? 1: *note, in
   the arena, and *lines, the lines that stay, which are in the text or in *plain; 0; HR_ENOMEM. The caller frees *plain in each case. */
int hr_kept_lines_read(hr_arena *a, hr_str text, hr_note *note, hr_buf *plain, hr_str *lines);

#endif
