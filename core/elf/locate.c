/* locate.c - symbols, then the cache, then the anchors. */
#include "elf/locate.h"
#include "elf/describe.h"
#include "elf/profile.h"
#include "siphash.h"

#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { BORINGSSL_MARK = HEADROOM_SSL_FUNCTIONS, COMMON_MARK, NAMES };

/* Then one that BoringSSL and aws-lc have and OpenSSL has not, and one that all have, but not those who only lend
   OpenSSL's names to another library (GnuTLS does). */
static const char *const names[NAMES] = {
    "SSL_write",         "SSL_write_ex", "SSL_read", "SSL_read_ex", "SSL_CTX_set_grease_enabled",
    "SSL_get_servername"};

static void say(headroom_located *out, const char *before, const char *why)
{
    snprintf(out->reason, sizeof(out->reason), "%s%s", before, why);
}

/* The function at an address; false: it has no 16 bytes of code there. */
static bool take(const hr_image *img, uint64_t address, unsigned checks, headroom_function *out)
{
    const hr_segment *s = hr_image_segment(img, address);
    size_t n;
    const uint8_t *p = hr_image_at(img, address, &n);

    if (!p || !s->execute || n < sizeof(out->expected))
        return false;
    out->address = address;
    out->offset = hr_image_offset(img, address);
    out->checks = checks;
    memcpy(out->expected, p, sizeof(out->expected));
    return true;
}

/* ---------------------------------------------------------------- symbols */
static unsigned symbol_checks(const hr_image *img, uint64_t address)
{
    static const hr_starts none;
    bool refuted;

    return hr_starts_checks(&none, img, address, &refuted);
}

static bool has_anchors(const hr_image *img)
{
    hr_anchors anchors;

    hr_search_anchors(img, &anchors);
    for (size_t i = 0; i < anchors.n; i++) {
        if (anchors.v[i].text == HR_TEXT_FILE_CC || anchors.v[i].text == HR_TEXT_FILE_C)
            return true;
    }
    return false;
}

static bool by_symbols(const hr_image *img, const hr_symbol *symbols, enum headroom_tier tier,
                       headroom_located *out)
{
    if (!symbols[HEADROOM_SSL_WRITE].found || (!symbols[COMMON_MARK].found && !has_anchors(img)))
        return false;
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        if (symbols[i].found)
            take(img, symbols[i].address, symbol_checks(img, symbols[i].address), &out->function[i]);
    }
    out->library = symbols[BORINGSSL_MARK].found ? HEADROOM_TLS_BORINGSSL : HEADROOM_TLS_OPENSSL;
    out->tier = tier;
    return out->function[HEADROOM_SSL_WRITE].address != 0;
}

/* ---------------------------------------------------------------- cache */
/* Of the code of each function; shorter ones are followed by others, which may not have moved either. */
enum { SEALED_CODE = 256 };

static uint64_t address_of(const hr_image *img, uint64_t offset)
{
    for (size_t k = 0; k < img->segments; k++) {
        const hr_segment *s = &img->segment[k];
        if (offset >= s->offset && offset - s->offset < s->size)
            return s->address + (offset - s->offset);
    }
    return 0;
}

static void seal(const hr_image *img, const hr_located_memo *memo, uint8_t out[16])
{
    static const uint8_t key[16];
    hr_siphash h;

    hr_siphash_init(&h, key);
    hr_siphash_field(&h, hr_str_make((const char *)img->build_id, img->build_id_len));
    hr_siphash_add(&h, memo, offsetof(hr_located_memo, seal));
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        uint64_t address = memo->function[i].offset ? address_of(img, memo->function[i].offset) : 0;
        size_t n = 0;
        const uint8_t *p = address ? hr_image_at(img, address, &n) : NULL;
        hr_siphash_field(&h, hr_str_make((const char *)p, p && n < SEALED_CODE ? n : p ? SEALED_CODE : 0));
    }
    hr_siphash_end(&h, out);
}

static bool memo_holds(const hr_image *img, const hr_located_memo *memo, headroom_located *out)
{
    headroom_function found[HEADROOM_SSL_FUNCTIONS] = {{0}};
    uint8_t sealed[sizeof(memo->seal)];

    seal(img, memo, sealed);
    if (memcmp(sealed, memo->seal, sizeof(sealed)) != 0)
        return false;
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        uint64_t offset = memo->function[i].offset;

        if (offset != 0 &&
            (!take(img, address_of(img, offset), memo->function[i].checks, &found[i]) ||
             memcmp(found[i].expected, memo->function[i].expected, sizeof(found[i].expected)) != 0))
            return false;
    }
    memcpy(out->function, found, sizeof(found));
    return true;
}

