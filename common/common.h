/* SPDX-License-Identifier: MIT
 *
 * What the four steps share: mechanism here, policy in stepN_x/os_isolate.c.
 *
 * A step's main() calls, in this order,
 *     parse_options()     command line -> struct sandbox
 *     spawn_isolated()    clone(2) into new namespaces; there child() runs:
 *         the step's own list of helpers, each inside must()
 *         exec_payload()  becomes the program that the user asked for
 *     wait_for_payload()  passes signals on, returns the exit status
 *
 * Contract of every helper that returns int: 0, or -1 with errno set. It
 * prints nothing, never exits, and undoes nothing: all that it made belongs
 * to the child's namespaces and vanishes with them.
 */
#ifndef COMMON_H
#define COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Exit statuses of our own, those of env(1) and docker-run(1). */
enum {
    EXIT_OWN_FAILURE = 125,
    EXIT_CANNOT_RUN = 126,
    EXIT_NOT_FOUND = 127,
    EXIT_SIGNAL_BASE = 128, /* + number of the signal that ended it */
};

/* PATH inside, the value that docker-run(1) sets. */
#define DEFAULT_PATH                                                         \
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* A file or directory of the host that the sandbox may read (--bind). */
struct bind {
    const char *source; /* path on the host */
    const char *target; /* absolute path inside */
    int fd;             /* the source, opened with O_PATH by enter_root() */
};

enum { MAX_BINDS = 32, MAX_BIND_DEPTH = 64 };

/* The layers of step 4, for --without: to show what each of them is for. */
enum layer {
    LAYER_NAMESPACES = 1 << 0, /* UTS, IPC and cgroup */
    LAYER_MASKS = 1 << 1,
    LAYER_USERS = 1 << 2,
    LAYER_PRIVILEGES = 1 << 3, /* no_new_privs, nosuid, nodev */
    LAYER_CAPABILITIES = 1 << 4,
    LAYER_FILTER = 1 << 5,
};

/* What a helper returns, instead of 0, whose layer was left out, or for which
 * there was nothing to do; must() tells of it. */
enum { LEFT_OUT = 1, NOTHING_TO_DO = 2 };

/* One sandbox, from command line to exit status. */
struct sandbox {
    /* Filled in by parse_options(). */
    bool explain;        /* --explain */
    const char *program; /* path, or a name to look up in PATH inside */
    char **argv;         /* argv[0] is the program; ends with NULL */
    const char *rootfs;  /* directory that becomes / (steps 3 and 4) */
    struct bind binds[MAX_BINDS];
    int n_binds;
    unsigned without; /* of enum layer */

    /* Filled in by make_users(). */
    int users;              /* user namespace, or -1 if the host's is kept */
    unsigned first_id;      /* the id on the host of root inside; else 0 */
    struct stat streams[3]; /* of descriptors 0-2: the pipes' owners */

    /* Filled in by spawn_isolated(). */
    int (*child)(void *); /* the step's list of things to do */
    pid_t pid;            /* process 1 of the sandbox, seen from here */
    bool rootless;        /* the caller is an ordinary user */
    bool waits;           /* process 1, for the launcher's "go" */
    int launcher[2];      /* sockets; at end of file the launcher is gone */
    int terminal;         /* controlling terminal, or -1 */
    pid_t foreground;     /* process group that had it, or -1 */
    pid_t group;          /* the launcher's own */

    /* Filled in by wait_for_payload(). */
    double end_by; /* when to end all by force, on seconds()' clock; or 0 */

    /* Filled in inside. */
    int host_dev; /* the host's /dev, opened by enter_root() */
    int pty[2];   /* the payload's terminal, master and slave, or -1 */
};

/* ---- options.c ------------------------------------------------------- */

/* Fill in BOX from the command line; STEP (1-4) selects which options there
 * are. Handles --help and --version. A usage error is told on stderr and ends
 * the program with EXIT_OWN_FAILURE. See getopt_long(3). */
void parse_options(struct sandbox *box, int argc, char **argv, int step);

/* True if --without left LAYER out. */
bool left_out(const struct sandbox *box, enum layer layer);

/* ---- users.c --------------------------------------------------------- */

/* Make a user namespace that maps 0-65535 to ids that on the host are root's
 * to hand out, or nobody's; sets box->users and box->first_id. Call before
 * spawn_isolated(). Errors: those of clone(2), and of opening and writing
 * files of /proc/PID. See user_namespaces(7). */
int make_users(struct sandbox *box);

/* Enter it, as its root, who has every capability there. Call after
 * leave_host(): from here on nothing of the host's can be changed any more.
 */
int join_users(const struct sandbox *box);

