/* SPDX-License-Identifier: MIT
 *
 * The constants that our steps use, and those that step 4's policy refuses,
 * by name: for strace.c. A bit or a number that is not in here is told in
 * hexadecimal.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "strace.h"
#include "syscalls.h"

/* A list of constants, each under its own name, up to one without a name. */
#define N(constant)                                                          \
    {                                                                        \
        (unsigned long)(constant), #constant                                 \
    }
#define END                                                                  \
    {                                                                        \
        0, ""                                                                \
    }
#define END_CALLS                                                            \
    {                                                                        \
        0, "", "xxxx"                                                        \
    }

/* clang-format off */
static const struct name
    open_bits[] = {N(O_WRONLY), N(O_RDWR), N(O_CREAT), N(O_NOCTTY),
        N(O_NONBLOCK), N(O_NOFOLLOW), N(O_CLOEXEC), N(O_PATH), N(O_DIRECTORY),
        END},
    mount_bits[] = {N(MS_RDONLY), N(MS_NOSUID), N(MS_NODEV), N(MS_NOEXEC),
        N(MS_REMOUNT), N(MS_BIND), N(MS_REC), N(MS_PRIVATE), END},
    clone_bits[] = {N(CLONE_VM), N(CLONE_VFORK), N(CLONE_NEWNS),
        N(CLONE_NEWCGROUP), N(CLONE_NEWUTS), N(CLONE_NEWIPC),
        N(CLONE_NEWUSER), N(CLONE_NEWPID), N(CLONE_NEWNET), N(CLONE_NEWTIME),
        N(SIGCHLD), END},
    at_bits[] = {N(AT_SYMLINK_NOFOLLOW), N(AT_EMPTY_PATH), END},
    umount_bits[] = {N(MNT_DETACH), END},
    prot_bits[] = {N(PROT_READ), N(PROT_WRITE), END},
    map_bits[] = {N(MAP_PRIVATE), N(MAP_ANONYMOUS), N(MAP_STACK), END},
    message_bits[] = {N(MSG_NOSIGNAL), END},
    wait_bits[] = {N(__WCLONE), END},
    resolve_bits[] = {N(RESOLVE_NO_MAGICLINKS), N(RESOLVE_IN_ROOT), END},
    tree_bits[] = {{TREE_CLONE, "OPEN_TREE_CLONE"},
        {O_CLOEXEC, "OPEN_TREE_CLOEXEC"}, {EMPTY_PATH, "AT_EMPTY_PATH"}, END},
    move_bits[] = {{FROM_EMPTY_PATH, "MOVE_MOUNT_F_EMPTY_PATH"},
        {TO_SYMLINKS, "MOVE_MOUNT_T_SYMLINKS"}, END},
    attribute_bits[] = {{ATTR_IDMAP, "MOUNT_ATTR_IDMAP"}, END},
    interface_bits[] = {N(IFF_UP), N(IFF_LOOPBACK), N(IFF_RUNNING), END},
    securebits[] = {N(SECBIT_NO_SETUID_FIXUP), END},
    pipe_bits[] = {N(O_CLOEXEC), END},

    socket_types[] = {N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_RAW), N(SOCK_RDM),
        N(SOCK_SEQPACKET), N(SOCK_DCCP), N(SOCK_PACKET), END},
    families[] = {N(AF_UNIX), N(AF_INET), N(AF_INET6), N(AF_NETLINK),
        N(AF_PACKET), N(AF_KEY), N(AF_ALG), N(AF_VSOCK), N(AF_BLUETOOTH),
        N(AF_CAN), N(AF_RDS), N(AF_TIPC), N(AF_RXRPC), N(AF_XDP), END},
    protocols[] = {N(IPPROTO_IP), END},
    masking[] = {N(SIG_BLOCK), N(SIG_SETMASK), END},
    requests[] = {N(TIOCSTI), N(TIOCLINUX), N(TIOCSETD), N(SIOCGIFBR),
        N(SIOCSIFBR), N(SIOCBRADDBR), N(SIOCBRDELBR), N(SIOCGIFVLAN),
        N(SIOCSIFVLAN), END},
    limits[] = {N(RLIMIT_NPROC), N(RLIMIT_CORE), N(RLIMIT_NICE),
        N(RLIMIT_RTPRIO), N(RLIMIT_MEMLOCK), N(RLIMIT_MSGQUEUE), END},
    modes[] = {N(F_OK), N(R_OK), END},
    personas[] = {N(PER_LINUX32), N(ADDR_NO_RANDOMIZE), END},
    file_types[] = {N(S_IFREG), N(S_IFDIR), N(S_IFCHR), N(S_IFBLK),
        N(S_IFIFO), N(S_IFLNK), N(S_IFSOCK), END},
    commands[] = {N(F_GETFL), N(F_SETFL), N(F_GETFD), N(F_SETFD), END},
    seccomp_modes[] = {N(SECCOMP_MODE_FILTER), END},
    ambient[] = {N(PR_CAP_AMBIENT_CLEAR_ALL), END},
    signals[] = {N(SIGHUP), N(SIGINT), N(SIGQUIT), N(SIGILL), N(SIGTRAP),
        N(SIGABRT), N(SIGBUS), N(SIGFPE), N(SIGKILL), N(SIGUSR1),
        N(SIGSEGV), N(SIGUSR2), N(SIGPIPE), N(SIGALRM), N(SIGTERM),
        N(SIGSTKFLT), N(SIGCHLD), N(SIGCONT), N(SIGSTOP), N(SIGTSTP),
        N(SIGTTIN), N(SIGTTOU), N(SIGURG), N(SIGXCPU), N(SIGXFSZ),
        N(SIGVTALRM), N(SIGPROF), N(SIGWINCH), N(SIGIO), N(SIGPWR),
        N(SIGSYS), END},
    capabilities[] = {N(CAP_CHOWN), N(CAP_DAC_OVERRIDE),
        N(CAP_DAC_READ_SEARCH), N(CAP_FOWNER), N(CAP_FSETID), N(CAP_KILL),
        N(CAP_SETGID), N(CAP_SETUID), N(CAP_SETPCAP), N(CAP_LINUX_IMMUTABLE),
        N(CAP_NET_BIND_SERVICE), N(CAP_NET_BROADCAST), N(CAP_NET_ADMIN),
        N(CAP_NET_RAW), N(CAP_IPC_LOCK), N(CAP_IPC_OWNER), N(CAP_SYS_MODULE),
        N(CAP_SYS_RAWIO), N(CAP_SYS_CHROOT), N(CAP_SYS_PTRACE),
        N(CAP_SYS_PACCT), N(CAP_SYS_ADMIN), N(CAP_SYS_BOOT), N(CAP_SYS_NICE),
        N(CAP_SYS_RESOURCE), N(CAP_SYS_TIME), N(CAP_SYS_TTY_CONFIG),
        N(CAP_MKNOD), N(CAP_LEASE), N(CAP_AUDIT_WRITE), N(CAP_AUDIT_CONTROL),
        N(CAP_SETFCAP), N(CAP_MAC_OVERRIDE), N(CAP_MAC_ADMIN), N(CAP_SYSLOG),
        N(CAP_WAKE_ALARM), N(CAP_BLOCK_SUSPEND), N(CAP_AUDIT_READ),
        N(CAP_PERFMON), N(CAP_BPF), N(CAP_CHECKPOINT_RESTORE), END};

