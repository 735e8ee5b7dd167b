/* log_marks.h - which records of a log stand out: what marks.h says of the rows of a table, said of the lines of a log.

   A record is a line that tells its time and the lines that continue it. Its columns are its first words and what varies in its pattern.
   They are read where they stand, and what is the same in all lines of a pattern is looked at once. Errors are marked outright, the rest by a
   strength (marks.h). Linear; scratch is the caller's. One thread. 0, HR_ENOMEM, HR_ETIME. */
#ifndef HR_LOG_MARKS_H
#define HR_LOG_MARKS_H

#include "transform/patterns.h"
#include "transform/select.h"

enum {
    HR_LOG_PATTERN = 3, /* lines of a pattern; those of fewer are rare */
    HR_LOG_SHARED =
        3 /* words at the beginning of a line that are columns of all patterns: time, level, source */
};

typedef struct hr_log {
    const hr_split *split;
    const hr_patterns *patterns;
    const uint32_t *record; /* first line of each record, and the number of lines behind the last one */
    uint32_t n;             /* records */
    const uint32_t *
        begin; /* of each pattern: its first one in order[], and the end; the last but one holds those of rare patterns and of none */
    const uint32_t *order; /* the records by their patterns, in the order of the text */
    hr_arena *scratch;
    hr_watch *watch;
} hr_log;

/* The pattern of a record; patterns->n: a rare one, or none. */
static inline uint32_t hr_log_pattern(const hr_log *l, uint32_t record)
{
    const uint32_t p = l->patterns->of_line[l->record[record]];
    return p == HR_PATTERN_NONE || l->patterns->list[p].lines < HR_LOG_PATTERN ? l->patterns->n : p;
}

/* The whole of it. */
static inline hr_str hr_log_text(const hr_log *l, uint32_t record)
{
    const uint32_t from = l->split->begin[l->record[record]], to = l->split->begin[l->record[record + 1]];
    return hr_str_make(l->split->text.p + from, to - from - 1);
}

/* Numbers and times say nothing but how much and when. */
static inline bool hr_log_is_spoken(hr_str word)
{
    size_t i = 0;

    for (; i + 8 < word.n; i += 8)
        if (hr_eight_letter(hr_eight(word.p + i, 8)))
            return true;
    return hr_eight_letter(hr_eight(word.p + i, word.n - i)) != 0;
}

/* log_errors.c: records that tell of an error. Where they are many, of each pattern of them the first, the last, and one for each value of
   the words of few values: what differs in them otherwise are times and counts. folded[record]: it is one of those many. */
int hr_log_mark_errors(const hr_log *l, bool *keep, bool *folded, float *strength);

/* log_values.c: rare patterns, rare values, numbers far from the others; and whether a column ranks the records. */
int hr_log_mark_values(const hr_log *l, const hr_query *query, float *strength, hr_ranking *ranking);

/* log_words.c: records with words that no other has. */
int hr_log_mark_novelties(const hr_log *l, float *strength);

typedef struct hr_log_templates hr_log_templates; /* log_templates.h */

/* log_rates.c: where the records of a message become several times as frequent, by the log's own clock (which must show seconds), the first of
   them; where they begin late, pause or stop, those on both sides. frequent[message]: it has such a stretch. */
int hr_log_mark_rates(const hr_log *l, const hr_log_templates *t, bool *frequent, float *strength);

/* log_told.c: how many records there are of the messages whose errors were folded, and of those that became frequent, by a line that stays[];
   of those of most records, where they are too many, and none of which all stay. Their number. */
uint32_t hr_log_told(const hr_log *l, const hr_log_templates *t, const bool *folded, const bool *frequent,
                     const bool *stays, hr_alike alike[static HR_NOTE_MAX_ALIKE]);

#endif
