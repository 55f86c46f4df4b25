/* SPDX-License-Identifier: MIT
 *
 * --explain-refusals: the kernel asks the launcher what to answer to each
 * call that the policy refuses. The launcher tells of it, and answers what
 * the policy says. See seccomp_unotify(2).
 *
 * Why so? SECCOMP_RET_LOG lets a call through. With ptrace(2) no debugger
 * would work inside. This leaves the payload its answers, and its debuggers;
 * only a second such listener, of its own, it cannot have (EBUSY).
 */
#ifndef REFUSED_H
#define REFUSED_H

#include "common.h"

/* In place of the filter, load its twin that asks, and send the listener to
 * the launcher. Called by process 1, from load_filter(), which has set
 * box->only_64_bit. Errors: those of seccomp(2), EINVAL before Linux 5.0, and
 * of sendmsg(2). */
int load_telling_filter(const struct sandbox *box);

/* A call waits at LISTENER: tell of it, and answer. ONLY_64_BIT is process
 * 1's. Called by the launcher, after poll(2) has told of the call: else it
 * waits for one. Does nothing if who made the call has died since. */
void tell_refused_call(int listener, bool only_64_bit);

#endif
