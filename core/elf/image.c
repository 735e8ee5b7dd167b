/* image.c - opens an ELF file and notes where its parts lie. */
#include "elf/image.h"
#include "elf/libelf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool inside(const hr_image *img, uint64_t offset, uint64_t size)
{
    return offset <= img->n && size <= img->n - offset;
}

static bool load_segment(hr_image *img, const GElf_Phdr *ph)
{
    hr_segment *s;

    if (ph->p_filesz == 0)
        return true;
    if (img->segments == HR_IMAGE_SEGMENTS || !inside(img, ph->p_offset, ph->p_filesz) ||
        ph->p_vaddr > UINT64_MAX - ph->p_filesz)
        return false;
    s = &img->segment[img->segments++];
    *s = (hr_segment){ph->p_vaddr, ph->p_offset, ph->p_filesz, (ph->p_flags & PF_W) != 0,
                      (ph->p_flags & PF_X) != 0};
    return true;
}

/* A note segment: name size, descriptor size, type, then both, each padded. The build id is type 3 of "GNU". */
static void read_notes(hr_image *img, uint64_t offset, uint64_t size, uint64_t align)
{
    uint64_t at = 0;

    align = align == 8 ? 8 : 4;
    if (img->build_id_len || !inside(img, offset, size))
        return;
    while (size - at >= 12) {
        uint32_t word[3];
        uint64_t name, desc;

        memcpy(word, img->p + offset + at, sizeof(word));
        name = at + 12;
        desc = (name + word[0] + align - 1) & ~(align - 1);
        if (desc > size || word[1] > size - desc)
            return;
        if (word[2] == NT_GNU_BUILD_ID && word[0] == 4 && memcmp(img->p + offset + name, "GNU", 4) == 0 &&
            word[1] > 0 && word[1] <= HR_IMAGE_BUILD_ID) {
            memcpy(img->build_id, img->p + offset + desc, word[1]);
            img->build_id_len = word[1];
            return;
        }
        at = (desc + word[1] + align - 1) & ~(align - 1);
        if (at > size)
            return;
    }
}

static const char *read_segments(hr_image *img, const hr_libelf *lib, Elf *elf)
{
    size_t count;

    if (lib->getphdrnum(elf, &count) != 0 || count == 0 || count > 1024)
        return "no program headers";
    for (int i = 0; i < (int)count; i++) {
        GElf_Phdr ph;

        if (!lib->getphdr(elf, i, &ph))
            return "program headers cut off";
        switch (ph.p_type) {
        case PT_LOAD:
            if (!load_segment(img, &ph))
                return "a segment lies outside the file";
            break;
        case PT_DYNAMIC:
            if (inside(img, ph.p_offset, ph.p_filesz)) {
                img->dynamic = ph.p_offset;
                img->dynamic_size = ph.p_filesz;
            }
            break;
        case PT_GNU_EH_FRAME:
            img->frames = ph.p_vaddr;
            img->frames_size = ph.p_filesz;
            break;
        case PT_NOTE:
            read_notes(img, ph.p_offset, ph.p_filesz, ph.p_align);
            break;
        case PT_INTERP:
            img->has_interpreter = true;
            break;
        default:
            break;
        }
    }
    return img->segments ? NULL : "no loadable segment";
}

static void read_sections(hr_image *img, const hr_libelf *lib, Elf *elf)
{
    uint64_t strings[2] = {0, 0};
    Elf_Scn *scn = NULL;
    GElf_Shdr sh;
    uint32_t link = 0, index = 0;

    while ((scn = lib->nextscn(elf, scn)) != NULL && lib->getshdr(scn, &sh)) {
        if (sh.sh_type == SHT_SYMTAB && sh.sh_entsize == sizeof(Elf64_Sym) &&
            inside(img, sh.sh_offset, sh.sh_size)) {
            img->symtab = sh.sh_offset;
            img->symtab_size = sh.sh_size;
            link = sh.sh_link;
        }
    }
    for (scn = NULL; link && (scn = lib->nextscn(elf, scn)) != NULL && lib->getshdr(scn, &sh);) {
        if (++index == link && sh.sh_type == SHT_STRTAB && inside(img, sh.sh_offset, sh.sh_size)) {
            strings[0] = sh.sh_offset;
            strings[1] = sh.sh_size;
        }
    }
    img->strtab = strings[0];
    img->strtab_size = strings[1];
    if (strings[1] == 0)
        img->symtab_size = 0;
}

