/* SPDX-License-Identifier: MIT
 *
 * Root inside is nobody outside: a user namespace that maps the users of the
 * sandbox to an unused range of the host.
 *
 * It is made first, since the image's files have to be shown shifted by the
 * same map; and joined last, since all else is built by the host's root. So
 * the host's user namespace owns every other one: the capabilities that root
 * has inside do not count there.
 *
 * Interface, in call order:
 *     make_users(box)        the launcher, before clone(2)
 *     join_users(box)        process 1, when all else is built
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harden.h"

enum { FIRST_ID = 0x70000000, N_RANGES = 4094 };

/* One of the ranges that /etc/subuid sets aside for root, see subuid(5), or
 * else one that nobody hands out: useradd(8) stops long before, and systemd's
 * table, "Users, Groups, UIDs and GIDs", has nothing before 0x7ffe0000. The
 * kernel's quotas are for each user, so each sandbox takes another one, in
 * turn. The same numbers serve for groups, as in subgid(5). */
static unsigned choose_first_id(void)
{
    unsigned first, count, found = FIRST_ID, ranges = N_RANGES;
    char line[128];
    FILE *file = fopen("/etc/subuid", "re");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "root:%u:%u", &first, &count) == 2 &&
            count >= N_IDS) {
            found = first;
            ranges = count / N_IDS;
        }
    if (file != NULL)
        fclose(file);
    return found + (unsigned)getpid() % ranges * N_IDS;
}

/* The most that the caller's limits may be; where they are less, they stay.
 * Of processes there are so many that a fork bomb is stopped without a
 * cgroup. The others are what the kernel begins with: an administrator who
 * has more does not mean to hand it down. See setrlimit(2). */
static const struct {
    limit_name resource;
    rlim_t most;
} limits[] = {
    {RLIMIT_NPROC, 2048},      /* processes */
    {RLIMIT_NICE, 0},          /* none goes before the host's */
    {RLIMIT_RTPRIO, 0},        /* none is a real-time one */
    {RLIMIT_MEMLOCK, 8 << 20}, /* bytes that stay in memory */
    {RLIMIT_MSGQUEUE, 819200}, /* bytes in POSIX message queues */
};

static int lower_limits(void)
{
    struct rlimit limit;

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (getrlimit(limits[i].resource, &limit) < 0)
            return -1;
        if (limit.rlim_max > limits[i].most)
            limit.rlim_max = limits[i].most;
        if (limit.rlim_cur > limit.rlim_max)
            limit.rlim_cur = limit.rlim_max;
        if (setrlimit(limits[i].resource, &limit) < 0)
            return -1;
    }
    return 0;
}

static int maker_errno; /* make_namespace() runs in our memory */

/* What is used in a user namespace counts against its maker as well,
 * and within the limits that its maker had then: 2,048 processes, of all of
 * its users together. So not the host's root makes it, but its own root,
 * with all capabilities: some kernels ask for them. */
static int make_namespace(void *arg)
{
    uid_t id = ((struct sandbox *)arg)->first_id;

    maker_errno = 0;
    if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0 ||
        lower_limits() < 0 || setresgid(id, id, id) < 0 ||
        setresuid(id, id, id) < 0 || unshare(CLONE_NEWUSER) < 0)
        maker_errno = errno;
    return 0;
}

/* A namespace lives while a process is in it or a descriptor is open on it.
 * Write the maps of the one that PID is in, from outside, and open it. */
static int take_hold(struct sandbox *box, pid_t pid)
{
    char path[64];

    if (write_map(pid, "uid_map", box->first_id, N_IDS) < 0 ||
        write_map(pid, "gid_map", box->first_id, N_IDS) < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
    box->users = open(path, O_RDONLY | O_CLOEXEC);
    return box->users < 0 ? -1 : 0;
}

int make_users(struct sandbox *box)
{
    static char stack[16384] __attribute__((aligned(16)));

    if (left_out(box, LAYER_USERS))
        return LEFT_OUT;
    if (!is_hosts_root())
        return nothing_to_do("an ordinary user's comes with the others");
    box->first_id = choose_first_id();
    box->instead = "--without users";
    /* A process that makes the namespace, and is over when clone(2) returns
     * (CLONE_VFORK). It is in there until it is waited for: to hold the door,
     * a zombie will do. Its end sends no signal, or a caller who ignores
     * SIGCHLD would have it removed before. */
    pid_t pid = clone(make_namespace, stack + sizeof(stack),
                      CLONE_VM | CLONE_VFORK, box);
    if (pid < 0)
        return -1;
    int result = maker_errno == 0 ? take_hold(box, pid) : -1;
    int error = maker_errno == 0 ? errno : maker_errno;
    waitpid(pid, NULL, (int)__WCLONE);
    errno = error;
    if (result == 0)
        return 0;
    if (maker_errno != EPERM)
        return explain_refusal();
    return fail_with(error,
                     "root is in a chroot here, or lacks a capability, "
                     "as in a container; try: --without users");
}

int join_users(const struct sandbox *box)
{
    if (left_out(box, LAYER_USERS))
        return LEFT_OUT;
    if (lower_limits() < 0)
        return -1;
    if (box->rootless)
        return nothing_to_do("it was started in its own");
    if (setns(box->users, CLONE_NEWUSER) < 0)
        return -1;
    /* In there we are nobody, until we say who. */
    if (setresgid(0, 0, 0) < 0 || setgroups(0, NULL) < 0)
        return -1;
    return setresuid(0, 0, 0);
}
