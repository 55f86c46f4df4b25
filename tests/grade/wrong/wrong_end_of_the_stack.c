/* SPDX-License-Identifier: MIT
 *
 * Stacks grow downwards, this one out of its memory.
 * Must lose: runs binary pid_1 ps host_proc nothing_left ends_last no_root
 * links host_links image host_files chroot_escape category
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int child(void *arg)
{
    char *bash[] = {"/bin/bash", NULL};
    volatile char room[8192];

    (void)arg;
    room[0] = 0;
    return execv(bash[0], bash);
}

int main(void)
{
    char *stack = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    mprotect(stack, 4096, PROT_NONE);
    clone(child, stack + 4096, CLONE_NEWPID | SIGCHLD, NULL);
    wait(NULL);
    return 0;
}
