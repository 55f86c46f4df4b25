/* SPDX-License-Identifier: MIT
 *
 * A root file system of one's own: overlay, pivot_root, and leaving the host.
 *
 * Why not chroot(2)? It changes where one process begins to look up paths,
 * and nothing else: the host's tree is still mounted, and root walks out of
 * it with a second chroot and a few "..". After pivot_root(2) and the
 * detaching of the old root there is no host tree to walk to.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common.h"

/* Open the directory of the image; its real path goes to PATH. */
static int open_image(const char *rootfs, char *path)
{
    struct stat image, root;

    if (realpath(rootfs, path) == NULL)
        return errno == ENOENT
                   ? fail_with(errno,
                               "no such image; try: -r DIR, or make rootfs")
                   : -1;
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &image) < 0 || stat("/", &root) < 0)
        return -1;
    if (image.st_dev == root.st_dev && image.st_ino == root.st_ino)
        return fail_with(EBUSY, "that is the host's own root; "
                                "try: an image made by `make rootfs`");
    return fd;
}

/* A big file is written there four times as fast in huge pages. A kernel
 * that was built without them answers EINVAL. */
static int mount_scratch(const char *path)
{
    static const unsigned long flags = MS_NOSUID | MS_NODEV;

    if (mount("tmpfs", path, "tmpfs", flags,
              "mode=755,size=25%,nr_inodes=128k,huge=within_size") == 0)
        return 0;
    if (errno != EINVAL)
        return -1;
    return mount("tmpfs", path, "tmpfs", flags,
                 "mode=755,size=25%,nr_inodes=128k");
}

/* Hide PATH, in our own mount table, under an empty tmpfs and work in there:
 * nothing is made on the host, so nothing is left to remove. */
static int enter_scratch(int image, const char *path)
{
    struct stat below, here;

    if (mount_scratch(path) < 0 || chdir(path) < 0)
        return -1;
    /* All paths from here on are relative. Be sure where they lead. */
    if (fstat(image, &below) < 0 || stat(".", &here) < 0)
        return -1;
    if (below.st_dev == here.st_dev)
        return fail_with(EBUSY, "cannot mount a scratch tmpfs over it");
    return 0;
}

/* An ordinary user cannot copy a directory of root's into the upper layer, so
 * where the image is root's nothing can be changed. Hence two directories of
 * their own. */
static int make_users_directories(void)
{
    if (mkdir("upper/tmp", 0700) < 0 || chmod("upper/tmp", 01777) < 0)
        return -1;
    if (mkdir("upper/root", 0700) < 0)
        return -1;
    /* Into root's home they may not even look: not merged, but in its place.
     * A tmpfs has such attributes since Linux 6.6. */
    if (setxattr("upper/root", "user.overlay.opaque", "y", 1, 0) < 0)
        return errno == EOPNOTSUPP ? 0 : -1;
    return 0;
}

/* The image below, a tmpfs on top: the merged tree is writable, the image
 * never written. overlayfs shows its options to everyone inside, so they
 * must name no path of the host: "lower" is a bind mount of the image. */
static int mount_overlay(const struct sandbox *box, int image)
{
    if (mkdir("lower", 0755) < 0 || mkdir("upper", 0755) < 0 ||
        mkdir("work", 0755) < 0 || mkdir("merged", 0755) < 0)
        return -1;
    if (box->rootless && make_users_directories() < 0)
        return -1;
    /* The root directory's owner is that of the upper one. */
    if (chown("upper", box->first_id, box->first_id) < 0)
        return -1;
    if (mount_tree(image, "lower", box->users) == 0 &&
        mount("overlay", "merged", "overlay", 0,
              box->rootless
                  ? "lowerdir=lower,upperdir=upper,workdir=work,userxattr"
                  : "lowerdir=lower,upperdir=upper,workdir=work") == 0)
        return 0;
    if (box->rootless && errno == EPERM)
        return fail_with(errno, "this kernel (before 5.11?) lets nobody but "
                                "root mount an overlayfs; try: sudo");
    if (box->users < 0 || (errno != EINVAL && errno != ENOSYS))
        return -1;
    return fail_with(errno,
                     "its file system (overlayfs? NFS?) or this kernel "
                     "(before 5.19?) has no idmapped mounts for the "
                     "user namespace; try: %s",
                     box->instead);
}

/* /proc and /dev are mounted by absolute path after the pivot, while the
 * host's tree is still there: a link in the image must not lead to it. */
static int make_mount_point(const char *name)
{
    struct stat st;

    if (mkdir(name, 0755) == 0)
        return 0;
    if (errno != EEXIST || lstat(name, &st) < 0)
        return -1;
    if (!S_ISDIR(st.st_mode))
        return fail_with(ENOTDIR, "/%s of the image must be a directory",
                         name);
    return 0;
}

int enter_root(struct sandbox *box)
{
    char path[PATH_MAX];

    /* What the caller handed down must not show in what is made here. */
    umask(022);
    if (make_mounts_private() < 0 || open_bind_sources(box) < 0)
        return -1;
    box->host_dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (box->host_dev < 0)
        return -1;
    int image = open_image(box->rootfs, path);
    if (image < 0)
        return -1;
    if (check_owner(box, image) < 0 ||
        check_inner_mounts(box, image, box->rootfs) < 0)
        return -1;
    if (enter_scratch(image, path) < 0 || mount_overlay(box, image) < 0 ||
        chdir("merged") < 0)
        return -1;
    if (make_mount_point("proc") < 0 || make_mount_point("dev") < 0 ||
        write_name_files(box) < 0 || mount_binds(box) < 0)
        return -1;
    /* Put the old root on top of the new one: no directory is needed for it,
     * see pivot_root(2), NOTES. Absolute paths already mean the new root. */
    if (pivot_root(".", ".") < 0)
        return errno == EINVAL
                   ? fail_with(errno,
                               "the current / is no mount point, as inside "
                               "a chroot or on an initramfs; try: the host")
                   : -1;
    return close(image);
}

/* These are no directories, and close at exec. */
static bool is_needed(const struct sandbox *box, int fd)
{
    return fd == box->channel[CHILD] || fd == box->users;
}

/* Close-on-exec is too late: execve(2) first looks for the interpreter of a
 * script, and "#!/proc/self/fd/5/../bin/sh" would lead it through a directory
 * of the host. So close every descriptor above 2 now, by the list in /proc.
 */
static int close_descriptors(const struct sandbox *box)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;

    if (dir == NULL)
        return -1;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name); /* "." and ".." become 0 */

        if (fd > STDERR_FILENO && fd != dirfd(dir) && !is_needed(box, fd) &&
            close(fd) < 0)
            break;
    }
    int error = errno;
    closedir(dir);
    errno = error;
    return error == 0 ? 0 : -1;
}

static int clean_environment(void)
{
    char copy[64];

    /* Before the environment goes, which getenv() points into. */
    snprintf(copy, sizeof(copy), "%s", known_terminal_type(getenv("TERM")));
    if (clearenv() != 0 || setenv("PATH", DEFAULT_PATH, 1) < 0 ||
        setenv("HOME", "/root", 1) < 0)
        return -1;
    return setenv("TERM", copy, 1);
}

int leave_host(const struct sandbox *box)
{
    /* "." is where old and new root are stacked; the old one is on top. */
    if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return -1;
    if (close_descriptors(box) < 0 || clean_environment() < 0)
        return -1;
    /* An ordinary user's groups have to stay: they may be what shuts some
     * files. */
    return box->rootless ? 0 : setgroups(0, NULL);
}
