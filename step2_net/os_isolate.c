/* SPDX-License-Identifier: MIT
 *
 * Step 2: and a net namespace. The payload has network devices, addresses,
 * routes, ports and abstract sockets of its own: to begin with, only lo.
 */
#include <sched.h>

#include "common.h"

enum { STEP = 2 };
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNET)

/* Process 1 of the new namespaces. Ends by becoming the payload. */
static int child(void *arg)
{
    struct sandbox *box = arg;

    /* ps asks no namespace, it reads /proc; and a fresh /proc put over the
     * host's would change the host for everyone. So mount it in a copy of the
     * mount table. One namespace is not enough: step 3 follows that up. */
    must(copy_mount_table(), "take a private copy of the mount table");

    /* A procfs shows the PID namespace of the process that mounts it. */
    must(mount_proc(), "mount a fresh /proc");

    /* So does sysfs with net namespaces: the host's would still list the
     * host's devices in /sys/class/net, whatever `ip link` says. */
    must(mount_sys(), "mount a fresh /sys");

    /* Even the new lo is DOWN at first, and 127.0.0.1 out of reach. */
    must(raise_loopback(), "raise the loopback device");

    exec_payload(box);
}

int main(int argc, char **argv)
{
    struct sandbox box;

    parse_options(&box, argc, argv, STEP);
    must(spawn_isolated(&box, child, NAMESPACES), "create the namespaces");
    return wait_for_payload(&box);
}
