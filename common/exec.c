/* SPDX-License-Identifier: MIT
 *
 * The last act: find the payload and become it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

/* Ask for SIGKILL when the launcher dies. If it was dead before we asked, the
 * signal never comes. getppid() cannot tell, it is 0 in a new PID namespace
 * anyway, but the launcher's end of the channel can. Then this ends process
 * 1: there is nobody left to tell. */
static int die_with_launcher(const struct sandbox *box)
{
    struct pollfd socket_end = {.fd = box->channel[CHILD]};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return -1;
    if (poll(&socket_end, 1, 0) > 0)
        _exit(EXIT_OWN_FAILURE);
    return 0;
}

/* Without a terminal, leave the caller's process group, or kill(0, ...)
 * reaches it from any PID namespace. With one, stay: a new group could not
 * read from it. But a launcher that was started in the background has no
 * right to it: groups outside read as 0 in here, so a shell would believe
 * that it is in front, and take it. */
static int leave_process_group(const struct sandbox *box)
{
    if (getsid(0) == getpid()) /* steps 3 and 4 */
        return nothing_to_do("it has a session of its own");
    if (box->terminal < 0)
        return setpgid(0, 0);
    if (box->foreground == box->group)
        return nothing_to_do("it is to use the terminal");
    return do_without_terminal();
}

/* Blocked and ignored signals survive execve(2); the payload starts clean.
 * The bare system call, because sigaction(2) of the C library will not
 * touch two real-time signals that are libc's own, and some callers ignore
 * these. */
static int reset_signals(void)
{
    static const unsigned long all_default[8]; /* struct sigaction, SIG_DFL */
    sigset_t none;

    for (int signo = 1; signo < _NSIG; signo++)
        if (syscall(SYS_rt_sigaction, signo, all_default, (void *)NULL,
                    _NSIG / 8) < 0 &&
            errno != EINVAL) /* as KILL and STOP answer, always default */
            return -1;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A 32-bit program would get ENOSYS for every call, and crash without a word.
 */
void execute(const struct sandbox *box, const char *path)
{
    if (box->only_64_bit && is_32_bit(path)) {
        fail_with(ENOEXEC, "a 32-bit program, and the image holds none, so "
                           "the filter refuses their calls; try: its loader, "
                           "-B /lib/ld-linux.so.2:/lib/ld-linux.so.2");
        die(EXIT_CANNOT_RUN, "run %s", path);
    }
    execve(path, box->argv, environ);
}

/* What uname(2) says then is what 32-bit programs look for. */
static int name_32_bit_machine(const struct sandbox *box)
{
    if (box->only_64_bit || !is_32_bit("/bin/sh"))
        return nothing_to_do("/bin/sh is no 32-bit program");
    return personality(PER_LINUX32) < 0 ? -1 : 0;
}

_Noreturn void exec_payload(struct sandbox *box)
{
    must(die_with_launcher(box), "die when the launcher dies");
    must(leave_process_group(box), "leave the caller's process group");
    must(reset_signals(), "give the payload default signals");
    must(name_32_bit_machine(box), "name a 32-bit machine");
    if (strchr(box->program, '/') == NULL)
        exec_from_path(box);
    execute(box, box->program);
    explain_exec_failure(box->program);
}
