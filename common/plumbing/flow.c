/* SPDX-License-Identifier: MIT
 *
 * The relay's buffers: read what there is, write what can be written, wait
 * for neither.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plumbing/flow.h"

enum { MAX_DESCRIPTORS = 2 * 10 };

/* What is copied from a file or to one; empty again after each turn. */
static char block[64 * 1024];

void stop_flow(struct flow *flow)
{
    *flow = (struct flow){.data = flow->data,
                          .size = flow->size,
                          .from = -1,
                          .to = -1,
                          .watched = -1,
                          .reader = -1};
}

/* Note why FLOW cannot go on, unless that is over soon. */
static void note_error(struct flow *flow)
{
    if (errno != EAGAIN && errno != EINTR)
        flow->error = errno;
}

/* As read(2) and write(2), but a socket never waits, whatever its flags. */
static ssize_t get(int fd, char *data, size_t size)
{
    ssize_t n = recv(fd, data, size, MSG_DONTWAIT);

    return n < 0 && errno == ENOTSOCK ? read(fd, data, size) : n;
}

static ssize_t put(int fd, const char *data, size_t size)
{
    ssize_t n = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

    return n < 0 && errno == ENOTSOCK ? write(fd, data, size) : n;
}

/* Read more into FLOW. */
static void fill(struct flow *flow)
{
    ssize_t n =
        get(flow->from, flow->data + flow->have, flow->size - flow->have);

    flow->at_end = n == 0;
    if (n < 0) {
        note_error(flow);
    } else {
        flow->got = n;
        flow->have += (size_t)n;
    }
}

/* Has the other side shut SOCKET down, and all that it sent is read? */
static bool is_shut(int socket)
{
    struct pollfd end = {.fd = socket, .events = POLLRDHUP};
    int waiting = 0;

    return poll(&end, 1, 0) > 0 &&
           (end.revents & (POLLRDHUP | POLLHUP)) != 0 &&
           ioctl(socket, FIONREAD, &waiting) == 0 && waiting == 0;
}

/* An empty one is not the end; and EAGAIN may be, though poll(2) said that
 * there is something. */
static void fill_with_datagram(struct flow *flow)
{
    ssize_t n = recv(flow->from, flow->data, flow->size,
                     MSG_DONTWAIT | MSG_TRUNC); /* its whole length */

    if (n < 0)
        note_error(flow);
    else if ((size_t)n > flow->size)
        flow->error = EMSGSIZE;
    else
        flow->have = (size_t)n;
    flow->at_end = n <= 0 && flow->error == 0 && is_shut(flow->from);
}

/* Write what is in FLOW. */
static void empty(struct flow *flow)
{
    ssize_t n = put(flow->to, flow->data, flow->have);

    if (n < 0) {
        note_error(flow);
    } else {
        if (n > 0)
            flow->last = flow->data[n - 1];
        flow->have -= (size_t)n;
        memmove(flow->data, flow->data + n, flow->have);
    }
}

/* Move the offset of what FLOW reads. Returns where it is, or -1 if there is
 * none; any other failure is noted. */
static off_t seek(struct flow *flow, off_t by)
{
    off_t at = lseek(flow->from, by, SEEK_CUR);

    if (at < 0 && errno != ESPIPE)
        flow->error = errno;
    return at;
}

/* Read for the first time. Does that move the offset? Then it is a file. Not
 * so /proc/kmsg, which is one by its type, but makes one wait and gives
 * nothing back: of such, nothing is kept, nor a reader for it. */
static void try_file(struct flow *flow)
{
    off_t before = seek(flow, 0);

    if (flow->error == 0)
        fill(flow);
    if (flow->error != 0 || (flow->have == 0 && !flow->at_end))
        return;
    off_t n = (off_t)flow->have;
    if (before >= 0 && seek(flow, 0) == before + n &&
        seek(flow, -n) == before) {
        flow->kind = FROM_FILE;
        flow->have = 0;
        return;
    }
    if (flow->error != 0)
        return;
    flow->kind = BUFFERED;
    close(flow->reader);
    flow->reader = -1;
}

/* Read about as much as the pipe has room for, and give back what it did not
 * take all the same. */
static void copy_from_file(struct flow *flow)
{
    int pending = 0;

    ioctl(flow->to, FIONREAD, &pending);
    size_t room = pending >= (int)sizeof(block) - FLOW_SIZE
                      ? FLOW_SIZE
                      : sizeof(block) - (size_t)pending;
    ssize_t n = read(flow->from, block, room);
    flow->at_end = n == 0;
    if (n <= 0) {
        if (n < 0)
            note_error(flow);
        return;
    }
    ssize_t taken = write(flow->to, block, (size_t)n);
    if (taken < 0) {
        note_error(flow);
        taken = 0;
    }
    flow->sent += taken;
    if (taken < n && lseek(flow->from, taken - n, SEEK_CUR) < 0)
        flow->error = errno;
}

