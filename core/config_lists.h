/* config_lists.h - settings that are lists: is an entry of them right?

   Each returns 1; 0: it is wrong, problem[room] says what is and what would be right, as one clause; 2: so is a part of it, and who reads it
   leaves that part out; HR_ENOMEM. Pure functions. */
#ifndef HR_CONFIG_LISTS_H
#define HR_CONFIG_LISTS_H

#include "base.h"

typedef int hr_entry_check(hr_str entry, char *problem, size_t room);

/* A pattern (glob.h). */
hr_entry_check hr_entry_glob;
/* GLOB=NUMBER: a model and its context limit in tokens. */
hr_entry_check hr_entry_limit;
/* HOST/PATH DIALECT, as the gate takes it. */
hr_entry_check hr_entry_endpoint;
/* An amount of money a day: 5, 2.50. */
hr_entry_check hr_entry_dollars;
/* GLOB=DOLLARS: a program and what it may cost a day. */
hr_entry_check hr_entry_budget;
/* Profiles of tools (profiles.h), one or several. */
hr_entry_check hr_entry_profile;
/* GLOB=PRICES (prices.h). */
hr_entry_check hr_entry_price;
/* An absolute path, or "-". */
hr_entry_check hr_entry_log_file;

#endif
