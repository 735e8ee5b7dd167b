/* reason.c - see reason.h. docs/limits.md has the same words. */
#include "reason.h"

#include <stddef.h>
#include <string.h>

#define CLIENT "The client or a gateway makes such bodies; nothing can be done here."
#define LATER  "Such forms are not followed yet; look for a setting of the program that avoids it."

static const struct reason reasons[] = {
    /* the state directory and its database */
    {"no_home", "HOME is not set, or is no absolute path", "Set HOME or XDG_STATE_HOME to an absolute path."},
    {"directory", "the state directory is a link, can be written by others, or cannot be made",
     "Make it a directory of yours: chmod 700; no symbolic link in the last place."},
    {"foreign_directory", "the state directory or its parent belongs to another user",
     "Run as its owner, or set XDG_STATE_HOME to a directory of yours (root in another user's HOME?)."},
    {"network_file_system",
     "the state directory lies on a network or FUSE file system, where SQLite's WAL does not hold",
     "Set XDG_STATE_HOME to a directory on a local disk."},
    {"corrupt", "the database is damaged",
     "Move headroom.db, headroom.db-wal and headroom.db-shm away; a new one is made at the next request."},
    {"newer_version",
     "the database was made by a newer version: decisions are replayed, nothing new is stored",
     "Install the newer version here, too."},
    {"read_only", "the database cannot be written",
     "Give it back to its owner: chmod 600; is the file system read-only?"},
    {"disk_full", "there is no room for the database",
     "Free some space, or 'headroom purge --originals'; is ulimit -f set?"},
    {"no_descriptor", "no file descriptor was free", "Raise the limit: ulimit -n 1024."},
    {"descriptors_replaced", "the program closed the library's descriptors or put others in their place",
     "Nothing new is decided in such a process; it replays what it knows."},
    {"locked", "another process kept the database locked",
     "Is a sqlite3 shell open on it, with a transaction?"},
    {"memory", "there was no memory", "Is ulimit -v set, or the container small?"},
    {"io", "a file of the database could not be read or written",
     "Look into the kernel's log for errors of the disk."},
    /* requests that were passed on */
    {"signed", "a header signs the body (AWS SigV4 and others)",
     "Nothing can be done: a changed body would be refused."},
    {"cch", "Claude Code attests its system prompt (cch=)",
     "claude.attribution_header = off in config.ini lets 'headroom run' set the vendor's own switch, "
     "CLAUDE_CODE_ATTRIBUTION_HEADER=0."},
    {"http2", "the connection spoke HTTP/2, or libcurl read the body from a callback and spoke HTTP/2",
     "Let the program offer HTTP/1.1, too, or alone; curl -d @- instead of -T -."},
    {"read_callback", "libcurl read the body from a callback, over GnuTLS or plain http",
     "Give libcurl the body as it is: CURLOPT_POSTFIELDS; curl -d @- instead of -T -."},
    {"encoding", "the body has an encoding that is not read", CLIENT},
    {"multipart", "the body is multipart", CLIENT},
    {"content_type", "the body is not declared as JSON", CLIENT},
    {"upgrade", "the request asks for another protocol", CLIENT},
    {"chunked", "the body is sent in chunks", LATER},
    {"expect", "the client waits for 100-continue", LATER},
    {"no_length", "the length of the body is not announced", LATER},
    {"http_1_0", "the client speaks HTTP/1.0", LATER},
    {"not_held", "the body left before it was complete", LATER},
    {"too_large", "the body is above 32 MiB", "Providers refuse such bodies, too."},
    {"invalid_json", "the body is no JSON", CLIENT},
    {"too_deep", "the body is nested too deeply", CLIENT},
    {"duplicate_key", "an object of the body has a key twice", CLIENT},
    {"not_this_dialect", "the body is not what its path says", "Is endpoints.add set, with another dialect?"},
    {"invalid_utf8", "the body holds bytes that are no UTF-8", CLIENT},
    {"lone_surrogate", "the body holds half of a surrogate pair", CLIENT},
    {"nul_in_text", "the body holds a NUL character", CLIENT},
    {"unpaired_result", "a tool result has no call", "Results of such requests are only replayed."},
    {"store_busy", "another process was writing to the database",
     "Now and then that is right; often: see the check of the database."},
    {"no_memory", "there was no memory", "Is ulimit -v set, or the container small?"},
    {"deadline", "deciding would have taken too long", "Raise deadline_ms, if a longer wait is welcome."},
    /* what the user asked for */
    {"audit", "mode audit changes nothing", "Mode optimize rewrites; simulate says what it would do."},
    {"replay", "level replay takes no new decision", "HEADROOM_LEVEL=lossless or crush allows new ones."},
    {"breaker", "rewrites did harm to this program: no new ones until a reset",
     "'headroom breaker' says what happened and allows them again."},
    {"budget", "the day's budget was spent, and budget.refuse is on: it was not sent",
     "Raise budget.daily_usd or budget.programs, or wait for tomorrow."},
    {"bypass", "the request asked for no new decision",
     "Its line X-Headroom-Bypass says so; stored ones are replayed."},
    {"bound", "the model binds its reasoning to what it read, and bound = leave", NULL},
    {"protected", "protected_tools or protected_paths names it", NULL},
    {"tool_profile", "the profile of this tool says skip, or level replay", NULL},
    /* results that stay as they are */
    {"small", "it has fewer tokens than min_tokens_to_crush", NULL},
    {"nothing_to_gain", "no form of it saves 10 % or 50 tokens", NULL},
    {"first_met_late", "later turns stand behind it already, and the provider may have cached it as it is",
     "adopt = net rewrites such results where that is cheaper, always wherever it can."},
    {"for_code", "a program on the server reads it, not the model", NULL},
    {"headroom_show", "it is an original that the model asked for", NULL},
    {"reference_gone", "the earlier text that would be named no longer stands in the request", NULL},
    {"already_ours", "it is a text that was sent as a replacement before", NULL},
};

