/* SPDX-License-Identifier: MIT
 *
 * Get all capabilities back: in a user namespace of one's own.
 *
 * Whoever makes one holds every capability in it, root or not. They count for
 * what belongs to it only; but with them mounts, net devices and packet
 * filters come into reach, and most kernel exploits of recent years begin so.
 * Three calls make one. clone3 keeps its flags in memory, where a filter
 * cannot look: it must be refused as a whole.
 * Harmless: the namespace ends with this process. Step 4 stops it, by the
 * filter. CVE-2022-0185, CVE-2022-0492, user_namespaces(7).
 */
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    const char *call = argc == 2 ? argv[1] : "";
    long pid = -1;

    if (strcmp(call, "unshare") == 0) {
        pid = unshare(CLONE_NEWUSER);
    } else if (strcmp(call, "clone") == 0) {
        pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    } else if (strcmp(call, "clone3") == 0) {
        struct clone_args args = {.flags = CLONE_NEWUSER,
                                  .exit_signal = SIGCHLD};
        pid = syscall(SYS_clone3, &args, sizeof(args));
    } else {
        does_not_apply("usage: new_user_namespace unshare|clone|clone3");
    }
    if (pid == 0 && strcmp(call, "unshare") != 0)
        _exit(0); /* the child */
    if (pid < 0 && errno == EINVAL)
        does_not_apply("this kernel has no user namespaces");
    if (pid < 0)
        stopped_or_missing(call);
    waitpid(-1, NULL, 0);
    learned("%s: all capabilities, in a new user namespace", call);
}
