/* SPDX-License-Identifier: MIT
 *
 * What the four steps share: mechanism here, policy in stepN_x/os_isolate.c.
 *
 * A step's main() calls, in this order,
 *     parse_options()     command line -> struct sandbox
 *     open_streams()      pipes, from step 3 on; step 4: before, make_users()
 *     spawn_isolated()    clone(2) into new namespaces; there child() runs:
 *         the step's own list of helpers, each inside must()
 *         exec_payload()  becomes the program that the user asked for
 *     wait_for_payload()  passes signals on, returns the exit status
 *
 * Contract of every helper that returns int: 0, or -1 with errno set; those
 * that may also return LEFT_OUT or NOTHING_TO_DO say so. It prints nothing
 * and ends nothing: that is for must(), exec_payload() and
 * wait_for_payload(). It undoes nothing either: all that it made belongs to
 * the child's namespaces and vanishes with them.
 *
 * The files follow in the order in which to read them. You may pass over
 * plumbing/, whose other functions are in plumbing/plumbing.h.
 */
#ifndef COMMON_H
#define COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "plumbing/plumbing.h"

/* Exit statuses of our own, those of env(1) and docker-run(1). */
enum {
    EXIT_OWN_FAILURE = 125,
    EXIT_CANNOT_RUN = 126,
    EXIT_NOT_FOUND = 127,
    EXIT_SIGNAL_BASE = 128, /* + number of the signal that ended it */
};

/* What a helper returns, instead of 0, whose layer was left out, or for which
 * there was nothing to do (by nothing_to_do()); must() tells of it. */
enum { LEFT_OUT = 1, NOTHING_TO_DO = 2 };

/* The ends of the channel between launcher and process 1, a socket pair, by
 * who holds them. At end of file the other is gone. */
enum { CHILD, LAUNCHER };

/* One sandbox, from command line to exit status. clone(2) copies it: from
 * then on the launcher and process 1 have one each, and what one of them
 * fills in the other does not see. */
struct sandbox {
    /* In the launcher, before clone(2): both have it. */

    /* By parse_options(). */
    bool explain;        /* --explain */
    bool pauses;         /* --pause: process 1, after each goal */
    bool tells_refusals; /* --explain-refusals */
    const char *program; /* path, or a name to look up in PATH inside */
    char **argv;         /* argv[0] is the program; ends with NULL */
    const char *rootfs;  /* directory that becomes / (steps 3 and 4) */
    struct bind binds[MAX_BINDS];
    int n_binds;
    const char *without[MAX_WITHOUT]; /* --without: names of layers */
    int n_without;

    /* By open_streams(). */
    struct stream own[3]; /* what becomes of descriptors 0-2 */

    /* By choose_layers(). */
    unsigned left_out; /* bits of the layers; only step 4 has some */

    /* By make_users(). */
    int users;           /* user namespace, or -1 if the host's is kept */
    unsigned first_id;   /* the id on the host of root inside; else 0 */
    const char *instead; /* what messages suggest if users are the problem */

    /* By tell_refusals(): called by the launcher, for each refused call. */
    void (*on_refusal)(int listener, bool only_64_bit);

    /* By start_clocks(). */
    bool clocks; /* it has made a time namespace */

    /* By spawn_isolated(). */
    int (*child)(void *); /* the step's list of things to do */
    bool rootless;        /* the caller is an ordinary user */
    bool waits;           /* process 1, for the launcher's "go" */
    int channel[2];       /* each closes the other's end */
    int terminal;         /* controlling terminal, or -1 */
    pid_t foreground;     /* process group that had it, or -1 */
    pid_t group;          /* the launcher's own */

    /* In the launcher, after clone(2). */
    pid_t pid;     /* process 1 of the sandbox, seen from here */
    double end_by; /* when to end all by force, on seconds()' clock; or 0 */

    /* In process 1. */
    int host_dev;     /* the host's /dev, opened by enter_root() */
    bool only_64_bit; /* load_filter() refuses what 32-bit programs call */

    /* In both: process 1 opens it, and sends it to the launcher. */
    int pty[2]; /* the payload's terminal, master and slave, or -1 */
};

/* ---- plumbing/options.c: in the launcher ----------------------------- */

/* Fill in BOX from the command line; STEP (1-4) selects which options there
 * are. Handles --help and --version. A usage error is told on stderr and ends
 * the program with EXIT_OWN_FAILURE. See getopt_long(3). */
void parse_options(struct sandbox *box, int argc, char **argv, int step);

/* ---- plumbing/message.c: in both ------------------------------------- */

/* Go on if RESULT is not -1, else die:
 * "os_isolate: GOAL: reason". */
void must(int result, const char *goal, ...)
    __attribute__((format(printf, 2, 3)));

/* Print "os_isolate: MESSAGE" on stderr, as one write(2). */
void tell(const char *message, ...) __attribute__((format(printf, 1, 2)));

/* Print the message, then errno's text unless it is 0, then the advice that
 * fail_with() left, and end the process with STATUS by _exit(2): a child must
 * not flush stdio buffers that it shares with its parent. */
_Noreturn void die(int status, const char *message, ...)
    __attribute__((format(printf, 2, 3)));

/* Set errno to ERROR, keep ADVICE (what to do about it) for die(), return
 * -1. For helpers that know more than errno can say. */
int fail_with(int error, const char *advice, ...)
    __attribute__((format(printf, 2, 3)));

/* Return NOTHING_TO_DO, keep REASON for must(). */
int nothing_to_do(const char *reason);

/* close(2) that leaves errno as it is, for the way out of a helper. */
void close_quietly(int fd);

/* ---- launch.c, wait.c: in the launcher ------------------------------- */

