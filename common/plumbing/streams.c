/* SPDX-License-Identifier: MIT
 *
 * Bytes, not files: what becomes of descriptors 0-2 in steps 3 and 4.
 *
 * An open file is a way to its file system. By it the payload finds where
 * the file lies on the disk, takes its locks, hears of its use, reads back
 * and forges the log that it was to append to; by a socket it gets a handle
 * on the process at the other end. So the payload gets pipes, and the
 * launcher copies bytes, as Docker does. Three need no copying: a terminal
 * becomes one of the sandbox's own, a device like /dev/null the sandbox's
 * own, and an anonymous pipe leads nowhere. It is opened anew, or O_NONBLOCK
 * set inside would be the caller's, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common.h"
#include "plumbing/streams.h"

enum { NEW_PIPE = 65536 }; /* bytes, see pipe(7) */

enum { MEMORY_DEVICES = 1 }; /* major number; the minor ones are: */
static const char *const devices[] = {[3] = "/dev/null",
                                      [5] = "/dev/zero",
                                      [7] = "/dev/full",
                                      [8] = "/dev/random",
                                      [9] = "/dev/urandom"};

static const char *harmless_device(const struct stat *st)
{
    unsigned n = minor(st->st_rdev);

    return S_ISCHR(st->st_mode) && major(st->st_rdev) == MEMORY_DEVICES &&
                   n < sizeof(devices) / sizeof(devices[0])
               ? devices[n]
               : NULL;
}

int open_anew(int fd, int flags)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, flags | O_CLOEXEC);
}

/* Open FD's anonymous pipe anew. Returns -1 if it is something else, or may
 * not be opened, as one that another user made. */
static int open_pipe_anew(int fd, int access)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0 || fs.f_type != PIPEFS_MAGIC)
        return -1;
    return open_anew(fd, access);
}

/* A number that SOCKET has for the option NAME, or 0. See socket(7). */
static int socket_number(int socket, int name)
{
    int number = 0;
    socklen_t size = sizeof(number);

    return getsockopt(socket, SOL_SOCKET, name, &number, &size) < 0 ? 0
                                                                    : number;
}

/* Is there nothing that could be copied? What waits for connections, or for
 * events, takes no byte and says nothing of it: we would wait for ever. */
static bool holds_no_bytes(int fd, const struct stat *st)
{
    /* No type at all is what epoll(7) makes, and eventfd(2). */
    return (st->st_mode & S_IFMT) == 0 ||
           (S_ISSOCK(st->st_mode) && socket_number(fd, SO_ACCEPTCONN) != 0);
}

/* A pipe for STREAM. The launcher must not wait for its end of it; process
 * 1's end is an open file of its own, and stays blocking. */
static int make_pipe(struct stream *stream)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    stream->inside = ends[stream->is_input ? 0 : 1];
    stream->ours = ends[stream->is_input ? 1 : 0];
    stream->mode = S_IFIFO | S_IRUSR | S_IWUSR;
    return fcntl(stream->ours, F_SETFL, O_NONBLOCK);
}

/* Decide for descriptor FD, whose file is ST, and open what takes its place,
 * if that is neither the sandbox's own nor a pipe to relay. */
static int decide(struct stream *stream, int fd, const struct stat *st)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        return -1;
    if (S_ISDIR(st->st_mode)) /* ".." leads up from it to the host's root */
        return fail_with(EISDIR, "descriptor %d is open on it", fd);
    if (flags & O_PATH)
        return fail_with(EBADF, "descriptor %d is open by O_PATH", fd);
    if (holds_no_bytes(fd, st))
        return fail_with(EINVAL,
                         "descriptor %d is a socket that listens, or waits "
                         "for events; try /dev/null in its place",
                         fd);
    stream->access = flags & O_ACCMODE;
    stream->is_input = stream->access == O_RDONLY ||
                       (stream->access == O_RDWR && fd == STDIN_FILENO);
    stream->is_file = S_ISREG(st->st_mode) || S_ISBLK(st->st_mode);
    bool is_terminal = S_ISCHR(st->st_mode) && isatty(fd);
    stream->may_wait = S_ISFIFO(st->st_mode) || is_terminal;
    stream->has_bounds =
        S_ISSOCK(st->st_mode) && socket_number(fd, SO_TYPE) != SOCK_STREAM;
    stream->device = harmless_device(st);
    stream->inside =
        S_ISFIFO(st->st_mode) ? open_pipe_anew(fd, stream->access) : -1;
    stream->kind = stream->device != NULL ? DEVICE
                   : stream->inside >= 0  ? PIPE
                   : is_terminal          ? TERMINAL
                                          : RELAYED;
    return 0;
}

