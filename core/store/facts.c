/* facts.c - what the database is made of, for `headroom doctor`. See headroom.h, headroom_get_store_facts. */
#include <sys/stat.h>

#include "store/handle.h"
#include "store/schema.h"

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : 0;
}

static int read_facts(hr_store *s, headroom_store_facts *f)
{
    const struct {
        const char *sql;
        int64_t *value;
    } all[] = {
        {"PRAGMA user_version", &f->version},
        {"SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size", &f->free_bytes},
        {"SELECT count(*) FROM requests", &f->requests},
        {"SELECT count(*) FROM decisions", &f->decisions},
        {"SELECT count(*) FROM originals", &f->originals},
        {"SELECT coalesce(sum(packed_size), 0) FROM originals", &f->originals_bytes},
        {"SELECT coalesce(min(created), 0) FROM originals", &f->oldest_original_us},
        {"SELECT coalesce(max(value), 0) FROM meta WHERE name = 'rows_lost'", &f->rows_lost},
    };
    int rc = hr_sql_once_text(s, "PRAGMA journal_mode", f->journal, sizeof f->journal);

    for (size_t i = 0; i < sizeof all / sizeof *all && rc == 0; i++)
        rc = hr_sql_once(s, all[i].sql, all[i].value);
    /* Not integrity_check: comparing each index with its table takes many times longer, and finds no torn page more. */
    return rc == 0 ? hr_sql_once_text(s, "PRAGMA quick_check(1)", f->integrity, sizeof f->integrity) : rc;
}

int hr_store_facts(hr_store *s, headroom_store_facts *out)
{
    int rc = hr_store_enter(s, 0, false);

    *out = (headroom_store_facts){.newest_version = HR_SCHEMA_VERSION,
                                  .originals_cap_bytes = (int64_t)s->options.originals_mb << 20};
    if (rc != 0)
        return rc;
    out->exists = true;
    out->file_bytes = size_of(s->path);
    out->log_bytes = size_of(s->wal);
    rc = read_facts(s, out);
    hr_store_leave(s);
    return rc;
}
