/* SPDX-License-Identifier: MIT
 *
 * Steps 1 and 2 share the caller's terminal with the payload. (The others
 * have one of their own: pty.c.)
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "common.h"

int open_standard_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd < 0 ? -1 : close(fd);
}

void remember_terminal(struct sandbox *box)
{
    int error = errno;

    box->terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    box->foreground = box->terminal < 0 ? -1 : tcgetpgrp(box->terminal);
    box->group = getpgrp();
    errno = error;
}

bool terminal_is_gone(const struct sandbox *box)
{
    struct pollfd end = {.fd = box->terminal};

    return poll(&end, 1, 0) > 0 && (end.revents & POLLHUP) != 0;
}

int do_without_terminal(void)
{
    if (setsid() < 0)
        return -1;
    if (!isatty(STDIN_FILENO))
        return 0;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
        return -1;
    return close(fd);
}

void take_terminal_back(const struct sandbox *box)
{
    /* Only if it was ours: a background job must not grab it. SIGTTOU would
     * stop us here, but the launcher has all of its signals blocked. */
    if (box->foreground == getpgrp())
        tcsetpgrp(box->terminal, box->foreground);
}
