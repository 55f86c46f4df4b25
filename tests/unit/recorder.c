/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common.h"

static char text[16384];
static int calls, fail_at, fail_error, failed;

jmp_buf recorder_exit;
int recorder_status;
const int *recorder_signals;
static sigset_t watched;

bool recorder_terminal_is_gone;

void record_anew(int number, int error)
{
    text[0] = '\0';
    calls = failed = 0;
    fail_at = number;
    fail_error = error;
}

const char *recorded(void)
{
    return text;
}

int recorded_calls(void)
{
    return calls;
}

int recorder_failed(void)
{
    return failed;
}

static void __attribute__((format(printf, 1, 0)))
write_down(const char *format, va_list args)
{
    size_t used = strlen(text);

    vsnprintf(text + used, sizeof(text) - used - 1, format, args);
    strcat(text, "\n");
}

/* A call that may fail. */
static int __attribute__((format(printf, 1, 2)))
record(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_down(format, args);
    va_end(args);
    if (++calls != fail_at)
        return 0;
    failed = 1;
    errno = fail_error;
    return -1;
}

/* A call that cannot, or whose failure nobody needs to look at. It spoils
 * errno, as such calls may: a helper has to save it. */
static void __attribute__((format(printf, 1, 2)))
note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_down(format, args);
    va_end(args);
    errno = EBADMSG;
}

static const char *or_null(const char *string)
{
    return string == NULL ? "-" : string;
}

/* MS_* bits by name, as mount(8) writes them. */
static const char *mount_flags(unsigned long flags)
{
    static const struct {
        unsigned long bit;
        const char *name;
    } names[] = {
        {MS_REMOUNT, "remount"}, {MS_BIND, "bind"},     {MS_REC, "rec"},
        {MS_PRIVATE, "private"}, {MS_RDONLY, "ro"},     {MS_NOSUID, "nosuid"},
        {MS_NODEV, "nodev"},     {MS_NOEXEC, "noexec"},
    };
    static char out[128];

    out[0] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (flags & names[i].bit) {
            strcat(out, out[0] == '\0' ? "" : ",");
            strcat(out, names[i].name);
            flags &= ~names[i].bit;
        }
    if (flags != 0)
        strcat(out, ",?");
    return out[0] == '\0' ? "-" : out;
}

/* Every prototype first: the linker has to see these. */
int __wrap_mount(const char *, const char *, const char *, unsigned long,
                 const void *);
