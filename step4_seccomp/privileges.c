/* SPDX-License-Identifier: MIT
 *
 * Capabilities, by the bare system calls: libcap would hide the five sets
 * that this is about.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harden.h"

#define BIT(capability) (UINT64_C(1) << (capability))

/* Each of these lets root manage the files and processes of the sandbox, as
 * su, tar and apt do, and nothing that reaches out of it. Docker keeps seven
 * more: SETPCAP, SETFCAP, NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD and
 * AUDIT_WRITE. */
static const uint64_t kept =
    BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) |
    BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SETGID) | BIT(CAP_SETUID);

/* A crash would have the host run its program for core dumps, if it has one,
 * as the host's root. Not if the limit is 1 byte: the kernel keeps that value
 * for the program itself; 0 does not prevent it. A core_pattern that begins
 * with "@", a socket (Linux 6.16), has no limit at all. Where the hard limit
 * is 0, only root may have 1; without root, 0 stays. The filter keeps what is
 * set here. See core(5), and coredump_pipe() in the kernel's fs/coredump.c.
 */
static int limit_core_dumps(void)
{
    const struct rlimit byte = {.rlim_cur = 1, .rlim_max = 1};
    struct rlimit before;

    if (getrlimit(RLIMIT_CORE, &before) < 0)
        return -1;
    int result = setrlimit(RLIMIT_CORE, &byte);
    return before.rlim_max == 0 ? 0 : result;
}

int give_up_privileges(const struct sandbox *box)
{
    if (left_out(box, LAYER_PRIVILEGES))
        return LEFT_OUT;
    if (limit_core_dumps() < 0)
        return -1;
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV,
              NULL) < 0)
        return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* The bounding set limits what execve(2) may give: without this, and without
 * no_new_privs, uid 0 would get everything back with the payload. */
static int limit_bounding_set(void)
{
    for (int capability = 0; capability < 64; capability++) {
        int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);

        if (held < 0 && errno == EINVAL)
            break; /* past the last one that this kernel knows */
        if (held < 0)
            return -1;
        if (held && !(kept & BIT(capability)) &&
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            return -1;
    }
    return 0;
}

int drop_capabilities(const struct sandbox *box)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct now[2], sets[2];

    if (left_out(box, LAYER_CAPABILITIES))
        return LEFT_OUT;
    if (limit_bounding_set() < 0)
        return errno == EPERM
                   ? fail_with(errno, "root lacks CAP_SETPCAP here, as in a "
                                      "container; try: the host itself")
                   : -1;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return -1;
    /* What is not held (in a container, say) cannot be kept. */
    if (syscall(SYS_capget, &header, now) < 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        sets[i].effective = now[i].permitted & (uint32_t)(kept >> (32 * i));
        sets[i].permitted = sets[i].effective;
        sets[i].inheritable = 0;
    }
    return (int)syscall(SYS_capset, &header, sets);
}