/* 1: a known answer, 0: a known refusal, -1: not known. */
static int from_cache(const hr_image *img, const hr_locate_cache *cache, headroom_located *out)
{
    hr_located_memo memo;

    if (!cache || !cache->get || img->build_id_len == 0 ||
        !cache->get(cache->arg, img->build_id, img->build_id_len, &memo) || memo.method != HR_LOCATE_METHOD ||
        memo.library > HEADROOM_TLS_BORINGSSL || !memo_holds(img, &memo, out))
        return -1;
    out->library = (enum headroom_tls)memo.library;
    out->tier = HEADROOM_TIER_CACHE;
    if (out->function[HEADROOM_SSL_WRITE].address)
        return 1;
    say(out, "", "an earlier search of this build found nothing certain");
    return 0;
}

static void to_cache(const hr_image *img, const hr_locate_cache *cache, const headroom_located *found)
{
    hr_located_memo memo;

    if (!cache || !cache->put || img->build_id_len == 0)
        return;
    memset(&memo, 0, sizeof(memo));
    memo.method = HR_LOCATE_METHOD;
    memo.library = found->library;
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        memo.function[i].offset = found->function[i].offset;
        memo.function[i].checks = found->function[i].checks;
        memcpy(memo.function[i].expected, found->function[i].expected, sizeof(memo.function[i].expected));
    }
    seal(img, &memo, memo.seal);
    cache->put(cache->arg, img->build_id, img->build_id_len, &memo);
}

/* ---------------------------------------------------------------- anchors */
static enum headroom_tls family_of(enum hr_text text)
{
    return text == HR_TEXT_FILE_CC ? HEADROOM_TLS_BORINGSSL : HEADROOM_TLS_OPENSSL;
}

/* On aarch64 a reference names the page alone; anything of the family in that page counts. */
static bool refers_to(const hr_image *img, const hr_anchor *a, uint64_t to)
{
    if (img->machine == EM_AARCH64 && (to & 0xfff) == 0)
        return to >= (a->low & ~0xfffull) && to <= a->high;
    return to >= a->low && to <= a->high;
}

/* The sites of one family, moved to the front. */
static size_t select_sites(const hr_image *img, const hr_anchors *anchors, enum headroom_tls family,
                           hr_sites *sites)
{
    size_t n = 0;

    for (size_t i = 0; i < sites->n; i++) {
        for (size_t k = 0; k < anchors->n; k++) {
            if (family_of(anchors->v[k].text) != family || !refers_to(img, &anchors->v[k], sites->v[i].to))
                continue;
            hr_site site = sites->v[i];

            sites->v[i] = sites->v[n];
            sites->v[n++] = site;
            break;
        }
    }
    return n;
}

static int search_family(const hr_image *img, const hr_anchors *anchors, enum headroom_tls family,
                         const hr_site *sites, size_t n, bool deep, hr_family_result *out)
{
    hr_evidence e;
    int err = hr_evidence_gather(&e, img, anchors, sites, n, deep);

    if (err == 0) {
        if (family == HEADROOM_TLS_BORINGSSL)
            hr_family_boringssl(&e, out);
        else
            hr_family_openssl(&e, out);
    }
    hr_evidence_free(&e);
    return err;
}

/* What the first search left open, a deep one may find; what it found must stay. */
static int search_twice(const hr_image *img, const hr_anchors *anchors, enum headroom_tls family,
                        const hr_site *sites, size_t n, hr_family_result *out)
{
    hr_family_result deep;
    int err = search_family(img, anchors, family, sites, n, false, out);

    if (err || (out->write.address && out->read.address))
        return err;
    err = search_family(img, anchors, family, sites, n, true, &deep);
    if (err || !deep.write.address || (out->write.address && out->write.address != deep.write.address))
        return err;
    *out = deep;
    return 0;
}

static void note_family(const hr_image *img, enum headroom_tls family, const hr_family_result *r,
                        headroom_located *out)
{
    const hr_choice *choice[HEADROOM_SSL_FUNCTIONS] = {&r->write, &r->write_ex, &r->read, &r->read_ex};

    out->library = family;
    for (size_t i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        if (choice[i]->address)
            take(img, choice[i]->address, choice[i]->checks, &out->function[i]);
    }
    if (!out->function[HEADROOM_SSL_WRITE].address) {
        memset(out->function, 0, sizeof(out->function));
        say(out, "SSL_write: ", r->write.why ? r->write.why : "its code lies at the end of a segment");
        return;
    }
    out->tier = HEADROOM_TIER_ANCHOR;
    if (out->version[0] == 0)
        snprintf(out->version, sizeof(out->version), "%s", r->era);
    if (!out->function[HEADROOM_SSL_READ].address)
        say(out, "SSL_read: ", r->read.why ? r->read.why : "its code lies at the end of a segment");
}