int __wrap_umount2(const char *, int);
int __wrap_pivot_root(const char *, const char *);
int __wrap_open_in_root(int, const char *, int);
int __wrap_unshare(int);
int __wrap_mount_tree(int, const char *, int);
int __wrap_chown(const char *, uid_t, gid_t);
int __wrap_socketpair(int, int, int, int *);
ssize_t __wrap_read(int, void *, size_t);
int __wrap_setns(int, int);
int __wrap_fstatfs(int, struct statfs *);
int __wrap_fchown(int, uid_t, gid_t);
int __wrap_setresuid(uid_t, uid_t, uid_t);
int __wrap_setresgid(gid_t, gid_t, gid_t);
int __wrap_chdir(const char *);
int __wrap_mkdir(const char *, mode_t);
int __wrap_mkdirat(int, const char *, mode_t);
int __wrap_fchownat(int, const char *, uid_t, gid_t, int);
ssize_t __wrap_readlinkat(int, const char *, char *, size_t);
int __wrap_write_name_files(const struct sandbox *);
const char *__wrap_known_terminal_type(const char *);
int __wrap_mknod(const char *, mode_t, dev_t);
int __wrap_mknodat(int, const char *, mode_t, dev_t);
int __wrap_symlink(const char *, const char *);
mode_t __wrap_umask(mode_t);
int __wrap_open(const char *, int, ...);
ssize_t __wrap_write(int, const void *, size_t);
int __wrap_openat(int, const char *, int, ...);
int __wrap_fstatvfs(int, struct statvfs *);
int __wrap_close(int);
int __wrap_fcntl(int, int, ...);
int __wrap_stat(const char *, struct stat *);
int __wrap_lstat(const char *, struct stat *);
int __wrap_fstat(int, struct stat *);
char *__wrap_realpath(const char *, char *);
DIR *__wrap_opendir(const char *);
struct dirent *__wrap_readdir(DIR *);
int __wrap_closedir(DIR *);
int __wrap_clearenv(void);
int __wrap_setenv(const char *, const char *, int);
int __wrap_setgroups(size_t, const gid_t *);
int __wrap_socket(int, int, int);
int __wrap_ioctl(int, unsigned long, ...);
int __wrap_sethostname(const char *, size_t);
int __wrap_setdomainname(const char *, size_t);
int __wrap_dirfd(DIR *);
int __wrap_prctl(int, ...);
long __wrap_syscall(long, ...);
int __wrap_clone(int (*)(void *), void *, int, void *, ...);
int __wrap_signalfd(int, const sigset_t *, int);
ssize_t __wrap_send(int, const void *, size_t, int);
pid_t __wrap_getsid(pid_t);
int __wrap_setpgid(pid_t, pid_t);
int __wrap_open_own_terminal(struct sandbox *);
int __wrap_hand_over_terminal(const struct sandbox *);
bool __wrap_relay_terminal(struct sandbox *, int, int);
int __wrap_look_for_end(pid_t, int *);
void __wrap_kill_everybody(const struct sandbox *);
bool __wrap_name_survivors(const struct sandbox *, char *, size_t);
bool __wrap_terminal_is_gone(const struct sandbox *);
int __wrap_do_without_terminal(void);
void __wrap_finish_terminal(struct sandbox *);
int __wrap_sigprocmask(int, const sigset_t *, sigset_t *);
int __wrap_poll(struct pollfd *, nfds_t, int);
int __wrap_execve(const char *, char *const *, char *const *);
int __wrap_kill(pid_t, int);
int __wrap_raise(int);
pid_t __wrap_waitpid(pid_t, int *, int);
void __wrap__exit(int);

int __wrap_mount(const char *source, const char *target, const char *type,
                 unsigned long flags, const void *data)
{
    return record("mount %s %s %s %s %s", or_null(source), target,
                  or_null(type), mount_flags(flags), or_null(data));
}

int __wrap_umount2(const char *target, int flags)
{
    return record("umount2 %s%s", target,
                  flags == MNT_DETACH ? " detach" : " ?");
}

int __wrap_pivot_root(const char *new_root, const char *put_old)
{
    return record("pivot_root %s %s", new_root, put_old);
}

int __wrap_open_in_root(int dirfd, const char *path, int flags)
{
    (void)flags;
    return record("open_in_root %d %s", dirfd, path) < 0 ? -1 : 40;
}

int __wrap_unshare(int flags)
{
    return record("unshare %#x", flags);
}

int __wrap_mount_tree(int source, const char *target, int users)
{
    return record("mount_tree %d %s %d", source, target, users);
}

int __wrap_chown(const char *path, uid_t uid, gid_t gid)
{
    return record("chown %s %u:%u", path, uid, gid);
}

int __wrap_socketpair(int family, int type, int protocol, int *ends)
{
    (void)type;
    (void)protocol;
    ends[0] = 50;
    ends[1] = 51;
    return record("socketpair %d", family);
}

/* The next signal, if it is listened to. */
static ssize_t read_signal(struct signalfd_siginfo *info)
{
    int signo = *recorder_signals++;

    memset(info, 0, sizeof(*info));
    /* Negative: typed on the terminal. */
    info->ssi_signo = (uint32_t)(signo < 0 ? -signo : signo);
    info->ssi_code = signo < 0 ? SI_KERNEL : SI_USER;
    return sigismember(&watched, (int)info->ssi_signo)
               ? (ssize_t)sizeof(*info)
               : -1;
}

ssize_t __wrap_read(int fd, void *data, size_t size)
{
    if (fd == 60)
        return read_signal(data);
    memset(data, 0, size);
    return record("read %d", fd) < 0 ? -1 : (ssize_t)size;
}

int __wrap_setns(int fd, int type)
{
    return record("setns %d %#x", fd, (unsigned)type);
}

