/* SPDX-License-Identifier: MIT
 *
 * --bind SOURCE:TARGET: show the sandbox one file or directory of the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common.h"

int open_bind_sources(struct sandbox *box)
{
    struct stat st;

    for (int i = 0; i < box->n_binds; i++) {
        struct bind *bind = &box->binds[i];

        bind->fd = open(bind->source, O_PATH | O_CLOEXEC);
        if (bind->fd < 0)
            return fail_with(errno, "--bind %s: cannot open it",
                             bind->source);
        /* A socket or a FIFO is a way out, however read-only the mount. */
        if (fstat(bind->fd, &st) < 0)
            return -1;
        if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
            return fail_with(EINVAL, "--bind %s: neither file nor directory",
                             bind->source);
    }
    return 0;
}

/* Open PATH below ROOT, a place to mount on; if it is missing make it, and
 * its parents: a directory or an empty file, as MODE says. */
static int make_target(int root, const char *path, mode_t mode)
{
    char parent[PATH_MAX], name[PATH_MAX];

    int fd = open_in_root(root, path, O_PATH);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    snprintf(parent, sizeof(parent), "%s", path);
    snprintf(name, sizeof(name), "%s", path);
    int dir = make_target(root, dirname(parent), S_IFDIR);
    if (dir < 0)
        return -1;
    int result = S_ISDIR(mode)
                     ? mkdirat(dir, basename(name), 0755)
                     : mknodat(dir, basename(name), S_IFREG | 0644, 0);
    close_quietly(dir);
    return result < 0 ? -1 : open_in_root(root, path, O_PATH);
}

static int mount_one(int root, const struct bind *bind, int users)
{
    char target[64];
    struct stat st, top, here;
    struct statvfs fs;

    if (fstat(bind->fd, &st) < 0 || fstat(root, &top) < 0)
        return -1;
    int fd = make_target(root, bind->target, st.st_mode);
    if (fd < 0)
        return -1;
    /* Whatever is mounted over the root is beside every path, not below it:
     * the flags would go to the wrong mount, and "/.." would lead to this. */
    if (fstat(fd, &here) < 0)
        return -1;
    if (here.st_dev == top.st_dev && here.st_ino == top.st_ino) {
        errno = EBUSY;
        return -1;
    }
    snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
    /* On a file system that knows no idmapped mounts (tmpfs before Linux
     * 6.3, NFS) its owners are nobody inside: less to be read, not more. */
    if (mount_tree(bind->fd, target, users) < 0 &&
        (users < 0 || errno != EINVAL ||
         mount_tree(bind->fd, target, -1) < 0))
        return -1;
    close(fd);
    /* The flags take a second call, on what is now mounted there. An ordinary
     * user has to keep the noexec that the host's root gave it. */
    fd = open_in_root(root, bind->target, O_PATH);
    if (fd < 0 || fstatvfs(fd, &fs) < 0)
        return -1;
    unsigned long noexec = fs.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
    snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
    int result = mount(NULL, target, NULL,
                       MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID |
                           MS_NODEV | noexec,
                       NULL);
    close_quietly(fd);
    return result;
}

int mount_binds(const struct sandbox *box)
{
    if (box->n_binds == 0)
        return 0;
    int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -1;
    for (int i = 0; i < box->n_binds; i++)
        if (mount_one(root, &box->binds[i], box->users) < 0)
            return fail_with(errno, "--bind %s:%s%s", box->binds[i].source,
                             box->binds[i].target,
                             errno == EBUSY ? ": the target is / itself"
                                            : "");
    return close(root);
}
