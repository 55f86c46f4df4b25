/* SPDX-License-Identifier: MIT
 *
 * The launcher's side: start process 1, pass signals on, report its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

enum { STACK_SIZE = 1024 * 1024, PATIENCE_SECONDS = 2 };
enum { CTRL_C = 0x03, CTRL_BACKSLASH = 0x1c };

/* The signals that the launcher acts on; all others stay blocked. */
static const int watched[] = {SIGCHLD, SIGTERM, SIGHUP,  SIGINT,  SIGQUIT,
                              SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};

/* Process 1 begins here, on a stack of its own in a copy of our memory. */
static int begin(void *arg)
{
    struct sandbox *box = arg;
    char go;

    close(box->launcher[1]);
    ssize_t n = box->waits ? read(box->launcher[0], &go, 1) : 1;
    if (n < 0)
        die(EXIT_OWN_FAILURE, "wait for the launcher");
    if (n == 0) /* it died, and there is nobody to serve */
        _exit(EXIT_OWN_FAILURE);
    return box->child(box);
}

static int clone_failed(const struct sandbox *box)
{
    if (box->rootless)
        return explain_refusal();
    if (errno == EPERM)
        return fail_with(errno, "root lacks CAP_SYS_ADMIN here, as in a "
                                "container; try: the host itself");
    if (errno == ENOSPC || errno == EUSERS)
        return fail_with(errno, "too many namespaces; see the limits in "
                                "/proc/sys/user/max_*_namespaces");
    if (errno == EINVAL)
        return fail_with(errno, "this kernel was built without one of the "
                                "namespaces; see the CONFIG_*_NS it has");
    return -1;
}

int spawn_isolated(struct sandbox *box, int (*child)(void *), int flags)
{
    sigset_t all;

    if (flags & CSIGNAL) /* CLONE_NEWTIME, for one: clone(2) cannot make it */
        return fail_with(EINVAL, "such flags lie in the exit signal's byte");
    box->child = child;
    if (left_out(box, LAYER_NAMESPACES))
        flags &= ~(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP);
    remember_terminal(box);
    sigfillset(&all);
    if (sigprocmask(SIG_BLOCK, &all, NULL) < 0)
        return -1;
    /* Where the caller ignores SIGCHLD the kernel would drop the status. */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, box->launcher) < 0)
        return -1;
    /* Only in a user namespace of his own may an ordinary user do all this:
     * it is made first, and owns the others. */
    box->rootless = geteuid() != 0;
    if (box->rootless)
        flags |= CLONE_NEWUSER;
    /* The launcher has his ids to map first, or what --explain prints to
     * bring in order. To wait otherwise would cost a tenth of the start. */
    box->waits = box->rootless || box->explain;

    char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return -1;
    /* Stacks grow downwards: clone(2) wants the upper end. */
    box->pid = clone(begin, stack + STACK_SIZE, flags | SIGCHLD, box);
    if (box->pid < 0)
        return clone_failed(box);
    close_quietly(box->launcher[0]);
    return box->rootless ? map_caller(box->pid) : 0;
}

double seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Process 1 ignores what it does not handle. Whoever asks it to end twice in
 * a short time means it. */
static bool asked_twice(void)
{
    static double before = -PATIENCE_SECONDS;
    double now = seconds();
    bool twice = now - before < PATIENCE_SECONDS;
    before = now;
    return twice;
}

static void pass_on(struct sandbox *box, const struct signalfd_siginfo *info)
{
    int signo = (int)info->ssi_signo;

    if (signo == SIGTSTP) {
        /* Process 1 ignores SIGTSTP, but not SIGSTOP from out here. */
        kill(box->pid, SIGSTOP);
        restore_terminal();
        raise(SIGSTOP);
        return;
    }
    if (signo == SIGCONT || signo == SIGWINCH)
        resume_terminal(box);
    if (signo == SIGWINCH)
        return; /* the size of a pty sends it by itself */
    /* A key was typed. A terminal that we share with the payload has sent it
     * the signal, too; one of its own has yet to hear of it. Without either,
     * in a session of its own, it hears of it from us alone: go on. */
    if (info->ssi_code == SI_KERNEL &&
        (signo == SIGINT || signo == SIGQUIT) &&
        (type_key(box, signo == SIGINT ? CTRL_C : CTRL_BACKSLASH) ||
         getsid(box->pid) == getsid(0)))
        return;
    if ((signo == SIGTERM || signo == SIGINT || signo == SIGHUP) &&
        asked_twice())
        box->end_by = seconds();
    else if (signo == SIGHUP && terminal_is_gone(box))
        box->end_by = seconds() + PATIENCE_SECONDS;
    kill(box->pid, signo);
}

/* Milliseconds to sleep at most, for poll(2): until the payload is to be
 * ended by force, or until that has to be tried again. */
static int patience(const struct sandbox *box)
{
    double left = box->end_by - seconds();

    if (box->end_by == 0)
        return -1;
    return left > 0 ? (int)(left * 1000) + 1 : 100;
}

/* End everybody inside if the time has come. Processes that trace each other,
 * with PTRACE_O_TRACEEXIT, no signal ends: name them, and go. */
static void end_by_force(struct sandbox *box)
{
    char names[256];
    double late = seconds() - box->end_by;

    if (box->end_by == 0 || late < 0)
        return;
    if (late < PATIENCE_SECONDS - 0.5 ||
        !name_survivors(box, names, sizeof(names))) {
        kill_everybody(box);
        return;
    }
    take_terminal_back(box);
    restore_terminal();
    errno = 0;
    die(EXIT_OWN_FAILURE,
        "these processes cannot be ended, as a tracer "
        "holds them:%s",
        names);
}

int wait_for_payload(struct sandbox *box)
{
    sigset_t set;
    struct signalfd_siginfo info;
    int status = 0;

    box->end_by = 0;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        sigaddset(&set, watched[i]);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    /* "Go": see begin(). */
    if (signals < 0 ||
        (box->waits && send(box->launcher[1], "", 1, MSG_NOSIGNAL) < 0))
        die(EXIT_OWN_FAILURE, "start process 1");

    /* relay_terminal() sleeps, in poll(2); steps 1 and 2 have only signals to
     * wait for. */
    int ended;
    while ((ended = look_for_end(box->pid, &status)) == 0) {
        if (relay_terminal(box, signals, patience(box)) &&
            read(signals, &info, sizeof(info)) == sizeof(info) &&
            info.ssi_signo != SIGCHLD)
            pass_on(box, &info);
        end_by_force(box);
    }
    int error = errno;
    if (ended < 0)
        kill_everybody(box);

    take_terminal_back(box);
    give_pipes_back(box);
    finish_terminal(box);
    errno = error;
    if (ended < 0)
        die(EXIT_OWN_FAILURE, "wait for the payload");
    return status;
}
