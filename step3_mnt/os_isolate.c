/* SPDX-License-Identifier: MIT
 *
 * Step 3: and a mount namespace with a root filesystem of its own. No file or
 * directory of the host has a name in here any more.
 */
#include <sched.h>

#include "common.h"

enum { STEP = 3 };
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS)

/* Process 1 of the new namespaces. Ends by becoming the payload. */
static int child(void *arg)
{
    struct sandbox *box = arg;

    /* pivot_root, not chroot: root breaks out of a chroot in ten lines. */
    must(enter_root(box), "enter the root filesystem %s", box->rootfs);

    /* A procfs shows the PID namespace of the process that mounts it. */
    must(mount_proc(), "mount a fresh /proc");

    /* The host's devices are files, too. No /sys: it is about the host. */
    must(mount_dev(box), "mount a fresh /dev");

    /* Who shares a terminal types into it (TIOCSTI); a file is a way out. */
    must(take_streams(box), "take a session, terminal and pipes of its own");

    /* Even the new lo is DOWN at first, and 127.0.0.1 out of reach. */
    must(raise_loopback(), "raise the loopback device");

    /* A descriptor leads back, a variable tells, a group permits. */
    must(leave_host(box), "leave the host behind");

    exec_payload(box);
}

int main(int argc, char **argv)
{
    struct sandbox box;

    parse_options(&box, argc, argv, STEP);
    must(open_streams(&box), "put pipes in place of the caller's files");
    must(spawn_isolated(&box, child, NAMESPACES), "create the namespaces");
    return wait_for_payload(&box);
}
