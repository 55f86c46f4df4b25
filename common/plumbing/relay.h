/* SPDX-License-Identifier: MIT
 *
 * The launcher's relay: its state, all of it, and what relay.c asks of
 * terminal.c. What others call is in streams.h.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <termios.h>

#include "common.h"
#include "plumbing/flow.h"

/* Of the two terminals, and of the pipes in place of descriptors 0-2. */
enum { KEYS, SCREEN, STREAMS, N_FLOWS = STREAMS + 3 };

enum { PATIENCE_MS = 1000 }; /* for a terminal that takes no more */

extern struct relay {
    struct flow flows[N_FLOWS];
    bool lost;             /* some of what was to be copied; it was told */
    int outer;             /* the caller's terminal, or -1 */
    struct termios before; /* its modes */
    bool raw;              /* we have changed them */
    bool behind;           /* in the background, when we last looked */
    bool awaited;          /* a pty is to come, or the payload to begin */
    bool draining;         /* the payload is gone, and some of it to write */
    int listener;          /* of step 4's filter, which asks; or -1 */
    bool only_64_bit;      /* it is the one without 32-bit programs' calls */
    bool no_room;          /* stderr takes no more at the moment */
    double first_escape;   /* when that key was typed, and how often since */
    int escapes;
    char early[FLOW_SIZE]; /* what was typed before the payload began */
    size_t n_early; /* how much that is; 0: none, or do not give back */
    size_t n_keys;  /* bytes of what was typed that we have read */
} relay;

/* Process 1 has sent its pty: connect it with the caller's terminal. Or its
 * filter's listener (--explain-refusals): ask there from now on. Or it
 * has become the payload, and is gone from its socket: from then on the keys
 * are the payload's. Dies if that fails. */
void hear_process_1(struct sandbox *box);

/* Decide whether what is typed is ours to read now, and set KEYS so. Returns
 * TIMEOUT, or less, to look again in time. */
int watch_foreground(struct sandbox *box, int timeout);

/* After a turn: Ctrl-] three times, Ctrl-D for the end of file. */
void look_at_keys(struct sandbox *box);

/* At the end: what was typed, or pasted, before the payload began, and whole
 * lines of which it has not read. Call before the flows are stopped, and
 * type_for_caller() when the terminal is restored: it gives them back to the
 * caller's shell, if the kernel lets us. See TIOCSTI in ioctl_tty(2). */
void keep_unread_keys(const struct sandbox *box);
void type_for_caller(void);

/* The caller's terminal is gone. So is the payload's then: SIGHUP. */
void hang_up(struct sandbox *box);

#endif