static const struct {
    const char *word, *text;
} transforms[] = {
    {"smart_crusher",
     "of the lists in JSON the items that matter stay, each whole; a note counts the others"},
    {"columns", "objects with the same keys are written as a table; nothing is left out"},
    {"minify", "white space between JSON's values is gone; nothing is left out"},
    {"html_text", "the page as the text that its reader sees; a note counts the scripts and what else went"},
    {"rows", "lines that repeat each other are told by what differs; nothing is left out"},
    {"test_lines", "lines that only say that a unit passed or was built are gone; a note counts them"},
    {"search_lines", "the matches that matter stay, each whole; a note counts the others"},
    {"search_headings", "matches stand below the path of their file; nothing is left out"},
    {"paths", "files stand below their directory; nothing is left out"},
    {"log_lines", "the lines that matter stay, each whole; a note counts the others"},
    {"table_lines", "the rows that matter stay, each whole; a note counts the others"},
    {"findings", "findings of a compiler or linter that say the same again stand without their excerpts"},
    {"strings", "text in long strings of the JSON is written in fewer tokens; nothing is left out"},
    {"names", "objects and beginnings of strings that stand again have names, the rest is tables; nothing is "
              "left out"},
    {"repeats", "lines, blocks and paths that stand again are named; nothing is left out"},
    {"again", "the same text stands earlier in the request and is named instead; nothing is left out"},
    {"blobs", "of images and other bytes in base64 or hex the beginning stays; notes count the characters"},
    {"terminal",
     "as a terminal shows it at the end: without colours, of a progress bar the last state; a note says so"},
    {"sections", "its parts are of several kinds, each written as its kind is"},
    {"cache_aligner",
     "sentences that say what day or session it is stand at the end of the system text; nothing is left out"},
    {"window",
     "its message was left out, oldest first, because the model takes no more; the program has it still"},
    /* strategies of selections */
    {"top_n", "something ranks the items: the best stay, with the first and last, errors, what stands out "
              "and what the "
              "question asks for"},
    {"smart_sample",
     "nothing ranks the items: the first and last stay, errors, what stands out, what the question asks "
     "for, and some evenly spread"},
    {"time_series", "it is a course in time: the ends stay, the turns, peaks and steps, errors and what the "
                    "question asks for"},
    {"cluster", "its items are of a few classes: some of each stay, with errors, what stands out and what "
                "the question asks for"},
    {"passed_units", "what failed, what was slow and what the question asks for stays"},
    {"frames", "of traces that are alike one stays whole, and what is said of the others for the first time"},
};

const char *reason_of_transform(const char *word)
{
    for (size_t i = 0; i < sizeof(transforms) / sizeof(transforms[0]); i++) {
        if (strcmp(transforms[i].word, word) == 0)
            return transforms[i].text;
    }
    return NULL;
}

const struct reason *reason_of(const char *word)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(reasons[i].word, word) == 0)
            return &reasons[i];
    }
    return NULL;
}
