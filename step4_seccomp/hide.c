/* SPDX-License-Identifier: MIT
 *
 * Hide what /proc tells of the host.
 *
 * Docker has a list of files to hide, which has grown by a security advisory
 * now and then. Turned round it needs no growing: here is what stays, and
 * whatever else is in /proc has no name any more, in the next kernel, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "harden.h"

#define HOST_NAME "sandbox"
#define NO_DOMAIN "(none)" /* as in the kernel, where nobody set one */

/* Entries of /proc that stay, besides the processes, and who reads them. They
 * do tell something of the host, its memory and its load; ps, top and free
 * live on that. */
static const char *const kept[] = {
    "cpuinfo", /* lscpu, and programs that look for a CPU's features */
    "loadavg", /* uptime, top */
    "meminfo", /* free, top, and programs that size their caches */
    "stat",    /* ps, top */
    "sys",     /* limits that libc and others read; read-only, below */
    "uptime",  /* ps, top, uptime */
};

/* Entries of /proc/sys that are the host's, and that no program needs. */
static const char *const covered[] = {
    "/proc/sys/kernel/random/boot_id", /* two on one host know that they are
                                        */
    "/proc/sys/kernel/core_pattern",   /* in here no crash leaves a file */
    "/proc/sys/fs/file-nr",            /* how many files are open out there */
};

/* mount(2) would follow a link, and mount what it leads to. */
static int mount_link_on_itself(const char *path)
{
    char entry[64];
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return -1;
    snprintf(entry, sizeof(entry), "/proc/self/fd/%d", fd);
    int result = mount_tree(fd, entry, -1);
    close_quietly(fd);
    return result;
}

/* Mount what is to stay, from a procfs at FROM, on the names in /proc. */
static int keep(const char *from)
{
    char source[64], target[64];

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        snprintf(source, sizeof(source), "%s/%s", from, kept[i]);
        snprintf(target, sizeof(target), "/proc/%s", kept[i]);
        /* ENOENT: this kernel was built without it. */
        if (mount(source, target, NULL, MS_BIND, NULL) < 0 && errno != ENOENT)
            return -1;
    }
    return 0;
}

/* A procfs can show processes and nothing else: subset=pid, see proc(5).
 * After that no other name is found in it, but for those that are mount
 * points already: the kernel holds them in memory. So first bind each entry
 * that is to stay on itself, and only then restrict. */
static int hide_proc(void)
{
    static const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

    if (keep("/proc") < 0 || mount_link_on_itself("/proc/mounts") < 0 ||
        mount_link_on_itself("/proc/net") < 0)
        return -1;
    if (mount("proc", "/proc", "proc", MS_REMOUNT | flags, "subset=pid") < 0)
        return -1;
    int fd = open("/proc/uptime", O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        return close(fd);
    if (errno != ENOENT)
        return -1;
    /* Linux 5.10 finds them, but opens none. Those of a second procfs, then,
     * which is out of sight: it covers the host's, in the host's tree, which
     * pivot_root() has left on top of / (where ".." leads) until we leave. */
    if (mount("proc", "/../proc", "proc", flags, NULL) < 0)
        return -1;
    return keep("/../proc");
}

/* Ports below 1024 and ping take capabilities that will be gone. The net
 * namespace has switches that make both free for all; they are its own. */
int free_ports_and_ping(const struct sandbox *box)
{
    if (write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0") < 0)
        return -1;
    /* An ordinary user's namespace knows group 0 alone. */
    return write_file("/proc/sys/net/ipv4/ping_group_range",
                      box->rootless ? "0 0" : "0 2147483647");
}

/* Dropping capabilities is not enough: these files belong to the host's uid
 * 0, who may write them by plain permission. A read-only mount refuses; so
 * does a user namespace in which uid 0 is another. */
static int restrict_proc_sys(void)
{
    if (mount(NULL, "/proc/sys", NULL,
              MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV |
                  MS_NOEXEC,
              NULL) < 0)
        return -1;
    /* A device on a mount without devices: nobody opens it. */
    if (mount("/dev/null", covered[0], NULL, MS_BIND, NULL) < 0 ||
        mount(NULL, covered[0], NULL,
              MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC,
              NULL) < 0)
        return -1;
    for (size_t i = 1; i < sizeof(covered) / sizeof(covered[0]); i++)
        if (mount(covered[0], covered[i], NULL, MS_BIND, NULL) < 0 &&
            errno != ENOENT) /* this kernel was built without it */
            return -1;
    return 0;
}

int name_host(const struct sandbox *box)
{
    /* Without a UTS namespace of our own they would be the host's.
     * (domainname is that of NIS; a new namespace begins with a copy of
     * both.) */
    if (left_out(box, LAYER_NAMESPACES))
        return LEFT_OUT;
    if (sethostname(HOST_NAME, strlen(HOST_NAME)) < 0)
        return -1;
    return setdomainname(NO_DOMAIN, strlen(NO_DOMAIN));
}

int mask_proc(const struct sandbox *box)
{
    if (left_out(box, LAYER_MASKS))
        return LEFT_OUT;
    return hide_proc() < 0 ? -1 : restrict_proc_sys();
}
