/* schema.c - see schema.h. */
#include "store/schema.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "store/handle.h"
#include "totals.h"

/* One text per version, applied in order; never edited once released. Decisions keep a rowid: a replacement
   is often longer than a page may hold beside its key, and rows of random keys then cost less in the log than
   a clustered table. The large column stands last, so that reading the others does not walk its overflow
   pages. */
static const char *const migrations[HR_SCHEMA_VERSION] = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value) WITHOUT ROWID;"
    "INSERT INTO meta VALUES('originals_bytes', 0);"
    "CREATE TABLE decisions(n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, idkey BLOB NOT NULL, sentkey "
    "BLOB,"
    " verbatim INTEGER NOT NULL, lossless INTEGER NOT NULL, has_original INTEGER NOT NULL,"
    " tokens_before INTEGER NOT NULL, tokens_after INTEGER NOT NULL, kept INTEGER NOT NULL, total INTEGER "
    "NOT NULL,"
    " created INTEGER NOT NULL, last_used INTEGER NOT NULL, transform TEXT NOT NULL, kind TEXT NOT NULL,"
    " tool TEXT NOT NULL, call_id TEXT NOT NULL, reason TEXT NOT NULL, sent TEXT NOT NULL);"
    "CREATE INDEX decisions_idkey ON decisions(idkey);"
    "CREATE INDEX decisions_sentkey ON decisions(sentkey) WHERE sentkey IS NOT NULL;"
    "CREATE TABLE originals(n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, created INTEGER NOT NULL,"
    " plain_size INTEGER NOT NULL, packed_size INTEGER NOT NULL, packed BLOB NOT NULL);"
    "CREATE TABLE requests(id INTEGER PRIMARY KEY, session INTEGER NOT NULL, time INTEGER NOT NULL,"
    " pid INTEGER NOT NULL, program TEXT, host TEXT, path TEXT, dialect TEXT, model TEXT, mode TEXT, skipped "
    "TEXT,"
    " stream INTEGER, status INTEGER, complete INTEGER, tokens_before INTEGER, tokens_after INTEGER,"
    " bytes_before INTEGER, bytes_after INTEGER, usage TEXT, input_tokens INTEGER, output_tokens INTEGER,"
    " cached_tokens INTEGER, elapsed_us INTEGER, transforms TEXT, results INTEGER, rewritten INTEGER,"
    " replayed INTEGER, results_json TEXT);",
    "CREATE TABLE binaries(build_id BLOB PRIMARY KEY NOT NULL, found INTEGER NOT NULL, answer BLOB NOT NULL)"
    " WITHOUT ROWID;",
    "CREATE TABLE cuts(n INTEGER PRIMARY KEY, conversation BLOB NOT NULL, print BLOB NOT NULL, created "
    "INTEGER NOT NULL,"
    " last_used INTEGER NOT NULL, messages INTEGER NOT NULL, calls INTEGER NOT NULL, ranges TEXT NOT NULL,"
    " marker TEXT NOT NULL, UNIQUE(conversation, print));"
    "ALTER TABLE requests ADD COLUMN window TEXT;",
    /* Rows of before: nothing is known, and unpriced is the smallest number (headroom.h). */
    "ALTER TABLE requests ADD COLUMN error TEXT;"
    "ALTER TABLE requests ADD COLUMN cache_written INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE requests ADD COLUMN conversation INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN unique_before INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN unique_after INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN cost INTEGER NOT NULL DEFAULT (-9223372036854775807 - 1);"
    "ALTER TABLE requests ADD COLUMN saved INTEGER NOT NULL DEFAULT (-9223372036854775807 - 1);"
    "ALTER TABLE requests ADD COLUMN exact INTEGER NOT NULL DEFAULT 0;",
    "CREATE TABLE marks(conversation INTEGER PRIMARY KEY, time INTEGER NOT NULL, positions INTEGER NOT NULL,"
    " made INTEGER NOT NULL, sent INTEGER NOT NULL, input INTEGER NOT NULL, cached INTEGER NOT NULL,"
    " held INTEGER NOT NULL, optimize INTEGER NOT NULL);"
    "CREATE TABLE faults(n INTEGER PRIMARY KEY, time INTEGER NOT NULL, program TEXT NOT NULL,"
    " dialect TEXT NOT NULL, model TEXT NOT NULL, conversation INTEGER NOT NULL, kind TEXT NOT NULL,"
    " place TEXT NOT NULL, held INTEGER NOT NULL, cached INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT "
    "0);"
    "CREATE TABLE breakers(program TEXT NOT NULL, dialect TEXT NOT NULL, since INTEGER NOT NULL,"
    " kind TEXT NOT NULL, PRIMARY KEY(program, dialect)) WITHOUT ROWID;"
    "CREATE TABLE families(name TEXT PRIMARY KEY NOT NULL, seen INTEGER NOT NULL, ratios BLOB NOT NULL)"
    " WITHOUT ROWID;",
    "ALTER TABLE requests ADD COLUMN duration INTEGER NOT NULL DEFAULT -1;",
    /* Sums (totals.h). unsummed.c fills them, and makes the indexes. */
    /* clang-format off */
    "CREATE TABLE groups(id INTEGER PRIMARY KEY, program TEXT NOT NULL, model TEXT NOT NULL,"
    " dialect TEXT NOT NULL, host TEXT NOT NULL, UNIQUE(program, model, dialect, host));"
    "CREATE TABLE sums(level INTEGER NOT NULL, slot INTEGER NOT NULL, grp INTEGER NOT NULL, "
    HR_SQL_COLUMNS_7(HR_SQL_COLUMN) ", PRIMARY KEY(level, slot, grp)) WITHOUT ROWID;"
    "CREATE TABLE tool_sums(level INTEGER NOT NULL, slot INTEGER NOT NULL, tool TEXT NOT NULL, "
    HR_SQL_TOOL_COLUMNS(HR_SQL_COLUMN) ", PRIMARY KEY(level, slot, tool)) WITHOUT ROWID;",
    /* clang-format on */
    "ALTER TABLE decisions ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;", /* enum hr_encoding; older: estimated */
    "ALTER TABLE sums ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sums ADD COLUMN exact INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE tallies(day INTEGER PRIMARY KEY NOT NULL, " HR_SQL_TALLY_COLUMNS(
        HR_SQL_COLUMN) ");"
                       /* Millionths (headroom_row.factor); 0: not calibrated. */
                       "ALTER TABLE requests ADD COLUMN factor INTEGER NOT NULL DEFAULT 0;"
                       "ALTER TABLE requests ADD COLUMN factor_off INTEGER NOT NULL DEFAULT 0;",
};