/* Descriptor 1 is a pipe. */
int __wrap_fstatfs(int fd, struct statfs *fs)
{
    fs->f_type = fd == 1 ? PIPEFS_MAGIC : EXT4_SUPER_MAGIC;
    return 0;
}

int __wrap_fchown(int fd, uid_t uid, gid_t gid)
{
    return record("fchown %d %u:%u", fd, uid, gid);
}

int __wrap_setresuid(uid_t real, uid_t effective, uid_t saved)
{
    return record("setresuid %u %u %u", real, effective, saved);
}

int __wrap_setresgid(gid_t real, gid_t effective, gid_t saved)
{
    return record("setresgid %u %u %u", real, effective, saved);
}

int __wrap_chdir(const char *path)
{
    return record("chdir %s", path);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return record("mkdir %s %o", path, mode);
}

int __wrap_mkdirat(int dirfd, const char *path, mode_t mode)
{
    return record("mkdirat %d %s %o", dirfd, path, mode);
}

int __wrap_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid,
                    int flags)
{
    (void)flags;
    return record("fchownat %d %s %u:%u", dirfd, path, uid, gid);
}

ssize_t __wrap_readlinkat(int dirfd, const char *path, char *link,
                          size_t size)
{
    if (record("readlinkat %d %s", dirfd, path) < 0)
        return -1;
    return snprintf(link, size, "%s", "../elsewhere");
}

int __wrap_write_name_files(const struct sandbox *box)
{
    (void)box;
    return record("write_name_files");
}

const char *__wrap_known_terminal_type(const char *term)
{
    return term;
}

int __wrap_mknod(const char *path, mode_t mode, dev_t device)
{
    return record("mknod %s %o %u:%u", path, mode, major(device),
                  minor(device));
}

int __wrap_mknodat(int dirfd, const char *path, mode_t mode, dev_t device)
{
    (void)device;
    return record("mknodat %d %s %o", dirfd, path, mode);
}

int __wrap_symlink(const char *target, const char *path)
{
    return record("symlink %s %s", target, path);
}

mode_t __wrap_umask(mode_t mask)
{
    int error = errno; /* umask cannot fail, and leaves errno alone */

    note("umask %03o", mask);
    errno = error;
    return 027;
}

int __wrap_open(const char *path, int flags, ...)
{
    (void)flags;
    return record("open %s", path) < 0 ? -1 : 30;
}

int __wrap_openat(int dirfd, const char *path, int flags, ...)
{
    (void)flags;
    return record("openat %d %s", dirfd, path) < 0 ? -1 : 31;
}

/* Every file system is mounted noexec. */
int __wrap_fstatvfs(int fd, struct statvfs *fs)
{
    memset(fs, 0, sizeof(*fs));
    fs->f_flag = ST_NOEXEC;
    return record("fstatvfs %d", fd);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    if (fd == STDERR_FILENO) /* messages: not the kernel's business here */
        return (ssize_t)size;
    return record("write %d %.*s", fd, (int)size, (const char *)data) < 0
               ? -1
               : (ssize_t)size;
}

int __wrap_close(int fd)
{
    note("close %d", fd);
    return 0;
}

int __wrap_fcntl(int fd, int command, ...)
{
    return record("fcntl %d %s", fd, command == F_SETFD ? "cloexec" : "?");
}

/* Every path is on device 1, "." on 2: see enter_scratch(). */
static int fake_stat(struct stat *st, unsigned device, unsigned inode)
{
    memset(st, 0, sizeof(*st));
    st->st_dev = device;
    st->st_ino = inode;
    st->st_mode = S_IFDIR | 0755;
    return 0;
}

int __wrap_stat(const char *path, struct stat *st)
{
    if (record("stat %s", path) < 0)
        return -1;
    return fake_stat(st, strcmp(path, ".") == 0 ? 2 : 1, 2);
}

int __wrap_lstat(const char *path, struct stat *st)
{
    return record("lstat %s", path) < 0 ? -1 : fake_stat(st, 2, 9);
}

int __wrap_fstat(int fd, struct stat *st)
{
    if (record("fstat %d", fd) < 0)
        return -1;
    fake_stat(st, 1, 77 + (unsigned)fd);
    if (fd <= STDERR_FILENO)
        st->st_mode = S_IFIFO;
    return 0;
}

