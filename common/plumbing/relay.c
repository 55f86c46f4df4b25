/* SPDX-License-Identifier: MIT
 *
 * The launcher's side of the sandbox's streams: copy what is typed and
 * printed, read and written, until the payload has ended. streams.c and
 * inside.c made the other side, terminal.c knows the caller's terminal, and
 * flow.c copies.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common.h"
#include "plumbing/relay.h"
#include "plumbing/streams.h"

enum {
    SIGNALS,
    PROCESS_1,
    OUTER,
    FILTER,
    N_OTHERS
}; /* what else is waited for */

/* To copy what a pipe holds, reading and writing in turn. */
enum { ENOUGH_TURNS = 2 * 64 * 1024 / FLOW_SIZE };

struct relay relay;

/* Apart, so that those that are not used take no memory. */
static char buffers[N_FLOWS][FLOW_SIZE];

/* For one datagram: Linux sends none that is larger, unless told to. Only
 * descriptor 0 can be such a socket to read from. */
static char datagram[256 * 1024];

/* Relay between descriptor FD and the pipe that is in its place. */
static void start_stream(const struct stream *stream, int fd)
{
    struct flow *flow = &relay.flows[STREAMS + fd];
    int file = fd;

    /* Somebody else may read from a FIFO, or write to it, between our poll(2)
     * and what comes after: so that must not wait. But whether all writers
     * have left only the caller's descriptor knows, see fifo(7): one that is
     * opened later waits for the next of them. */
    if (stream->may_wait) {
        file = open_anew(fd, (stream->is_input ? O_RDONLY : O_WRONLY) |
                                 O_NONBLOCK | O_NOCTTY);
        file = file < 0 ? fd : file;
        flow->watched = stream->is_input ? fd : -1;
    }
    flow->from = stream->is_input ? file : stream->ours;
    flow->to = stream->is_input ? stream->ours : file;
    if (stream->is_file)
        flow->kind = stream->is_input ? UNTRIED : TO_FILE;
    if (stream->has_bounds && stream->is_input) {
        flow->kind = DATAGRAMS;
        flow->data = datagram;
        flow->size = sizeof(datagram);
    }
    /* To know at the end what was not read takes a reader. */
    if (flow->kind == UNTRIED)
        flow->reader = stream->inside;
    else
        close(stream->inside);
}

/* Where one open file is read and written, remember that it has one offset.
 * The payload's end of the pipe is ours as well: a read must not wait. */
static void join_flows(const struct sandbox *box)
{
    struct flow *source = &relay.flows[STREAMS];

    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        struct flow *flow = &relay.flows[STREAMS + fd];

        if (source->kind != UNTRIED || flow->kind != TO_FILE ||
            box->own[STDIN_FILENO].access != O_RDWR ||
            !share_offset(STDIN_FILENO, fd))
            continue;
        int reader = open_anew(source->reader, O_RDONLY | O_NONBLOCK);
        if (reader < 0)
            continue;
        close(source->reader);
        source->reader = reader;
        flow->source = source;
    }
}

/* From the linker: where our code begins and ends. */
extern const char __executable_start, etext;

/* What only the start took of it need not stay in memory, now that pages for
 * copying come to it. The kernel reads again what is missed, which is time:
 * so not where nothing is copied. See madvise(2). */
static void let_go_of_start(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = (uintptr_t)&__executable_start / page * page;
    uintptr_t last = (uintptr_t)&etext / page * page;

    madvise((void *)first, last - first, MADV_DONTNEED);
}

void start_relay(struct sandbox *box)
{
    bool copies = first_terminal(box) >= 0;

    relay = (struct relay){.outer = -1, .listener = -1};
    relay.awaited = copies || box->tells_refusals;
    for (int i = 0; i < N_FLOWS; i++) {
        relay.flows[i].data = buffers[i];
        relay.flows[i].size = FLOW_SIZE;
        stop_flow(&relay.flows[i]);
    }
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stream *stream = &box->own[fd];
        if (stream->kind == RELAYED && stream->ours >= 0) {
            start_stream(stream, fd);
            copies = true;
        } else if (stream->kind == PIPE) {
            stream->size = fcntl(fd, F_GETPIPE_SZ);
            close(stream->inside);
        }
    }
    join_flows(box);
    if (copies)
        let_go_of_start();
}

/* Some of what was to be copied is lost. Tell of the first: others will have
 * the same cause. */
static void tell_loss(const char *goal, int error)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

    /* A terminal that is stopped, Ctrl-S, would keep us for ever. */
    if (!relay.lost && poll(&room, 1, 0) > 0)
        tell("%s: %s", goal, strerror(error));
    relay.lost = true;
}

static void tell_loss_of(int fd, bool is_input, int error)
{
    char goal[64];

    snprintf(goal, sizeof(goal), "%s descriptor %d for the payload",
             is_input ? "read" : "write", fd);
    tell_loss(goal, error);
}

/* End the relay of descriptor FD where it is at its end. Closing our end of
 * its pipe tells the payload. */
static void look_at_stream(const struct sandbox *box, int fd)
{
    struct flow *flow = &relay.flows[STREAMS + fd];
    bool is_input = box->own[fd].is_input;

    if (flow->to < 0 ||
        (flow->error == 0 && (!flow->at_end || flow->have > 0)))
        return;
    /* Whoever was at the other end has left: that is no loss. */
    if (flow->error != 0 && flow->error != EPIPE && flow->error != ECONNRESET)
        tell_loss_of(fd, is_input, flow->error);
    close(is_input ? flow->to : flow->from);
    if (flow->kind == FROM_FILE) /* is given back at the very end */
        flow->to = -1;
    else
        stop_flow(flow);
}

