/* SPDX-License-Identifier: MIT
 *
 * A time namespace: uptime, and all that counts from the machine's start, is
 * the sandbox's own. That is tidiness, and no secret: whoever looks finds the
 * host's in /proc/self/timens_offsets. The time of day is everybody's.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>

#include "harden.h"

/* Two clocks can have an offset: CLOCK_MONOTONIC, which stops while the
 * machine sleeps, and CLOCK_BOOTTIME, which does not. Less what each of them
 * shows on the host, both begin at zero. */
static int set_offsets(void)
{
    struct timespec monotonic, boottime;
    char text[128];

    if (clock_gettime(CLOCK_MONOTONIC, &monotonic) < 0 ||
        clock_gettime(CLOCK_BOOTTIME, &boottime) < 0)
        return -1;
    snprintf(text, sizeof(text), "monotonic -%lld 0\nboottime -%lld 0\n",
             (long long)monotonic.tv_sec, (long long)boottime.tv_sec);
    return write_file("/proc/self/timens_offsets", text);
}

/* unshare(2) puts only the caller's children into the namespace. A program
 * that it executes is there as well, from Linux 6.3 on. */
static bool execve_enters(void)
{
    struct utsname name;
    int major, minor;

    return uname(&name) == 0 &&
           sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
           (major > 6 || (major == 6 && minor >= 3));
}

int start_clocks(struct sandbox *box)
{
    if (left_out(box, LAYER_NAMESPACES))
        return LEFT_OUT;
    if (box->clocks)
        return nothing_to_do("the launcher has made them");
    if (box->rootless && !execve_enters())
        return nothing_to_do("for that, execve(2) is too old (Linux 6.3)");
    if (unshare(CLONE_NEWTIME) < 0) {
        if (errno == EINVAL) /* Linux before 5.6, or built without it */
            return nothing_to_do("this kernel has no time namespaces");
        if (errno != EPERM || box->rootless || is_hosts_root())
            return -1;
        return nothing_to_do("an ordinary user may inside");
    }
    box->clocks = true;
    if (set_offsets() == 0)
        return 0;
    return errno == EPERM ? nothing_to_do("root lacks CAP_SYS_TIME here")
                          : -1;
}
