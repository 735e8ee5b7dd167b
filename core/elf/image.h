/* image.h - an ELF file for reading: segments, symbols, build id, frame table.

   The file is mapped and never trusted: every offset that it states is checked against its size, and addresses
   are looked up through its loadable segments only. Nothing of it is run. 64-bit little-endian x86-64 and
   aarch64 only. An image belongs to one thread at a time. */
#ifndef HR_ELF_IMAGE_H
#define HR_ELF_IMAGE_H

#include "base.h"

enum {
    HR_IMAGE_SEGMENTS = 32, /* loadable segments; linkers make 4 to 6 */
    HR_IMAGE_BUILD_ID = 64  /* 8, 16 and 20 bytes are usual; a longer one counts as none */
};

typedef struct hr_segment {
    uint64_t address, offset, size; /* size: bytes that the file holds of it */
    bool write, execute;
} hr_segment;

typedef struct hr_symbol {
    uint64_t address, size;
    bool found;    /* defined here, as a function, in an executable segment */
    bool imported; /* named, but defined elsewhere */
} hr_symbol;

typedef struct hr_image {
    const uint8_t *p; /* the whole file */
    size_t n;
    bool mapped;            /* p is our mapping */
    uint16_t machine, type; /* EM_X86_64 or EM_AARCH64; ET_EXEC or ET_DYN */
    hr_segment segment[HR_IMAGE_SEGMENTS];
    size_t segments;
    uint64_t dynamic, dynamic_size; /* file offset of PT_DYNAMIC; size 0: none */
    uint64_t frames;                /* address of .eh_frame_hdr, 0: none */
    uint64_t frames_size;
    uint64_t symtab, symtab_size, strtab,
        strtab_size; /* file offsets of .symtab and its strings; size 0: none */
    bool has_interpreter;
    uint8_t build_id[HR_IMAGE_BUILD_ID];
    size_t build_id_len; /* 0: none */
} hr_image;

/* Map a file. 0; HR_EIO (errno tells), HR_ESHAPE: not an ELF file that we read, *why says what is wrong (static
   text); HR_ELIMIT: libelf is not installed. */
int hr_image_open(hr_image *img, const char *path, const char **why);
/* The same for bytes that the caller owns and keeps until hr_image_close. */
int hr_image_of(hr_image *img, const void *p, size_t n, const char **why);
void hr_image_close(hr_image *img);

/* The bytes at an address: *n of them to the end of its segment's file part. NULL: not in the file. */
const uint8_t *hr_image_at(const hr_image *img, uint64_t address, size_t *n);
/* The segment that holds an address, NULL: none. */
const hr_segment *hr_image_segment(const hr_image *img, uint64_t address);
/* File offset of an address that hr_image_at knows. */
uint64_t hr_image_offset(const hr_image *img, uint64_t address);

/* Look names up in the table that the loader uses (through its hash table). out[i] belongs to names[i]. IFUNCs
   and symbols outside executable segments do not count as found. */
void hr_image_dynamic(const hr_image *img, const char *const *names, size_t n, hr_symbol *out);
/* The same in .symtab, where the file still has one. A name that is defined twice at two addresses is not
   found. */
void hr_image_symtab(const hr_image *img, const char *const *names, size_t n, hr_symbol *out);
/* The i-th DT_NEEDED, NULL behind the last one. NUL-terminated, in the file. */
const char *hr_image_needed(const hr_image *img, size_t i);

/* The function of .eh_frame that covers an address: 1 and its bounds, 0 where none does or the table is not of
   the usual form. Only a confirmation: many functions have no entry. */
int hr_image_frame(const hr_image *img, uint64_t address, uint64_t *start, uint64_t *end);
/* The beginning of the first function of .eh_frame at or above an address, 0: none. */
uint64_t hr_image_next_frame(const hr_image *img, uint64_t address);

#endif
