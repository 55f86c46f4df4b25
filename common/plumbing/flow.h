/* SPDX-License-Identifier: MIT
 *
 * Bytes on their way from one descriptor to another. Used by relay.c, in the
 * launcher; knows nothing of sandboxes.
 */
#ifndef FLOW_H
#define FLOW_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { FLOW_SIZE = 4096 };

struct flow {
    /* A file never makes one wait. So what is read can be written at once, or
     * given back by lseek(2), in big pieces, and by a buffer that all share.
     * All else has one of its own, for what the other side does not take yet.
     * UNTRIED may be a file: its first bytes tell which of the two it is.
     * DATAGRAMS come whole or not at all, and may be empty.
     */
    enum { BUFFERED, UNTRIED, FROM_FILE, TO_FILE, DATAGRAMS } kind;
    char *data; /* SIZE bytes, for what is not for certain a file */
    size_t size;
    int from, to; /* descriptors; -1: there is none, and nothing to do */
    int watched;  /* the same file as FROM, for poll(2); -1: FROM itself */
    int reader;   /* of the pipe TO, for give_back(), or -1 */
    struct flow *source; /* TO_FILE: what reads with the same offset, or NULL;
                          * its reader must not wait */
    size_t have;         /* bytes in data: read, and not written yet */
    char last;   /* the byte that was written last; '\0' before the first */
    ssize_t got; /* what the last turn has read; they are data's last */
    bool at_end; /* FROM is at its end of file */
    int error;   /* the errno with which FROM or TO failed, or 0 */
    long long sent; /* bytes written, of FROM_FILE */
};

/* From now on FLOW is between no descriptors, and empty. */
void stop_flow(struct flow *flow);

/* Wait until one of the N FLOWS can go on, or something happens to one of the
 * N_OTHERS descriptors in OTHERS, TIMEOUT milliseconds at most (-1: without a
 * limit); then let each flow that can read and write once, and set the
 * revents of OTHERS. Sets got, at_end and error of each flow: a short read or
 * write is no error, nor are EAGAIN and EINTR. But what TO_FILE does not take
 * at once is an error: it is lost. So is a datagram that is larger than SIZE,
 * EMSGSIZE. Returns how many descriptors
 * were ready, or -1 with errno of poll(2). N + N_OTHERS is at most 10. */
int run_flows(struct flow *flows, int n, struct pollfd *others, int n_others,
              int timeout);

/* Of a flow FROM_FILE to a pipe: set the file's offset back by what is still
 * in the pipe, as its reader sees. Returns 0, or -1 with errno of ioctl(2) or
 * lseek(2). */
int give_back(const struct flow *flow);

/* Are the descriptors A and B one open file, as after 1>&0? Then a step of
 * one is a step of the other. See open(2), "open file description". */
bool share_offset(int a, int b);

#endif