const struct name error_names[] = {N(EPERM), N(ENOENT), N(ESRCH), N(EINTR), N(EIO), N(ENXIO),
        N(ENOEXEC), N(EBADF), N(EAGAIN), N(ENOMEM), N(EACCES), N(EBUSY),
        N(EEXIST), N(ENODEV), N(ENOTDIR), N(EISDIR), N(EINVAL), N(ENFILE),
        N(EMFILE), N(ENOTTY), N(ETXTBSY), N(ENOSPC), N(EROFS), N(EMLINK),
        N(ENAMETOOLONG), N(ENOSYS), N(ELOOP), N(EOVERFLOW), N(EOPNOTSUPP),
        N(EAFNOSUPPORT), N(EPROTONOSUPPORT), N(ESOCKTNOSUPPORT), N(EUSERS),
        END};

static const struct constants constants[] = {
    {'O', BITS, open_bits}, {'m', BITS, mount_bits}, {'n', BITS, clone_bits},
    {'A', BITS, at_bits}, {'U', BITS, umount_bits}, {'r', BITS, prot_bits},
    {'M', BITS, map_bits}, {'X', BITS, message_bits}, {'W', BITS, wait_bits},
    {'J', BITS, resolve_bits}, {'i', BITS, tree_bits}, {'8', BITS, move_bits},
    {'9', BITS, attribute_bits}, {'Y', BITS, interface_bits},
    {'B', BITS, securebits}, {'C', BITS, pipe_bits},
    {'t', ONE_OF, socket_types}, {'y', ONE_OF, families},
    {'j', ONE_OF, protocols}, {'4', ONE_OF, requests}, {'h', ONE_OF, masking}, {'l', ONE_OF, limits},
    {'a', ONE_OF, modes}, {'p', ONE_OF, personas}, {'k', ONE_OF, file_types},
    {'3', ONE_OF, commands}, {'e', ONE_OF, seccomp_modes}, {'b', ONE_OF, ambient},
    {'G', ONE_OF, signals}, {'K', ONE_OF, capabilities},
};

