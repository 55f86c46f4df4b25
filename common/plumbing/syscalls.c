/* SPDX-License-Identifier: MIT
 *
 * System calls for which not every C library has a function of its own:
 * glibc has that of open_tree(2) and its like since 2.36.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "syscalls.h"

int pivot_root(const char *new_root, const char *put_old)
{
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int open_in_root(int dirfd, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)flags | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };

    int tries = 100000, fd; /* a fraction of a second */

    /* While PATH went up by "..", something was renamed or mounted somewhere
     * on this machine, and the kernel is not sure that it stayed below. */
    do
        fd = (int)syscall(NR_OPENAT2, dirfd, path, &how, sizeof(how));
    while (fd < 0 && errno == EAGAIN && --tries > 0);
    return fd;
}

int mount_tree(int source, const char *target, int users)
{
    struct attributes shift = {.set = ATTR_IDMAP, .users = (uint64_t)users};
    int result = 0;
    int tree = (int)syscall(NR_OPEN_TREE, source, "",
                            TREE_CLONE | EMPTY_PATH | O_CLOEXEC);

    if (tree < 0)
        return -1;
    if (users >= 0)
        result = (int)syscall(NR_MOUNT_SETATTR, tree, "", EMPTY_PATH, &shift,
                              sizeof(shift));
    if (result == 0)
        result = (int)syscall(NR_MOVE_MOUNT, tree, "", AT_FDCWD, target,
                              FROM_EMPTY_PATH | TO_SYMLINKS);
    close_quietly(tree);
    return result;
}
