/* SPDX-License-Identifier: MIT
 *
 * Open a message queue of the host.
 *
 * A POSIX message queue has a name that looks like a path and is none: no
 * root directory matters to mq_open(3). Argument: the name of a queue of the
 * host, as /name. Harmless: it opens the queue for reading and looks how long
 * it is.
 * Step 4 stops it, by the IPC namespace. See mq_overview(7),
 * ipc_namespaces(7).
 */
#include <fcntl.h>
#include <mqueue.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    struct mq_attr about;

    if (argc != 2 || argv[1][0] != '/')
        does_not_apply("usage: posix_queue /NAME");
    /* The bare call, for which older C libraries need no -lrt. */
    int queue = (int)syscall(SYS_mq_open, argv[1] + 1, O_RDONLY, 0, NULL);
    if (queue < 0)
        stopped_or_missing("mq_open");
    if (syscall(SYS_mq_getsetattr, queue, NULL, &about) < 0)
        stopped("mq_getattr");
    learned("opened the host's queue %s, %ld messages in it", argv[1],
            about.mq_curmsgs);
}