static const char *read_image(hr_image *img, const hr_libelf *lib, Elf *elf)
{
    GElf_Ehdr eh;
    const char *why;

    if (lib->kind(elf) != ELF_K_ELF || !lib->getehdr(elf, &eh))
        return "not an ELF file";
    if (eh.e_ident[EI_CLASS] != ELFCLASS64)
        return "a 32-bit file";
    if (eh.e_ident[EI_DATA] != ELFDATA2LSB || (eh.e_machine != EM_X86_64 && eh.e_machine != EM_AARCH64))
        return "made for another processor";
    if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
        return "neither an executable nor a shared object";
    img->machine = eh.e_machine;
    img->type = eh.e_type;
    why = read_segments(img, lib, elf);
    if (!why)
        read_sections(img, lib, elf);
    return why;
}

int hr_image_of(hr_image *img, const void *p, size_t n, const char **why)
{
    const hr_libelf *lib = hr_libelf_get();
    Elf *elf;

    memset(img, 0, sizeof(*img));
    img->p = p;
    img->n = n;
    *why = "libelf is not installed";
    if (!lib)
        return HR_ELIMIT;
    *why = "not an ELF file";
    if (n < sizeof(Elf64_Ehdr) || memcmp(p, ELFMAG, SELFMAG) != 0)
        return HR_ESHAPE;
    /* libelf wants a char *; it is opened for reading and leaves the bytes as they are. */
    elf = lib->memory((char *)(uintptr_t)p, n);
    if (!elf)
        return HR_ESHAPE;
    *why = read_image(img, lib, elf);
    lib->end(elf);
    return *why ? HR_ESHAPE : 0;
}

int hr_image_open(hr_image *img, const char *path, const char **why)
{
    struct stat st;
    void *map;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err, saved;

    memset(img, 0, sizeof(*img));
    *why = "cannot be opened";
    if (fd < 0)
        return HR_EIO;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(Elf64_Ehdr)) {
        *why = "not a file";
        close(fd);
        return HR_ESHAPE;
    }
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    saved = errno;
    close(fd);
    errno = saved;
    *why = "cannot be mapped";
    if (map == MAP_FAILED)
        return HR_EIO;
    err = hr_image_of(img, map, (size_t)st.st_size, why);
    img->mapped = true;
    if (err)
        hr_image_close(img);
    return err;
}

void hr_image_close(hr_image *img)
{
    if (img->mapped)
        munmap((void *)(uintptr_t)img->p, img->n);
    memset(img, 0, sizeof(*img));
}

const hr_segment *hr_image_segment(const hr_image *img, uint64_t address)
{
    for (size_t i = 0; i < img->segments; i++) {
        const hr_segment *s = &img->segment[i];

        if (address >= s->address && address - s->address < s->size)
            return s;
    }
    return NULL;
}

const uint8_t *hr_image_at(const hr_image *img, uint64_t address, size_t *n)
{
    const hr_segment *s = hr_image_segment(img, address);

    *n = 0;
    if (!s)
        return NULL;
    *n = (size_t)(s->size - (address - s->address));
    return img->p + s->offset + (address - s->address);
}

uint64_t hr_image_offset(const hr_image *img, uint64_t address)
{
    const hr_segment *s = hr_image_segment(img, address);

    return s ? s->offset + (address - s->address) : 0;
}