static const struct raw_call prctls[] = {
    {PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG", "G"},
    {PR_SET_SECUREBITS, "PR_SET_SECUREBITS", "B"},
    {PR_CAPBSET_READ, "PR_CAPBSET_READ", "K"},
    {PR_CAPBSET_DROP, "PR_CAPBSET_DROP", "K"},
    {PR_CAP_AMBIENT, "PR_CAP_AMBIENT", "bzzz"},
    {PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS", "zzzz"},
    {PR_SET_SECCOMP, "PR_SET_SECCOMP", "eQ"},
    END_CALLS
}, ioctls[] = {
    {SIOCGIFFLAGS, "SIOCGIFFLAGS", "I"},
    {SIOCSIFFLAGS, "SIOCSIFFLAGS", "I"},
    {TIOCGWINSZ, "TIOCGWINSZ", "Z"},
    {TIOCSWINSZ, "TIOCSWINSZ", "Z"},
    {TIOCSPTLCK, "TIOCSPTLCK", "1"},
    {TIOCSCTTY, "TIOCSCTTY", "z"},
    {TIOCGDEV, "TIOCGDEV", "1"},
    END_CALLS
}, raw_calls[] = {
    {SYS_seccomp, "seccomp", "zxQ"},
    {SYS_pivot_root, "pivot_root", "ss"},
    {SYS_capget, "capget", "TV"},
    {SYS_capset, "capset", "TV"},
    {SYS_rt_sigaction, "rt_sigaction", "GR.z"},
    {NR_OPENAT2, "openat2", "fsHz"},
    {NR_OPEN_TREE, "open_tree", "dsi"},
    {NR_MOUNT_SETATTR, "mount_setattr", "dsA0z"},
    {NR_MOVE_MOUNT, "move_mount", "dsfs8"},
    END_CALLS
};
/* clang-format on */

const struct constants *constants_of(char kind)
{
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
        if (constants[i].kind == kind)
            return &constants[i];
    return NULL;
}

struct raw_call raw_call(const char *name, unsigned long number)
{
    const struct raw_call *call = strcmp(name, "prctl") == 0   ? prctls
                                  : strcmp(name, "ioctl") == 0 ? ioctls
                                                               : raw_calls;

    while (call->text[0] != '\0' && call->number != number)
        call++;
    return *call;
}
