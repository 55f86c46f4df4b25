/* SPDX-License-Identifier: MIT
 *
 * What only step 4 has. Same contract as in common.h: 0, or -1 with errno
 * set, or LEFT_OUT, or NOTHING_TO_DO; nothing is printed. The order of the
 * calls is that of os_isolate.c: from give_up_privileges() on, each of them
 * takes away what the ones before it needed.
 */
#ifndef HARDEN_H
#define HARDEN_H

#include "common.h"

/* The layers, for --without: to show what each of them is for. layers.c has
 * their names, in this order. */
enum layer {
    LAYER_NAMESPACES = 1 << 0, /* UTS, IPC, cgroup and time */
    LAYER_MASKS = 1 << 1,
    LAYER_USERS = 1 << 2,
    LAYER_PRIVILEGES = 1 << 3, /* no_new_privs, nosuid, nodev */
    LAYER_CAPABILITIES = 1 << 4,
    LAYER_FILTER = 1 << 5,
};

/* layers.c: note in box->left_out what --without has named, and warn of it;
 * and tell_refusals(). A name that is none, or --explain-refusals without the
 * layer that refuses, is told, and ends the program with EXIT_OWN_FAILURE.
 * Called by the launcher, first of all after parse_options(). */
void choose_layers(struct sandbox *box);

/* layers.c: true if --without left LAYER out. */
bool left_out(const struct sandbox *box, enum layer layer);

/* users.c: make a user namespace that maps 0-65535 to ids that on the host
 * are root's to hand out, or nobody's; sets box->users and box->first_id. All
 * of its users together have 2,048 processes at most, from Linux 5.14 on.
 * Called by the launcher, before open_streams(). Returns LEFT_OUT, and
 * NOTHING_TO_DO for an ordinary user, too. Errors: those of clone(2),
 * setresuid(2) and unshare(2), and of opening and writing files of /proc/PID.
 * See user_namespaces(7). */
int make_users(struct sandbox *box);

/* layers.c: those of the namespaces FLAGS, CLONE_NEW* bits, that are left:
 * less UTS, IPC and cgroup if that layer was left out. */
int wanted_namespaces(const struct sandbox *box, int flags);

/* hide.c: take a host and domain name of its own. See sethostname(2). */
int name_host(const struct sandbox *box);

/* clocks.c: begin its clocks at zero, in a time namespace, if that has not
 * been done. Called by the launcher after make_users() and before
 * spawn_isolated(), where root may; and inside, with /proc, for an ordinary
 * user, who may there. Returns NOTHING_TO_DO, too, also where the kernel, or
 * the container around us, keeps them the host's. Errors: those of
 * unshare(2), and of writing to /proc/self/timens_offsets. See
 * time_namespaces(7). */
int start_clocks(struct sandbox *box);

/* hide.c: let every user of the sandbox bind low ports and ping, by the net
 * namespace's own switches in /proc/sys. Call before mask_proc(), which makes
 * them read-only. See ip(7), icmp(7). */
int free_ports_and_ping(const struct sandbox *box);

/* hide.c: restrict /proc to processes and what common programs read besides;
 * make /proc/sys read-only. Needs /proc and /dev, and that the host's tree is
 * still there: call before leave_host(). See proc(5), mount(2). */
int mask_proc(const struct sandbox *box);

/* privileges.c: after this no execve(2), not even of a set-user-ID file,
 * gives more than the caller has (PR_SET_NO_NEW_PRIVS(2const)); no file of
 * the image is treated as set-user-ID or as a device (MS_NOSUID, MS_NODEV;
 * /dev is a mount of its own); and no crash has the host run its program for
 * core dumps (RLIMIT_CORE, setrlimit(2); docs/limits.md has when it does). */
int give_up_privileges(const struct sandbox *box);

/* users.c: enter the user namespace, as its root, who has every capability
 * there; a user has 2,048 processes at most from now on. Call after
 * leave_host(): from here on nothing of the host's can be changed any more.
 * The filter refuses this call and all that was done before. Returns
 * LEFT_OUT, and NOTHING_TO_DO for an ordinary user, too. */
int join_users(const struct sandbox *box);

/* filter.c: load the system-call filter that tools/policy made from
 * policy.txt and arguments.txt; the half for 32-bit programs only where the
 * image holds some, else their calls answer ENOSYS. Without no_new_privs
 * (--without privileges) that takes CAP_SYS_ADMIN, so call it before
 * drop_capabilities(), whose calls the filter allows. See seccomp(2). */
int load_filter(struct sandbox *box);

/* filter.c: from now on the launcher can tell of each call that the filter
 * refuses, and of the reason, if the user asked for that
 * (--explain-refusals). Called by choose_layers(). */
void tell_refusals(struct sandbox *box);

/* privileges.c: keep seven capabilities, the ones that act only on the
 * sandbox's own files and processes; drop the rest from all five sets. After
 * join_users(), which gives all of them anew. See capabilities(7). */
int drop_capabilities(const struct sandbox *box);

#endif
