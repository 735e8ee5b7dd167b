/* frames.h - AWS event streams (application/vnd.amazon.eventstream), taken apart as their bytes pass: Bedrock's ConverseStream and
   InvokeModelWithResponseStream.

     total length, headers length, CRC of these two | headers | payload | CRC of all before      (numbers of 4 bytes, big-endian)

   The layout and CRC-32 (that of gzip) are those of AWS's page "Event stream encoding". A frame above HR_MAX_RESPONSE is passed over; a
   wrong checksum ends the reading, since nothing says where the next frame would begin. One thread at a time. */
#ifndef HR_FRAMES_H
#define HR_FRAMES_H

#include "base.h"

typedef struct hr_frame {
    hr_str type; /* ":message-type": event, exception, error; n 0: not said */
    hr_str name; /* ":event-type", ":exception-type" or ":error-code" */
    hr_str payload;
} hr_frame;
/* The strings of the frame live until it returns. */
typedef void hr_frames_sink(void *arg, const hr_frame *f);

/* All zero but for sink and arg before; hr_frames_free at the end. */
typedef struct hr_frames {
    hr_frames_sink *sink;
    void *arg;
    hr_buf part;   /* of a frame that is not complete */
    uint64_t pass; /* bytes of a frame that is too long and still to come */
    bool broken;
} hr_frames;

/* Pieces split at any byte. No memory: as a wrong checksum. */
void hr_frames_add(hr_frames *f, const char *p, size_t n);
void hr_frames_free(hr_frames *f);

#endif
