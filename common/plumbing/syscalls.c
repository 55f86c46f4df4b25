/* SPDX-License-Identifier: MIT
 *
 * System calls for which not every C library has a function of its own:
 * glibc has that of open_tree(2) and its like since 2.36.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

/* These came with Linux 5.2 to 5.12, and with the C library's headers later.
 * The numbers are the same on all that Debian has now. */
enum {
    NR_OPEN_TREE = 428,
    NR_MOVE_MOUNT = 429,
    NR_OPENAT2 = 437,
    NR_MOUNT_SETATTR = 442,
    TREE_CLONE = 1,        /* OPEN_TREE_CLONE */
    EMPTY_PATH = 0x1000,   /* AT_EMPTY_PATH */
    TO_SYMLINKS = 0x10,    /* MOVE_MOUNT_T_SYMLINKS, as /proc/self/fd/N is */
    FROM_EMPTY_PATH = 4,   /* MOVE_MOUNT_F_EMPTY_PATH */
    ATTR_IDMAP = 0x100000, /* MOUNT_ATTR_IDMAP */
};

struct attributes { /* struct mount_attr */
    uint64_t set, clear, propagation, users;
};

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

    return (int)syscall(NR_OPENAT2, dirfd, path, &how, sizeof(how));
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
