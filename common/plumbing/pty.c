/* SPDX-License-Identifier: MIT
 *
 * A terminal of the sandbox's own, in place of the caller's: whoever has it
 * as his controlling terminal, too, can type into it (TIOCSTI), and the
 * caller's shell reads what was typed; whoever has it open can change its
 * modes.
 *
 * Process 1 opens a pty in the sandbox's devpts and sends its master side to
 * the launcher, which copies bytes between it and the caller's terminal, as
 * script(1) and `docker run -t` do. See pty(7).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "common.h"

enum { MASTER, SLAVE };
enum { END_OF_FILE_KEY = 0x04 };              /* Ctrl-D */
enum { ESCAPE_KEY = 0x1d, ESCAPE_TIMES = 3 }; /* Ctrl-] */
enum { PATIENCE_MS = 1000, LOOK_AGAIN_MS = 200 };

/* Bytes on their way from one side to the other. */
struct flow {
    char data[4096];
    size_t have;
};

static struct flow keys, screen;
static int outer = -1;        /* the caller's terminal */
static struct termios before; /* its modes */
static bool raw;              /* we have changed them */
static bool awaited = true;   /* process 1 may yet send a pty */

/* ---- process 1's side ---- */

static int first_terminal(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (isatty(fd))
            return fd;
    return -1;
}

/* Only then are the terminal's modes ours to set: in `os_isolate -b /bin/ls |
 * less` it must stay as less wants it. */
static bool interactive(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static void copy_window_size(int from, int to)
{
    struct winsize size;

    if (ioctl(from, TIOCGWINSZ, &size) == 0)
        ioctl(to, TIOCSWINSZ, &size);
}

int open_own_terminal(struct sandbox *box)
{
    struct termios modes;
    int unlock = 0;
    int callers = first_terminal();

    if (setsid() < 0)
        return -1;
    if (callers < 0)
        return 0;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
        return -1;
    int slave = open("/dev/pts/0", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || fchown(slave, box->first_id, (gid_t)-1) < 0)
        return -1;
    copy_window_size(callers, slave);
    if (tcgetattr(callers, &modes) == 0) {
        if (!interactive()) { /* the caller's terminal does these */
            modes.c_lflag &= ~(tcflag_t)ECHO;
            modes.c_oflag &= ~(tcflag_t)OPOST;
        }
        tcsetattr(slave, TCSANOW, &modes);
    }
    box->pty[MASTER] = master;
    box->pty[SLAVE] = slave;
    return ioctl(slave, TIOCSCTTY, 0);
}

/* Two descriptors in one message, see unix(7), SCM_RIGHTS. */
union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(2 * sizeof(int))];
};