/* What these are called by programs compiled with a C library before 2.33. */
int __wrap___xstat(int, const char *, struct stat *);
int __wrap___lxstat(int, const char *, struct stat *);
int __wrap___fxstat(int, int, struct stat *);
int __wrap___xmknod(int, const char *, mode_t, dev_t *);
int __wrap___xmknodat(int, int, const char *, mode_t, dev_t *);

int __wrap___xstat(int version, const char *path, struct stat *st)
{
    (void)version;
    return __wrap_stat(path, st);
}

int __wrap___lxstat(int version, const char *path, struct stat *st)
{
    (void)version;
    return __wrap_lstat(path, st);
}

int __wrap___fxstat(int version, int fd, struct stat *st)
{
    (void)version;
    return __wrap_fstat(fd, st);
}

int __wrap___xmknod(int version, const char *path, mode_t mode, dev_t *device)
{
    (void)version;
    return __wrap_mknod(path, mode, *device);
}

int __wrap___xmknodat(int version, int dirfd, const char *path, mode_t mode,
                      dev_t *device)
{
    (void)version;
    return __wrap_mknodat(dirfd, path, mode, *device);
}

char *__wrap_realpath(const char *path, char *real)
{
    if (record("realpath %s", path) < 0)
        return NULL;
    strcpy(real, "/real/image");
    return real;
}

/* Directories: one for the descriptors, one for the rest (/proc). */
static struct dirent entries[9];
static int next_entry, n_entries;

static void add_entry(const char *name, unsigned char type)
{
    strcpy(entries[n_entries].d_name, name);
    entries[n_entries++].d_type = type;
}

DIR *__wrap_opendir(const char *path)
{
    if (record("opendir %s", path) < 0)
        return NULL;
    n_entries = next_entry = 0;
    add_entry(".", DT_DIR);
    add_entry("..", DT_DIR);
    if (strcmp(path, "/proc/self/fd") == 0) {
        add_entry("0", DT_LNK);
        add_entry("2", DT_LNK);
        add_entry("3", DT_LNK);
        add_entry("4", DT_LNK); /* the directory itself */
        add_entry("17", DT_LNK);
    } else {
        add_entry("1", DT_DIR);
        add_entry("self", DT_LNK);
        add_entry("stat", DT_REG);
        add_entry("kallsyms", DT_REG);
        add_entry("bus", DT_DIR);
        add_entry("fs", DT_DIR);
    }
    return (DIR *)entries;
}

/* A failure looks like the end, but for errno. */
struct dirent *__wrap_readdir(DIR *dir)
{
    (void)dir;
    if (next_entry == n_entries)
        return NULL;
    if (record("readdir") < 0)
        return NULL;
    return &entries[next_entry++];
}

int __wrap_dirfd(DIR *dir)
{
    (void)dir;
    return 4;
}

int __wrap_closedir(DIR *dir)
{
    (void)dir;
    note("closedir");
    return 0;
}

int __wrap_clearenv(void)
{
    return record("clearenv");
}

int __wrap_setenv(const char *name, const char *value, int overwrite)
{
    (void)overwrite;
    return record("setenv %s=%s", name, value);
}

int __wrap_setgroups(size_t size, const gid_t *groups)
{
    (void)groups;
    return record("setgroups %zu", size);
}

int __wrap_socket(int family, int type, int protocol)
{
    (void)type;
    (void)protocol;
    return record("socket %d", family) < 0 ? -1 : 20;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    return record("ioctl %d %#lx", fd, request);
}

int __wrap_sethostname(const char *name, size_t size)
{
    return record("sethostname %.*s", (int)size, name);
}

int __wrap_setdomainname(const char *name, size_t size)
{
    return record("setdomainname %.*s", (int)size, name);
}

/* This kernel knows capabilities 0 to 9. PR_CAPBSET_READ answers 1, and
 * EINVAL past the last one: which is no failure. */
int __wrap_prctl(int option, ...)
{
    va_list args;
    va_start(args, option);
    unsigned long arg = va_arg(args, unsigned long);
    va_end(args);

    if (option == PR_CAPBSET_READ) {
        errno = arg > 9 ? EINVAL : errno;
        return arg > 9 ? -1 : 1;
    }
    if (option == PR_SET_SECCOMP)
        return record("prctl seccomp");
    return record("prctl %d %lu", option, arg);
}

