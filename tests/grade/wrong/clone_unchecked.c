/* SPDX-License-Identifier: MIT
 *
 * The result of clone is not looked at: where it fails, the program runs
 * unisolated.
 * Must lose: no_root links host_links image host_files chroot_escape
 * category
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char *bash[] = {"/bin/bash", NULL};

    unshare(CLONE_NEWPID | CLONE_NEWNS);
    if (fork() == 0) {
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
        mount("proc", "/proc", "proc", 0, NULL);
        if (argc > 2)
            execv(argv[2], argv + 2);
        execv(bash[0], bash);
    }
    wait(NULL);
    return 0;
}