/* join_users() makes the sandbox's root the owner of the pipes on descriptors
 * 0-2. Called by the launcher: give them back to whom they were before. */
void give_pipes_back(const struct sandbox *box);

/* ---- rootless.c ------------------------------------------------------ */

/* Where the caller is an ordinary user: map him, alone, to root of the user
 * namespace that process PID was started in. */
int map_caller(pid_t pid);

/* For when the kernel refuses an ordinary user a namespace or its use: as
 * fail_with(errno, ...), with the setting that is the reason. Returns -1. */
int explain_refusal(void);

/* Write TEXT to the file PATH, which must exist, by one write(2). */
int write_file(const char *path, const char *text);

/* The ids from 0 of the user namespace that process PID is in are those from
 * FIRST, COUNT of them, out here. NAME is uid_map or gid_map. Errors: those
 * of open(2) and write(2), see user_namespaces(7). */
int write_map(pid_t pid, const char *name, unsigned first, int count);

/* ---- launch.c -------------------------------------------------------- */

/* Start CHILD(box) as process 1 of new namespaces; FLAGS are clone(2)'s
 * CLONE_NEW* bits, CLONE_NEWPID among them, but not CLONE_NEWTIME, which lies
 * in the byte of the exit signal (EINVAL); for an ordinary user it adds
 * CLONE_NEWUSER. Sets box->pid. From here on signals are blocked, and
 * wait_for_payload() handles them. Errors: those of clone(2), socketpair(2)
 * and mmap(2). See pid_namespaces(7). */
int spawn_isolated(struct sandbox *box, int (*child)(void *), int flags);

/* Wait until the payload has ended; meanwhile pass TERM, HUP, INT, QUIT, USR1
 * and USR2 on to it, and stop and continue with it. A second TERM, INT or HUP
 * within two seconds kills everybody inside, since process 1 ignores what it
 * does not handle; so does, two seconds later, the end of the terminal. What
 * cannot be killed is named, with EXIT_OWN_FAILURE. Returns the exit status
 * for main(): the payload's own, or EXIT_SIGNAL_BASE + N when signal N ended
 * it. */
int wait_for_payload(struct sandbox *box);

/* Now, on a clock that only goes forward. */
double seconds(void);

/* ---- exec.c ---------------------------------------------------------- */

/* Become the payload. Last of all: asks the kernel for SIGKILL when the
 * launcher dies (a later change of credentials would clear that), resets
 * signals, looks the program up in PATH and executes it. Does not return: a
 * failure is told on stderr and ends with EXIT_NOT_FOUND, EXIT_CANNOT_RUN or
 * EXIT_OWN_FAILURE. See execve(2), PR_SET_PDEATHSIG(2const). */
_Noreturn void exec_payload(struct sandbox *box);

/* ---- mounts.c -------------------------------------------------------- */

/* Give the caller a mount table of its own, a copy of the host's. What it
 * mounts from now on nobody else sees. See mount_namespaces(7). */
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

/* ---- root.c ---------------------------------------------------------- */

/* Make the mount table private, then a writable view of the directory
 * box->rootfs the caller's /, with box->binds in it. Writes go to a tmpfs;
 * the directory stays as it is. The caller needs a mount namespace of its
 * own. The host's tree stays mounted, hidden beneath, until leave_host().
 * Errors: those of mount(2) and pivot_root(2); EBUSY if rootfs is the host's
 * own root. */
int enter_root(struct sandbox *box);

/* Drop what the caller still holds of the host: the old root, descriptors
 * above 2 (but box->launcher[0], users and pty, which close at exec),
 * environment variables but TERM (PATH and HOME are set anew), supplementary
 * groups, umask, working directory. Needs /proc.
 * EISDIR if one of the descriptors 0-2 is a directory: a way to the host. */
int leave_host(const struct sandbox *box);

/* ---- bind.c ---------------------------------------------------------- */

/* Open each source of box->binds by descriptor, while host paths work. */
int open_bind_sources(struct sandbox *box);

/* Mount the opened sources below the working directory, which will become
 * the sandbox's root, read-only, nosuid and nodev. Missing targets are made.
 * No symbolic link leads out of the directory, see openat2(2)
 * RESOLVE_IN_ROOT. */
int mount_binds(const struct sandbox *box);

/* ---- image_files.c --------------------------------------------------- */

/* In the working directory, which will become the sandbox's root: write
 * /etc/hosts and /etc/hostname where the image has none, or empty ones. What
 * cannot be written stays as it is. Returns 0, or -1 with errno of write(2).
 */
int write_name_files(const struct sandbox *box);

/* TERM, if / has a description of that terminal; else "xterm", or "dumb" for
 * none. See terminfo(5). Called inside, after pivot_root(2). */
const char *known_terminal_type(const char *term);

