/* query.c - from human text and call arguments to anchors, words and hints. See query.h.

     text -> words -> marks (key of a JSON object, inside of quotes, stop word) -> hints -> anchors -> terms */
#include "transform/query.h"

#include "limits.h"
#include "transform/terms.h"

#include <string.h>

/* Words that say nothing about a row. Sorted. */
static const char *const stop_words[] = {
    "a",       "about",   "above",   "after",     "again",      "all",     "also",   "am",    "an",
    "and",     "any",     "anyone",  "anything",  "are",        "as",      "ask",    "at",    "be",
    "because", "been",    "before",  "being",     "below",      "between", "both",   "but",   "by",
    "can",     "check",   "could",   "did",       "do",         "does",    "doing",  "done",  "down",
    "each",    "else",    "ever",    "every",     "everything", "fetch",   "few",    "find",  "for",
    "from",    "further", "get",     "give",      "given",      "go",      "got",    "had",   "has",
    "have",    "having",  "he",      "hello",     "help",       "her",     "here",   "him",   "his",
    "how",     "i",       "if",      "in",        "into",       "is",      "it",     "its",   "just",
    "know",    "let",     "like",    "list",      "look",       "make",    "many",   "may",   "me",
    "might",   "more",    "much",    "must",      "my",         "need",    "no",     "not",   "now",
    "of",      "off",     "on",      "one",       "only",       "or",      "other",  "our",   "out",
    "over",    "please",  "return",  "same",      "search",     "see",     "select", "she",   "should",
    "show",    "so",      "some",    "something", "such",       "take",    "tell",   "than",  "thank",
    "thanks",  "that",    "the",     "their",     "them",       "then",    "there",  "these", "they",
    "thing",   "things",  "this",    "those",     "through",    "to",      "too",    "under", "up",
    "us",      "use",     "using",   "very",      "want",       "was",     "we",     "were",  "what",
    "when",    "where",   "whether", "which",     "while",      "who",     "whom",   "whose", "why",
    "will",    "with",    "would",   "yes",       "you",        "your",
};

static const struct hint_word {
    const char *word;
    unsigned hint;
} hint_words[] = {
    {"top", HR_HINT_TOP},         {"best", HR_HINT_TOP},        {"highest", HR_HINT_TOP},
    {"largest", HR_HINT_TOP},     {"biggest", HR_HINT_TOP},     {"greatest", HR_HINT_TOP},
    {"most", HR_HINT_TOP},        {"maximum", HR_HINT_TOP},     {"max", HR_HINT_TOP},
    {"leading", HR_HINT_TOP},     {"longest", HR_HINT_TOP},     {"slowest", HR_HINT_TOP},
    {"lowest", HR_HINT_LOWEST},   {"smallest", HR_HINT_LOWEST}, {"least", HR_HINT_LOWEST},
    {"fewest", HR_HINT_LOWEST},   {"minimum", HR_HINT_LOWEST},  {"min", HR_HINT_LOWEST},
    {"shortest", HR_HINT_LOWEST}, {"cheapest", HR_HINT_LOWEST}, {"worst", HR_HINT_LOWEST},
    {"fastest", HR_HINT_LOWEST},  {"last", HR_HINT_LAST},       {"latest", HR_HINT_LAST},
    {"newest", HR_HINT_LAST},     {"recent", HR_HINT_LAST},     {"recently", HR_HINT_LAST},
    {"final", HR_HINT_LAST},      {"first", HR_HINT_FIRST},     {"oldest", HR_HINT_FIRST},
    {"earliest", HR_HINT_FIRST},  {"initial", HR_HINT_FIRST},
};

static const char *const number_words[] = {"one",   "two",   "three", "four", "five",   "six",
                                           "seven", "eight", "nine",  "ten",  "eleven", "twelve"};

enum {
    MAX_COUNT = 1000, /* query.h */
    COUNT_REACH = 3,  /* words between a hint and its number */
    MAX_QUOTED = 120, /* bytes; longer quotes are prose */
    LONGEST_WORD = 16 /* of the tables above, with room */
};

/* A word of the query and what is known of it. */
struct token {
    hr_word w;
    bool key;  /* stands in the key of a JSON object */
    bool stop; /* says nothing: stop word, hint, the number of a hint */
};

struct parse {
    hr_arena *arena;
    hr_str text;
    struct token *tok;
    size_t n;
    hr_query *q;
    bool failed; /* no memory */
};

