/* symbols.c - names in the loader's table and in .symtab. */
#include "elf/image.h"

#include <elf.h>
#include <string.h>

/* Bytes of a table at an address, up to the end of its segment. */
typedef struct table {
    const uint8_t *p;
    size_t n;
} table;

typedef struct dynamic {
    table symbols, strings, gnu_hash, sysv_hash;
} dynamic;

static bool word32(const table *t, uint64_t index, uint32_t *out)
{
    if (index >= t->n / 4)
        return false;
    memcpy(out, t->p + index * 4, 4);
    return true;
}

static bool next_tag(const hr_image *img, size_t i, Elf64_Dyn *d)
{
    if (i >= img->dynamic_size / sizeof(*d))
        return false;
    memcpy(d, img->p + img->dynamic + i * sizeof(*d), sizeof(*d));
    return d->d_tag != DT_NULL;
}

static void read_dynamic(const hr_image *img, dynamic *out)
{
    uint64_t string_size = 0;
    Elf64_Dyn d;

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; next_tag(img, i, &d); i++) {
        if (d.d_tag == DT_SYMTAB)
            out->symbols.p = hr_image_at(img, d.d_un.d_ptr, &out->symbols.n);
        else if (d.d_tag == DT_STRTAB)
            out->strings.p = hr_image_at(img, d.d_un.d_ptr, &out->strings.n);
        else if (d.d_tag == DT_GNU_HASH)
            out->gnu_hash.p = hr_image_at(img, d.d_un.d_ptr, &out->gnu_hash.n);
        else if (d.d_tag == DT_HASH)
            out->sysv_hash.p = hr_image_at(img, d.d_un.d_ptr, &out->sysv_hash.n);
        else if (d.d_tag == DT_STRSZ)
            string_size = d.d_un.d_val;
    }
    if (string_size < out->strings.n)
        out->strings.n = (size_t)string_size;
}

static bool name_is(const table *strings, uint32_t offset, const char *name)
{
    size_t n = strlen(name) + 1;

    return offset < strings->n && n <= strings->n - offset && memcmp(strings->p + offset, name, n) == 0;
}

static bool symbol_at(const table *symbols, uint64_t index, Elf64_Sym *out)
{
    if (index >= symbols->n / sizeof(*out))
        return false;
    memcpy(out, symbols->p + index * sizeof(*out), sizeof(*out));
    return true;
}

static void take(const hr_image *img, const Elf64_Sym *sym, hr_symbol *out)
{
    const hr_segment *s;

    if (sym->st_shndx == SHN_UNDEF) {
        out->imported = true;
        return;
    }
    s = hr_image_segment(img, sym->st_value);
    if (ELF64_ST_TYPE(sym->st_info) == STT_FUNC && s && s->execute)
        *out = (hr_symbol){sym->st_value, sym->st_size, true, out->imported};
}

/* Defined symbols are in this table; chains end at an odd hash. */
static bool find_gnu(const dynamic *d, const char *name, Elf64_Sym *out)
{
    uint32_t buckets, first, words, shift, hash = 5381, index, chain;
    uint64_t base;

    for (const char *c = name; *c; c++)
        hash = hash * 33 + (uint8_t)*c;
    if (!word32(&d->gnu_hash, 0, &buckets) || !word32(&d->gnu_hash, 1, &first) ||
        !word32(&d->gnu_hash, 2, &words) || !word32(&d->gnu_hash, 3, &shift) || buckets == 0)
        return false;
    base = 4 + (uint64_t)words * 2;
    if (!word32(&d->gnu_hash, base + hash % buckets, &index) || index < first)
        return false;
    base += buckets;
    for (; word32(&d->gnu_hash, base + (index - first), &chain); index++) {
        if ((chain | 1) == (hash | 1) && symbol_at(&d->symbols, index, out) &&
            name_is(&d->strings, out->st_name, name))
            return true;
        if (chain & 1)
            break;
    }
    return false;
}

