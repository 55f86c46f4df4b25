/* SPDX-License-Identifier: MIT
 *
 * What a student may pass over: the declarations of this folder, and what it
 * asks of the lesson. common.h includes this, first, and its contract holds
 * here, too.
 */
#ifndef PLUMBING_H
#define PLUMBING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sandbox;

/* A file or directory of the host that the sandbox may read (--bind). */
struct bind {
    const char *source; /* path on the host */
    const char *target; /* absolute path inside */
    int fd;             /* the source, opened with O_PATH by enter_root() */
};

enum { MAX_BINDS = 32, MAX_BIND_DEPTH = 64, MAX_WITHOUT = 16 };

/* Users and groups of a sandbox, 0-65535, where there is a user namespace. */
enum { N_IDS = 65536 };

/* What is put in place of one of descriptors 0-2, by open_streams(). */
struct stream {
    enum {
        AS_IT_WAS, /* steps 1 and 2 hand it down */
        TERMINAL,  /* a pty of the sandbox's own */
        DEVICE,    /* a device of the sandbox's own */
        PIPE,      /* the caller's anonymous pipe, opened anew */
        RELAYED,   /* a pipe, at whose other end is the launcher */
    } kind;
    bool is_input;      /* for the payload to read */
    bool is_file;       /* regular, or a disk: it never makes one wait */
    bool may_wait;      /* the launcher opens it anew, with O_NONBLOCK */
    bool has_bounds;    /* a socket for datagrams */
    int access;         /* O_RDONLY, O_WRONLY or O_RDWR */
    const char *device; /* its path, for DEVICE */
    int inside, ours;   /* pipes: process 1's and the launcher's end, or -1 */
    mode_t mode;        /* of the caller's pipe, as it was */
    int size;           /* and this, in bytes */
};

/* ---- options.c: in the launcher -------------------------------------- */

/* Tell what is wrong with the command line, name --help, and end the program
 * with EXIT_OWN_FAILURE. */
_Noreturn void usage_error(const char *message, ...)
    __attribute__((format(printf, 1, 2)));

/* ---- program.c: in process 1 ----------------------------------------- */

/* PATH inside, the value that docker-run(1) sets. */
#define DEFAULT_PATH                                                         \
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Is PATH an ELF file for 32 bits? See elf(5). */
bool is_32_bit(const char *path);

/* Does the root filesystem hold programs for 32 bits: a dynamic loader for
 * them, at its fixed place, or a /bin/sh that is one? */
bool holds_32_bit_programs(void);

/* Look box->program up in PATH, and execute() what is found. Does not return:
 * what cannot be found, or executed, is told as exec_payload() says. */
_Noreturn void exec_from_path(struct sandbox *box);

/* Called where execve(2) has refused PATH, with its errno: which is ENOENT
 * both for a missing program and for a missing loader. Dies with the cause
 * that is true, and EXIT_NOT_FOUND or EXIT_CANNOT_RUN. */
_Noreturn void explain_exec_failure(const char *path);

/* ---- bind.c: in process 1 -------------------------------------------- */

/* Open each source of box->binds by descriptor, while host paths work. EINVAL
 * for what is neither file nor directory; else errors of open(2). */
int open_bind_sources(struct sandbox *box);

/* Mount the opened sources below the working directory, which will become
 * the sandbox's root, read-only, nosuid and nodev. Missing targets are made.
 * No symbolic link leads out of the directory, see openat2(2)
 * RESOLVE_IN_ROOT. */
int mount_binds(const struct sandbox *box);

/* ---- refusals.c: in both --------------------------------------------- */

/* For when the kernel refuses a namespace, or its use: as fail_with(errno,
 * ...), with the setting or the lack that is the reason. Returns -1. */
int explain_refusal(void);

/* ---- checks.c: in process 1; is_hosts_root() first in the launcher --- */

/* Is the caller, before it makes any namespace, user 0 of the host's own user
 * namespace? Root of a container's, or of unshare(1)'s, may do no more than
 * an ordinary user. Later calls, in either process, give the same answer. See
 * namespaces(7). */
