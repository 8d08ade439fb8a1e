/* Resolves the references of an x86-64 object within one section, as an assembler would: what a linker
 * leaves of them in a relocatable object, 24 bytes each, is a quarter of the C library.
 *
 *   resolve OBJECT     is rewritten; 'strip' then gives back the room and drops the names
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *file;
static long size;

/* The bytes of the file from there, which must be within it. */
static void *at(uint64_t offset, uint64_t count) {
    if (offset > (uint64_t)size || count > (uint64_t)size - offset) {
        fprintf(stderr, "resolve: the object is cut short\n");
        exit(1);
    }
    return file + offset;
}

/* The relocations of one section that must stay, moved to its table's front. */
static size_t unresolved(Elf64_Rela *entries, size_t count, unsigned target, const Elf64_Shdr *sections,
                         const Elf64_Sym *symbols) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        Elf64_Rela entry = entries[i];
        const Elf64_Sym *symbol = &symbols[ELF64_R_SYM(entry.r_info)];
        unsigned type = ELF64_R_TYPE(entry.r_info);
        if ((type == R_X86_64_PC32 || type == R_X86_64_PLT32) && symbol->st_shndx == target) {
            int64_t distance = (int64_t)(symbol->st_value + entry.r_addend - entry.r_offset);
            int32_t field = (int32_t)distance;
            if (field != distance) {
                fprintf(stderr, "resolve: a reference is too far\n");
                exit(1);
            }
            memcpy(at(sections[target].sh_offset + entry.r_offset, 4), &field, 4);
        } else if (type != R_X86_64_NONE) {
            entries[kept++] = entry;
        }
    }
    return kept;
}

int main(int argc, char **argv) {
    FILE *stream = argc == 2 ? fopen(argv[1], "r+b") : NULL;
    if (!stream || fseek(stream, 0, SEEK_END) || (size = ftell(stream)) < 0) {
        fprintf(stderr, "usage: resolve OBJECT\n");
        return 2;
    }
    file = malloc(size + 1);
    rewind(stream);
    if (!file || fread(file, 1, size, stream) != (size_t)size) return 1;

    const Elf64_Ehdr *header = at(0, sizeof *header);
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_machine != EM_X86_64) {
        fprintf(stderr, "resolve: %s is no object for x86-64\n", argv[1]);
        return 1;
    }
    Elf64_Shdr *sections = at(header->e_shoff, header->e_shnum * sizeof *sections);
    size_t before = 0, after = 0;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr *table = &sections[i];
        if (table->sh_type != SHT_RELA) continue;
        size_t count = table->sh_size / sizeof(Elf64_Rela);
        const Elf64_Shdr *symbols = &sections[table->sh_link];
        size_t kept = unresolved(at(table->sh_offset, table->sh_size), count, table->sh_info, sections,
                                 at(symbols->sh_offset, symbols->sh_size));
        table->sh_size = kept * sizeof(Elf64_Rela);
        before += count;
        after += kept;
    }
    rewind(stream);
    if (fwrite(file, 1, size, stream) != (size_t)size || fclose(stream)) return 1;
    printf("%zu of %zu references resolved\n", before - after, before);
    return 0;
}
