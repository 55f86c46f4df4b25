/* SPDX-License-Identifier: MIT
 *
 * Numbers and constants of system calls that came with Linux 5.2 to 5.12, and
 * with the C library's headers later. The numbers are the same on all that
 * Debian has now.
 */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <stdint.h>

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

#endif