bool is_hosts_root(void);

/* What is mounted below a DIRECTORY of the host, which the user calls NAME,
 * does not come along. For an ordinary user, to whom the kernel then shows
 * nothing at all, return -1 with EINVAL. */
int check_inner_mounts(const struct sandbox *box, int directory,
                       const char *name);

/* For root, tell of what does not come along with the image and what is
 * bound. In the launcher, while process 1 is at work: where the host has
 * thousands of mounts, to read their table takes longer than all else. */
void tell_inner_mounts(const struct sandbox *box);

/* EOVERFLOW if the user namespace of BOX has no id for the owner of the files
 * in the directory IMAGE: they would be nobody's inside. */
int check_owner(const struct sandbox *box, int image);

/* ---- image_files.c: in process 1 ------------------------------------- */

/* In the working directory, which will become the sandbox's root: write
 * /etc/hosts and /etc/hostname where the image has none, or empty ones. What
 * cannot be written stays as it is. Returns 0, or -1 with errno of write(2).
 */
int write_name_files(const struct sandbox *box);

/* TERM, if / has a description of that terminal; else "xterm", or "dumb" for
 * none. See terminfo(5). Called after pivot_root(2). */
const char *known_terminal_type(const char *term);

/* ---- terminal.c: in the launcher ------------------------------------- */

/* Open /dev/null in place of those of descriptors 0-2 that the caller has
 * closed, before descriptors of our own take their place. */
int open_standard_streams(void);

/* Note in BOX the controlling terminal and the process group it listens to.
 * Having none is no error. */
void remember_terminal(struct sandbox *box);

/* Has the controlling terminal hung up? See poll(2), POLLHUP. */
bool terminal_is_gone(const struct sandbox *box);

/* Become the leader of a new session, without a terminal, and read from
 * /dev/null instead of the one on stdin. Called by process 1. See setsid(2).
 */
int do_without_terminal(void);

/* Give the terminal back to the process group that had it. A shell inside
 * makes itself the foreground group; when it is gone, whoever called us could
 * not read any more. See tcsetpgrp(3). */
void take_terminal_back(const struct sandbox *box);

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

/* ---- syscalls.c: calls that the C library may lack ------------------- */

/* See pivot_root(2). Called by process 1, as the next two. */
int pivot_root(const char *new_root, const char *put_old);

/* openat2(2) with RESOLVE_IN_ROOT: PATH as if the directory DIRFD were /.
 * Returns a descriptor, close-on-exec. On a busy machine the kernel may
 * answer EAGAIN to a path with ".."; that is tried again, up to a thousand
 * times. */
int open_in_root(int dirfd, const char *path, int flags);

/* Mount the tree of the descriptor SOURCE on TARGET, as mount(2) does with
 * MS_BIND; but if USERS, a user namespace, is not -1, with the owners of all
 * files shifted by its map (an idmapped mount). By open_tree(2),
 * mount_setattr(2), move_mount(2). Fails with EINVAL on a file system that
 * cannot, with ENOSYS before Linux 5.12. */
int mount_tree(int source, const char *target, int users);

/* ---- message.c: more of it is in common.h ---------------------------- */

/* If YES, from now on must() tells of each goal that was reached, and of the
 * calls made for it (--explain); of none that were made before. */
void explain_goals(bool yes);

/* From now on must() waits, after each goal, for a byte from CHANNEL, a
 * socket; at its end of file must() ends the process with EXIT_OWN_FAILURE.
 * Called by process 1 (--pause): the kernel drops a SIGSTOP that it sends to
 * itself, see pid_namespaces(7). */
void pause_at_goals(int channel);

/* ---- what the plumbing asks of the lesson ---------------------------- */

/* Now, on a clock that only goes forward. */
double seconds(void);

/* execve(2) PATH, as box->argv says. Returns where that fails, with its
 * errno; dies where step 4's filter would refuse all calls of the program,
 * with ENOSYS. */
void execute(const struct sandbox *box, const char *path);

#endif
