/* SPDX-License-Identifier: MIT
 *
 * The launcher, second half: pass signals on, report the payload's end.
 *
 * Interface: wait_for_payload(box), after spawn_isolated() of launch.c.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "plumbing/streams.h"

enum { PATIENCE_SECONDS = 2 };
enum { CTRL_C = 0x03, CTRL_BACKSLASH = 0x1c };

double seconds(void)
{
    struct timespec time = {0};

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

/* See begin(), and pause_at_goals(). */
static int send_go(const struct sandbox *box)
{
    return send(box->channel[LAUNCHER], "", 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* --pause: does process 1 listen to us still? It does until execve(2), and
 * until then hears nothing else, not even Ctrl-C. */
static bool pauses_still(const struct sandbox *box)
{
    struct pollfd end = {.fd = box->channel[LAUNCHER]};

    return box->pauses && poll(&end, 1, 0) == 0;
}

static void pass_on(struct sandbox *box, const struct signalfd_siginfo *info)
{
    int signo = (int)info->ssi_signo;
    bool ends = signo == SIGTERM || signo == SIGINT || signo == SIGHUP;

    /* --pause: a step further. After execve(2) nobody listens: EPIPE. */
    if (signo == SIGUSR1 && box->pauses && send_go(box) == 0)
        return;
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
    if (info->ssi_code == SI_KERNEL && !pauses_still(box) &&
        (signo == SIGINT || signo == SIGQUIT) &&
        (type_key(box, signo == SIGINT ? CTRL_C : CTRL_BACKSLASH) ||
         getsid(box->pid) == getsid(0)))
        return;
    if (ends && (pauses_still(box) || asked_twice()))
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

/* A descriptor from which to read the signals that the launcher acts on; all
 * others stay blocked. See signalfd(2). */
static int open_signals(void)
{
    static const int watched[] = {SIGCHLD, SIGTERM, SIGHUP,  SIGINT,
                                  SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP,
                                  SIGCONT, SIGWINCH};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        sigaddset(&set, watched[i]);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Pass signals on, and let bytes through, until process 1 has ended. Returns
 * 1 then, with the status, or -1 with errno of waitid(2). */
static int serve(struct sandbox *box, int signals, int *status)
{
    struct signalfd_siginfo info;
    int ended;

    start_relay(box);
    while ((ended = look_for_end(box->pid, status)) == 0) {
        /* This sleeps, in poll(2); steps 1 and 2 have only signals to wait
         * for. */
        if (relay_once(box, signals, patience(box)) &&
            read(signals, &info, sizeof(info)) == sizeof(info) &&
            info.ssi_signo != SIGCHLD)
            pass_on(box, &info);
        end_by_force(box);
    }
    return ended;
}

int wait_for_payload(struct sandbox *box)
{
    int status = 0;

    box->end_by = 0;
    explain_goals(false);
    tell_inner_mounts(box);
    int signals = open_signals();
    if (box->pauses)
        tell("process 1 waits, %d out here; a step further: kill -USR1 %d",
             box->pid, getpid());
    if (signals < 0 || (box->waits && !box->pauses && send_go(box) < 0))
        die(EXIT_OWN_FAILURE, "start process 1");

    int ended = serve(box, signals, &status);
    int error = errno;
    if (ended < 0)
        kill_everybody(box);
    take_terminal_back(box);
    give_pipes_back(box);
    bool complete = finish_relay(box, signals);
    errno = error;
    if (ended < 0)
        die(EXIT_OWN_FAILURE, "wait for the payload");
    return complete ? status : EXIT_OWN_FAILURE;
}
