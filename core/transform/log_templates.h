/* log_templates.h - which patterns of a log are one message: those that differ in their first words (time, level, source), in words with digits,
   and in words that vary within one of them. A pattern is as narrow as saves most bytes; what is to be counted is a message.

   Lives in the log's scratch arena. One thread. Linear in the records. */
#ifndef HR_LOG_TEMPLATES_H
#define HR_LOG_TEMPLATES_H

#include "transform/log_marks.h"

struct hr_log_templates {
    uint32_t n;
    uint32_t *begin; /* of each, its first one in order[], and the end */
    uint32_t *
        order; /* the records of all, each in the order of the text; those of rare patterns and of none are left out */
};

/* 0, HR_ENOMEM. */
int hr_log_templates_of(hr_log_templates *t, const hr_log *l);

#endif
