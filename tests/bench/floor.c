/* SPDX-License-Identifier: MIT
 *
 * floor IMAGE PROGRAM: the physical limit. What step 4 makes (the same
 * eight namespaces, clocks, overlay, idmapped image, filter, no
 * capabilities), by the fewest calls that do it and a static program; but no
 * option, no message, no mask over /proc, no terminal, no signal passed on,
 * no care for whoever calls. A ruler and not a sandbox: never use it as one.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "filters.h"

enum {
    FIRST_ID = 0x70000000,
    NEWTIME = 0x80, /* CLONE_NEWTIME, of Linux 5.6 */
    NR_OPEN_TREE = 428,
    NR_MOVE_MOUNT = 429,
    NR_MOUNT_SETATTR = 442,
    TREE_CLONE = 1,
    EMPTY_PATH = 0x1000,
    FROM_EMPTY_PATH = 4,
};

static char stack[65536] __attribute__((aligned(16)));
static char **arguments;
static int users;

/* Nothing here is expected to fail; if it does, the figures mean nothing. */
static int need(long result, const char *what)
{
    if (result >= 0)
        return (int)result;
    perror(what);
    _exit(125);
}

#define NEED(call) need((long)(call), #call)

static int end_at_once(void *unused)
{
    (void)unused;
    _exit(0);
}

static void write_map(int pid, const char *name)
{
    char path[64], map[] = "0 1879048192 65536";

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    int fd = NEED(open(path, O_WRONLY));
    NEED(write(fd, map, strlen(map)));
    close(fd);
}

/* A zombie is in its namespace until it is waited for. */
static void make_users(void)
{
    char path[64];
    int pid =
        NEED(clone(end_at_once, stack + sizeof(stack),
                   CLONE_VM | CLONE_VFORK | CLONE_NEWUSER | SIGCHLD, NULL));

    write_map(pid, "uid_map");
    write_map(pid, "gid_map");
    snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
    users = NEED(open(path, O_RDONLY | O_CLOEXEC));
    NEED(waitpid(pid, NULL, 0));
}

/* Only children are in it. */
static void make_clocks(void)
{
    struct timespec monotonic, boottime;
    char text[128];

    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    clock_gettime(CLOCK_BOOTTIME, &boottime);
    int n =
        snprintf(text, sizeof(text), "monotonic -%lld 0\nboottime -%lld 0\n",
                 (long long)monotonic.tv_sec, (long long)boottime.tv_sec);
    NEED(unshare(NEWTIME));
    int fd = NEED(open("/proc/self/timens_offsets", O_WRONLY));
    NEED(write(fd, text, (size_t)n));
    close(fd);
}

static void make_root(void)
{
    struct { /* struct mount_attr: MOUNT_ATTR_IDMAP */
        uint64_t set, clear, propagation, users;
    } shift = {.set = 0x100000, .users = (uint64_t)users};

    NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    int tree = NEED(syscall(NR_OPEN_TREE, AT_FDCWD, arguments[1],
                            TREE_CLONE | O_CLOEXEC));
    NEED(syscall(NR_MOUNT_SETATTR, tree, "", EMPTY_PATH, &shift,
                 sizeof(shift)));
    NEED(mount("tmpfs", arguments[1], "tmpfs", MS_NOSUID | MS_NODEV, NULL));
    NEED(chdir(arguments[1]));
    NEED(mkdir("lower", 0755));
    NEED(mkdir("upper", 0755));
    NEED(mkdir("work", 0755));
    NEED(mkdir("merged", 0755));
    NEED(chown("upper", FIRST_ID, FIRST_ID));
    NEED(
        syscall(NR_MOVE_MOUNT, tree, "", AT_FDCWD, "lower", FROM_EMPTY_PATH));
    NEED(mount("overlay", "merged", "overlay", MS_NOSUID | MS_NODEV,
               "lowerdir=lower,upperdir=upper,workdir=work"));
    NEED(chdir("merged"));
    NEED(syscall(SYS_pivot_root, ".", "."));
}

static void make_devices(void)
{
    static const struct {
        const char *path;
        unsigned major, minor;
    } devices[] = {
        {"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
        {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
    };

    umask(0);
    NEED(mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC,
               "mode=755,uid=1879048192,gid=1879048192"));
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        NEED(mknod(devices[i].path, S_IFCHR | 0666,
                   makedev(devices[i].major, devices[i].minor)));
    NEED(mkdir("/dev/pts", 0755));
    NEED(mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
               "newinstance,ptmxmode=0666,mode=0620,gid=1879048197"));
    NEED(mkdir("/dev/shm", 01777));
    NEED(mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
               "mode=1777"));
    umask(022);
}

static void raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int sock = NEED(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

    NEED(ioctl(sock, SIOCSIFFLAGS, &request));
    close(sock);
}

static void load(const struct sock_filter *filter, size_t size)
{
    struct sock_fprog program = {
        .len = (unsigned short)(size / sizeof(*filter)),
        .filter = (struct sock_filter *)filter,
    };

    NEED(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}

static int child(void *unused)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    (void)unused;
    make_root();
    NEED(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
               NULL));
    make_devices();
    raise_loopback();
    NEED(sethostname("floor", 5));
    NEED(umount2(".", MNT_DETACH));
    NEED(chdir("/"));
    NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    NEED(setns(users, CLONE_NEWUSER));
    NEED(syscall(SYS_setresgid, 0, 0, 0));
    NEED(syscall(SYS_setresuid, 0, 0, 0));
    for (int i = 0; prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++)
        ;
    NEED(syscall(SYS_capset, &header, none));
    load(native_filter, sizeof(native_filter));
    execve(arguments[2], arguments + 2, (char *[]){NULL});
    perror(arguments[2]);
    _exit(127);
}

int main(int argc, char **argv)
{
    int status;

    if (argc < 3)
        return 125;
    arguments = argv;
    make_users();
    make_clocks();
    int pid =
        NEED(clone(child, stack + sizeof(stack),
                   CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS |
                       CLONE_NEWIPC | CLONE_NEWCGROUP | SIGCHLD,
                   NULL));
    NEED(waitpid(pid, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
