/* SPDX-License-Identifier: MIT
 *
 * Mount tables, and the file systems that show what the kernel knows: proc,
 * sys and dev.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common.h"

enum { TTY_GROUP = 5 }; /* of terminals, in every Debian's /etc/group */

int make_mounts_private(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return 0;
    return explain_refusal();
}

int copy_mount_table(void)
{
    if (unshare(CLONE_NEWNS) < 0)
        return -1;
    return make_mounts_private();
}

int mount_proc(void)
{
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              NULL) == 0)
        return 0;
    if (errno == EPERM)
        return fail_with(errno,
                         "the surrounding container hides parts of /proc; "
                         "try: the host itself, or a virtual machine");
    return -1;
}

int mount_sys(void)
{
    return mount("sysfs", "/sys", "sysfs",
                 MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* In a user namespace nobody may make a device, but show the host's. */
static int show_hosts_device(const struct sandbox *box, const char *path)
{
    const char *name = path + strlen("/dev/");
    int source = openat(box->host_dev, name, O_PATH | O_CLOEXEC);

    if (source < 0 || mknod(path, S_IFREG | 0666, 0) < 0)
        return -1;
    int result = mount_tree(source, path, -1);
    close_quietly(source);
    return result;
}

/* The device numbers are the kernel's, Documentation/admin-guide/devices.txt.
 * None of them gives access to anything of the host. (Of those that are the
 * host's own files, inotify(7) tells when somebody uses them.) */
static int make_devices(const struct sandbox *box)
{
    static const struct {
        const char *path;
        unsigned major, minor;
    } devices[] = {
        {"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
        {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
    };

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        if ((box->rootless
                 ? show_hosts_device(box, devices[i].path)
                 : mknod(devices[i].path, S_IFCHR | 0666,
                         makedev(devices[i].major, devices[i].minor))) < 0)
            return errno == EPERM && !box->rootless
                       ? fail_with(errno, "root lacks CAP_MKNOD here, as in "
                                          "a container; try: the host itself")
                       : -1;
    return 0;
}

static int make_links(void)
{
    static const struct {
        const char *target, *path;
    } links[] = {
        {"/proc/self/fd", "/dev/fd"},
        {"/proc/self/fd/0", "/dev/stdin"},
        {"/proc/self/fd/1", "/dev/stdout"},
        {"/proc/self/fd/2", "/dev/stderr"},
        {"pts/ptmx", "/dev/ptmx"},
    };

    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        if (symlink(links[i].target, links[i].path) < 0)
            return -1;
    return 0;
}

/* Terminals of the sandbox's own: each mount of devpts is a new file system
 * (before Linux 4.7 only with newinstance). For an ordinary user there is no
 * group tty: they keep the user's own group, which gets no rights. */
static int mount_terminals(const struct sandbox *box)
{
    char options[80];

    snprintf(options, sizeof(options),
             "newinstance,max=64,ptmxmode=0666,mode=0620,gid=%u",
             box->first_id + TTY_GROUP);
    if (mkdir("/dev/pts", 0755) < 0)
        return -1;
    return mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                 box->rootless ? "newinstance,max=64,ptmxmode=0666"
                               : options);
}

/* A tmpfs at PATH, of the SIZE and the number of files that are asked for. */
static int mount_tmpfs(const struct sandbox *box, const char *name,
                       const char *path, unsigned long flags,
                       const char *size)
{
    char options[64];

    snprintf(options, sizeof(options), "%s,uid=%u,gid=%u", size,
             box->first_id, box->first_id);
    return mount(name, path, "tmpfs", MS_NOSUID | MS_NOEXEC | flags, options);
}

int mount_dev(const struct sandbox *box)
{
    mode_t mask = umask(0);
    int result = -1;

    if (mount_tmpfs(box, "tmpfs", "/dev", 0,
                    "mode=755,size=64k,nr_inodes=1k") == 0 &&
        make_devices(box) == 0 && make_links() == 0 &&
        mount_terminals(box) == 0 && mkdir("/dev/shm", 01777) == 0)
        result = mount_tmpfs(box, "shm", "/dev/shm", MS_NODEV,
                             "mode=1777,size=64m,nr_inodes=16k");
    umask(mask);
    return result;
}