/* How much of the file is in the pipe, or -1. The payload can write into its
 * own pipe: that was never read. */
static off_t unread(const struct flow *flow)
{
    int left;

    if (ioctl(flow->reader, FIONREAD, &left) < 0)
        return -1;
    return left < flow->sent ? left : (off_t)flow->sent;
}

/* Write N bytes of the block. Returns how many. */
static ssize_t write_block(struct flow *flow, ssize_t n)
{
    ssize_t done = 0;

    while (done < n) {
        ssize_t taken = write(flow->to, block + done, (size_t)(n - done));
        if (taken >= 0) {
            done += taken;
        } else if (errno != EINTR) {
            flow->error = errno;
            break;
        }
    }
    return done;
}

/* The payload writes where it has stopped to read; what of the file it has
 * written over it does not read any more. */
static void write_where_reading_stopped(struct flow *flow, ssize_t n)
{
    off_t ahead = unread(flow->source);

    if (ahead <= 0 || lseek(flow->to, -ahead, SEEK_CUR) < 0) {
        write_block(flow, n);
        return;
    }
    ssize_t over = write_block(flow, n);
    over = read(flow->source->reader, block,
                (size_t)(over < ahead ? over : ahead));
    over = over < 0 ? 0 : over; /* it has read it meanwhile */
    flow->source->sent -= over;
    lseek(flow->to, ahead - over, SEEK_CUR);
}

static void copy_to_file(struct flow *flow)
{
    ssize_t n = read(flow->from, block, sizeof(block));

    flow->at_end = n == 0;
    if (n < 0)
        note_error(flow);
    else if (n > 0 && flow->source != NULL && flow->source->kind == FROM_FILE)
        write_where_reading_stopped(flow, n);
    else
        write_block(flow, n);
}

int give_back(const struct flow *flow)
{
    off_t back = unread(flow);

    if (back < 0)
        return -1;
    return back > 0 && lseek(flow->from, -back, SEEK_CUR) < 0 ? -1 : 0;
}

bool share_offset(int a, int b)
{
    off_t before = lseek(b, 0, SEEK_CUR);

    if (before < 0 || lseek(a, 1, SEEK_CUR) < 0)
        return false;
    bool shared = lseek(b, 0, SEEK_CUR) == before + 1;
    lseek(a, -1, SEEK_CUR);
    return shared;
}

/* What FLOW waits for. A descriptor that it does not wait for is not looked
 * at: poll(2) would tell of its hang-up again and again. */
static void set_up(const struct flow *flow, struct pollfd *in,
                   struct pollfd *out)
{
    bool reads = flow->kind == TO_FILE || flow->kind == UNTRIED ||
                 (flow->kind == BUFFERED && flow->have < flow->size) ||
                 (flow->kind == DATAGRAMS && flow->have == 0);
    bool writes = flow->kind == FROM_FILE ? !flow->at_end : flow->have > 0;

    *in = (struct pollfd){.fd = -1, .events = POLLIN};
    *out = (struct pollfd){.fd = -1, .events = POLLOUT};
    if (flow->error == 0 && reads && !flow->at_end)
        in->fd = flow->watched >= 0 ? flow->watched : flow->from;
    if (flow->error == 0 && writes)
        out->fd = flow->to;
}

/* Let FLOW go on where it is ready. */
static void advance(struct flow *flow, bool in, bool out)
{
    if (flow->kind == BUFFERED || flow->kind == DATAGRAMS) {
        if (out)
            empty(flow);
        if (in && flow->kind == DATAGRAMS)
            fill_with_datagram(flow);
        else if (in)
            fill(flow);
    } else if (flow->kind == UNTRIED && in) {
        try_file(flow);
    } else if (flow->kind == TO_FILE && in) {
        copy_to_file(flow);
    } else if (flow->kind == FROM_FILE && out) {
        copy_from_file(flow);
    }
}

int run_flows(struct flow *flows, int n, struct pollfd *others, int n_others,
              int timeout)
{
    struct pollfd fds[MAX_DESCRIPTORS];
    struct pollfd *end = fds + 2 * n;

    for (int i = 0; i < n; i++) {
        set_up(&flows[i], &fds[2 * i], &fds[2 * i + 1]);
        flows[i].got = 0;
    }
    for (int i = 0; i < n_others; i++)
        end[i] = others[i];
    int ready = poll(fds, (nfds_t)(2 * n + n_others), timeout);
    for (int i = 0; i < n_others; i++) /* poll(2) sets none if it fails */
        others[i].revents = ready < 0 ? 0 : end[i].revents;
    for (int i = 0; i < n && ready > 0; i++) {
        advance(&flows[i], fds[2 * i].revents != 0,
                fds[2 * i + 1].revents != 0);
    }
    return ready;
}