/* --explain-refusals: something has happened at the filter's listener, or
 * stderr has room again. While it has none the call waits, and not we: no
 * signal would reach us. */
static void look_at_refusals(const struct sandbox *box, int events)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (!relay.no_room && (events & POLLIN) == 0) { /* all who have it died */
        close(relay.listener);
        relay.listener = -1;
        return;
    }
    relay.no_room = poll(&room, 1, 0) == 0;
    if (relay.no_room || (events & POLLIN) == 0)
        return;
    /* What the payload has printed before the call comes before it. */
    for (int i = 0; i < ENOUGH_TURNS; i++)
        if (run_flows(relay.flows + SCREEN, N_FLOWS - SCREEN, NULL, 0, 0) <=
            0)
            break;
    box->on_refusal(relay.listener, relay.only_64_bit);
}

bool relay_once(struct sandbox *box, int signals, int timeout)
{
    struct pollfd others[] = {
        [SIGNALS] = {.fd = signals, .events = POLLIN},
        [PROCESS_1] = {.fd = relay.awaited ? box->channel[LAUNCHER] : -1,
                       .events = POLLIN},
        [OUTER] = {.fd = -1},
        [FILTER] = {.fd = relay.listener, .events = POLLIN},
    };

    if (relay.no_room)
        others[FILTER] =
            (struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT};

    if (box->pty[MASTER] >= 0) {
        timeout = watch_foreground(box, timeout);
        others[OUTER].fd = relay.outer; /* for its end: events is 0 */
    }
    run_flows(relay.flows, N_FLOWS, others, N_OTHERS, timeout);
    if (others[PROCESS_1].revents != 0)
        hear_process_1(box);
    if (others[OUTER].revents != 0)
        hang_up(box);
    else
        look_at_keys(box);
    if (others[FILTER].revents != 0)
        look_at_refusals(box, others[FILTER].revents);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        look_at_stream(box, fd);
    return others[SIGNALS].revents != 0;
}

/* Stop to copy to the payload. A file is left where it has stopped to read.
 */
static void finish_input(const struct sandbox *box, int fd)
{
    struct flow *flow = &relay.flows[STREAMS + fd];

    if (!box->own[fd].is_input)
        return;
    if (flow->kind == FROM_FILE && give_back(flow) < 0)
        tell_loss("give back what the payload did not read", errno);
    stop_flow(flow);
}

/* Has a signal come that tells us to end? One that cannot be read is not
 * waited for any more. Those of job control have nobody else to go to. */
static bool told_to_end(const struct sandbox *box, struct pollfd *signals)
{
    struct signalfd_siginfo info;

    if (signals->revents == 0)
        return false;
    if (read(signals->fd, &info, sizeof(info)) != sizeof(info)) {
        signals->fd = -1;
        return false;
    }
    if (info.ssi_signo == SIGTSTP) {
        restore_terminal();
        raise(SIGSTOP);
    }
    if (info.ssi_signo == SIGTSTP || info.ssi_signo == SIGCONT)
        resume_terminal(box);
    return info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT ||
           info.ssi_signo == SIGHUP || info.ssi_signo == SIGQUIT;
}

/* How long to wait, for poll(2), until what was read can be written: for
 * ever, but only a second when the end is by force; 0 if nothing waits. */
static int time_to_drain(const struct sandbox *box)
{
    int timeout = 0;

    for (int i = SCREEN; i < N_FLOWS; i++)
        if (relay.flows[i].have > 0 && relay.flows[i].error == 0)
            timeout = box->end_by > 0 ? PATIENCE_MS : -1;
    return timeout;
}

/* Copy what the payload has left behind in its pipes and in its terminal,
 * until they are empty: not to the end of file, for somebody out here may
 * have one open. Returns 0, or the errno that tells why some of it stays. */
static int drain(const struct sandbox *box, int signals)
{
    struct pollfd other = {.fd = signals, .events = POLLIN};
    bool told = false; /* then copy what can be copied without waiting */

    for (;;) {
        int timeout = told ? 0 : time_to_drain(box);

        if (timeout != 0 && !relay.draining) {
            relay.draining = true; /* Ctrl-C and Ctrl-Z are for us now */
            resume_terminal(box);
        }
        int ready = run_flows(relay.flows, N_FLOWS, &other, 1, timeout);

        if (ready < 0 && errno != EINTR)
            return errno;
        if (ready == 0)
            return time_to_drain(box) == 0 ? 0 : told ? EINTR : ETIMEDOUT;
        told = told_to_end(box, &other) || told;
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            look_at_stream(box, fd);
    }
}

bool finish_relay(struct sandbox *box, int signals)
{
    const struct flow *screen = &relay.flows[SCREEN];

    if (relay.awaited)
        hear_process_1(box);
    keep_unread_keys(box);
    stop_flow(&relay.flows[KEYS]);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        finish_input(box, fd);
    int error = drain(box, signals);
    restore_terminal();
    type_for_caller();
    if (screen->error != 0)
        error = screen->error;
    /* EIO: the terminal has hung up, see vhangup(2). ETIMEDOUT: nobody reads
     * it, and whoever ends a sandbox by force does not wait for the rest. */
    if (error != 0 && error != EIO && error != ETIMEDOUT)
        tell_loss("copy what the payload printed", error);
    return !relay.lost;
}
