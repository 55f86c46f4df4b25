/* SPDX-License-Identifier: MIT
 *
 * The calls that give back more than success; those that --explain does not
 * tell, as the C library's are; and our own functions that have tests
 * elsewhere. __wrap_NAME is called in place of NAME: the Makefile reads the
 * names in here.
 */
#include "recorder.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "plumbing/syscalls.h"

/* A call that --explain does not tell, which may fail. */
#define TELL(result, name, ...)                                              \
    ({                                                                       \
        long told_result = (result);                                         \
        note_call(told_result, name, __VA_ARGS__);                           \
        told_result;                                                         \
    })

/* ---- files ----------------------------------------------------------- */

int __wrap_open(const char *path, int flags)
{
    (void)path;
    (void)flags;
    return (int)answer(30);
}

int __wrap_openat(int dir, const char *path, int flags, mode_t mode)
{
    (void)dir;
    (void)path;
    (void)flags;
    (void)mode;
    return (int)answer(31);
}

/* It cannot fail, or nobody needs to look. It spoils errno, as such calls
 * may: a helper has to save it. */
int __wrap_close(int fd)
{
    (void)fd;
    errno = EBADMSG;
    return 0;
}

mode_t __wrap_umask(mode_t mask)
{
    (void)mask;
    return 027;
}

/* Nothing is there. */
int __wrap_access(const char *path, int mode)
{
    (void)path;
    (void)mode;
    errno = ENOENT;
    return -1;
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    if (fd != STDERR_FILENO)
        return answer((long)size);
    hear(data, size); /* messages: not the kernel's business here */
    return (ssize_t)size;
}

ssize_t __wrap_readlinkat(int dirfd, const char *path, char *link,
                          size_t size)
{
    (void)dirfd;
    (void)path;
    return answer(snprintf(link, size, "%s", "../elsewhere"));
}

/* Every path is on device 1, "." on 2: see enter_scratch(). */
static int fake_stat(struct stat *st, unsigned device, unsigned inode)
{
    memset(st, 0, sizeof(*st));
    st->st_dev = device;
    st->st_ino = inode;
    st->st_mode = S_IFDIR | 0755;
    return (int)answer(0);
}

int __wrap_stat(const char *path, struct stat *st)
{
    return fake_stat(st, strcmp(path, ".") == 0 ? 2 : 1, 2);
}

int __wrap_lstat(const char *path, struct stat *st)
{
    (void)path;
    return fake_stat(st, 2, 9);
}

int __wrap_fstat(int fd, struct stat *st)
{
    int result = fake_stat(st, 1, 77 + (unsigned)fd);

    if (fd <= STDERR_FILENO)
        st->st_mode = S_IFIFO;
    return result;
}

/* Descriptor 1 is a pipe. */
int __wrap_fstatfs(int fd, struct statfs *fs)
{
    fs->f_type = fd == 1 ? PIPEFS_MAGIC : EXT4_SUPER_MAGIC;
    return 0;
}

/* Every file system is mounted noexec. */
int __wrap_fstatvfs(int fd, struct statvfs *fs)
{
    (void)fd;
    memset(fs, 0, sizeof(*fs));
    fs->f_flag = ST_NOEXEC;
    return (int)answer(0);
}

/* What these are called by programs compiled with a C library before 2.33. */
int __wrap_mknod(const char *, mode_t, dev_t);
int __wrap_mknodat(int, const char *, mode_t, dev_t);

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
    strcpy(real, "/real/image");
    return TELL(answer(0), "realpath", "s=?", path) < 0 ? NULL : real;
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
    if (TELL(answer(0), "opendir", "s=?", path) < 0)
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
    if (next_entry == n_entries ||
        TELL(answer(0), "readdir", "s=?", entries[next_entry].d_name) < 0)
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
    errno = EBADMSG;
    note_call(0, "closedir", "=?");
    return 0;
}

/* ---- who one is ------------------------------------------------------ */

uid_t __wrap_geteuid(void)
{
    return 0;
}

gid_t __wrap_getegid(void)
{
    return 0;
}

pid_t __wrap_getpid(void)
{
    return 4096 + 3;
}

pid_t __wrap_getpgrp(void)
{
    return 4096;
}

pid_t recorder_session;

pid_t __wrap_getsid(pid_t pid)
{
    return pid == 1234 ? recorder_session : pid; /* 0: ours */
}

int __wrap_clearenv(void)
{
    return (int)TELL(answer(0), "clearenv", "=?");
}

int __wrap_setenv(const char *name, const char *value, int overwrite)
{
    return (int)TELL(answer(0), "setenv", "ssd=?", name, value, overwrite);
}

/* The caller may have as many processes as it likes. */
int __wrap_getrlimit(limit_name resource, struct rlimit *limit)
{
    (void)resource;
    limit->rlim_cur = limit->rlim_max = RLIM_INFINITY;
    return (int)answer(0);
}

unsigned recorder_filter_length;

/* This kernel knows capabilities 0 to 9. PR_CAPBSET_READ answers 1, and
 * EINVAL past the last one: which is no failure. */
int __wrap_prctl(int option, ...)
{
    va_list args;
    va_start(args, option);
    unsigned long arg = va_arg(args, unsigned long);
    if (option == PR_SET_SECCOMP)
        recorder_filter_length = va_arg(args, struct sock_fprog *)->len;
    va_end(args);

    if (option != PR_CAPBSET_READ)
        return (int)answer(0);
    errno = arg > 9 ? EINVAL : errno;
    return arg > 9 ? -1 : 1;
}

