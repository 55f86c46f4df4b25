/* SPDX-License-Identifier: MIT
 *
 * The launcher, first half: start process 1.
 *
 * Interface, in the order in which main() of a step calls it:
 *     spawn_isolated(box, child, flags)   clone(2); begin() runs in process 1
 *     wait_for_payload(box)               wait.c
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum { STACK_SIZE = 1024 * 1024 };

/* Process 1 begins here, on a stack of its own in a copy of our memory. */
static int begin(void *arg)
{
    struct sandbox *box = arg;
    char go;

    close(box->channel[LAUNCHER]);
    ssize_t n = box->waits ? read(box->channel[CHILD], &go, 1) : 1;
    if (n < 0)
        die(EXIT_OWN_FAILURE, "wait for the launcher");
    if (n == 0) /* it died, and there is nobody to serve */
        _exit(EXIT_OWN_FAILURE);
    if (box->pauses)
        pause_at_goals(box->channel[CHILD]);
    explain_goals(box->explain);
    return box->child(box);
}

/* Returns its PID, or -1 with errno of mmap(2) or clone(2). */
static pid_t clone_process_1(struct sandbox *box, int flags)
{
    char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (stack == MAP_FAILED)
        return -1;
    /* Stacks grow downwards: clone(2) wants the upper end. */
    return clone(begin, stack + STACK_SIZE, flags | SIGCHLD, box);
}

static int clone_failed(void)
{
    if (errno == EINVAL)
        return fail_with(errno, "this kernel was built without one of the "
                                "namespaces; see the CONFIG_*_NS it has");
    return explain_refusal();
}

/* Signals wait from here on, until wait_for_payload() reads them. */
static int hold_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    if (sigprocmask(SIG_BLOCK, &all, NULL) < 0)
        return -1;
    /* Where the caller ignores SIGCHLD the kernel would drop the status. */
    return signal(SIGCHLD, SIG_DFL) == SIG_ERR ? -1 : 0;
}

int spawn_isolated(struct sandbox *box, int (*child)(void *), int flags)
{
    if (flags & CSIGNAL) /* CLONE_NEWTIME, for one: clone(2) cannot make it */
        return fail_with(EINVAL, "such flags lie in the exit signal's byte");
    box->child = child;
    remember_terminal(box);
    if (hold_signals() < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, box->channel) < 0)
        return -1;
    /* Who is not the host's root may do all this only in a user namespace
     * of the sandbox: it is made first, and owns the others. Or in one that
     * the caller is root of already. */
    box->rootless = !is_hosts_root();
    int users =
        !box->rootless || geteuid() + getegid() == 0 ? 0 : CLONE_NEWUSER;
    /* Process 1 waits while the launcher maps its ids, and with --explain,
     * whose lines have an order. To wait always would cost a tenth of the
     * start. */
    box->waits = box->rootless || box->explain;

    box->pid = clone_process_1(box, users | flags);
    if (box->pid < 0 && errno == EPERM && box->rootless && users == 0) {
        users = CLONE_NEWUSER;
        box->pid = clone_process_1(box, users | flags);
    }
    if (box->pid < 0)
        return clone_failed();
    close_quietly(box->channel[CHILD]);
    return users == 0 ? 0 : map_caller(box->pid);
}
