/* SPDX-License-Identifier: MIT
 *
 * --explain: the system calls that the helpers make, written down as
 * strace(1) writes them. The unit tests read the same text.
 *
 * common.h includes this, last. From here on each name below, with arguments
 * after it, means a function of calls.c: that makes the call and, if
 * --explain was asked for, adds a line to a list. If not, it costs one
 * comparison.
 *
 * Why no ld --wrap? The object files do not call what the source calls: stat
 * may be stat64, __xstat64 or __stat64_time64, by library and machine.
 *
 * What the C library calls on its own is not told: opendir(3) and the like.
 */
#ifndef CALLS_H
#define CALLS_H

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#ifndef CLONE_NEWTIME /* in the headers of glibc 2.31 it is not */
#define CLONE_NEWTIME 0x80
#endif

/* Was --explain asked for? Set by explain_goals(). */
extern bool explaining;

/* The calls since the last forget_calls(), a line each. There is room for
 * what 300 mounts take; what comes after is dropped. */
const char *told_calls(void);
void forget_calls(void);

/* Write LINE and them to stderr, those of a loop in short, as one write(2),
 * and forget them. */
void print_calls(const char *line);

/* Add a line: NAME, what KINDS says of each argument, and RESULT. See
 * strace.c for the kinds. errno stays. */
void note_call(long result, const char *name, const char *kinds, ...);

/* The same for prctl(2), ioctl(2) and syscall(2): of their arguments NUMBER
 * says which call it is, and ARGS are those after it, up to five. FD is what
 * ioctl(2) has before; else -1. */
void note_raw_call(long result, const char *name, int fd,
                   unsigned long number, const unsigned long *args);

/* What a call returned, which the line before is of. */
void note_result(long result);

/* Add text to the list; what does not fit is dropped. */
void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef __GLIBC__
typedef unsigned long ioctl_request;
typedef __rlimit_resource_t limit_name;
#else
typedef int ioctl_request;
typedef int limit_name;
#endif