long __wrap_syscall(long number, ...)
{
    va_list args;

    if (number == SYS_rt_sigaction) /* all 64 of them, as they are now */
        return 0;
    va_start(args, number);
    (void)va_arg(args, void *);
    struct __user_cap_data_struct *sets =
        va_arg(args, struct __user_cap_data_struct *);
    va_end(args);

    if (number == SYS_capget) {
        memset(sets, 0xff, 2 * sizeof(*sets));
        return record("capget");
    }
    return record("capset %x %x %x %x %x %x", sets[0].effective,
                  sets[0].permitted, sets[0].inheritable, sets[1].effective,
                  sets[1].permitted, sets[1].inheritable);
}

int __wrap_clone(int (*function)(void *), void *stack, int flags, void *arg,
                 ...)
{
    (void)function;
    (void)arg;
    return record("clone %#x%s", flags,
                  (uintptr_t)stack % 16 == 0 ? "" : " unaligned") < 0
               ? -1
               : 1234;
}

pid_t recorder_session;

pid_t __wrap_getsid(pid_t pid)
{
    return pid == 1234 ? recorder_session : pid; /* 0: ours */
}

int __wrap_setpgid(pid_t pid, pid_t group)
{
    return record("setpgid %d %d", (int)pid, (int)group);
}

/* The pty has integration tests; here the caller has no terminal. */
int __wrap_open_own_terminal(struct sandbox *box)
{
    (void)box;
    return record("open_own_terminal");
}

int __wrap_hand_over_terminal(const struct sandbox *box)
{
    (void)box;
    return record("hand_over_terminal");
}

bool __wrap_relay_terminal(struct sandbox *box, int signals, int timeout)
{
    (void)box;
    (void)timeout;
    return signals == 60;
}

void __wrap_finish_terminal(struct sandbox *box)
{
    (void)box;
}

int __wrap_signalfd(int fd, const sigset_t *set, int flags)
{
    (void)fd;
    (void)flags;
    watched = *set;
    return record("signalfd") < 0 ? -1 : 60;
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    (void)data;
    return record("send %d %zu%s", fd, size,
                  flags == MSG_NOSIGNAL ? "" : " ?") < 0
               ? -1
               : (ssize_t)size;
}

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    (void)old;
    return record("sigprocmask %s %s", how == SIG_BLOCK ? "block" : "set",
                  sigismember(set, SIGTERM) ? "all" : "none");
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    (void)timeout;
    (void)n;
    int failure = record("poll %d", fds[0].fd);
    return failure < 0 ? 1 : 0; /* "failure": the launcher is gone */
}

int __wrap_execve(const char *path, char *const *argv, char *const *env)
{
    (void)env;
    record("execve %s %s", path, argv[0]);
    if (!failed)
        errno = ENOENT;
    return -1;
}

/* Nobody looks at what kill(2) returns: the process may be gone. */
int __wrap_kill(pid_t pid, int signo)
{
    note("kill %d %d", (int)pid, signo);
    return 0;
}

int __wrap_raise(int signo)
{
    return record("raise %d", signo);
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    (void)options;
    (void)status;
    note("waitpid %d", (int)pid);
    return pid;
}

int __wrap_look_for_end(pid_t pid, int *status)
{
    (void)pid;
    if (*recorder_signals != 0)
        return 0;
    *status = 7;
    return 1;
}

void __wrap_kill_everybody(const struct sandbox *box)
{
    note("kill_everybody %d", (int)box->pid);
}

bool __wrap_name_survivors(const struct sandbox *box, char *names,
                           size_t size)
{
    (void)box;
    snprintf(names, size, " 1234");
    return true;
}

bool __wrap_terminal_is_gone(const struct sandbox *box)
{
    (void)box;
    return recorder_terminal_is_gone;
}

int __wrap_do_without_terminal(void)
{
    return record("do_without_terminal");
}

void __wrap__exit(int status)
{
    recorder_status = status;
    longjmp(recorder_exit, 1);
}
