/* SPDX-License-Identifier: MIT
 *
 * Which file a program is, what that says of itself, and so why execve(2)
 * refused it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

union elf_header {
    unsigned char ident[EI_NIDENT];
    Elf32_Ehdr e32;
    Elf64_Ehdr e64;
};

/* Open the ELF file PATH and read its header. Returns a descriptor, or -1 if
 * it is none; does not wait for a writer if it is a FIFO. See elf(5). */
static int open_elf(const char *path, union elf_header *header)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -1;
    if (pread(fd, header, sizeof(*header), 0) == sizeof(*header) &&
        memcmp(header->ident, ELFMAG, SELFMAG) == 0)
        return fd;
    close(fd);
    return -1;
}

bool is_32_bit(const char *path)
{
    union elf_header header;
    int fd = open_elf(path, &header);

    if (fd < 0)
        return false;
    close(fd);
    return header.ident[EI_CLASS] == ELFCLASS32;
}

bool holds_32_bit_programs(void)
{
    static const char *const loaders[] = {
        "/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1",
        "/lib/ld-linux-armhf.so.3", "/lib/ld-musl-armhf.so.1"};

    for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
        if (is_32_bit(loaders[i]))
            return true;
    return is_32_bit("/bin/sh"); /* an image without loader, of busybox */
}

/* Copy the name of the dynamic loader that the ELF file PATH asks for, its
 * PT_INTERP, to NAME. Returns 0, or -1 if there is none. */
static int read_loader_name(const char *path, char *name, size_t size)
{
    union elf_header header;
    int result = -1;
    int fd = open_elf(path, &header);

    if (fd >= 0) {
        int wide = header.ident[EI_CLASS] == ELFCLASS64;
        off_t offset =
            (off_t)(wide ? header.e64.e_phoff : header.e32.e_phoff);
        int count = wide ? header.e64.e_phnum : header.e32.e_phnum;

        for (; count > 0 && result < 0; count--) {
            Elf64_Phdr p64;
            Elf32_Phdr p32;
            ssize_t got = wide ? pread(fd, &p64, sizeof(p64), offset)
                               : pread(fd, &p32, sizeof(p32), offset);
            if (got <= 0)
                break;
            offset += got;
            if ((wide ? p64.p_type : p32.p_type) != PT_INTERP)
                continue;
            got = pread(fd, name, size - 1,
                        (off_t)(wide ? p64.p_offset : p32.p_offset));
            if (got > 0) {
                name[got] = '\0';
                result = 0;
            }
        }
        close(fd);
    }
    return result;
}

_Noreturn void explain_exec_failure(const char *path)
{
    int error = errno;
    char loader[PATH_MAX];

    if (error == ENOENT && access(path, F_OK) == 0) {
        if (read_loader_name(path, loader, sizeof(loader)) == 0)
            fail_with(error,
                      "the program is there, but not its loader %s; "
                      "try: a static program, or a complete image",
                      loader);
        else
            fail_with(error,
                      "the file is there, but not the interpreter that "
                      "its first line names");
        die(EXIT_CANNOT_RUN, "run %s", path);
    }
    if (error == ENOENT || error == ENOTDIR)
        die(EXIT_NOT_FOUND, "run %s", path);
    if (error == ENOEXEC)
        fail_with(error,
                  "a script without a #! line, or a program for another "
                  "processor; try: file(1)");
    errno = error;
    die(EXIT_CANNOT_RUN, "run %s", path);
}

/* Not execvp(3): that hands what the kernel cannot run to /bin/sh. */
_Noreturn void exec_from_path(struct sandbox *box)
{
    const char *dirs = getenv("PATH");
    char path[PATH_MAX], refused[PATH_MAX] = "";

    if (dirs == NULL || *dirs == '\0')
        dirs = DEFAULT_PATH;
    while (*dirs != '\0') {
        size_t len = strcspn(dirs, ":");

        if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)len, dirs,
                             box->program) < sizeof(path)) {
            execute(box, path);
            if (access(path, F_OK) == 0) {
                if (errno != EACCES)
                    explain_exec_failure(path);
                strcpy(refused, path); /* a later one may be executable */
            }
        }
        dirs += len + (dirs[len] == ':');
    }
    if (refused[0] != '\0') {
        errno = EACCES;
        die(EXIT_CANNOT_RUN, "run %s", refused);
    }
    fail_with(ENOENT, "no such program in the sandbox's PATH");
    die(EXIT_NOT_FOUND, "run %s", box->program);
}