int hand_over_terminal(const struct sandbox *box)
{
    union control control = {
        .header = {.cmsg_len = CMSG_LEN(sizeof(box->pty)),
                   .cmsg_level = SOL_SOCKET,
                   .cmsg_type = SCM_RIGHTS}};
    struct iovec byte = {.iov_base = "", .iov_len = 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    if (box->pty[MASTER] < 0)
        return NOTHING_TO_DO;
    memcpy(CMSG_DATA(&control.header), box->pty, sizeof(box->pty));
    if (sendmsg(box->launcher[0], &message, MSG_NOSIGNAL) < 0)
        return -1;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (isatty(fd) && dup2(box->pty[SLAVE], fd) < 0)
            return -1;
    return 0;
}

/* ---- the launcher's side ---- */

/* A background job must neither read what is typed nor change the modes. */
static bool in_foreground(void)
{
    pid_t group = tcgetpgrp(outer);

    return group < 0 || group == getpgrp();
}

void resume_terminal(const struct sandbox *box)
{
    struct termios modes;

    if (box->pty[MASTER] < 0)
        return;
    copy_window_size(outer, box->pty[MASTER]);
    if (raw || !interactive() || !in_foreground() ||
        tcgetattr(outer, &before) < 0)
        return;
    modes = before;
    cfmakeraw(&modes);
    raw = tcsetattr(outer, TCSANOW, &modes) == 0;
}

void restore_terminal(void)
{
    if (raw)
        tcsetattr(outer, TCSANOW, &before);
    raw = false;
}

/* The caller's terminal, opened anew: O_NONBLOCK is then ours, and not his
 * shell's. One that takes no more bytes must not make us deaf to signals. */
static int open_outer(void)
{
    static const int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", first_terminal());
    int fd = open(path, flags);
    return fd < 0 ? open("/dev/tty", flags) : fd;
}

static void receive_terminal(struct sandbox *box)
{
    union control control;
    char byte;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    ssize_t n =
        recvmsg(box->launcher[1], &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n == 1 && CMSG_FIRSTHDR(&message) != NULL) {
        memcpy(box->pty, CMSG_DATA(&control.header), sizeof(box->pty));
        outer = open_outer();
        if (outer < 0 ||
            fcntl(box->pty[MASTER], F_SETFL, O_RDWR | O_NONBLOCK) < 0)
            n = -1;
        else
            resume_terminal(box);
    }
    /* ECONNRESET: process 1 was killed before it read our "go". Otherwise it
     * would print to nobody now; it dies with us. */
    if (n < 0 && errno != EAGAIN && errno != ECONNRESET)
        die(EXIT_OWN_FAILURE, "take over the payload's terminal");
    /* That was all: at the end of file it has become the payload. */
    awaited = false;
}

/* The caller's terminal is gone. So is the payload's then: SIGHUP. */
static void hang_up(struct sandbox *box)
{
    box->end_by = seconds() + PATIENCE_MS / 500.0;
    close(box->pty[MASTER]);
    close(box->pty[SLAVE]);
    box->pty[MASTER] = box->pty[SLAVE] = -1;
}

static bool escape_typed(const char *typed, ssize_t n)
{
    static double first;
    static int times;
    double now = seconds();

    for (; n > 0; n--, typed++) {
        if (*typed != ESCAPE_KEY || now - first > 1.0)
            times = 0;
        if (*typed == ESCAPE_KEY && times++ == 0)
            first = now;
        if (times == ESCAPE_TIMES)
            return true;
    }
    return false;
}

bool type_key(const struct sandbox *box, char key)
{
    if (box->pty[MASTER] < 0)
        return false;
    if (keys.have < sizeof(keys.data))
        keys.data[keys.have++] = key;
    return true;
}

/* Read more into FLOW. Returns what read(2) does. */
static ssize_t fill(struct flow *flow, int fd)
{
    ssize_t n =
        read(fd, flow->data + flow->have, sizeof(flow->data) - flow->have);

    if (n > 0)
        flow->have += (size_t)n;
    return n;
}

/* Write what is in FLOW. Returns what write(2) does. */
static ssize_t empty(struct flow *flow, int fd)
{
    ssize_t n = write(fd, flow->data, flow->have);

    if (n > 0) {
        flow->have -= (size_t)n;
        memmove(flow->data, flow->data + n, flow->have);
    }
    return n;
}

static short wanted(const struct flow *in, const struct flow *out)
{
    return (short)((in->have < sizeof(in->data) ? POLLIN : 0) |
                   (out->have > 0 ? POLLOUT : 0));
}

bool relay_terminal(struct sandbox *box, int signals, int timeout)
{
    static bool behind; /* in the background, when we last looked */
    int master = box->pty[MASTER];
    struct pollfd fds[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = awaited ? box->launcher[1] : -1, .events = POLLIN},
        {.fd = master, .events = wanted(&screen, &keys)},
        {.fd = master < 0 ? -1 : outer, .events = wanted(&keys, &screen)},
    };

    /* A shell's `fg` sends no signal to a job that runs: look now and then.
     */
    bool was_behind = behind;
    behind = fds[3].fd >= 0 && !in_foreground();
    if (was_behind && !behind)
        resume_terminal(box);
    if (behind && (timeout < 0 || timeout > LOOK_AGAIN_MS))
        timeout = LOOK_AGAIN_MS;
    /* Where stdin is no terminal, as in `os_isolate </dev/null | less`, the
     * keys are for somebody else. */
    if (behind || !isatty(STDIN_FILENO))
        fds[3].events = (short)(fds[3].events & ~POLLIN);
    if (poll(fds, 4, timeout) < 0)
        return false;
    if (fds[1].revents != 0)
        receive_terminal(box);
    if (fds[2].revents & POLLIN)
        fill(&screen, master);
    if (fds[2].revents & POLLOUT)
        empty(&keys, master);
    if (fds[3].revents & POLLOUT)
        empty(&screen, outer);
    if (fds[3].revents & (POLLHUP | POLLERR | POLLNVAL)) {
        hang_up(box);
    } else if (fds[3].revents & POLLIN) {
        ssize_t n = fill(&keys, outer);
        if (n > 0 && escape_typed(keys.data + keys.have - n, n))
            box->end_by = seconds();
        if (n == 0)
            type_key(box, END_OF_FILE_KEY);
    }
    return fds[0].revents != 0;
}

void finish_terminal(struct sandbox *box)
{
    if (awaited)
        receive_terminal(box);
    struct pollfd room = {.fd = outer, .events = POLLOUT};
    errno = 0;
    while (box->pty[MASTER] >= 0 &&
           (fill(&screen, box->pty[MASTER]) > 0 || screen.have > 0) &&
           poll(&room, 1, PATIENCE_MS) != 0 && room.revents == POLLOUT &&
           (empty(&screen, outer) >= 0 || errno == EAGAIN))
        errno = 0;
    int error = errno;
    restore_terminal();
    errno = error;
    /* EAGAIN: that was all. EIO: it has hung up, see vhangup(2). */
    if (error != 0 && error != EAGAIN && error != EIO)
        die(EXIT_OWN_FAILURE, "copy what the payload printed");
}