/* Which terminal is it, whatever name it was opened by? See TIOCGDEV in
 * ioctl_tty(2). */
static unsigned terminal_number(int fd)
{
    unsigned number = 0;

    ioctl(fd, TIOCGDEV, &number);
    return number;
}

/* Root of the sandbox's user namespace is no owner of these pipes. So that it
 * can open /dev/stderr by name, as scripts do, others may: in one direction,
 * or it could read back, and forge, what others write. A mode, and not the
 * owner: several sandboxes may have one pipe. */
static int open_to_others(const struct sandbox *box,
                          const struct stream *stream)
{
    int access = stream->kind == PIPE ? stream->access
                 : stream->is_input   ? O_RDONLY
                                      : O_WRONLY;
    mode_t mode = stream->mode | (access == O_WRONLY ? 0U : S_IROTH) |
                  (access == O_RDONLY ? 0U : S_IWOTH);

    if (box->first_id == 0 || mode == stream->mode)
        return 0;
    return fchmod(stream->inside, mode & ~(mode_t)S_IFMT);
}

void give_pipes_back(const struct sandbox *box)
{
    struct stat now;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        const struct stream *stream = &box->own[fd];

        if (stream->kind != PIPE || fstat(fd, &now) < 0)
            continue;
        /* As it was, or more like new. For what we found may be what another
         * sandbox has left to be given back: others' rights, and harm. */
        mode_t mode =
            ((stream->mode | S_IRUSR | S_IWUSR) & ~(mode_t)S_IRWXO) |
            (stream->mode & now.st_mode & S_IRWXO);
        mode = now.st_mode == stream->mode ? stream->mode : mode;
        if (mode != now.st_mode && fchmod(fd, mode & ~(mode_t)S_IFMT) < 0)
            tell("cannot give descriptor %d its mode back", fd);
        int size = fcntl(fd, F_GETPIPE_SZ);
        if (size >= 0 && size != stream->size) /* EBUSY: it is full */
            fcntl(fd, F_SETPIPE_SZ,
                  stream->size > NEW_PIPE ? stream->size : NEW_PIPE);
    }
}

int open_streams(struct sandbox *box)
{
    struct stat files[3];
    struct stream *out = &box->own[STDOUT_FILENO];

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stream *stream = &box->own[fd];

        if (fstat(fd, &files[fd]) < 0 || decide(stream, fd, &files[fd]) < 0)
            return -1;
        /* A second terminal is not the sandbox's: it gets the bytes. */
        int first = first_terminal(box);
        if (stream->kind == TERMINAL && first < fd &&
            terminal_number(fd) != terminal_number(first))
            stream->kind = RELAYED;
        stream->mode = files[fd].st_mode;
        if (stream->kind == PIPE && open_to_others(box, stream) < 0)
            return -1;
        if (stream->kind != RELAYED)
            continue;
        /* Where 1 and 2 are one file, as after 2>&1, one pipe keeps order. */
        if (fd == STDERR_FILENO && out->kind == RELAYED && !out->is_input &&
            !stream->is_input && files[fd].st_dev == files[fd - 1].st_dev &&
            files[fd].st_ino == files[fd - 1].st_ino) {
            stream->inside = out->inside;
            stream->ours = -1;
        } else if (make_pipe(stream) < 0 || open_to_others(box, stream) < 0) {
            return -1;
        }
    }
    return 0;
}

int first_terminal(const struct sandbox *box)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (box->own[fd].kind == TERMINAL)
            return fd;
    return -1;
}

bool is_interactive(const struct sandbox *box)
{
    return box->own[STDIN_FILENO].kind == TERMINAL &&
           box->own[STDOUT_FILENO].kind == TERMINAL;
}
