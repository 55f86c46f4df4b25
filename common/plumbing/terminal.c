/* SPDX-License-Identifier: MIT
 *
 * The caller's terminal. Steps 1 and 2 share it with the payload; from step 3
 * on the payload has one of its own, and what is typed and printed is copied
 * between the two.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"
#include "plumbing/relay.h"
#include "plumbing/streams.h"

enum { END_OF_FILE_KEY = 0x04 };              /* Ctrl-D */
enum { ESCAPE_KEY = 0x1d, ESCAPE_TIMES = 3 }; /* Ctrl-] */
enum { LOOK_AGAIN_MS = 200 };

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

/* ---- beside a terminal of the payload's own ---- */

/* A background job must neither read what is typed nor change the modes. */
static bool in_foreground(void)
{
    pid_t group = tcgetpgrp(relay.outer);

    return group < 0 || group == getpgrp();
}

void resume_terminal(const struct sandbox *box)
{
    struct termios modes;

    if (box->pty[MASTER] < 0)
        return;
    copy_window_size(relay.outer, box->pty[MASTER]);
    if (!is_interactive(box) || !in_foreground() ||
        (!relay.raw && tcgetattr(relay.outer, &relay.before) < 0))
        return;
    modes = relay.before;
    cfmakeraw(&modes);
    /* Nobody yet, or nobody any more, who could hear of Ctrl-C as a key. */
    if (relay.awaited || relay.draining)
        modes.c_lflag |= ISIG;
    relay.raw = tcsetattr(relay.outer, TCSANOW, &modes) == 0 || relay.raw;
}

void restore_terminal(void)
{
    if (relay.raw)
        tcsetattr(relay.outer, TCSANOW, &relay.before);
    relay.raw = false;
}

void show_lines(const char *text)
{
    bool raw = relay.raw && isatty(STDERR_FILENO);

    /* The program may have left the cursor behind a prompt. */
    if (raw && relay.flows[SCREEN].last != '\n' &&
        relay.flows[SCREEN].last != '\0')
        (void)!write(STDERR_FILENO, "\r\n", 2);
    for (size_t len; *text != '\0'; text += len) {
        const char *end = raw ? strchr(text, '\n') : NULL;
        len = end == NULL ? strlen(text) : (size_t)(end - text);
        /* Nowhere left to complain to, if this fails. */
        (void)!write(STDERR_FILENO, text, len);
        if (end != NULL) {
            (void)!write(STDERR_FILENO, "\r\n", 2);
            len++;
        }
    }
    if (raw)
        relay.flows[SCREEN].last = '\n';
}

/* The caller's terminal, opened anew: O_NONBLOCK is then ours, and not the
 * calling shell's. One that takes no more bytes must not make us deaf to
 * signals. */
static int open_outer(const struct sandbox *box)
{
    static const int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    int fd = open_anew(first_terminal(box), flags);

    if (fd < 0)
        fd = open("/dev/tty", flags);
    /* Another user's terminal in a session without one, as su(1) leaves it:
     * as it is, and so a write may wait. */
    return fd < 0 ? fcntl(first_terminal(box), F_DUPFD_CLOEXEC, 0) : fd;
}

