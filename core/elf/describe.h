/* describe.h - what a person wants to know of a file besides addresses: versions, needed libraries, foreign TLS. */
#ifndef HR_ELF_DESCRIBE_H
#define HR_ELF_DESCRIBE_H

#include "elf/image.h"
#include "headroom.h"

/* Fill version (from the text that a library tells it with: "OpenSSL 3.0.19 27 Jan 2026", "OpenSSL 1.1.1
   (compatible; BoringSSL)"), needs and other. Nothing that is found here decides about an address. */
void hr_describe(const hr_image *img, headroom_located *out);

#endif