/* Type of the result, name, parameters, arguments, kinds. */
/* clang-format off */
#define TOLD(CALL) \
    CALL(int, access, (const char *path, int mode), (path, mode), "sa") \
    CALL(int, chdir, (const char *path), (path), "s") \
    CALL(int, chmod, (const char *path, mode_t mode), (path, mode), "so") \
    CALL(int, chown, (const char *path, uid_t uid, gid_t gid), \
         (path, uid, gid), "suu") \
    CALL(int, close, (int fd), (fd), "d") \
    CALL(int, dup2, (int from, int to), (from, to), "dd") \
    CALL(int, fchmod, (int fd, mode_t mode), (fd, mode), "do") \
    CALL(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), "duu") \
    CALL(int, fchownat, \
         (int dir, const char *path, uid_t uid, gid_t gid, int flags), \
         (dir, path, uid, gid, flags), "fsuuA") \
    CALL(int, fcntl, (int fd, int command, int arg), (fd, command, arg), \
         "d3F=x") \
    CALL(int, fstat, (int fd, struct stat *st), (fd, st), "dS") \
    CALL(int, fstatat, \
         (int dir, const char *path, struct stat *st, int flags), \
         (dir, path, st, flags), "fsSA") \
    CALL(int, fstatfs, (int fd, struct statfs *fs), (fd, fs), "d.") \
    CALL(int, fstatvfs, (int fd, struct statvfs *fs), (fd, fs), "d.") \
    CALL(gid_t, getegid, (void), (), "") \
    CALL(uid_t, geteuid, (void), (), "") \
    CALL(pid_t, getpgrp, (void), (), "") \
    CALL(pid_t, getpid, (void), (), "") \
    CALL(int, getrlimit, (limit_name resource, struct rlimit *limit), \
         (resource, limit), "lL") \
    CALL(pid_t, getsid, (pid_t pid), (pid), "d") \
    CALL(int, lstat, (const char *path, struct stat *st), (path, st), "sS") \
    CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), "so") \
    CALL(int, mkdirat, (int dir, const char *path, mode_t mode), \
         (dir, path, mode), "fso") \
    CALL(int, mknod, (const char *path, mode_t mode, dev_t device), \
         (path, mode, device), "skD") \
    CALL(int, mknodat, (int dir, const char *path, mode_t mode, dev_t device), \
         (dir, path, mode, device), "fskD") \
    CALL(int, mount, (const char *source, const char *target, \
         const char *type, unsigned long flags, const void *data), \
         (source, target, type, flags, data), "sssms") \
    CALL(int, open, (const char *path, int flags), (path, flags), "sO") \
    CALL(int, openat, (int dir, const char *path, int flags, mode_t mode), \
         (dir, path, flags, mode), "fsOc") \
    CALL(int, personality, (unsigned long persona), (persona), "p") \
    CALL(int, pipe2, (int *ends, int flags), (ends, flags), "2C") \
    CALL(int, poll, (struct pollfd *fds, nfds_t n, int timeout), \
         (fds, n, timeout), "Pzd=t") \
    CALL(ssize_t, pread, (int fd, void *data, size_t size, off_t offset), \
         (fd, data, size, offset), "d.zq") \
    CALL(ssize_t, readlinkat, \
         (int dir, const char *path, char *link, size_t size), \
         (dir, path, link, size), "fs.z") \
    CALL(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), \
         (fd, message, flags), "d6X") \
    CALL(int, setdomainname, (const char *name, size_t size), \
         (name, size), "sz") \
    CALL(int, setgroups, (size_t size, const gid_t *groups), \
         (size, groups), "z.") \
    CALL(int, sethostname, (const char *name, size_t size), \
         (name, size), "sz") \
    CALL(int, setns, (int fd, int type), (fd, type), "dn") \
    CALL(int, setpgid, (pid_t pid, pid_t group), (pid, group), "dd") \
    CALL(int, setresgid, (gid_t real, gid_t effective, gid_t saved), \
         (real, effective, saved), "uuu") \
    CALL(int, setresuid, (uid_t real, uid_t effective, uid_t saved), \
         (real, effective, saved), "uuu") \
    CALL(int, setrlimit, (limit_name resource, const struct rlimit *limit), \
         (resource, limit), "lL") \
    CALL(pid_t, setsid, (void), (), "") \
    CALL(int, setxattr, (const char *path, const char *name, \
         const void *value, size_t size, int flags), \
         (path, name, value, size, flags), "ssszd") \
    CALL(int, sigprocmask, (int how, const sigset_t *set, sigset_t *old), \
         (how, set, old), "hg.") \
    CALL(int, socket, (int family, int type, int protocol), \
         (family, type, protocol), "ytj") \
    CALL(int, socketpair, (int family, int type, int protocol, int *ends), \
         (family, type, protocol, ends), "ytd2") \
    CALL(int, stat, (const char *path, struct stat *st), (path, st), "sS") \
    CALL(int, symlink, (const char *target, const char *path), \
         (target, path), "ss") \
    CALL(mode_t, umask, (mode_t mask), (mask), "o=o") \
    CALL(int, umount2, (const char *target, int flags), (target, flags), "sU") \
    CALL(int, uname, (struct utsname *name), (name), ".") \
    CALL(int, unshare, (int flags), (flags), "n") \
    CALL(pid_t, waitpid, (pid_t pid, int *status, int options), \
         (pid, status, options), "d.W") \
    CALL(ssize_t, write, (int fd, const void *data, size_t size), \
         (fd, data, size), "dwz")
#define DECLARE(type, name, params, args, kinds) type told_##name params;
TOLD(DECLARE)
/* clang-format on */
#undef DECLARE

int told_clone(int (*function)(void *), void *stack, int flags, void *arg);
int told_execve(const char *path, char *const *argv, char *const *env);
int told_ioctl(int fd, unsigned long request, void *arg);
void *told_mmap(void *at, size_t size, int protection, int flags, int fd,
                off_t offset);
void (*told_signal(int signo, void (*handler)(int)))(int);

/* prctl(2) and syscall(2), as NAME says: whose first argument says which call
 * it is, and so how many there are after it. */
long told_by_number(const char *name, long number, ...);
#define BY_NUMBER(...) told_by_number(__VA_ARGS__, 0L, 0L, 0L, 0L, 0L)