static int connect_terminal(struct sandbox *box)
{
    int master = box->pty[MASTER];

    relay.outer = open_outer(box);
    if (relay.outer < 0 || fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
        return -1;
    relay.flows[SCREEN].from = relay.flows[KEYS].to = master;
    relay.flows[SCREEN].to = relay.outer;
    resume_terminal(box);
    return 0;
}

/* The payload begins. What waits in the terminal now was typed for whoever
 * comes to read. */
static void note_early_keys(void)
{
    int n = 0;

    if (relay.outer >= 0 && in_foreground() &&
        ioctl(relay.outer, FIONREAD, &n) == 0 && n <= FLOW_SIZE)
        relay.n_early = (size_t)n;
}

/* Of all that we have read, these N keys are the last. */
static void remember_keys(const char *keys, size_t n)
{
    for (; n > 0; n--, keys++) {
        bool edits = (unsigned char)*keys < ' ' || *keys == 0x7f;

        if (relay.n_keys < relay.n_early) {
            relay.early[relay.n_keys] = *keys;
            /* A signal, or a line's correction: the terminal counts less. */
            if (edits && strchr("\t\r\n", *keys) == NULL)
                relay.n_early = 0;
        }
        relay.n_keys++;
    }
}

/* How many of the keys that we have read the payload has not. */
static size_t count_unread(const struct sandbox *box)
{
    struct termios modes;
    int n = 0, slave = box->pty[SLAVE];

    if (tcgetattr(slave, &modes) < 0)
        return 0;
    cfmakeraw(&modes); /* else a line without its end does not count */
    tcsetattr(slave, TCSANOW, &modes);
    ioctl(slave, FIONREAD, &n);
    return (size_t)n + relay.flows[KEYS].have;
}

void keep_unread_keys(const struct sandbox *box)
{
    bool wanted = relay.n_early > 0 && box->end_by == 0;
    size_t unread = wanted ? count_unread(box) : 0;
    size_t first = unread < relay.n_keys ? relay.n_keys - unread : 0;
    size_t last = relay.n_early < relay.n_keys ? relay.n_early : relay.n_keys;

    /* The rest of a line that it has begun to read is none of the shell's. */
    while (first > 0 && first < last &&
           strchr("\r\n", relay.early[first - 1]) == NULL)
        first++;
    relay.n_early = wanted && first < last ? last - first : 0;
    memmove(relay.early, relay.early + (relay.n_early > 0 ? first : 0),
            relay.n_early);
}

void type_for_caller(void)
{
    if (relay.n_early == 0 || !in_foreground())
        return;
    for (size_t i = 0; i < relay.n_early; i++)
        if (ioctl(relay.outer, TIOCSTI, &relay.early[i]) < 0)
            return;
}

void hear_process_1(struct sandbox *box)
{
    int fds[2];
    char about;
    int n = receive_descriptors(box->channel[LAUNCHER], &about, fds);

    if (n == 2)
        memcpy(box->pty, fds, sizeof(fds));
    if (n == 0) {
        relay.awaited = false;
        resume_terminal(box);
        note_early_keys();
    } else if (n == 1) { /* of load_filter() */
        relay.listener = fds[0];
        relay.only_64_bit = about;
    } else if ((n < 0 && errno != EAGAIN) ||
               (n == 2 && connect_terminal(box) < 0)) {
        /* It would print to nobody now; it dies with us. */
        int error = errno;
        restore_terminal();
        errno = error;
        die(EXIT_OWN_FAILURE, "take over the payload's terminal");
    }
}

void hang_up(struct sandbox *box)
{
    box->end_by = seconds() + PATIENCE_MS / 500.0;
    stop_flow(&relay.flows[KEYS]);
    stop_flow(&relay.flows[SCREEN]);
    close(box->pty[MASTER]);
    close(box->pty[SLAVE]);
    box->pty[MASTER] = box->pty[SLAVE] = -1;
}

static bool escape_typed(const char *typed, ssize_t n)
{
    double now = seconds();

    for (; n > 0; n--, typed++) {
        if (*typed != ESCAPE_KEY || now - relay.first_escape > 1.0)
            relay.escapes = 0;
        if (*typed == ESCAPE_KEY && relay.escapes++ == 0)
            relay.first_escape = now;
        if (relay.escapes == ESCAPE_TIMES)
            return true;
    }
    return false;
}

bool type_key(const struct sandbox *box, char key)
{
    struct flow *keys = &relay.flows[KEYS];

    if (box->pty[MASTER] < 0)
        return false;
    if (keys->have < FLOW_SIZE)
        keys->data[keys->have++] = key;
    relay.n_early = 0; /* Ctrl-C: what was typed before is over, too */
    return true;
}

/* Who may read what is typed? Not a job in the background; a shell's `fg`
 * sends no signal to one that runs, so look now and then. Nor do the keys
 * belong to us where stdin is no terminal: `os_isolate </dev/null | less`. */
int watch_foreground(struct sandbox *box, int timeout)
{
    bool was_behind = relay.behind;
    bool ours = box->own[STDIN_FILENO].kind == TERMINAL && !relay.awaited;

    relay.behind = !in_foreground();
    if (was_behind && !relay.behind)
        resume_terminal(box);
    relay.flows[KEYS].from = ours && !relay.behind ? relay.outer : -1;
    return relay.behind && (timeout < 0 || timeout > LOOK_AGAIN_MS)
               ? LOOK_AGAIN_MS
               : timeout;
}

void look_at_keys(struct sandbox *box)
{
    struct flow *keys = &relay.flows[KEYS];

    if (keys->got > 0)
        remember_keys(keys->data + keys->have - keys->got, (size_t)keys->got);
    if (keys->got > 0 &&
        escape_typed(keys->data + keys->have - keys->got, keys->got))
        box->end_by = seconds();
    if (keys->at_end)
        type_key(box, END_OF_FILE_KEY);
    keys->at_end = false;
    keys->error = 0; /* EIO: since we looked, others came to the front */
}
