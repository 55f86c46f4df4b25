/* SPDX-License-Identifier: MIT
 *
 * The last act: find the payload and become it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

/* Ask for SIGKILL when the launcher dies. If it was dead before we asked, the
 * signal never comes. getppid() cannot tell, it is 0 in a new PID namespace
 * anyway, but the launcher's end of the socket pair can. */
static int die_with_launcher(const struct sandbox *box)
{
    struct pollfd socket_end = {.fd = box->launcher[0]};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return -1;
    if (poll(&socket_end, 1, 0) > 0)
        _exit(EXIT_OWN_FAILURE);
    return 0;
}

/* Without a terminal, leave the caller's process group, or kill(0, ...)
 * reaches it from any PID namespace. With one, stay: a new group could not
 * read from it. But a launcher that was started in the background has no
 * right to it: groups outside read as 0 in here, so a shell would believe
 * that it is in front, and take it. */
static int leave_process_group(const struct sandbox *box)
{
    if (getsid(0) == getpid()) /* a session of its own, steps 3 and 4 */
        return NOTHING_TO_DO;
    if (box->terminal < 0)
        return setpgid(0, 0);
    if (box->foreground == box->group)
        return NOTHING_TO_DO;
    return do_without_terminal();
}

/* Blocked and ignored signals survive execve(2); the payload starts clean.
 * The bare system call, because signal(3) will not touch two real-time
 * signals that are libc's own, and some callers ignore these. */
static int reset_signals(void)
{
    static const unsigned long all_default[8]; /* struct sigaction, SIG_DFL */
    sigset_t none;

    for (int signo = 1; signo < _NSIG; signo++)
        if (syscall(SYS_rt_sigaction, signo, all_default, NULL, _NSIG / 8) <
                0 &&
            errno != EINVAL) /* as KILL and STOP answer, always default */
            return -1;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

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

static bool is_32_bit(const char *path)
{
    union elf_header header;
    int fd = open_elf(path, &header);

    if (fd < 0)
        return false;
    close(fd);
    return header.ident[EI_CLASS] == ELFCLASS32;
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

/* execve(2) answers ENOENT both for a missing program and for a missing
 * loader. Dies with the one that is true. */
static _Noreturn void explain_exec_failure(const char *path)
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
static _Noreturn void exec_from_path(struct sandbox *box)
{
    const char *dirs = getenv("PATH");
    char path[PATH_MAX], refused[PATH_MAX] = "";

    if (dirs == NULL || *dirs == '\0')
        dirs = DEFAULT_PATH;
    while (*dirs != '\0') {
        size_t len = strcspn(dirs, ":");

        if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)len, dirs,
                             box->program) < sizeof(path)) {
            execve(path, box->argv, environ);
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

_Noreturn void exec_payload(struct sandbox *box)
{
    must(die_with_launcher(box), "die when the launcher dies");
    must(leave_process_group(box), "leave the caller's process group");
    must(reset_signals(), "give the payload default signals");
    if (is_32_bit("/bin/sh"))
        personality(PER_LINUX32); /* uname(2) names such a machine, too */
    must(hand_over_terminal(box), "hand the terminal over");
    if (strchr(box->program, '/') == NULL)
        exec_from_path(box);
    execve(box->program, box->argv, environ);
    explain_exec_failure(box->program);
}
