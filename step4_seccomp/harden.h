/* SPDX-License-Identifier: MIT
 *
 * What only step 4 has. Same contract as in common.h: 0, or -1 with errno
 * set, or LEFT_OUT; nothing is printed. Call in the order of this file: each
 * of them takes away what the ones before it needed. join_users() of common.h
 * comes after give_up_privileges(); the filters refuse it and all that was
 * done before, so they come next.
 */
#ifndef HARDEN_H
#define HARDEN_H

#include "common.h"

/* hide.c: take a host and domain name of its own. See sethostname(2). */
int name_host(const struct sandbox *box);

/* hide.c: let every user of the sandbox bind low ports and ping, by the net
 * namespace's own switches in /proc/sys. Call before mask_proc(), which makes
 * them read-only. See ip(7), icmp(7). */
int free_ports_and_ping(const struct sandbox *box);

/* hide.c: restrict /proc to processes and what common programs read besides;
 * make /proc/sys read-only. Needs /proc and /dev, and that the host's tree is
 * still there: call before leave_host(). See proc(5), mount(2). */
int mask_proc(const struct sandbox *box);

/* privileges.c: after this no execve(2), not even of a set-user-ID file,
 * gives more than the caller has (PR_SET_NO_NEW_PRIVS(2const)), and no file
 * of the image is treated as set-user-ID or as a device (MS_NOSUID, MS_NODEV;
 * /dev is a mount of its own). */
int give_up_privileges(const struct sandbox *box);

/* filter.c: load the two system-call filters that compile_policy.c made from
 * policy.txt. Without no_new_privs (--without privileges) that takes
 * CAP_SYS_ADMIN, so call it before drop_capabilities(), whose calls the
 * filters allow. See seccomp(2). */
int load_filters(const struct sandbox *box);

/* privileges.c: keep seven capabilities, the ones that act only on the
 * sandbox's own files and processes; drop the rest from all five sets. After
 * join_users(), which gives all of them anew. See capabilities(7). */
int drop_capabilities(const struct sandbox *box);

#endif