/* ------------------------------------------------------------------ words of the tables */
/* The word in lower case, or "" where it is longer than any of the tables'. */
static void lower(const struct parse *p, const hr_word *w, char out[LONGEST_WORD])
{
    size_t n = w->len < LONGEST_WORD ? w->len : 0;
    for (size_t i = 0; i < n; i++) {
        char c = p->text.p[w->off + i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    out[n] = 0;
}

static bool is_stop(const char *z)
{
    size_t lo = 0, hi = sizeof stop_words / sizeof *stop_words;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = (unsigned char)z[0] - stop_words[mid][0]; /* most questions end here */
        if (c == 0)
            c = strcmp(z, stop_words[mid]);
        if (c == 0)
            return true;
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

static unsigned hint_of(const char *z)
{
    for (size_t i = 0; i < sizeof hint_words / sizeof *hint_words; i++)
        if (z[0] == hint_words[i].word[0] && strcmp(z, hint_words[i].word) == 0)
            return hint_words[i].hint;
    return 0;
}

/* 1..MAX_COUNT as digits or as a word; else 0. */
static unsigned number_of(const struct parse *p, size_t i)
{
    char z[LONGEST_WORD];
    unsigned v = 0;
    lower(p, &p->tok[i].w, z);
    for (unsigned k = 0; k < sizeof number_words / sizeof *number_words; k++)
        if (strcmp(z, number_words[k]) == 0)
            return k + 1;
    for (size_t k = 0; z[k]; k++) {
        if (z[k] < '0' || z[k] > '9' || v > MAX_COUNT)
            return 0;
        v = v * 10 + (unsigned)(z[k] - '0');
    }
    return v <= MAX_COUNT ? v : 0;
}

/* ------------------------------------------------------------------ terms and anchors */
uint32_t hr_query_term(const hr_query *q, uint64_t hash)
{
    if (q->nterms == 0)
        return UINT32_MAX;
    for (uint32_t at = (uint32_t)(hash ^ hash >> 32);; at++) {
        uint16_t slot = q->slots[at & q->mask];
        if (slot == 0)
            return UINT32_MAX;
        if (q->terms[slot - 1].hash == hash)
            return slot - 1u;
    }
}

/* Words of this beginning and length may be terms: one that has an s more, or less, may be known by the same hash. The term's beginning. */
static uint16_t let_through(hr_query *q, hr_str word)
{
    uint32_t *lengths = &q->lengths[hr_query_slot(word)];
    uint16_t beginning = HR_QUERY_BEGINNINGS;

    for (size_t n = word.n - 1; n <= word.n + 1; n++)
        *lengths |= 1u << (n < 31 ? n : 31);
    if (memchr(word.p, '\\', word.n)) {
        memset(q->lengths, 0xff, HR_QUERY_SLOTS * sizeof *q->lengths);
        memset(q->begins, HR_QUERY_MANY, HR_QUERY_BEGINNINGS);
    } else if (word.n == 1) { /* anything may stand behind it */
        for (char second = 0; second < 32; second++)
            q->begins[hr_query_beginning((const char[]){*word.p, second})] = HR_QUERY_MANY;
    } else {
        beginning = (uint16_t)hr_query_beginning(word.p);
        q->begins[beginning] = (uint8_t)(q->begins[beginning] + (q->begins[beginning] < HR_QUERY_MANY));
    }
    return beginning;
}

/* Index of the term, added where it is new; UINT32_MAX when the table is full. */
static uint32_t add_term(hr_query *q, const hr_word *w, bool scored)
{
    const uint64_t hash = w->hash;
    uint32_t i = hr_query_term(q, hash);
    if (i == UINT32_MAX) {
        if (q->nterms == HR_QUERY_MAX_WORDS)
            return UINT32_MAX;
        uint32_t at = (uint32_t)(hash ^ hash >> 32);
        while (q->slots[at & q->mask])
            at++;
        i = q->nterms++;
        q->terms[i] =
            (hr_term){.hash = hash, .beginning = let_through(q, hr_str_make(q->text.p + w->off, w->len))};
        q->slots[at & q->mask] = (uint16_t)(i + 1);
    }
    q->terms[i].scored = q->terms[i].scored || scored;
    return i;
}

static bool same_anchor(const hr_anchor *a, const hr_anchor *b)
{
    return a->n == b->n && memcmp(a->term, b->term, a->n * sizeof *a->term) == 0;
}

/* Words i..j as an anchor; nothing where they are all stop words. */
static void add_anchor(struct parse *p, size_t i, size_t j, bool exact)
{
    hr_query *q = p->q;
    hr_anchor a = {.exact = exact};
    bool says = false;

    if (j - i + 1 > HR_ANCHOR_MAX_WORDS || q->nanchors == HR_QUERY_MAX_ANCHORS)
        return;
    for (size_t k = i; k <= j; k++)
        says = says || (!p->tok[k].stop && !p->tok[k].key);
    for (size_t k = i; says && k <= j; k++) {
        uint32_t t = add_term(q, &p->tok[k].w, false);
        if (t == UINT32_MAX)
            return;
        a.term[a.n++] = (uint16_t)t;
    }
    if (a.n == 0)
        return;
    for (uint32_t k = 0; k < q->nanchors; k++) {
        if (same_anchor(&q->anchors[k], &a)) {
            q->anchors[k].exact = q->anchors[k].exact || exact;
            return;
        }
    }
    q->anchors[q->nanchors++] = a;
}

/* ------------------------------------------------------------------ steps */
static void read_words(struct parse *p)
{
    hr_words r = {p->text, 0};
    hr_word w;
    char z[LONGEST_WORD];
    while (hr_words_next(&r, &w))
        p->n++;
    p->tok = hr_arena_alloc(p->arena, (p->n + 1) * sizeof *p->tok);
    p->failed = !p->tok;
    if (p->failed)
        return;
    r.pos = 0;
    for (size_t i = 0; i < p->n && hr_words_next(&r, &w); i++) {
        lower(p, &w, z);
        p->tok[i] = (struct token){.w = w, .stop = is_stop(z)};
    }
}

static size_t word_end(const struct token *t)
{
    return (size_t)t->w.off + t->w.len;
}

static bool inside_word(const struct parse *p, size_t at)
{
    unsigned char c = at < p->text.n ? (unsigned char)p->text.p[at] : ' ';
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c > 0x7f;
}

/* The closing quote that belongs to the one at `open`, or SIZE_MAX. */
static size_t closing(const struct parse *p, size_t open)
{
    char quote = p->text.p[open];
    size_t end = open + 2 + MAX_QUOTED < p->text.n ? open + 2 + MAX_QUOTED : p->text.n;
    for (size_t i = open + 1; i < end && p->text.p[i] != '\n'; i++)
        if (p->text.p[i] == quote && p->text.p[i - 1] != '\\' && (quote != '\'' || !inside_word(p, i + 1)))
            return i;
    return SIZE_MAX;
}

enum pass { MARK_KEYS, ADD_ANCHORS };

/* Quoted text is the key of an object or an anchor. Keys are marked first: the hints between the passes ask for them. */
static void quotes(struct parse *p, enum pass pass)
{
    size_t first = 0; /* the first word behind what was looked at */
    for (size_t i = 0; i < p->text.n; i++) {
        char c = p->text.p[i];
        if ((c != '"' && c != '`' && c != '\'') || (c == '\'' && i > 0 && inside_word(p, i - 1)))
            continue;
        size_t close = closing(p, i);
        if (close == SIZE_MAX)
            continue;
        while (first < p->n && p->tok[first].w.off < i)
            first++;
        size_t last = first;
        while (last < p->n && word_end(&p->tok[last]) <= close)
            last++;
        size_t after = close + 1;
        while (after < p->text.n && p->text.p[after] == ' ')
            after++;
        bool key = c == '"' && after < p->text.n && p->text.p[after] == ':';
        for (size_t k = first; key && k < last; k++)
            p->tok[k].key = true;
        if (pass == ADD_ANCHORS && !key && last > first && close - i > 2)
            add_anchor(p, first, last - 1, false);
        first = last;
        i = close;
    }
}

static void hints(struct parse *p)
{
    for (size_t i = 0; i < p->n; i++) {
        char z[LONGEST_WORD], next[LONGEST_WORD] = "";
        if (p->tok[i].key)
            continue;
        lower(p, &p->tok[i].w, z);
        unsigned hint = hint_of(z);
        if (!hint)
            continue;
        if (i + 1 < p->n)
            lower(p, &p->tok[i + 1].w, next);
        if (strcmp(z, "most") == 0 && hint_of(next)) /* "most recent" asks for the end, not for a rank */
            continue;
        p->q->hints |= hint;
        p->tok[i].stop = true;
        for (size_t d = 1; d <= COUNT_REACH; d++) {
            size_t near[2] = {i + d, i - d};
            unsigned count = 0;
            for (int side = 0; side < 2 && !count; side++) {
                size_t k = near[side];
                count = k < p->n ? number_of(p, k) : 0;
                if (count == 1 && d > 1) /* "one" is mostly a pronoun */
                    count = 0;
                if (count)
                    p->tok[k].stop = true;
            }
            if (count) {
                p->q->count = count; /* the last one stands: questions come after arguments */
                break;
            }
        }
    }
}

static bool is_identifier(const struct token *t)
{
    bool digit = t->w.flags & HR_WORD_DIGIT, letter = t->w.flags & HR_WORD_LETTER;
    if (digit)
        return t->w.len >= (letter ? 4 : 3);
    return (t->w.flags & HR_WORD_CAMEL) || ((t->w.flags & HR_WORD_UNDERSCORE) && t->w.len >= 4);
}

static bool joined(const struct parse *p, size_t i)
{
    if (i + 1 >= p->n || word_end(&p->tok[i]) + 1 != p->tok[i + 1].w.off)
        return false;
    char c = p->text.p[word_end(&p->tok[i])];
    return c && strchr("-./:@#+", c);
}

static bool is_name(const struct parse *p, size_t i)
{
    const struct token *t = &p->tok[i];
    return (t->w.flags & HR_WORD_CAPITAL) && !(t->w.flags & HR_WORD_DIGIT) && t->w.len > 1 && !t->stop &&
           !t->key;
}

/* Identifiers of one word, words joined by - . / : @ #, and pairs of capitalised words. */
static void anchors(struct parse *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct token *t = &p->tok[i];
        if (t->key)
            continue;
        if (!t->stop && is_identifier(t))
            add_anchor(p, i, i, true);
        size_t j = i;
        while (joined(p, j))
            j++;
        if (j > i) {
            bool digit = false;
            for (size_t k = i; k <= j; k++)
                digit = digit || (p->tok[k].w.flags & HR_WORD_DIGIT);
            add_anchor(p, i, j, digit);
        }
        /* Every pair, since the first word of a sentence is capitalised too. */
        if (is_name(p, i) && i + 1 < p->n && is_name(p, i + 1) && word_end(t) + 1 == p->tok[i + 1].w.off)
            add_anchor(p, i, i + 1, false);
        /* The inside of a joined chain needs no anchors of its own, but for identifiers. */
        for (size_t k = i + 1; k <= j; k++)
            if (!p->tok[k].stop && !p->tok[k].key && is_identifier(&p->tok[k]))
                add_anchor(p, k, k, true);
        i = j;
    }
}

hr_query *hr_query_new(hr_arena *a, hr_str text)
{
    size_t words = 0;
    hr_query *q = hr_arena_zalloc(a, sizeof *q);
    if (!q)
        return NULL;
    if (text.n > HR_MAX_QUERY) {
        text.n = HR_MAX_QUERY;
        while (text.n > 0 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80)
            text.n--;
    }
    q->text = text;
    struct parse p = {.arena = a, .text = text, .q = q};
    read_words(&p);
    if (p.failed)
        return NULL;
    if (p.n == 0)
        return q;
    uint32_t size = 2;
    words = p.n < HR_QUERY_MAX_WORDS ? p.n : HR_QUERY_MAX_WORDS;
    while (size < 2 * words)
        size *= 2;
    q->mask = size - 1;
    q->slots = hr_arena_zalloc(a, size * sizeof *q->slots);
    q->terms = hr_arena_alloc(a, words * sizeof *q->terms);
    q->anchors = hr_arena_alloc(a, HR_QUERY_MAX_ANCHORS * sizeof *q->anchors);
    q->lengths = hr_arena_zalloc(a, HR_QUERY_SLOTS * sizeof *q->lengths);
    q->begins = hr_arena_zalloc(a, HR_QUERY_BEGINNINGS);
    if (!q->slots || !q->terms || !q->anchors || !q->lengths || !q->begins)
        return NULL;
    quotes(&p, MARK_KEYS);
    hints(&p);
    quotes(&p, ADD_ANCHORS);
    anchors(&p);
    for (size_t i = 0; i < p.n; i++)
        if (!p.tok[i].key && !p.tok[i].stop && (p.tok[i].w.len > 1 || (p.tok[i].w.flags & HR_WORD_DIGIT)))
            add_term(q, &p.tok[i].w, true);
    return q;
}

unsigned hr_query_hints(const hr_query *q)
{
    return q->hints;
}

unsigned hr_query_count(const hr_query *q)
{
    return q->count;
}

hr_str hr_query_source(const hr_query *q)
{
    return q->text;
}

bool hr_query_has(const hr_query *q, hr_str word)
{
    uint32_t t = hr_query_term(q, hr_word_hash(word));
    return t != UINT32_MAX && q->terms[t].scored;
}