long __wrap_syscall(long number, ...)
{
    va_list args;

    if (number == SYS_rt_sigaction) /* all 64 of them, as they are now */
        return 0;
    va_start(args, number);
    (void)va_arg(args, void *);
    void *sets = va_arg(args, void *);
    va_end(args);
    if (number == SYS_capget)
        memset(sets, 0xff, 2 * sizeof(struct __user_cap_data_struct));
    return answer(number == NR_OPENAT2     ? 40
                  : number == NR_OPEN_TREE ? 41
                                           : 0);
}

/* ---- processes and signals ------------------------------------------- */

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd,
                  off_t offset)
{
    (void)at;
    (void)size;
    (void)protection;
    (void)flags;
    (void)fd;
    (void)offset;
    return (void *)answer(0x100000);
}

int __wrap_clone(int (*function)(void *), void *stack, int flags, void *arg)
{
    if ((uintptr_t)stack % 16 != 0) /* some processors refuse that */
        errno = EINVAL;
    if (answer(0) < 0 || (uintptr_t)stack % 16 != 0)
        return -1;
    if (flags & CLONE_VFORK) /* it is over when clone(2) returns */
        function(arg);
    return 1234;
}

int __wrap_socketpair(int family, int type, int protocol, int *ends)
{
    (void)family;
    (void)type;
    (void)protocol;
    ends[0] = 50;
    ends[1] = 51;
    return (int)answer(0);
}

int __wrap_pipe2(int *ends, int flags)
{
    (void)flags;
    ends[0] = 52;
    ends[1] = 53;
    return (int)answer(0);
}

int __wrap_socket(int family, int type, int protocol)
{
    (void)family;
    (void)type;
    (void)protocol;
    return (int)answer(20);
}

int __wrap_ioctl(int fd, ioctl_request request, ...)
{
    va_list args;

    (void)fd;
    va_start(args, request);
    if (request == TIOCGWINSZ)
        *va_arg(args, struct winsize *) =
            (struct winsize){.ws_row = 24, .ws_col = 80};
    va_end(args);
    return (int)answer(0);
}

void (*__wrap_signal(int signo, void (*handler)(int)))(int)
{
    (void)signo;
    (void)handler;
    return answer(0) < 0 ? SIG_ERR : SIG_DFL;
}

const int *recorder_signals;
static sigset_t watched;

int __wrap_signalfd(int fd, const sigset_t *set, int flags)
{
    watched = *set;
    return (int)TELL(answer(60), "signalfd", "dgO", fd, set, flags);
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
    return TELL(answer((long)size), "read", "d.z", fd, data, size);
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    return TELL(answer((long)size), "send", "dwzX", fd, data, size, flags);
}

/* "Failure": the launcher is gone. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    (void)fds;
    (void)n;
    (void)timeout;
    return answer(0) < 0 ? 1 : 0;
}

int __wrap_execve(const char *path, char *const *argv, char *const *env)
{
    (void)path;
    (void)argv;
    (void)env;
    if (answer(0) == 0)
        errno = ENOENT;
    return -1;
}

/* Nobody looks at what kill(2) returns: the process may be gone. */
int __wrap_kill(pid_t pid, int signo)
{
    errno = EBADMSG;
    note_call(0, "kill", "dG", pid, signo);
    return 0;
}

int __wrap_raise(int signo)
{
    return (int)TELL(answer(0), "raise", "G", signo);
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    (void)status;
    (void)options;
    errno = EBADMSG;
    return pid;
}

jmp_buf recorder_exit;
int recorder_status;

void __wrap__exit(int status)
{
    recorder_status = status;
    longjmp(recorder_exit, 1);
}

/* ---- clocks and the kernel's name ------------------------------------ */

bool recorder_clocks_stand;
int __real_clock_gettime(clockid_t, struct timespec *);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    if (!recorder_clocks_stand)
        return __real_clock_gettime(clock, time);
    time->tv_sec = clock == CLOCK_BOOTTIME ? 124 : 123;
    time->tv_nsec = 456000000;
    return 0;
}

const char *recorder_release = "6.3.0";

int __wrap_uname(struct utsname *name)
{
    snprintf(name->release, sizeof(name->release), "%s", recorder_release);
    return 0;
}

/* ---- our own, which have tests elsewhere ----------------------------- */

bool recorder_terminal_is_gone, recorder_relay_loses;
bool recorder_32_bit_image;

int __wrap_check_owner(const struct sandbox *box, int image)
{
    (void)box;
    return (int)TELL(answer(0), "check_owner", "d", image);
}

int __wrap_check_inner_mounts(const struct sandbox *box, int directory,
                              const char *name)
{
    (void)box;
    return (int)TELL(answer(0), "check_inner_mounts", "ds", directory, name);
}

int __wrap_write_name_files(const struct sandbox *box)
{
    (void)box;
    return (int)TELL(answer(0), "write_name_files", "");
}

bool __wrap_is_hosts_root(void)
{
    return true;
}

bool __wrap_holds_32_bit_programs(void)
{
    return recorder_32_bit_image;
}

const char *__wrap_known_terminal_type(const char *term)
{
    return term;
}

/* The relay has tests of its own; here there is nothing to copy. */
bool __wrap_relay_once(struct sandbox *box, int signals, int timeout)
{
    (void)box;
    (void)timeout;
    return signals == 60;
}

bool __wrap_finish_relay(struct sandbox *box, int signals)
{
    (void)box;
    return signals == 60 && !recorder_relay_loses;
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
    errno = EBADMSG;
    note_call(0, "kill_everybody", "d", box->pid);
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
    return (int)TELL(answer(0), "do_without_terminal", "");
}
