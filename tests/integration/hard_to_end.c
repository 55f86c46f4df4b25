/* SPDX-License-Identifier: MIT
 *
 * Payloads whose end is not what it seems. hard-to-end HOW:
 *
 *     forge   makes its parent, the launcher, its tracer, and stops by a
 *             signal that it ignores: to waitpid(2) that looks like an end
 *     hold    a child traces process 1 with PTRACE_O_TRACEEXIT, so that
 *             process 1 is stopped in its exit, where SIGKILL does nothing
 *     vfork   a child that SIGSTOP has stopped holds process 1 in vfork(2)
 *     peek    as hold, and looks for the launcher's help to end it, a process
 *             that is in here for a moment: is the host's root its root?
 *     ring    process 1 and its child trace each other so: no signal helps
 *
 * Each says "ready" first, and is to be ended; forge ends by itself with 7.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void seize(pid_t pid)
{
    if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT) < 0)
        _exit(99);
}

static void ready(void)
{
    if (write(STDOUT_FILENO, "ready\n", 6) < 0)
        _exit(98);
}

static int forge(void)
{
    prctl(PR_SET_PDEATHSIG, 0);
    signal(SIGUSR1, SIG_IGN);
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
        return 99;
    for (int i = 0; i < 3; i++)
        raise(SIGUSR1);
    ready();
    return 7;
}

static _Noreturn void hold(void)
{
    if (fork() == 0) {
        seize(getppid());
        ready();
        for (;;)
            pause();
    }
    for (;;)
        pause();
}

/* NAME is made in the host's /var/tmp if that can be reached. */
static _Noreturn void peek(const char *name)
{
    char path[256];

    if (fork() == 0)
        for (pid_t next = getpid() + 1;;) { /* after hold()'s child */
            for (pid_t pid = next; pid < next + 4; pid++) {
                snprintf(path, sizeof(path), "/proc/%d/root/var/tmp/%s",
                         (int)pid, name);
                if (pid != next && open(path, O_CREAT | O_WRONLY, 0644) >= 0)
                    pause();
            }
        }
    hold();
}

static int block_in_vfork(void)
{
    ready();
    if (vfork() == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    return 0;
}

static int ring(void)
{
    int ends[2];
    char byte;

    if (pipe(ends) < 0)
        return 97;
    pid_t pid = fork();
    if (pid == 0) {
        seize(getppid());
        if (write(ends[1], "", 1) < 0)
            return 96;
        for (;;)
            pause();
    }
    if (read(ends[0], &byte, 1) != 1)
        return 95;
    seize(pid);
    ready();
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";

    if (strcmp(how, "forge") == 0)
        return forge();
    if (strcmp(how, "hold") == 0)
        hold();
    if (strcmp(how, "peek") == 0)
        peek(argc > 2 ? argv[2] : "peek");
    if (strcmp(how, "vfork") == 0)
        return block_in_vfork();
    return strcmp(how, "ring") == 0 ? ring() : 94;
}
