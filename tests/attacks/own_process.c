/* SPDX-License-Identifier: MIT
 *
 * The calls of host_process, on a process that one does see: oneself.
 *
 * They reach nothing of the host in this way, but they walk through parts of
 * the kernel that have nothing to do with a sandbox. Moving memory about
 * takes it from the host's nodes; get_mempolicy tells how many there are.
 * Harmless: it compares, copies and places what is this process's own.
 * Step 4 stops it, by the filter: a number of a process is no obstacle here.
 * See kcmp(2), pidfd_getfd(2), set_mempolicy(2), move_pages(2).
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    const char *call = argc == 2 ? argv[1] : "";

    if (strcmp(call, "kcmp") == 0)
        judge(syscall(SYS_kcmp, getpid(), getpid(), 1 /* KCMP_VM */, 0, 0),
              call);
    if (strcmp(call, "pidfd_getfd") == 0) {
        int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
        if (pidfd < 0)
            stopped_or_missing("pidfd_open");
        judge(syscall(SYS_pidfd_getfd, pidfd, 0, 0), call);
    }
    if (strcmp(call, "set_mempolicy") == 0)
        judge(syscall(SYS_set_mempolicy, 0 /* MPOL_DEFAULT */, NULL, 0UL),
              call);
    if (strcmp(call, "get_mempolicy") == 0)
        judge(syscall(SYS_get_mempolicy, NULL, NULL, 0UL, NULL, 0UL), call);
    if (strcmp(call, "move_pages") == 0)
        judge(syscall(SYS_move_pages, 0, 0UL, NULL, NULL, NULL, 0), call);
    does_not_apply("usage: own_process NAME-OF-A-CALL");
}