static int write_key(hr_store *s)
{
    uint8_t key[32];

    /* A database that was removed while we ran is made anew with the key in use, so that what this process
       remembers stays valid. */
    if (s->have_key)
        memcpy(key, s->key, sizeof key);
    else if (getrandom(key, sizeof key, GRND_NONBLOCK) != (ssize_t)sizeof key) {
        s->reason = "io";
        return HR_ESTORE;
    }
    hr_query q = hr_query_start(s, HR_Q_META_SET);
    hr_query_text(&q, "key");
    hr_query_blob(&q, key, sizeof key);
    return hr_query_run(&q);
}

static int migrate(hr_store *s)
{
    int64_t version = 0;
    int rc = hr_store_begin(s);

    if (rc != 0)
        return rc;
    /* Again, under the write lock: another process may have been first. */
    rc = hr_sql_once(s, "PRAGMA user_version", &version);
    for (int64_t v = version; rc == 0 && v < HR_SCHEMA_VERSION; v++) {
        char number[40];
        snprintf(number, sizeof number, "PRAGMA user_version=%d", (int)v + 1);
        rc = hr_sql_exec(s, migrations[v]);
        if (rc == 0)
            rc = hr_sql_exec(s, number);
    }
    if (rc == 0 && version < HR_SCHEMA_VERSION)
        rc = hr_unsummed_begin(s, version);
    if (rc == 0 && version == 0)
        rc = write_key(s);
    return hr_store_end(s, rc);
}

static int read_key(hr_store *s)
{
    hr_query q = hr_query_start(s, HR_Q_META_GET);
    hr_query_text(&q, "key");
    int rc = hr_query_step(&q);
    hr_str key = rc == 1 ? hr_query_col(&q, 0) : hr_str_make(NULL, 0);

    if (rc >= 0 && key.n != sizeof s->key) {
        s->refused = s->reason = "corrupt";
        rc = HR_ESTORE;
    } else if (rc == 1) {
        pthread_mutex_lock(&s->quick);
        memcpy(s->key, key.p, sizeof s->key);
        s->have_key = true;
        pthread_mutex_unlock(&s->quick);
    }
    hr_query_end(&q);
    return rc < 0 ? rc : 0;
}

int hr_schema_ready(hr_store *s)
{
    int64_t version = 0;
    int rc = hr_sql_once(s, "PRAGMA user_version", &version);

    if (rc != 0)
        return rc;
    if (version > HR_SCHEMA_VERSION) {
        s->refused = "newer_version";
    } else if (sqlite3_db_readonly(s->db, "main")) {
        s->refused = s->reason = "read_only";
        if (version < HR_SCHEMA_VERSION)
            return HR_ESTORE;
    } else {
        /* Nothing is lost if a new, empty database does not survive a power cut, and three syncs are 1-80 ms.
           A decision changes one page in each of four trees: pages of 2 KB instead of SQLite's 4 halve what its
           commit checksums and copies. Larger ones gain nothing for originals, smaller ones split too often. */
        if (version == 0)
            rc = hr_sql_exec(s, "PRAGMA synchronous=OFF; PRAGMA page_size=2048");
        if (rc == 0)
            rc = hr_sql_exec(s, "PRAGMA temp_store=MEMORY; PRAGMA journal_mode=WAL");
        if (rc == 0 && version < HR_SCHEMA_VERSION)
            rc = migrate(s);
    }
    if (rc == 0)
        rc = hr_sql_exec(s, "PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-512;"
                            "PRAGMA journal_size_limit=1048576; PRAGMA trusted_schema=OFF");
    return rc == 0 ? read_key(s) : rc;
}
