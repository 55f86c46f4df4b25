/* SPDX-License-Identifier: MIT
 *
 * Step 1: a PID namespace. The payload is process 1 of a numbering of its
 * own; the processes of the host have no number in it, so by number they can
 * be neither listed nor signalled.
 */
#include <sched.h>

#include "common.h"

enum { STEP = 1 };
#define NAMESPACES (CLONE_NEWPID)

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

    exec_payload(box);
}

int main(int argc, char **argv)
{
    struct sandbox box;

    parse_options(&box, argc, argv, STEP);
    must(spawn_isolated(&box, child, NAMESPACES), "create the namespaces");
    return wait_for_payload(&box);
}