/* ---- loopback.c ------------------------------------------------------ */

/* Set the interface lo of this net namespace UP, as `ip link set lo up`
 * does; the kernel then adds 127.0.0.1 and ::1. See netdevice(7). */
int raise_loopback(void);

/* ---- terminal.c ------------------------------------------------------ */

/* Open /dev/null in place of those of descriptors 0-2 that the caller has
 * closed, before descriptors of our own take their place. */
int open_standard_streams(void);

/* Note in BOX the controlling terminal and the process group it listens to.
 * Having none is no error. */
void remember_terminal(struct sandbox *box);

/* Has the controlling terminal hung up? See poll(2), POLLHUP. */
bool terminal_is_gone(const struct sandbox *box);

/* Become the leader of a new session, without a terminal, and read from
 * /dev/null instead of the one on stdin. Called inside. Returns 0, or -1 with
 * errno set. */
int do_without_terminal(void);

/* Give the terminal back to the process group that had it. A shell inside
 * makes itself the foreground group; when it is gone, whoever called us could
 * not read any more. See tcsetpgrp(3). */
void take_terminal_back(const struct sandbox *box);

/* ---- pty.c: in the sandbox ------------------------------------------- */

/* Become the leader of a new session, and, if one of descriptors 0-2 is a
 * terminal, open one of the sandbox's own for it, of the same size and modes.
 * Returns 0, or -1 with errno set. Needs /dev. See setsid(2), pty(7). */
int open_own_terminal(struct sandbox *box);

/* Send it to the launcher, and put it in place of the caller's on descriptors
 * 0-2. Returns 0, NOTHING_TO_DO where open_own_terminal() opened none, or -1
 * with errno set. */
int hand_over_terminal(const struct sandbox *box);

/* ---- pty.c: in the launcher ------------------------------------------ */

/* Wait for something to happen, TIMEOUT milliseconds at most (-1: without a
 * limit), and copy what is typed and printed. Ctrl-] three times within a
 * second sets box->end_by to now; when the caller's terminal hangs up, to two
 * seconds later. Returns true if a signal can be read from the descriptor
 * SIGNALS. */
bool relay_terminal(struct sandbox *box, int signals, int timeout);

/* As if KEY had been typed. Returns false if the payload has no terminal of
 * its own. */
bool type_key(const struct sandbox *box, char key);

/* Copy what is left, and restore_terminal(). Dies if some of it is lost. */
void finish_terminal(struct sandbox *box);

/* Put the caller's terminal into raw mode, if we are in its foreground and
 * both stdin and stdout are terminals, and give the payload's its size; and
 * give the caller his modes back. */
void resume_terminal(const struct sandbox *box);
void restore_terminal(void);

/* ---- ends.c: in the launcher ----------------------------------------- */

/* Has process PID ended? Returns 1, with its exit status or EXIT_SIGNAL_BASE
 * + N in *STATUS; 0 if not yet; -1 with errno of waitid(2). If it has made
 * the caller its tracer, it is let go. See ptrace(2), PTRACE_TRACEME. */
int look_for_end(pid_t pid, int *status);

/* Send SIGKILL to every process of the sandbox, from a process that joins its
 * PID namespace. Waits for that a second at most. See setns(2), kill(2). */
void kill_everybody(const struct sandbox *box);

/* Write the numbers, seen from here, of those processes of the sandbox that a
 * tracer holds, to NAMES, SIZE bytes, each after a blank. Returns false if
 * there are none: then the others are only slow to die. */
bool name_survivors(const struct sandbox *box, char *names, size_t size);

/* ---- message.c ------------------------------------------------------- */

/* From now on must() tells of each goal that was reached (--explain). */
void explain_goals(void);

/* Go on if RESULT is 0, LEFT_OUT or NOTHING_TO_DO, else die:
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

/* close(2) that leaves errno as it is, for the way out of a helper. */
void close_quietly(int fd);

/* ---- syscalls.c: calls that the C library may lack ------------------- */

/* See pivot_root(2). */
int pivot_root(const char *new_root, const char *put_old);

/* openat2(2) with RESOLVE_IN_ROOT: PATH as if the directory DIRFD were /.
 * Returns a descriptor, close-on-exec. */
int open_in_root(int dirfd, const char *path, int flags);

/* Mount the tree of the descriptor SOURCE on TARGET, as mount(2) does with
 * MS_BIND; but if USERS, a user namespace, is not -1, with the owners of all
 * files shifted by its map (an idmapped mount). By open_tree(2),
 * mount_setattr(2), move_mount(2). Fails with EINVAL on a file system that
 * cannot, with ENOSYS before Linux 5.12. */
int mount_tree(int source, const char *target, int users);

#endif