static int search_sites(const hr_image *img, const hr_anchors *anchors, hr_sites *sites,
                        headroom_located *out)
{
    static const enum headroom_tls families[] = {HEADROOM_TLS_BORINGSSL, HEADROOM_TLS_OPENSSL};
    size_t libraries = 0;

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        size_t n = select_sites(img, anchors, families[i], sites);
        hr_family_result r;
        headroom_located one = *out;
        int err;

        if (n == 0)
            continue;
        err = search_twice(img, anchors, families[i], sites->v, n, &r);
        if (err)
            return err;
        note_family(img, families[i], &r, &one);
        if (one.tier == HEADROOM_TIER_ANCHOR && libraries++ > 0) {
            memset(out->function, 0, sizeof(out->function));
            out->tier = HEADROOM_TIER_NONE;
            say(out, "", "two TLS libraries are linked in");
            return 0;
        }
        if (one.tier == HEADROOM_TIER_ANCHOR || libraries == 0)
            *out = one;
    }
    return libraries == 1;
}

static int by_anchors(const hr_image *img, headroom_located *out)
{
    hr_anchors anchors;
    hr_sites sites = {0};
    bool files = false;
    int got = 0;

    hr_search_anchors(img, &anchors);
    for (size_t i = 0; i < anchors.n; i++)
        files |= anchors.v[i].text == HR_TEXT_FILE_CC || anchors.v[i].text == HR_TEXT_FILE_C;
    if (!files) {
        say(out, "", "no OpenSSL or BoringSSL is linked in");
        return 0;
    }
    if (anchors.too_many) {
        say(out, "", "too many copies of the anchor strings");
        return 0;
    }
    hr_search_references(img, &anchors, &sites);
    if (sites.failed)
        got = sites.n < HR_MAX_SITES / 2 ? HR_ENOMEM : HR_ELIMIT;
    else if (sites.n == 0)
        say(out, "", "a TLS library's strings are there, but no code refers to them");
    else
        got = search_sites(img, &anchors, &sites, out);
    hr_free(sites.v);
    if (got == HR_ELIMIT) {
        say(out, "", "too much code refers to the anchor strings");
        got = 0;
    }
    return got;
}

static int locate(const hr_image *img, unsigned flags, const hr_locate_cache *cache, headroom_located *out)
{
    bool symbols = !(flags & HEADROOM_LOCATE_ANCHORS_ONLY);
    hr_symbol found[NAMES];
    int got;

    memset(out, 0, sizeof(*out));
    out->arm = img->machine == EM_AARCH64;
    out->relocatable = img->type == ET_DYN;
    out->build_id_len = img->build_id_len;
    memcpy(out->build_id, img->build_id, img->build_id_len);
    hr_image_dynamic(img, names, NAMES, found);
    out->imports = found[HEADROOM_SSL_WRITE].imported || found[HEADROOM_SSL_WRITE_EX].imported;
    if (flags & HEADROOM_LOCATE_DESCRIBE)
        hr_describe(img, out);
    if (symbols && by_symbols(img, found, HEADROOM_TIER_DYNAMIC, out))
        return 1;
    if (symbols) {
        hr_image_symtab(img, names, NAMES, found);
        if (by_symbols(img, found, HEADROOM_TIER_SYMTAB, out))
            return 1;
        got = from_cache(img, cache, out);
        if (got >= 0)
            return got;
    }
    if (flags & HEADROOM_LOCATE_KNOWN) {
        say(out, "", "not searched yet");
        return 0;
    }
    got = by_anchors(img, out);
    if (got < 0)
        say(out, "", "there was no memory for the search");
    if (got >= 0 && symbols)
        to_cache(img, cache, out);
    return got;
}

/* ---------------------------------------------------------------- branches */
/* Which bytes of its beginning a function never branches to. Where .eh_frame says where it ends, a call that stands there does not
   return. */
static uint16_t clear_bytes(hr_walker *w, const hr_image *img, uint64_t address)
{
    uint64_t start, end;
    bool inner;
    const hr_function *f;

    hr_walker_starts(w, &end, &inner, hr_image_frame(img, address, &start, &end) && start == address);
    f = hr_walk(w, address);
    return f->whole ? (uint16_t)~f->entered : 0;
}

static void note_clear(const hr_image *img, headroom_located *out)
{
    hr_walker *w = img->machine == EM_X86_64 ? hr_walker_new(img) : NULL;

    for (size_t i = 0; w && i < HEADROOM_SSL_FUNCTIONS; i++) {
        if (out->function[i].address)
            out->function[i].clear = clear_bytes(w, img, out->function[i].address);
    }
    hr_walker_free(w);
}

int hr_locate_image(const hr_image *img, unsigned flags, const hr_locate_cache *cache, headroom_located *out)
{
    int got = locate(img, flags, cache, out);

    if (got == 1)
        note_clear(img, out);
    return got;
}

int hr_locate_file(const char *path, unsigned flags, const hr_locate_cache *cache, headroom_located *out)
{
    const char *why;
    hr_image img;
    int got = hr_image_open(&img, path, &why);

    if (got < 0) {
        memset(out, 0, sizeof(*out));
        say(out, "", why);
        return got;
    }
    got = hr_locate_image(&img, flags, cache, out);
    hr_image_close(&img);
    return got;
}
