/* SPDX-License-Identifier: MIT
 *
 * Hide what /proc tells of the host.
 *
 * Docker has a list of files to hide, which has grown by a security advisory
 * now and then. Turned round it needs no growing: here is what stays, and
 * whatever else is in /proc is covered, in the next kernel too. (But for what
 * a module adds while the sandbox runs.)
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "harden.h"

#define HOST_NAME "sandbox"

/* Entries of /proc that stay, and who reads them. They do tell something of
 * the host, its memory and its load; ps, top and free live on that. */
static const char *const kept[] = {
    "cpuinfo",     /* lscpu, and programs that look for a CPU's features */
    "filesystems", /* mount, and file utilities */
    "loadavg",     /* uptime, top */
    "meminfo",     /* free, top, and programs that size their caches */
    "stat",        /* ps, top */
    "sys",         /* limits that libc and others read; read-only, below */
    "sysvipc",     /* ipcs; belongs to the IPC namespace */
    "uptime",      /* ps, top, uptime */
    "version",     /* nothing that uname(2) would not say */
};

static bool is_kept(const char *name)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (strcmp(kept[i], name) == 0)
            return true;
    return isdigit((unsigned char)name[0]) || name[0] == '.';
}

/* Cover one entry, like runc: a directory by an empty one, a file by a file
 * that reads as empty. Links (self, net, mounts) lead to processes. EMPTY is
 * the first directory covered so, or "": it then covers the others, since a
 * bind mount costs a fraction of a new file system. */
static int cover(const char *path, unsigned char type, char *empty)
{
    if (type == DT_LNK)
        return 0;
    if (type != DT_DIR)
        return mount("/dev/null", path, NULL, MS_BIND, NULL);
    if (*empty != '\0')
        return mount(empty, path, NULL, MS_BIND, NULL);
    strcpy(empty, path);
    return mount("tmpfs", path, "tmpfs",
                 MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0");
}

static int cover_proc(void)
{
    char path[sizeof("/proc/") + NAME_MAX];
    char empty[sizeof(path)] = "";
    DIR *dir = opendir("/proc");
    struct dirent *entry;

    if (dir == NULL)
        return -1;
    errno = 0;
    while ((entry = readdir(dir)) != NULL) {
        if (is_kept(entry->d_name))
            continue;
        snprintf(path, sizeof(path), "/proc/%s", entry->d_name);
        if (cover(path, entry->d_type, empty) < 0)
            break;
    }
    int error = errno;
    closedir(dir);
    errno = error;
    if (error != 0)
        return -1;
    /* Below /proc/sys: tells two sandboxes on one host that they are. */
    return cover("/proc/sys/kernel/random/boot_id", DT_REG, empty);
}

/* Ports below 1024 and ping take capabilities that will be gone. The net
 * namespace has switches that make both free for all; they are its own. */
static int free_ports_and_ping(const struct sandbox *box)
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
static int make_proc_sys_read_only(void)
{
    if (mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL) < 0)
        return -1;
    return mount(NULL, "/proc/sys", NULL,
                 MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV |
                     MS_NOEXEC,
                 NULL);
}

int hide_host(const struct sandbox *box)
{
    /* Without a UTS namespace of our own it would be the host's. */
    if (!left_out(box, LAYER_NAMESPACES) &&
        sethostname(HOST_NAME, strlen(HOST_NAME)) < 0)
        return -1;
    if (left_out(box, LAYER_MASKS))
        return LEFT_OUT;
    if (free_ports_and_ping(box) < 0 || make_proc_sys_read_only() < 0)
        return -1;
    return cover_proc();
}
