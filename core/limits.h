/* limits.h - every named limit of core/, each with its reason. Sizes are bytes unless the name says otherwise. */
#ifndef HR_LIMITS_H
#define HR_LIMITS_H

enum {
    /* A request body above this is passed on untouched. Anthropic refuses bodies above 32 MB. */
    HR_MAX_BODY = 32 << 20,
    /* Window of a zstd body that does not tell its length. RFC 9659: no encoder for HTTP may use more. */
    HR_MAX_ZSTD_WINDOW = 8 << 20,
    /* `headroom simulate` reads files up to this; a host never holds so much. */
    HR_MAX_FILE = 256 << 20,
    /* Nesting of JSON that we follow. cJSON and most servers stop at 1000 or less; agents nest below 20. */
    HR_MAX_DEPTH = 256,
    /* Tool results in one request. 100,000 messages is the provider's own limit; beyond this nothing is rewritten. */
    HR_MAX_RESULTS = 16384,
    /* Among so many calls that wait the one of a result without an id is looked for. Agents make ten at once, and no order of a body
       may cost quadratic time. */
    HR_MAX_PARALLEL = 256,
    /* Strings deep inside of a result that is an object are looked at from this length on: a string has no more tokens than bytes, and
       below HR_MIN_TOKENS nothing is rewritten. */
    HR_MIN_INNER = 200,
    /* A system text above this is not looked at by the cache aligner: what long prompts hold is documents, and a first request has no
       more than some milliseconds. */
    HR_MAX_SYSTEM = 256 << 10,
    /* Stable text behind the volatile one is worth moving it from so many tokens on: OpenAI's caches grow in steps of 128. */
    HR_MIN_ALIGNED_TOKENS = 128,
    /* Bytes of query text that take part in relevance and in the key of a decision. Human text beyond it is hashed
       too, but not searched for terms. */
    HR_MAX_QUERY = 64 << 10,
    /* Terms taken from a query; the rarest stay. */
    HR_MAX_TERMS = 256,
    /* Processor time of one request in microseconds; after it no new decision is taken (DESIGN.md, Thresholds). */
    HR_DEADLINE_US = 50000,
    /* Time that a host's thread waits for another writer of the database, in microseconds. */
    HR_BUSY_US = 50000,
    /* One sleep of the busy handler (SPEED.md 3: 50 us beats sqlite3_busy_timeout by three in the tail). */
    HR_BUSY_STEP_US = 50,
    /* Before the first of them it tries so often at once, some 30 us: a commit takes as long, and a sleep of 50 us lasts 100 and more. */
    HR_BUSY_YIELDS = 16,
    /* Decisions that the process keeps in memory, in bytes of their replacements. */
    HR_MAX_MEMORY_LEDGER = 64 << 20,
    /* Stretches of bodies whose tokens are remembered: twice the turns of a long conversation, 32 KB. */
    HR_COUNT_SLOTS = 2048,
    /* Request rows that wait for a busy database. */
    HR_RING_ROWS = 64,
    /* A process checkpoints at its exit when the write-ahead log is above this. */
    HR_WAL_AT_EXIT = 8 << 20,
    /* Our descriptors lie at or above this number, where the limit of the process allows. */
    HR_FD_FLOOR = 512,
    /* Log file; above it the file is renamed to .1 and begun anew. */
    HR_MAX_LOG = 4 << 20,
    /* Positions listed by one note; a note that would list more is not used (the result stays lossless). */
    HR_MAX_NOTE_RANGES = 400,
    /* Profiles of tools: as many as any agent has tools, in a header that servers and proxies on the way would still take. */
    HR_MAX_PROFILES = 256,
    HR_MAX_PROFILES_TEXT = 16 << 10,
    /* Of a tool's name so many bytes are compared with globs. APIs refuse names above 64 or 128. */
    HR_MAX_TOOL_NAME = 1024,
    /* A glob, a path that is compared with globs (PATH_MAX), and how far into a string of a call's arguments paths are looked for:
       a command is shorter, the contents of a file that is written are not. */
    HR_MAX_GLOB = 256,
    HR_MAX_PATH = 4096,
    HR_MAX_ARGUMENT = 64 << 10,
    /* What is wrong with the settings is remembered up to this; the rest is found when the first is corrected. */
    HR_MAX_CONFIG_ERRORS = 64,
    /* A response above this is captured up to here: memory of the host's, held until its end. Answers of a model are a hundredth. */
    HR_MAX_CAPTURED_RESPONSE = 8 << 20,
    /* Of the JSON body, the line or the frame of a response that is being read so much is kept. The largest event that tells of tokens repeats
       instructions and tools of its request: some 100 KB. */
    HR_MAX_RESPONSE = 1 << 20
};

/* Defaults of settings; config.c is their table. */
enum {
    HR_MIN_TOKENS = 200,       /* results below stay verbatim */
    HR_MIN_SAVED_PERCENT = 10, /* a rewrite is used if it saves this share ... */
    HR_MIN_SAVED_TOKENS = 50,  /* ... or this many tokens */
    HR_MAX_ITEMS = 15,         /* SEED: max_items_after_crush */
    HR_ORIGINALS_DAYS = 14,
    HR_ORIGINALS_MB = 256,
    HR_REPLACEMENTS_DAYS = 90
};

#endif
