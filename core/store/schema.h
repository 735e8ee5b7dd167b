/* schema.h - tables of the database and how older ones become this one.

   PRAGMA user_version is the number of migrations that were applied. Migrations only add tables, columns and
   indexes, so that the statements of an older version still work on a newer database (which it reads, and
   never writes). */
#ifndef HR_STORE_SCHEMA_H
#define HR_STORE_SCHEMA_H

#include "base.h"

struct hr_store;

enum { HR_SCHEMA_VERSION = 9 };

/* Bring a freshly opened database to this version, make the random key, and read it into the store. Sets
   refused to "newer_version" or "read_only" where it may only be read. 0, HR_EBUSY, HR_ESTORE. While holding
   the lock of vfs.h. */
int hr_schema_ready(struct hr_store *s);

#endif