static bool find_sysv(const dynamic *d, const char *name, Elf64_Sym *out)
{
    uint32_t buckets, chains, hash = 0, index;

    for (const char *c = name; *c; c++) {
        hash = (hash << 4) + (uint8_t)*c;
        hash = (hash ^ ((hash & 0xf0000000u) >> 24)) & 0x0fffffffu;
    }
    if (!word32(&d->sysv_hash, 0, &buckets) || !word32(&d->sysv_hash, 1, &chains) || buckets == 0 ||
        !word32(&d->sysv_hash, 2 + hash % buckets, &index))
        return false;
    /* A chain is no longer than the table: a circle ends here. */
    for (uint32_t left = chains; left && index != 0; left--) {
        if (symbol_at(&d->symbols, index, out) && name_is(&d->strings, out->st_name, name))
            return true;
        if (!word32(&d->sysv_hash, 2 + (uint64_t)buckets + index, &index))
            break;
    }
    return false;
}

/* Undefined names stand before the hashed part of the table (or anywhere, with the old hash). */
static bool find_undefined(const dynamic *d, const char *name, Elf64_Sym *out)
{
    uint32_t first;

    if (!d->gnu_hash.p || !word32(&d->gnu_hash, 1, &first))
        return false;
    for (uint32_t i = 1; i < first && symbol_at(&d->symbols, i, out); i++) {
        if (out->st_shndx == SHN_UNDEF && name_is(&d->strings, out->st_name, name))
            return true;
    }
    return false;
}

void hr_image_dynamic(const hr_image *img, const char *const *names, size_t n, hr_symbol *out)
{
    dynamic d;

    memset(out, 0, n * sizeof(*out));
    read_dynamic(img, &d);
    for (size_t i = 0; i < n; i++) {
        Elf64_Sym sym;

        if (find_gnu(&d, names[i], &sym) || find_sysv(&d, names[i], &sym) ||
            find_undefined(&d, names[i], &sym))
            take(img, &sym, &out[i]);
    }
}

/* One more symbol of a name: found and imported together say that two places claim it, and none is certain. */
static void merge(hr_symbol *known, const hr_symbol *more)
{
    if (!known->found)
        *known = *more;
    else if (more->found && more->address != known->address)
        known->imported = true;
}

void hr_image_symtab(const hr_image *img, const char *const *names, size_t n, hr_symbol *out)
{
    table symbols = {img->p + img->symtab, (size_t)img->symtab_size};
    table strings = {img->p + img->strtab, (size_t)img->strtab_size};
    Elf64_Sym sym;

    memset(out, 0, n * sizeof(*out));
    if (img->symtab_size == 0)
        return;
    for (uint64_t i = 1; symbol_at(&symbols, i, &sym); i++) {
        /* All names that are asked for begin alike; most of a table falls to these three bytes. */
        if (sym.st_name >= strings.n || strings.n - sym.st_name < 4 ||
            memcmp(strings.p + sym.st_name, names[0], 3) != 0)
            continue;
        for (size_t k = 0; k < n; k++) {
            hr_symbol one = {0};

            if (!name_is(&strings, sym.st_name, names[k]))
                continue;
            take(img, &sym, &one);
            merge(&out[k], &one);
        }
    }
    for (size_t k = 0; k < n; k++)
        out[k].found = out[k].found && !out[k].imported;
}

const char *hr_image_needed(const hr_image *img, size_t i)
{
    dynamic d;
    Elf64_Dyn tag;

    read_dynamic(img, &d);
    for (size_t k = 0; next_tag(img, k, &tag); k++) {
        if (tag.d_tag != DT_NEEDED || i-- > 0)
            continue;
        if (tag.d_un.d_val >= d.strings.n ||
            !memchr(d.strings.p + tag.d_un.d_val, 0, d.strings.n - (size_t)tag.d_un.d_val))
            return NULL;
        return (const char *)d.strings.p + tag.d_un.d_val;
    }
    return NULL;
}