/* Start CHILD(box) as process 1 of new namespaces; FLAGS are clone(2)'s
 * CLONE_NEW* bits, CLONE_NEWPID among them, but not CLONE_NEWTIME, which lies
 * in the byte of the exit signal (EINVAL); for an ordinary user it adds
 * CLONE_NEWUSER. Sets box->pid. From here on signals are blocked, and
 * wait_for_payload() handles them. Errors: those of clone(2), socketpair(2)
 * and mmap(2). See pid_namespaces(7). */
int spawn_isolated(struct sandbox *box, int (*child)(void *), int flags);

/* Wait until the payload has ended, and the last byte of its output is out;
 * meanwhile pass TERM, HUP, INT, QUIT, USR1 and USR2 on to it, and stop and
 * continue with it. A second TERM, INT or HUP within two seconds kills
 * everybody inside, since process 1 ignores what it does not handle; so does,
 * two seconds later, the end of the terminal. What cannot be killed is named,
 * with EXIT_OWN_FAILURE. Returns the exit status for main(): the payload's
 * own, EXIT_SIGNAL_BASE + N when signal N ended it, or EXIT_OWN_FAILURE where
 * input or output was lost, which was told. */
int wait_for_payload(struct sandbox *box);

/* ---- mounts.c: in process 1 ------------------------------------------ */

/* Give the caller a mount table of its own, a copy of the host's. What it
 * mounts from now on nobody else sees. Errors: those of unshare(2) and
 * mount(2). See mount_namespaces(7). */
int copy_mount_table(void);

/* Cut the caller's mount table off from all others, both ways. Needed right
 * after CLONE_NEWNS: where / is a shared mount, as under systemd, new mounts
 * travel back to the host otherwise. */
int make_mounts_private(void);

/* Mount a procfs on /proc. It shows the PID namespace of the caller.
 * See proc(5). */
int mount_proc(void);

/* Mount a read-only sysfs on /sys. Its class/net shows the net namespace of
 * the caller. See sysfs(5). */
int mount_sys(void);

/* Mount a small /dev: the six harmless character devices, a devpts of its
 * own, shm, and the usual links. Follows the list in the OCI runtime
 * specification, config-linux.md, "Default Devices". See devpts in mount(8).
 */
int mount_dev(const struct sandbox *box);

/* ---- loopback.c: in process 1 ---------------------------------------- */

/* Set the interface lo of this net namespace UP, as `ip link set lo up`
 * does; the kernel then adds 127.0.0.1 and ::1. See netdevice(7). */
int raise_loopback(void);

/* ---- root.c: in process 1 -------------------------------------------- */

/* Set the umask to 022, make the mount table private, then a writable view of
 * the directory box->rootfs the caller's /, with box->binds in it. Writes go
 * to a tmpfs; the directory stays as it is. Needs a mount namespace of its
 * own. The host's tree stays mounted until leave_host(), on top of the new
 * root, where no absolute path leads.
 * Errors: those of mount(2) and pivot_root(2); EBUSY if rootfs is the host's
 * own root. */
int enter_root(struct sandbox *box);

/* Drop what the caller still holds of the host: the old root, descriptors
 * above 2 (but box->channel[CHILD] and users, which close at exec),
 * environment variables but TERM (PATH and HOME are set anew), supplementary
 * groups (an ordinary user keeps them), working directory. Needs /proc. */
int leave_host(const struct sandbox *box);

/* ---- plumbing/streams.c: in the launcher ----------------------------- */

/* Decide what takes the place of descriptors 0-2, and make the pipes among
 * them; sets box->own. Whoever has no number in box->users may open the pipes
 * by name, in their direction. Called by the launcher, before
 * spawn_isolated(). EISDIR if one of them is a directory: a way to the host;
 * EINVAL if one has no bytes to read or write; EBADF if it was opened with
 * O_PATH. See pipe(2). */
int open_streams(struct sandbox *box);

/* ---- plumbing/inside.c: in process 1 --------------------------------- */

/* Become the leader of a new session, and put in place of descriptors 0-2
 * what open_streams() has decided. For a terminal, open one of the sandbox's
 * own, of the same size and modes, and send it to the launcher. Needs /dev.
 * Returns 0, or -1 with errno set. See setsid(2), pty(7). */
int take_streams(struct sandbox *box);

/* ---- exec.c: in process 1 -------------------------------------------- */

/* Become the payload. Last of all: asks the kernel for SIGKILL when the
 * launcher dies (a later change of credentials would clear that), leaves the
 * caller's process group unless it is to use the terminal (steps 1 and 2;
 * from step 3 on take_streams() has left it), resets signals, sets the
 * personality of a 32-bit image, looks the program up in PATH and executes
 * it. Does not return: a failure is told on stderr and ends with
 * EXIT_NOT_FOUND, EXIT_CANNOT_RUN or EXIT_OWN_FAILURE. See execve(2),
 * PR_SET_PDEATHSIG(2const). */
_Noreturn void exec_payload(struct sandbox *box);

/* ---- rootless.c: in the launcher ------------------------------------- */

/* Where the caller is an ordinary user: map this user alone to root of the
 * user namespace that process PID was started in. */
int map_caller(pid_t pid);

/* Write TEXT to the file PATH, which must exist, by one write(2). Also called
 * by process 1. */
int write_file(const char *path, const char *text);

/* The ids from 0 of the user namespace that process PID is in are those from
 * FIRST, COUNT of them, out here. NAME is uid_map or gid_map. Errors: those
 * of open(2) and write(2), see user_namespaces(7). */
int write_map(pid_t pid, const char *name, unsigned first, int count);

/* From here on system calls are told, if --explain was asked for. */
#include "plumbing/calls.h"

#endif
