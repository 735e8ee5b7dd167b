/* capture.h - whole bodies, kept while the user has `capture` on: of each request the body as the program made it and as it was sent, and
   the body of its response. Never a header.

   A file a request, $STATE/captures/TIME-PID, and no table: bodies are megabytes, and what holds the database's write lock makes every
   other program wait for it. A file is written without any lock, and nobody waits for the disk (no sync). Its name is made from what the
   request's row has as well: time_us (made different for each request of a process while capture is on) and pid.

     headroom_request_body   the bodies are copied
     headroom_request_sent   packed, written: by then the request has left
     end of the response     packed, appended; now and then the oldest files go (capture.mb, capture.days)

   The switch is read anew when config.ini changes, so that on and off reach programs that run. Whatever fails, the capture is less or is
   missing, and nothing else. Thread rule: as for the request; the switch from any thread. */
#ifndef HR_CAPTURE_H
#define HR_CAPTURE_H

#include <stdatomic.h>

#include "base.h"
#include "config.h"
#include "headroom.h"

struct headroom_request;

/* What of the settings is in force; zeroed at first. */
typedef struct hr_capture_switch {
    _Atomic uint64_t stamp;       /* of the config.ini that was read; 0: none yet */
    _Atomic int64_t until_us;     /* wall clock; 0: off, INT64_MAX: on without an end */
    _Atomic int64_t cap, days;    /* bytes of all files; age */
    _Atomic int64_t last_time_us; /* given to a request */
    _Atomic int64_t since_trim;   /* bytes written */
    _Atomic bool trimmed;         /* this process has looked at all files */
} hr_capture_switch;

/* One request's; in its arena, NULL: it is not captured. */
typedef struct hr_capture {
    hr_buf made, sent, response;
    bool differs;             /* sent is not made */
    bool cut;                 /* the response is longer than HR_MAX_CAPTURED_RESPONSE */
    bool written;             /* the file is there */
    char response_coding[24]; /* "gzip"; "": none, or not said */
} hr_capture;

/* ---- capture.c: the way of a request ---- */
/* Does the user want bodies now? Reads config.ini again if it is another than before. */
bool hr_capture_is_on(struct headroom *h);
/* A request begins: where capture is on r->capture is made, and r->row.time_us made different from that of others. */
void hr_capture_begin(struct headroom_request *r);
/* What the program made and what goes out, without content coding; sent.p NULL: the same. */
void hr_capture_bodies(struct headroom_request *r, hr_str made, hr_str sent);
void hr_capture_write(struct headroom_request *r);
void hr_capture_response_head(struct headroom_request *r, hr_str coding);
void hr_capture_response(struct headroom_request *r, const void *data, size_t len);
/* The response is over, or nobody will read on. */
void hr_capture_end(struct headroom_request *r);
void hr_capture_free(struct headroom_request *r);

/* ---- capture_format.c: what stands in a file ---- */
/* One more part than the public ones: the content coding of the response. */
enum { HR_CAPTURE_CODING = HEADROOM_CAPTURE_RESPONSE + 1 };
/* Append the section `part` (enum headroom_capture_part), packed. earlier: text that this one mostly repeats, which the reader has; n 0:
   none. 0 or HR_ENOMEM. */
int hr_capture_pack(hr_buf *out, enum headroom_capture_part part, bool cut, hr_str text, hr_str earlier);
/* Find a section and unpack it into an empty buffer. 0; HR_ENOENT: there is none; HR_ESHAPE: no capture, or damaged; HR_ENOMEM. */
int hr_capture_unpack(hr_str file, enum headroom_capture_part part, hr_buf *out, bool *cut);

/* ---- capture_directory.c ---- */
enum { HR_CAPTURE_NAME = 32 };
void hr_capture_name(int64_t time_us, int64_t pid, char name[HR_CAPTURE_NAME]);
/* The directory below the state directory, made where create. A descriptor of ours (vfs.h), or <0 as hr_directory_open. */
int hr_capture_directory(const char *state_directory, bool create);
/* Make the file with these bytes, or append them. 0 or HR_EIO (then it is as it was). */
int hr_capture_make(int directory, const char *name, hr_str bytes);
int hr_capture_append(int directory, const char *name, hr_str bytes);
/* All files, oldest first, in *list (hr_free). The count, or <0. */
int64_t hr_capture_list(int directory, headroom_capture **list);
/* The oldest go until what is left is younger than before_us and not larger than cap. */
void hr_capture_trim(int directory, int64_t cap, int64_t before_us);

#endif
