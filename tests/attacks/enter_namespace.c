/* SPDX-License-Identifier: MIT
 *
 * Go back: setns(2) puts a process into a namespace that it has a file of.
 *
 * Argument: such a file, /proc/PID/ns/NAME. With one of a process of the host
 * the sandbox is left. With one of its own nothing changes, but it shows that
 * the call is there, waiting for a descriptor to come by: through a socket,
 * or left open by mistake (CVE-2024-21626).
 * Harmless: only this process moves, and it ends.
 * Step 1 stops it for the host's processes, which then have no name here;
 * step 4 for all, by the filter, and CAP_SYS_ADMIN is gone. See setns(2).
 */
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        does_not_apply("usage: enter_namespace FILE");
    int fd = open(argv[1], O_RDONLY);
    if (fd < 0)
        stopped(argv[1]);
    if (setns(fd, 0) < 0)
        stopped_or_missing("setns");
    learned("entered %s", argv[1]);
}
