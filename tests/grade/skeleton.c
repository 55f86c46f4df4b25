/* SPDX-License-Identifier: MIT
 *
 * What a handout of this homework begins with: a program that clones, and no
 * more. It isolates nothing, so nothing that isolation is about may pass.
 * Must lose: binary pid_1 ps host_proc nothing_left ends_last no_root links
 * host_links image host_files chroot_escape category
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[1024 * 1024];

static int child(void *arg)
{
    char **argv = arg;

    execvp(argv[0], argv);
    perror("exec");
    return 1;
}

int main(int argc, char **argv)
{
    char *bash[] = {"/bin/bash", NULL};
    pid_t pid = clone(child, stack + sizeof(stack), SIGCHLD,
                      argc > 1 ? argv + 1 : bash);

    printf("clone() = %d\n", pid);
    fflush(stdout);
    waitpid(pid, NULL, 0);
    return 0;
}
