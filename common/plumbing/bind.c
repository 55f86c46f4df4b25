/* SPDX-License-Identifier: MIT
 *
 * --bind SOURCE:TARGET: show the sandbox one file or directory of the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common.h"

enum { MAX_LINKS = 8 };

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
        if (S_ISDIR(st.st_mode) &&
            check_inner_mounts(box, bind->fd, bind->source) < 0)
            return -1;
    }
    return 0;
}

/* Make the directory or empty file NAME in DIR, as MODE says, of OWNER. */
static int make_entry(int dir, const char *name, mode_t mode, uid_t owner)
{
    int result = S_ISDIR(mode) ? mkdirat(dir, name, 0755)
                               : mknodat(dir, name, S_IFREG | 0644, 0);

    return result < 0
               ? -1
               : fchownat(dir, name, owner, owner, AT_SYMLINK_NOFOLLOW);
}

/* NAME, at the offset AT of PATH, is a link in DIR that leads nowhere yet.
 * Put what it names in its place; what came after it in PATH stays. */
static int follow_link(int dir, const char *name, char *path, size_t at)
{
    char link[PATH_MAX], next[PATH_MAX];
    ssize_t len = readlinkat(dir, name, link, sizeof(link) - 1);

    if (len < 0)
        return -1;
    link[len] = '\0';
    if (snprintf(next, sizeof(next), "%.*s%s%s", link[0] == '/' ? 0 : (int)at,
                 path, link, path + at + strlen(name)) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(path, next);
    return 0;
}

/* Open TARGET below ROOT, a place to mount on. If it is missing make it, a
 * directory or an empty file as MODE says, and its parents, all of OWNER.
 * Links are followed as if ROOT were /, also those that lead nowhere yet,
 * such as /etc/resolv.conf in many images. */
static int make_target(int root, const char *target, mode_t mode, uid_t owner)
{
    char path[PATH_MAX], name[NAME_MAX + 1];
    int links = MAX_LINKS;

    int dir = open_in_root(root, target, O_PATH);
    if (dir >= 0 || errno != ENOENT)
        return dir;
    snprintf(path, sizeof(path), "%s", target);
    dir = open_in_root(root, "/", O_PATH);
    for (size_t at = strspn(path, "/"); dir >= 0 && path[at] != '\0';) {
        size_t end = at + strcspn(path + at, "/");
        char after = path[end];

        snprintf(name, sizeof(name), "%.*s", (int)(end - at), path + at);
        path[end] = '\0';
        int next = open_in_root(root, path, O_PATH);
        if (next < 0 && errno == ENOENT &&
            make_entry(dir, name, after == '\0' ? mode : S_IFDIR, owner) == 0)
            next = open_in_root(root, path, O_PATH);
        path[end] = after;
        bool is_link = next < 0 && errno == EEXIST && links-- > 0 &&
                       follow_link(dir, name, path, at) == 0;
        close_quietly(dir);
        dir = is_link ? open_in_root(root, "/", O_PATH) : next;
        at = is_link ? strspn(path, "/") : end + strspn(path + end, "/");
    }
    return dir;
}

/* Open where BIND is to be mounted below ROOT, made if need be. Not ROOT
 * itself: what is mounted over the root is beside every path, not below it.
 * The flags would go to the wrong mount, and "/.." would lead to this. */
static int open_target(const struct sandbox *box, int root,
                       const struct bind *bind)
{
    struct stat st, top, here;

    if (fstat(bind->fd, &st) < 0 || fstat(root, &top) < 0)
        return -1;
    int fd = make_target(root, bind->target, st.st_mode, box->first_id);
    if (fd < 0 || fstat(fd, &here) < 0)
        return -1;
    if (here.st_dev == top.st_dev && here.st_ino == top.st_ino) {
        errno = EBUSY;
        return -1;
    }
    return fd;
}

static int mount_source(const struct sandbox *box, const struct bind *bind,
                        int target)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", target);
    if (mount_tree(bind->fd, path, box->users) == 0)
        return 0;
    /* On a file system that knows no idmapped mounts (tmpfs before Linux
     * 6.3, NFS) its owners are nobody inside: less to be read, not more. */
    if (box->users < 0 || errno != EINVAL)
        return -1;
    return mount_tree(bind->fd, path, -1);
}

/* The flags take a second call, on what is now mounted there. An ordinary
 * user has to keep the noexec that the host's root gave it. */
static int make_read_only(int root, const struct bind *bind)
{
    char path[64];
    struct statvfs fs;

    int fd = open_in_root(root, bind->target, O_PATH);
    if (fd < 0 || fstatvfs(fd, &fs) < 0)
        return -1;
    unsigned long noexec = fs.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int result = mount(NULL, path, NULL,
                       MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID |
                           MS_NODEV | noexec,
                       NULL);
    close_quietly(fd);
    return result;
}

static int mount_one(const struct sandbox *box, int root,
                     const struct bind *bind)
{
    int target = open_target(box, root, bind);

    if (target < 0 || mount_source(box, bind, target) < 0)
        return -1;
    close(target);
    return make_read_only(root, bind);
}

int mount_binds(const struct sandbox *box)
{
    if (box->n_binds == 0)
        return 0;
    int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -1;
    for (int i = 0; i < box->n_binds; i++)
        if (mount_one(box, root, &box->binds[i]) < 0)
            return fail_with(errno, "--bind %s:%s%s", box->binds[i].source,
                             box->binds[i].target,
                             errno == EBUSY ? ": the target is / itself"
                                            : "");
    return close(root);
}
