/* SPDX-License-Identifier: MIT
 *
 * Reach into a process of the host, by its number there.
 *
 * Each of these is enough to take it over: to trace it, to read its memory
 * through either of two doors, to take an open descriptor out of it, to write
 * to the program that it runs. kcmp tells what two processes share; to move
 * its pages is a nuisance. Arguments: what to try, and the number.
 * Harmless: it traces without a stop, and lets go when it ends; it reads; it
 * opens the program for writing and leaves it at that, which the kernel
 * refuses only because the program runs (ETXTBSY; CVE-2019-5736 waits).
 * Step 1 stops it: the number means nothing in another PID namespace.
 * See ptrace(2), process_vm_readv(2), pidfd_getfd(2), kcmp(2), proc(5).
 */
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "attack.h"

static void open_its(const char *pid, const char *file, int flags)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
    int fd = open(path, flags);
    if (fd < 0 && errno != ETXTBSY)
        stopped(path);
    learned("%s: %s", path, fd < 0 ? strerror(errno) : "open");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        does_not_apply("usage: host_process WAY PID");
    const char *way = argv[1];
    pid_t pid = atoi(argv[2]);
    long result = -1;

    if (strcmp(way, "mem") == 0)
        open_its(argv[2], "mem", O_RDONLY);
    if (strcmp(way, "exe") == 0)
        open_its(argv[2], "exe", O_WRONLY);
    if (strcmp(way, "ptrace") == 0) {
        result = ptrace(PTRACE_SEIZE, pid, NULL, NULL);
    } else if (strcmp(way, "readv") == 0) {
        char byte; /* nothing is at address 0: EFAULT comes last */
        struct iovec here = {&byte, 1}, there = {NULL, 1};
        result = process_vm_readv(pid, &here, 1, &there, 1, 0);
    } else if (strcmp(way, "kcmp") == 0) {
        result = syscall(SYS_kcmp, getpid(), pid, 1 /* KCMP_VM */, 0, 0);
    } else if (strcmp(way, "getfd") == 0) {
        int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0)
            stopped_or_missing("pidfd_open");
        result = syscall(SYS_pidfd_getfd, pidfd, 0, 0);
    } else if (strcmp(way, "move") == 0) {
        result = syscall(SYS_move_pages, pid, 0UL, NULL, NULL, NULL, 0);
    } else {
        does_not_apply("unknown way %s", way);
    }
    if (result < 0 && errno == ESRCH)
        stopped(way);
    judge(result, way);
}
