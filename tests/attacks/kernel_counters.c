/* SPDX-License-Identifier: MIT
 *
 * Read what the kernel counts for all, and knows about who started this.
 *
 * Numbers of namespaces, of process descriptors and of scheduling groups are
 * given out in turn: two readings tell how much the host did in between, and
 * two containers that they are neighbours. A process knows the number of the
 * login that it comes from (session), and if that is not set, it may set it
 * (login), which the host's audit takes for a login. The clock tells how well
 * the host's time is kept (ntp). A process descriptor tells the number of the
 * host's cgroup (cgroup). Harmless: it reads; the file is opened, and nothing
 * is written.
 * LEAKS: one kernel for all; stopped by a virtual machine. See pid_namespaces
 * (7), pidfd_open(2), sched(7), adjtimex(2), proc_pid_loginuid(5).
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "attack.h"

enum { NR_PIDFD_OPEN = 434, PIDFS = 0x50494446, UNSET = -1 };

/* The first version of what PIDFD_GET_INFO answers. */
struct process_info {
    uint64_t mask, cgroup;
    uint32_t others[12];
};
#define GET_INFO    _IOWR(0xff, 11, struct process_info)
#define WITH_CGROUP (UINT64_C(1) << 2)

static int pidfd_of_one_pid(void)
{
    int fd = (int)syscall(NR_PIDFD_OPEN, getpid(), 0);

    if (fd < 0)
        stopped_or_missing("pidfd_open");
    return fd;
}

static long long number_in(const char *path)
{
    char text[64] = "";
    int fd = open(path, O_RDONLY);

    if (fd < 0 && errno == ENOENT && !filtered())
        does_not_apply("this kernel has no %s", path);
    if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
        stopped(path);
    return strtoll(text + strcspn(text, "0123456789"), NULL, 10);
}

static _Noreturn void tell_number_of(const char *path)
{
    struct stat info;

    if (stat(path, &info) < 0)
        stopped(path);
    learned("%s has number %llu", path, (unsigned long long)info.st_ino);
}

static _Noreturn void tell_pidfd(void)
{
    struct statfs fs;
    struct stat info;
    int fd = pidfd_of_one_pid();

    if (fstatfs(fd, &fs) < 0 || fstat(fd, &info) < 0)
        stopped("fstat");
    if (fs.f_type != PIDFS)
        does_not_apply("this kernel gives no numbers to pidfds");
    learned("this is process number %llu since the host's start",
            (unsigned long long)info.st_ino);
}

static _Noreturn void tell_cgroup(void)
{
    struct process_info info = {.mask = WITH_CGROUP};

    if (ioctl(pidfd_of_one_pid(), GET_INFO, &info) < 0) {
        if (errno == ENOTTY || errno == EINVAL)
            does_not_apply("this kernel does not tell");
        stopped("PIDFD_GET_INFO");
    }
    if (info.cgroup == 0)
        does_not_apply("this machine has no cgroup v2");
    learned("the host's cgroup has number %llu",
            (unsigned long long)info.cgroup);
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    struct timex clock = {.modes = 0};

    if (strcmp(what, "namespaces") == 0)
        tell_number_of("/proc/self/ns/mnt");
    if (strcmp(what, "pidfd") == 0)
        tell_pidfd();
    if (strcmp(what, "cgroup") == 0)
        tell_cgroup();
    if (strcmp(what, "autogroup") == 0)
        learned("scheduling group number %lld",
                number_in("/proc/self/autogroup"));
    if (strcmp(what, "session") == 0) {
        long long number = number_in("/proc/self/sessionid");
        if ((int)number == UNSET)
            does_not_apply("nobody has logged in for this");
        learned("the host's session number %lld", number);
    }
    if (strcmp(what, "login") == 0) {
        if ((int)number_in("/proc/self/loginuid") != UNSET)
            does_not_apply("it is set, and may not be set again");
        if (open("/proc/self/loginuid", O_WRONLY) < 0)
            stopped("/proc/self/loginuid");
        learned("/proc/self/loginuid is not set, and open for writing");
    }
    if (strcmp(what, "ntp") == 0) {
        if (adjtimex(&clock) < 0)
            stopped("adjtimex");
        learned("the host's clock is off by %ld us at most, status %#x",
                clock.maxerror, (unsigned)clock.status);
    }
    does_not_apply("usage: kernel_counters namespaces|pidfd|cgroup|autogroup|"
                   "session|login|ntp");
}
