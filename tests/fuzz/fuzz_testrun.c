/* fuzz_testrun.c - libFuzzer target for the selection from test runs, builds and crashes: what stays are lines of the text in their order, the
   note says which, and no line that tells of a failure, or of an error in a place, went. The first byte chooses the question. */
#include "transform/findings.h"
#include "transform/form.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "transform/testrun.h"
#include "transform/testrun_line.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

enum { MOST_TEXT = 64 << 10, FIRST = 3, LAST = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool may_go(hr_str line)
{
    hr_run_line said;
    hr_run_line_read(line, &said);
    return said.kind != HR_RUN_FAIL && said.kind != HR_RUN_FAILURES && said.kind != HR_RUN_DETAILS &&
           (said.kind != HR_RUN_OTHER || !hr_finding_is_error(line));
}

static void check(hr_arena *a, hr_str text, hr_str out)
{
    hr_note note;
    hr_str kept, line, was;
    bool ended;
    uint32_t n = 0, k = 0;

    CLAIM(out.n < text.n);
    CLAIM(hr_note_of_text(a, out, &note, &kept) == 1);
    hr_buf plain = {0}; /* findings go out in a form */
    if (hr_form_decode(&plain, kept) == 1)
        kept = hr_buf_view(&plain);
    for (; hr_line_next(&text, &was, &ended); n++) {
        if (k < note.of - note.omitted && note.kept[k] == n) {
            CLAIM(hr_line_next(&kept, &line, &ended) && hr_str_eq(line, was));
            k++;
        } else {
            CLAIM(may_go(was) && n >= FIRST && n + LAST < note.of);
        }
    }
    CLAIM(n == note.of && k == note.of - note.omitted && kept.n == 0);
    hr_buf_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const questions[] = {"", "the slowest three", "what of test_1 and case_7?",
                                            "why does it fail?"};

    if (size < 1 || size > MOST_TEXT)
        return 0;
    char *copy = malloc(size); /* of exactly the size, so that one byte too far is seen */
    hr_arena *a = hr_arena_new();
    CLAIM(copy && a);
    memcpy(copy, data + 1, size - 1);
    const char *question = questions[data[0] & 3];
    hr_transform_in in = {.text = hr_str_make(copy, size - 1),
                          .query = hr_query_new(a, hr_str_make(question, strlen(question))),
                          .allow_lossy = true,
                          .max_items = 15,
                          .id = "0123456789abcdef0123"};
    hr_transform_out out = {0};
    CLAIM(in.query);
    int r = hr_testrun_select(a, &in, &out);
    CLAIM(r == 0 || r == 1);
    if (r == 1)
        check(a, in.text, out.text);
    hr_arena_free(a);
    free(copy);
    return 0;
}
