/* SPDX-License-Identifier: MIT
 *
 * What every attack shares. An attack is a program of its own, static, so
 * that it runs in any image. It prints one line of evidence and ends with
 *     0  it learned or reached something of the host
 *     1  it was stopped
 *     2  it does not apply here
 * Where TELL_ABSENT is in the environment, what was stopped is told apart:
 *     1  it was refused: a call failed, see errno
 *     3  nothing refused it, but what it looks for is not there
 * And it is harmless: it reads, or calls in a form that changes nothing.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd /* the headers of Debian 11 lack it */
#define SYS_pidfd_getfd 438
#endif

static inline _Noreturn void __attribute__((format(printf, 2, 0)))
end_with(int status, const char *format, va_list args)
{
    vprintf(format, args);
    printf("\n");
    exit(status);
}

/* The attack worked; this is the evidence. */
static inline _Noreturn void __attribute__((format(printf, 1, 2)))
learned(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end_with(0, format, args);
}

/* The status of what nobody refused, but is not there. */
static inline int absent(void)
{
    return getenv("TELL_ABSENT") ? 3 : 1;
}

/* It was stopped, at this call, with errno. */
static inline _Noreturn void stopped(const char *call)
{
    int missing = errno == ENOENT || errno == ENOTDIR || errno == ENXIO ||
                  errno == ENODEV;

    printf("%s: %s\n", call, strerror(errno));
    exit(missing ? absent() : 1);
}

/* Nothing was refused, but there was nothing to see either. */
static inline _Noreturn void __attribute__((format(printf, 1, 2)))
found_nothing(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end_with(absent(), format, args);
}

/* This kernel or this machine has no such thing. */
static inline _Noreturn void __attribute__((format(printf, 1, 2)))
does_not_apply(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end_with(2, format, args);
}

/* Is there a system-call filter? See PR_GET_SECCOMP(2const). */
static inline int filtered(void)
{
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2; /* SECCOMP_MODE_FILTER */
}

/* Is /proc one that hides its files (subset=pid)? Every other one has a
 * cmdline. Then ENOENT does not mean that the kernel has no such file. */
static inline int proc_hides_files(void)
{
    int error = errno;
    int hides = access("/proc/cmdline", F_OK) < 0;

    errno = error;
    return hides;
}

/* CALL failed. ENOSYS means two things: a filter that does not know the call,
 * or a kernel that was built without it. */
static inline _Noreturn void stopped_or_missing(const char *call)
{
    if (errno == ENOSYS && !filtered())
        does_not_apply("%s: %s", call, strerror(errno));
    stopped(call);
}

/* CALL got arguments that make no sense, which the kernel looks at only after
 * it has asked for permission. So errno tells how far the call came. */
static inline _Noreturn void judge(long result, const char *call)
{
    if (result >= 0)
        learned("%s: done", call);
    if (errno == EPERM || errno == EACCES || errno == ENOSYS)
        stopped_or_missing(call);
    learned("%s: permitted; it fails only later: %s", call, strerror(errno));
}

/* Go on in a copy of the mount table, so that the host sees none of what is
 * mounted from here on; it vanishes with the process. Where no copy is to be
 * had, in step 4, the sandbox's own table must do: it vanishes, too. */
static inline void copy_mounts(void)
{
    if (unshare(CLONE_NEWNS) == 0 &&
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        stopped("mount(MS_PRIVATE)");
}

#endif
