/* SPDX-License-Identifier: MIT
 *
 * Live on after the end, by ptrace(2).
 *
 * With "forge": the payload makes its parent its tracer (PTRACE_TRACEME), and
 * stops by a signal that it ignores. To waitpid(2) that looks like an end: a
 * launcher that does not ask how it ended tells a status, and goes, while the
 * payload lives on. Step 1 stops it: the launcher asks, lets go, and waits.
 * With "hold": a child traces process 1 with PTRACE_O_TRACEEXIT. SIGKILL then
 * only stops process 1, in its exit, and so all others live on. Step 1 stops
 * it: if the launcher ends it by force, it kills everybody inside. On the
 * host the child lives on anyway, as it would without a trace.
 * With "ring": two processes trace each other so. No signal ends them, nor
 * does root on the host: they stay until the machine restarts. So the attack
 * leaves half of it out: of the two only one asks for PTRACE_O_TRACEEXIT,
 * which "hold" shows that the other may, too. LEAKS: debuggers need the call.
 *
 * The first two cannot be judged from inside. tools/matrix looks on the host
 * who lives on, by the MARK among the arguments, and ends them. Harmless:
 * nobody traces for longer than two minutes.
 * See ptrace(2), waitid(2), pid_namespaces(7).
 */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"

/* Seconds; longer than tools/matrix looks, on a slow machine, too. */
enum { LIMIT = 120 };

static pid_t make_child(void)
{
    pid_t pid = fork();

    if (pid < 0)
        stopped("fork");
    alarm(LIMIT);
    return pid;
}

static _Noreturn void forge(void)
{
    static const struct timespec moment = {.tv_nsec = 200000000};
    sigset_t end_of_launcher;

    /* Instead of SIGKILL, which a kind launcher asks for. */
    prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0);
    sigemptyset(&end_of_launcher);
    sigaddset(&end_of_launcher, SIGUSR2);
    sigprocmask(SIG_BLOCK, &end_of_launcher, NULL);
    signal(SIGUSR1, SIG_IGN);
    pid_t pid = make_child(); /* the part that shall live on */
    if (pid == 0)
        for (;;)
            pause();
    printf("it stops, which is no end\n");
    fflush(stdout);
    long result = ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    int error = errno;
    if (result == 0)
        raise(SIGUSR1);
    /* Here it was let go: by the launcher, or by the launcher's end. */
    if (sigtimedwait(&end_of_launcher, NULL, &moment) == SIGUSR2)
        for (;;)
            pause();
    kill(pid, SIGKILL);
    errno = error;
    if (result < 0)
        stopped("PTRACE_TRACEME");
    found_nothing("the launcher lets it go on");
}

/* Process 1, as far as it belongs to us: bwrap makes one of its own, and the
 * payload is its first child. On the host it is somebody else's. */
static pid_t who_counts(void)
{
    return getpid() == 2 && getppid() == 1 ? 1 : getpid();
}

static _Noreturn void hold(void)
{
    pid_t whom = who_counts(), pid;

    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* for Yama */
    if ((pid = make_child()) == 0) {
        if (ptrace(PTRACE_SEIZE, whom, NULL, PTRACE_O_TRACEEXIT) < 0)
            stopped("PTRACE_SEIZE");
        printf("ready\n");
        fflush(stdout);
        for (;;)
            pause();
    }
    waitpid(pid, NULL, 0);
    _exit(1);
}

static _Noreturn void make_ring(void)
{
    int ends[2];
    char byte;
    pid_t pid, first = getpid();

    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    if (pipe(ends) < 0)
        stopped("pipe");
    if ((pid = make_child()) == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
        long result = ptrace(PTRACE_SEIZE, first, NULL, PTRACE_O_TRACEEXIT);
        byte = result < 0 ? (char)errno : 0;
        if (write(ends[1], &byte, 1) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    if (read(ends[0], &byte, 1) != 1)
        byte = EIO;
    int error = byte;
    if (error == 0 && ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
        error = errno;
    kill(pid, SIGKILL); /* nothing keeps this one: the ring is open again */
    waitpid(pid, NULL, 0);
    errno = error;
    if (error != 0)
        stopped("PTRACE_SEIZE");
    learned("two processes may trace each other");
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "forge") == 0)
        forge();
    if (strcmp(what, "hold") == 0)
        hold();
    if (strcmp(what, "ring") == 0)
        make_ring();
    does_not_apply("usage: outlive forge|hold MARK, or outlive ring");
}
