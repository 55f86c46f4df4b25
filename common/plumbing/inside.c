/* SPDX-License-Identifier: MIT
 *
 * Process 1 takes its streams: pipes, devices of the sandbox's own, and for a
 * terminal one of the sandbox's own. For whoever shares a controlling
 * terminal can type into it (TIOCSTI), and the caller's shell reads what was
 * typed; whoever has it open can change its modes.
 *
 * Process 1 opens a pty in the sandbox's devpts and sends both of its sides
 * to the launcher, which copies bytes between it and the caller's terminal,
 * as script(1) and `docker run -t` do: relay.c. See pty(7).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "common.h"
#include "plumbing/streams.h"

void copy_window_size(int from, int to)
{
    struct winsize size;

    if (ioctl(from, TIOCGWINSZ, &size) == 0)
        ioctl(to, TIOCSWINSZ, &size);
}

/* The size and the modes of the caller's terminal. */
static void copy_modes(const struct sandbox *box, int slave)
{
    struct termios modes;
    int callers = first_terminal(box);

    copy_window_size(callers, slave);
    if (tcgetattr(callers, &modes) < 0)
        return;
    if (!is_interactive(box)) { /* the caller's terminal does these */
        modes.c_lflag &= ~(tcflag_t)ECHO;
        modes.c_oflag &= ~(tcflag_t)OPOST;
    }
    tcsetattr(slave, TCSANOW, &modes);
}

static int open_terminal(struct sandbox *box)
{
    int unlock = 0;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
        return -1;
    int slave = open("/dev/pts/0", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || fchown(slave, box->first_id, (gid_t)-1) < 0)
        return -1;
    copy_modes(box, slave);
    box->pty[MASTER] = master;
    box->pty[SLAVE] = slave;
    return ioctl(slave, TIOCSCTTY, 0);
}

/* Up to two descriptors in one message, see unix(7), SCM_RIGHTS. */
union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(2 * sizeof(int))];
};

int send_descriptors(const struct sandbox *box, char about, const int *fds,
                     int n)
{
    size_t size = (size_t)n * sizeof(*fds);
    union control control = {.header = {.cmsg_len = (socklen_t)CMSG_LEN(size),
                                        .cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS}};
    struct iovec byte = {.iov_base = &about, .iov_len = 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = (socklen_t)CMSG_SPACE(size)};

    memcpy(CMSG_DATA(&control.header), fds, size);
    if (sendmsg(box->channel[CHILD], &message, MSG_NOSIGNAL) < 0)
        return errno == EPIPE ? 0 : -1; /* it is gone, and we will be soon */
    return 0;
}

/* What is to become of descriptor FD, as a descriptor of this process. */
static int open_own(const struct sandbox *box, int fd)
{
    const struct stream *stream = &box->own[fd];

    switch (stream->kind) {
    case TERMINAL:
        return box->pty[SLAVE];
    case DEVICE:
        return open(stream->device, stream->access | O_NOCTTY | O_CLOEXEC);
    case PIPE:
    case RELAYED:
        return stream->inside;
    default:
        return fd;
    }
}

int take_streams(struct sandbox *box)
{
    if (setsid() < 0)
        return -1;
    /* Sent while we are still the host's root: what is on its way counts
     * against the sender, and another sandbox with the same range of ids may
     * have used up what its users may send. */
    if (first_terminal(box) >= 0 &&
        (open_terminal(box) < 0 || send_descriptors(box, 0, box->pty, 2) < 0))
        return -1;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int own = open_own(box, fd);
        if (own < 0 || dup2(own, fd) < 0)
            return -1;
    }
    return 0; /* leave_host() closes the others, and box->pty */
}

int receive_descriptors(int socket, char *about, int fds[2])
{
    union control control;
    struct iovec data = {.iov_base = about, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    /* ECONNRESET: process 1 was killed before it read our "go". */
    if (n < 0 && errno != ECONNRESET)
        return -1;
    if (n <= 0 || CMSG_FIRSTHDR(&message) == NULL)
        return 0;
    size_t size = control.header.cmsg_len - CMSG_LEN(0);
    memcpy(fds, CMSG_DATA(&control.header), size);
    return (int)(size / sizeof(*fds));
}