#define access(...)    told_access(__VA_ARGS__)
#define chdir(...)     told_chdir(__VA_ARGS__)
#define chmod(...)     told_chmod(__VA_ARGS__)
#define chown(...)     told_chown(__VA_ARGS__)
#define clone(...)     told_clone(__VA_ARGS__)
#define close(...)     told_close(__VA_ARGS__)
#define dup2(...)      told_dup2(__VA_ARGS__)
#define execve(...)    told_execve(__VA_ARGS__)
#define fchmod(...)    told_fchmod(__VA_ARGS__)
#define fchown(...)    told_fchown(__VA_ARGS__)
#define fchownat(...)  told_fchownat(__VA_ARGS__)
#define fcntl(fd, ...) told_fcntl(fd, FIRST_TWO(__VA_ARGS__, 0, 0))
#define fstat(...)     told_fstat(__VA_ARGS__)
#define fstatat(...)   told_fstatat(__VA_ARGS__)
#define fstatfs(...)   told_fstatfs(__VA_ARGS__)
#define fstatvfs(...)  told_fstatvfs(__VA_ARGS__)
#define getegid(...)   told_getegid(__VA_ARGS__)
#define geteuid(...)   told_geteuid(__VA_ARGS__)
#define getpgrp(...)   told_getpgrp(__VA_ARGS__)
#define getpid(...)    told_getpid(__VA_ARGS__)
#define getrlimit(...) told_getrlimit(__VA_ARGS__)
#define getsid(...)    told_getsid(__VA_ARGS__)
#define ioctl(...)     told_ioctl(__VA_ARGS__)
#define lstat(...)     told_lstat(__VA_ARGS__)
#define mkdir(...)     told_mkdir(__VA_ARGS__)
#define mkdirat(...)   told_mkdirat(__VA_ARGS__)
#define mknod(...)     told_mknod(__VA_ARGS__)
#define mknodat(...)   told_mknodat(__VA_ARGS__)
#define mmap(...)      told_mmap(__VA_ARGS__)
#define mount(...)     told_mount(__VA_ARGS__)
#define open(...)      told_open(__VA_ARGS__)
#define openat(dir, path, ...)                                               \
    told_openat(dir, path, FIRST_TWO(__VA_ARGS__, 0, 0))
#define FIRST_TWO(first, second, ...) first, second
#define personality(...)              told_personality(__VA_ARGS__)
#define pipe2(...)                    told_pipe2(__VA_ARGS__)
#define poll(...)                     told_poll(__VA_ARGS__)
#define prctl(...)                    ((int)BY_NUMBER("prctl", __VA_ARGS__))
#define pread(...)                    told_pread(__VA_ARGS__)
#define readlinkat(...)               told_readlinkat(__VA_ARGS__)
#define sendmsg(...)                  told_sendmsg(__VA_ARGS__)
#define setdomainname(...)            told_setdomainname(__VA_ARGS__)
#define setgroups(...)                told_setgroups(__VA_ARGS__)
#define sethostname(...)              told_sethostname(__VA_ARGS__)
#define setns(...)                    told_setns(__VA_ARGS__)
#define setpgid(...)                  told_setpgid(__VA_ARGS__)
#define setresgid(...)                told_setresgid(__VA_ARGS__)
#define setresuid(...)                told_setresuid(__VA_ARGS__)
#define setrlimit(...)                told_setrlimit(__VA_ARGS__)
#define setsid(...)                   told_setsid(__VA_ARGS__)
#define setxattr(...)                 told_setxattr(__VA_ARGS__)
#define signal(...)                   told_signal(__VA_ARGS__)
#define sigprocmask(...)              told_sigprocmask(__VA_ARGS__)
#define socket(...)                   told_socket(__VA_ARGS__)
#define socketpair(...)               told_socketpair(__VA_ARGS__)
#define stat(...)                     told_stat(__VA_ARGS__)
#define symlink(...)                  told_symlink(__VA_ARGS__)
#define syscall(...)                  BY_NUMBER("syscall", __VA_ARGS__)
#define umask(...)                    told_umask(__VA_ARGS__)
#define umount2(...)                  told_umount2(__VA_ARGS__)
#define uname(...)                    told_uname(__VA_ARGS__)
#define unshare(...)                  told_unshare(__VA_ARGS__)
#define waitpid(...)                  told_waitpid(__VA_ARGS__)
#define write(...)                    told_write(__VA_ARGS__)
#endif
